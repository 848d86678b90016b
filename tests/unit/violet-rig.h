/*
 * What the tests of the rabbit platform's formats share: hex digits, dice with a fixed seed, and
 * bytes as a stranger may send them. Mangled bytes lie at the end of an allocation of their own
 * size, so that a sanitizer sees what reads past them.
 */
#ifndef NABAZTAGD_TESTS_VIOLET_RIG_H
#define NABAZTAGD_TESTS_VIOLET_RIG_H

#include "helper.h"

#define HEX_MAX 1024 /* bytes of a vector */

struct bytes {
    size_t size;
    uint8_t data[HEX_MAX];
};

static inline struct bytes bytes_of_hex(const char *hex)
{
    struct bytes ret = {.size = strlen(hex) / 2};

    assert_true(ret.size <= HEX_MAX && strlen(hex) % 2 == 0);
    for (size_t i = 0; i < ret.size; i++) {
        unsigned value;

        assert_int_equal(sscanf(hex + 2 * i, "%2x", &value), 1);
        ret.data[i] = (uint8_t)value;
    }
    return ret;
}

/* xorshift64* */
static inline uint32_t dice(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return (uint32_t)(*seed * UINT64_C(2685821657736338717) >> 32);
}

/* 0 to `sides` - 1 */
static inline unsigned dice_of(uint64_t *seed, unsigned sides)
{
    return dice(seed) % sides;
}

static inline void dice_fill(uint64_t *seed, uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)dice(seed);
}

typedef void (*check_bytes)(const uint8_t *data, size_t size);

static inline void check_copy(const uint8_t *data, size_t size, check_bytes check)
{
    uint8_t *copy = malloc(size + (size == 0));

    assert_non_null(copy);
    memcpy(copy, data, size);
    check(copy, size);
    free(copy);
}

/* Each beginning of the bytes, the whole included. */
static inline void for_each_truncation(const uint8_t *data, size_t size, check_bytes check)
{
    for (size_t n = 0; n <= size; n++)
        check_copy(data, n, check);
}

/* One to four bytes changed, lost, doubled or swapped for one that often means something. */
static inline size_t mangle(uint64_t *seed, uint8_t *data, size_t size)
{
    static const uint8_t telling[] = {0, 1, 4, 10, 11, 12, 0x7f, 0x80, 0xfe, 0xff, '=', '"', ','};

    for (unsigned i = 1 + dice_of(seed, 4); i > 0 && size > 1; i--) {
        size_t at = dice_of(seed, (unsigned)size);

        switch (dice_of(seed, 4)) {
        case 0:
            data[at] = (uint8_t)dice(seed);
            break;
        case 1:
            data[at] = telling[dice_of(seed, sizeof(telling))];
            break;
        case 2:
            data[at] ^= (uint8_t)(1 << dice_of(seed, 8));
            break;
        default:
            memmove(data + at, data + at + 1, size - at - 1);
            size--;
        }
    }
    return size;
}

static inline void for_mutations(uint64_t *seed, const uint8_t *data, size_t size, unsigned count,
                                 check_bytes check)
{
    uint8_t buffer[HEX_MAX];

    for (unsigned i = 0; i < count; i++) {
        memcpy(buffer, data, size);
        check_copy(buffer, mangle(seed, buffer, size), check);
    }
}

#endif
