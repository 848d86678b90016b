#include "base/base64.h"

#include <errno.h>

#define BLANK 64

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Value of each character; BLANK: white space, 255: no digit. */
static const uint8_t values[256] = {
    255, 255, 255, 255, 255, 255, 255, 255, 255, 64,  64,  255, 255, 64,  255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 64,  255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 62,  255, 255, 255, 63,  52,  53,  54,  55,  56,  57,  58,  59,  60,
    61,  255, 255, 255, 255, 255, 255, 255, 0,   1,   2,   3,   4,   5,   6,   7,   8,   9,   10,
    11,  12,  13,  14,  15,  16,  17,  18,  19,  20,  21,  22,  23,  24,  25,  255, 255, 255, 255,
    255, 255, 26,  27,  28,  29,  30,  31,  32,  33,  34,  35,  36,  37,  38,  39,  40,  41,  42,
    43,  44,  45,  46,  47,  48,  49,  50,  51,  255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255,
};

struct source {
    const unsigned char *at, *end;
};

static void put(uint8_t *ret, uint32_t bits)
{
    ret[0] = (uint8_t)(bits >> 16);
    ret[1] = (uint8_t)(bits >> 8);
    ret[2] = (uint8_t)bits;
}

/* Whole groups of four digits, as long as nothing else comes and there is room. */
static size_t decode_groups(struct source *source, uint8_t *ret, size_t size)
{
    size_t used = 0;

    for (; source->end - source->at >= 4 && size - used >= 3; source->at += 4, used += 3) {
        unsigned a = values[source->at[0]], b = values[source->at[1]], c = values[source->at[2]],
                 d = values[source->at[3]];

        if ((a | b | c | d) >= BLANK)
            break;
        put(ret + used, a << 18 | b << 12 | c << 6 | d);
    }
    return used;
}

/* The next four digits with white space among them; fewer, where something else follows. */
static unsigned take_digits(struct source *source, uint32_t *ret_bits)
{
    unsigned count = 0;

    *ret_bits = 0;
    for (; source->at < source->end && count < 4; source->at++) {
        uint8_t value = values[*source->at];

        if (value > BLANK)
            break;
        if (value == BLANK)
            continue;
        *ret_bits = *ret_bits << 6 | value;
        count++;
    }
    return count;
}

/* Is there nothing but white space and at most `most` times "="? */
static bool is_end(struct source *source, unsigned most)
{
    unsigned count = 0;

    for (; source->at < source->end; source->at++) {
        if (*source->at == '=')
            count++;
        else if (values[*source->at] != BLANK)
            return false;
    }
    return count <= most;
}

/* What is left when `count` digits, fewer than four, stand before the end. */
static int decode_rest(struct source *source, unsigned count, uint32_t bits, bool is_first,
                       uint8_t *ret, size_t size, size_t *ret_size)
{
    *ret_size = count > 1 ? count - 1 : 0;
    if (count == 1 && !(is_first && bits == 0))
        return -EBADMSG;
    if (!is_end(source, count == 0 ? 0 : count == 2 ? 2 : 1))
        return -EBADMSG;
    if (*ret_size > size)
        return -E2BIG;
    bits <<= 6 * (4 - count);
    for (size_t i = 0; i < *ret_size; i++)
        ret[i] = (uint8_t)(bits >> (16 - 8 * i));
    return 0;
}

int base64_decode(uint8_t *ret, size_t size, size_t *ret_size, const char *text, size_t length)
{
    struct source source = {(const unsigned char *)text, (const unsigned char *)text + length};
    size_t used = 0, rest;
    uint32_t bits;
    int r;

    for (;;) {
        used += decode_groups(&source, ret + used, size - used);
        unsigned count = take_digits(&source, &bits);

        if (count < 4) {
            r = decode_rest(&source, count, bits, used == 0, ret + used, size - used, &rest);
            if (r == 0)
                *ret_size = used + rest;
            return r;
        }
        if (size - used < 3)
            return -E2BIG;
        put(ret + used, bits);
        used += 3;
    }
}

/* One or two bytes, `size`; none only where the firmware writes them. */
static size_t encode_rest(char *ret, const uint8_t *data, size_t size, enum base64_style style)
{
    uint32_t bits = (size > 0 ? (uint32_t)data[0] << 16 : 0) | (size > 1 ? data[1] << 8 : 0);
    size_t used = 0, due = 3 - size;

    for (; used <= size; used++)
        ret[used] = digits[bits >> (18 - 6 * used) & 63];
    if (style == BASE64_FIRMWARE)
        due = 1;
    for (; due > 0; due--)
        ret[used++] = '=';
    return used;
}

size_t base64_encode(char *ret, const uint8_t *data, size_t size, enum base64_style style)
{
    size_t used = 0, i = 0;

    for (; size - i >= 3; i += 3, used += 4) {
        uint32_t bits = (uint32_t)data[i] << 16 | data[i + 1] << 8 | data[i + 2];

        ret[used] = digits[bits >> 18];
        ret[used + 1] = digits[bits >> 12 & 63];
        ret[used + 2] = digits[bits >> 6 & 63];
        ret[used + 3] = digits[bits & 63];
    }
    if (i < size || (size == 0 && style == BASE64_FIRMWARE))
        used += encode_rest(ret + used, data + i, size - i, style);
    ret[used] = '\0';
    return used;
}
