#include "helper.h"

#include <errno.h>
#include <limits.h>

#include "base/parse.h"

static void test_bool(void **state)
{
    static const char *const wrong[] = {"", "Yes", "true", "1", "yes ", " no", "on", "n"};
    bool value = false;

    assert_int_equal(parse_bool("yes", &value), 0);
    assert_true(value);
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
        assert_int_equal(parse_bool(wrong[i], &value), -EINVAL);
    assert_true(value); /* untouched */
    assert_int_equal(parse_bool("no", &value), 0);
    assert_false(value);
}

static void test_unsigned(void **state)
{
    static const struct {
        const char *text;
        int result;
    } cases[] = {
        {"0", 0},
        {"16", 0},
        {"007", 0},
        {"17", -ERANGE},
        {"99999999999999999999999", -ERANGE},
        {"4294967296", -ERANGE},
        {"18446744073709551616", -ERANGE},
        {"", -EINVAL},
        {"-1", -EINVAL},
        {"+1", -EINVAL},
        {" 1", -EINVAL},
        {"1 ", -EINVAL},
        {"1.0", -EINVAL},
        {"0x1", -EINVAL},
        {"99999999999999999999x", -EINVAL},
    };
    unsigned value;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        if (parse_unsigned(cases[i].text, 0, 16, &value) != cases[i].result)
            fail_msg("`%s`", cases[i].text);
    assert_int_equal(parse_unsigned("4294967295", 0, UINT_MAX, &value), 0);
    assert_int_equal(value, UINT_MAX);
    assert_int_equal(parse_unsigned("2", 3, 4, &value), -ERANGE);
    assert_int_equal(value, UINT_MAX);
}

static void test_int(void **state)
{
    int value = 7;

    assert_int_equal(parse_int("-2", -17, 17, &value), 0);
    assert_int_equal(value, -2);
    assert_int_equal(parse_int("+17", -17, 17, &value), 0);
    assert_int_equal(value, 17);
    assert_int_equal(parse_int("-18", -17, 17, &value), -ERANGE);
    assert_int_equal(parse_int("-2147483648", INT_MIN, INT_MAX, &value), 0);
    assert_int_equal(value, INT_MIN);
    assert_int_equal(parse_int("2147483648", INT_MIN, INT_MAX, &value), -ERANGE);
    assert_int_equal(parse_int("-2147483649", INT_MIN, INT_MAX, &value), -ERANGE);
    assert_int_equal(parse_int("--2", -9, 9, &value), -EINVAL);
    assert_int_equal(parse_int("-", -9, 9, &value), -EINVAL);
    assert_int_equal(parse_int("+-2", -9, 9, &value), -EINVAL);
    assert_int_equal(parse_int("2 ", -9, 9, &value), -EINVAL);
    assert_int_equal(value, INT_MIN);
}

static void test_usec(void **state)
{
    static const struct {
        const char *text;
        uint64_t usec;
    } good[] = {
        {"7us", 7},
        {"20ms", 20000},
        {"10s", 10 * USEC_PER_SEC},
        {"5min", 5 * USEC_PER_MIN},
        {"2h", 120 * USEC_PER_MIN},
        {"0s", 0},
    };
    static const char *const wrong[] = {"",    "10",  "s",   "10 s",  "1.5s",
                                        "-1s", "10S", "10m", "10sec", " 1s"};
    uint64_t value = 0;

    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        assert_int_equal(parse_usec(good[i].text, &value), 0);
        assert_int_equal(value, good[i].usec);
    }
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
        assert_int_equal(parse_usec(wrong[i], &value), -EINVAL);
    assert_int_equal(parse_usec("18446744073709551615us", &value), -ERANGE);
    assert_int_equal(parse_usec("18446744073709551614us", &value), 0);
    assert_int_equal(parse_usec("99999999999999h", &value), -ERANGE);
    assert_int_equal(parse_usec("99999999999999999999999s", &value), -ERANGE);
}

static void test_color(void **state)
{
    static const struct {
        const char *text;
        uint32_t rgb;
    } good[] = {
        {"red", 0xff0000},  {"Rouge", 0xff0000},  {"rot", 0xff0000},     {"rosso", 0xff0000},
        {"off", 0},         {"black", 0},         {"éteint", 0},         {"aus", 0},
        {"weiß", 0xffffff}, {"fF8000", 0xff8000}, {"#012345", 0x012345}, {"000000", 0},
    };
    static const char *const wrong[] = {"",        "#",       "reddish", "12345", "1234567",
                                        "#12345g", "##12345", "0x1234",  "red "};
    uint32_t value = 1;

    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        if (parse_color(good[i].text, &value) != 0)
            fail_msg("`%s` was refused", good[i].text);
        assert_int_equal(value, good[i].rgb);
    }
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
        if (parse_color(wrong[i], &value) != -EINVAL)
            fail_msg("`%s` was accepted", wrong[i]);
}

static void test_host_port(void **state)
{
    static const struct {
        const char *text, *host;
        uint16_t port;
    } good[] = {
        {"almacska", "almacska", 0},
        {"my_host.example.org:5222", "my_host.example.org", 5222},
        {"127.0.0.1:65535", "127.0.0.1", 65535},
        {"[::1]:80", "::1", 80},
        {"[fe80::1]", "fe80::1", 0},
    };
    static const struct {
        const char *text;
        int result;
    } wrong[] = {
        {"", -EINVAL},        {":80", -EINVAL},    {"a:", -EINVAL},     {"a:b", -EINVAL},
        {"a:1:2", -EINVAL},   {"::1", -EINVAL},    {"[::1", -EINVAL},   {"[a]:1", -EINVAL},
        {"[]", -EINVAL},      {"[::1]x", -EINVAL}, {"a b", -EINVAL},    {"a/b", -EINVAL},
        {"user@a", -EINVAL},  {"a..b:1", -EINVAL}, {".a", -EINVAL},     {"a:0", -ERANGE},
        {"a:65536", -ERANGE}, {"a:+1", -EINVAL},   {"bücher", -EINVAL},
    };
    char *host = NULL;
    uint16_t port = 1;

    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
        if (parse_host_port(wrong[i].text, &host, &port) != wrong[i].result)
            fail_msg("`%s`", wrong[i].text);
    assert_null(host);
    assert_int_equal(port, 1);
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        assert_int_equal(parse_host_port(good[i].text, &host, &port), 0);
        assert_string_equal(host, good[i].host);
        assert_int_equal(port, good[i].port);
        free(host);
    }
}

