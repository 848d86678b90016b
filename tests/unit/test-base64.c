#include <errno.h>

#include "base/base64.h"
#include "violet-rig.h"
#include "violet-vectors.h"

static void check_base64(const uint8_t *data, size_t size, const char *standard,
                         const char *firmware)
{
    char text[BASE64_TEXT_SIZE(HEX_MAX)];
    uint8_t again[HEX_MAX];
    size_t n;

    assert_int_equal(base64_encode(text, data, size, BASE64_STANDARD), strlen(standard));
    assert_string_equal(text, standard);
    assert_int_equal(base64_decode(again, sizeof(again), &n, text, strlen(text)), 0);
    assert_int_equal(n, size);
    assert_memory_equal(again, data, size);
    assert_int_equal(base64_encode(text, data, size, BASE64_FIRMWARE), strlen(firmware));
    assert_string_equal(text, firmware);
    assert_int_equal(base64_decode(again, sizeof(again), &n, text, strlen(text)), 0);
    assert_int_equal(n, size);
    assert_memory_equal(again, data, size);
}

static void base64_vectors_both_ways(void **state)
{
    struct bytes plain = bytes_of_hex(PLAIN_HEX);

    for (size_t i = 0; i < ARRAY_SIZE(base64_vectors); i++) {
        struct bytes bytes = bytes_of_hex(base64_vectors[i].hex);

        check_base64(bytes.data, bytes.size, base64_vectors[i].correct, base64_vectors[i].firmware);
    }
    check_base64(plain.data, plain.size, PLAIN_BASE64, PLAIN_BASE64);
}

static void base64_forgives_little(void **state)
{
    static const struct {
        const char *text, *data; /* NULL: refused */
    } cases[] = {
        {"", ""},
        {"YQ==", "a"},
        {"YQ=", "a"},
        {"YQ", "a"},
        {"YWI=", "ab"},
        {"YWI", "ab"},
        {" Y\nW I\t=\r", "ab"},
        {"YWJj\n", "abc"},
        {"A=", ""},
        {"A", ""},
        {"YQ= = ", "a"},
        {"YR==", "a"},
        {"Y", NULL},
        {"B=", NULL},
        {"YWJjA", NULL},
        {"YQ===", NULL},
        {"YWI==", NULL},
        {"YWJj=", NULL},
        {"=", NULL},
        {"YQ==YQ==", NULL},
        {"YW-j", NULL},
        {"YW_j", NULL},
        {"Y\xc3\xa4", NULL},
        {"YQ=x", NULL},
        {"*", NULL},
    };
    uint8_t data[8];
    size_t n;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        int r = base64_decode(data, sizeof(data), &n, cases[i].text, strlen(cases[i].text));

        if (r != (cases[i].data ? 0 : -EBADMSG))
            fail_msg("`%s`", cases[i].text);
        if (r == 0)
            assert_true(n == strlen(cases[i].data) && memcmp(data, cases[i].data, n) == 0);
    }
    assert_int_equal(base64_decode(data, sizeof(data), &n, "YW\0j", 4), -EBADMSG);
}

static void base64_keeps_within_its_room(void **state)
{
    uint8_t data[9];
    size_t n;

    for (size_t room = 0; room <= 8; room++) {
        memset(data, 0xaa, sizeof(data));
        int r = base64_decode(data, room, &n, "YWJjZGVmZw==", 12);

        assert_int_equal(r, room >= 7 ? 0 : -E2BIG);
        assert_int_equal(data[room], 0xaa);
        r = base64_decode(data, room, &n, "YW JjZ GVm Zw", 13);
        assert_int_equal(r, room >= 7 ? 0 : -E2BIG);
        assert_int_equal(data[room], 0xaa);
    }
}

static void base64_of_random_bytes(void **state)
{
    uint64_t seed = 64;

    for (unsigned i = 0; i < 2000; i++) {
        uint8_t data[300], again[300];
        char text[BASE64_TEXT_SIZE(300) + 100];
        size_t size = dice_of(&seed, sizeof(data)), n, length;

        dice_fill(&seed, data, size);
        length = base64_encode(text, data, size, i % 2 ? BASE64_STANDARD : BASE64_FIRMWARE);
        assert_true(length < BASE64_TEXT_SIZE(size));
        for (unsigned blanks = dice_of(&seed, 4); blanks > 0; blanks--) {
            size_t at = dice_of(&seed, (unsigned)length + 1);

            memmove(text + at + 1, text + at, length + 1 - at);
            text[at] = " \n\r\t"[dice_of(&seed, 4)];
            length++;
        }
        assert_int_equal(base64_decode(again, size, &n, text, length), 0);
        assert_int_equal(n, size);
        assert_memory_equal(again, data, size);
    }
}

static void check_any(const uint8_t *data, size_t size)
{
    uint8_t bytes[HEX_MAX], again[HEX_MAX];
    char text[BASE64_TEXT_SIZE(HEX_MAX)];
    size_t n, m;

    if (base64_decode(bytes, sizeof(bytes), &n, (const char *)data, size) < 0)
        return;
    assert_true(n <= size * 3 / 4);
    base64_encode(text, bytes, n, BASE64_STANDARD);
    assert_int_equal(base64_decode(again, sizeof(again), &m, text, strlen(text)), 0);
    assert_true(n == m && memcmp(again, bytes, n) == 0);
}

static void base64_of_a_stranger(void **state)
{
    uint64_t seed = 4648;

    for (size_t i = 0; i < ARRAY_SIZE(packet_vectors); i++) {
        const char *text = packet_vectors[i].base64;

        for_each_truncation((const uint8_t *)text, strlen(text), check_any);
        for_mutations(&seed, (const uint8_t *)text, strlen(text), 5000, check_any);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64_vectors_both_ways),     cmocka_unit_test(base64_forgives_little),
        cmocka_unit_test(base64_keeps_within_its_room), cmocka_unit_test(base64_of_random_bytes),
        cmocka_unit_test(base64_of_a_stranger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