static void test_hex(void **state)
{
    static const char plain[] = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF";
    static const char lower[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    char digits[65], serial[13], colons[96], *to = colons;

    for (size_t i = 0; i < 64; i += 2)
        to += sprintf(to, "%s%.2s", i ? ":" : "", plain + i);
    assert_int_equal(parse_fingerprint(plain, digits), 0);
    assert_string_equal(digits, lower);
    assert_int_equal(parse_fingerprint(colons, digits), 0);
    assert_string_equal(digits, lower);
    strcpy(colons + 94, ":");
    assert_int_equal(parse_fingerprint(colons, digits), -EINVAL);
    assert_int_equal(parse_fingerprint(plain + 1, digits), -EINVAL);
    assert_int_equal(parse_fingerprint("0:0", digits), -EINVAL);
    assert_int_equal(parse_fingerprint("", digits), -EINVAL);

    assert_int_equal(parse_serial("F81EDFEE27C1", serial), 0);
    assert_string_equal(serial, "f81edfee27c1");
    assert_int_equal(parse_serial("f8:1e:df:ee:27:c1", serial), -EINVAL);
    assert_int_equal(parse_serial("f81edfee27c", serial), -EINVAL);
    assert_int_equal(parse_serial("f81edfee27c1a", serial), -EINVAL);
    assert_int_equal(parse_serial("f81edfee27cg", serial), -EINVAL);
}

static void test_utf8(void **state)
{
    static const struct {
        const char *text;
        size_t length;
    } cases[] = {
        {"", 0},
        {"a", 1},
        {"\n", 1},
        {"é", 2},
        {"€", 3},
        {"🐰", 4},
        {"\x80", 0},
        {"\xc0\x80", 0},
        {"\xc1\xbf", 0},
        {"\xc3", 0},
        {"\xc3z", 0},
        {"\xe0\x9f\xbf", 0},
        {"\xe2\x82", 0},
        {"\xed\xa0\x80", 0},
        {"\xed\x9f\xbf", 3},
        {"\xf0\x8f\xbf\xbf", 0},
        {"\xf0\x9f\x90", 0},
        {"\xf4\x8f\xbf\xbf", 4},
        {"\xf4\x90\x80\x80", 0},
        {"\xf5\x80\x80\x80", 0},
        {"\xff", 0},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        if (utf8_sequence(cases[i].text) != cases[i].length)
            fail_msg("case %zu", i);
}

static void test_clean(void **state)
{
    assert_true(text_is_clean(""));
    assert_true(text_is_clean("Nabaztag é € 🐰"));
    assert_true(text_is_clean("\xc2\xa0"));
    assert_false(text_is_clean("a\tb"));
    assert_false(text_is_clean("a\x7f"));
    assert_false(text_is_clean("a\xc2\x85"));
    assert_false(text_is_clean("a\xc3"));
    assert_false(text_is_clean("\x1b[31m"));
}

static void test_cleaning(void **state)
{
    static const struct {
        const char *text, *taken;
    } cases[] = {
        {"fine", "fine"},
        {"", ""},
        {"h\xc3\xa4 \xe2\x80\xa6", "h\xc3\xa4 \xe2\x80\xa6"},
        {"\x1b[31mred\n", "?[31mred?"},
        {"\xff\xc3", "??"},
        {"a\xc2\x9b"
         "b",
         "a?b"},
        {"12345678901234567890", "123456789012345"},
        {"12345678901234\xc3\xa4", "12345678901234"}, /* never half a letter */
    };
    char taken[16];

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        memset(taken, '#', sizeof(taken));
        text_clean(taken, sizeof(taken), cases[i].text);
        assert_string_equal(taken, cases[i].taken);
    }

    snprintf(taken, sizeof(taken), "\x1b\xc2\x9b\xff\xc3\xa4");
    text_clean(taken, sizeof(taken), taken);
    assert_string_equal(taken, "???\xc3\xa4");
}

static void test_nearest(void **state)
{
    static const char *const words[] = {"ears", "nose", "status", "help", NULL};

    assert_string_equal(text_nearest("ear", words), "ears");
    assert_string_equal(text_nearest("esar", words), "ears");
    assert_string_equal(text_nearest("staus", words), "status");
    assert_string_equal(text_nearest("sattus", words), "status");
    assert_string_equal(text_nearest("nose", words), "nose");
    assert_null(text_nearest("", words));
    assert_null(text_nearest("x", words));
    assert_null(text_nearest("umbrella", words));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bool),    cmocka_unit_test(test_unsigned),
        cmocka_unit_test(test_int),     cmocka_unit_test(test_usec),
        cmocka_unit_test(test_color),   cmocka_unit_test(test_host_port),
        cmocka_unit_test(test_hex),     cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_clean),   cmocka_unit_test(test_cleaning),
        cmocka_unit_test(test_nearest),
    };
    return cmocka_run_group_tests_name("parse", tests, NULL, NULL);
}
