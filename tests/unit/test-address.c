/* Near addresses and allowed URLs, each from a table. */
#include <errno.h>

#include "helper.h"

#include "base/limits.h"
#include "web/address.h"

static void test_near_addresses(void **state)
{
    static const char *const near[] = {
        "127.0.0.1",
        "127.255.255.255",
        "0.0.0.0",
        "0.1.2.3",
        "169.254.169.254",
        "169.254.0.1",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "224.0.0.251",
        "255.255.255.255",
        "240.0.0.1",
        "::1",
        "::",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "ff02::fb",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::127.0.0.1",
        "::ffff:0:127.0.0.1",
        "64:ff9b::127.0.0.1",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "fd00:ec2::254",
        "fd20:ce::254",
        "",
        "localhost",
        "fe80::1%eth0",
    };
    static const char *const far[] = {
        "10.0.0.1",           "172.16.3.4",
        "192.168.1.1",        "192.0.2.1",
        "93.184.216.34",      "126.255.255.255",
        "128.0.0.1",          "169.253.1.1",
        "100.100.100.201",    "223.255.255.255",
        "2001:db8::1",        "fd12:3456::1",
        "::ffff:192.168.1.1", "64:ff9b::93.184.216.34",
        "2002:c0a8:101::",    "2a00:1450::1",
    };

    for (size_t i = 0; i < ARRAY_SIZE(near); i++)
        if (!address_text_is_near(near[i]))
            fail_msg("%s is not near", near[i]);
    for (size_t i = 0; i < ARRAY_SIZE(far); i++)
        if (address_text_is_near(far[i]))
            fail_msg("%s is near", far[i]);
    assert_true(address_is_near(&(struct sockaddr){.sa_family = AF_UNIX}));
}

static char *const listed[] = {(char[]){"Cdn.Example"}, (char[]){"192.0.2.7"},
                               (char[]){"2001:db8::7"}, (char[]){"localhost"}, NULL};

static int make_allow(void **state)
{
    static const struct allow_names names = {
        .locate = "http://r.example/vl",
        .ping = "Ping.Example:3000",
        .broad = "broad.example:8080",
        .listed = listed,
    };

    return allow_new((struct allow **)state, &names);
}

static int free_allow(void **state)
{
    allow_free(*state);
    return 0;
}

static void test_allowed(void **state)
{
    static const struct {
        const char *url, *expected;
        bool may_be_near;
    } cases[] = {
        {"http://ping.example/a", "http://ping.example/a", false},
        {"http://ping.example:3000/a?b=c&d", "http://ping.example:3000/a?b=c&d", false},
        {"https://PING.example:99/", "https://PING.example:99/", false},
        {"HTTP://ping.EXAMPLE./a", "http://ping.EXAMPLE./a", false},
        {"http://broad.example", "http://broad.example/", false},
        {"http://r.example/x", "http://r.example/x", true},
        {"ping.example:3000/x", "http://ping.example:3000/x", false},
        {"ping.example/x?u=http://other/", "http://ping.example/x?u=http://other/", false},
        {"broadcast/ojn_local/a.chor", "http://broad.example:8080/ojn_local/a.chor", false},
        {"broadcast", "http://broad.example:8080/", false},
        {"broadcast?a", "http://broad.example:8080/?a", false},
        {"http://cdn.example/", "http://cdn.example/", true},
        {"http://192.0.2.7/", "http://192.0.2.7/", true},
        {"http://3221225991/", "http://192.0.2.7/", true}, /* another way to write it */
        {"http://[2001:db8::7]:80/", "http://[2001:db8::7]:80/", true},
        {"http://[2001:db8:0:0::7]/", "http://[2001:db8::7]/", true},
        {"http://localhost:631/", "http://localhost:631/", true},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        _cleanup_(freep) char *url = NULL;
        char error[ALLOW_ERROR_SIZE] = "";
        bool may_be_near;

        if (allow_program_url(*state, cases[i].url, &url, &may_be_near, error) < 0)
            fail_msg("%s: %s", cases[i].url, error);
        assert_string_equal(url, cases[i].expected);
        assert_int_equal(may_be_near, cases[i].may_be_near);
    }
}

static void expect_refusal(const struct allow *allow, const char *url, const char *clause)
{
    char error[ALLOW_ERROR_SIZE] = "";
    char *ret = NULL;
    bool may_be_near;
    int r = allow_program_url(allow, url, &ret, &may_be_near, error);

    if (r >= 0)
        fail_msg("%s is allowed as %s", url, ret);
    assert_true(r == -EACCES || r == -EINVAL);
    if (!strstr(error, clause))
        fail_msg("%s: %s", url, error);
    assert_null(ret);
}

static void test_refused(void **state)
{
    static const struct {
        const char *url, *clause;
    } cases[] = {
        {"http://evil.example/", "the host evil.example is neither the platform's nor listed"},
        {"http://ping.example.evil.example/", "neither"},
        {"http://xping.example/", "neither"},
        {"http://ping.example../", ""},
        {"http://127.0.0.1/", "neither"},
        {"http://[::1]/", "neither"},
        {"http://0x7f.1/", "127.0.0.1"},
        {"http://169.254.169.254/latest/meta-data", "neither"},
        {"http://evil.example#@ping.example/", "neither"},
        {"http://evil.example\\@ping.example/", ""},
        {"http://ping.example@evil.example/", "a user or a password"},
        {"http://user@ping.example/", "a user or a password"},
        {"http://user:word@ping.example/", "a user or a password"},
        {"http://:@ping.example/", ""},
        {"file:///etc/passwd", "neither http nor https"},
        {"file://ping.example/etc/passwd", ""},
        {"ftp://ping.example/", "neither http nor https"},
        {"gopher://ping.example/", "neither http nor https"},
        {"dict://ping.example/", "neither http nor https"},
        {"javascript://ping.example/", "neither http nor https"},
        {"file:/etc/passwd", ""},
        {"broadcast.evil.example/", "neither"},
        {"broadcaster/", "neither"},
        {"BROADCAST/a", "neither"},
        {"", ""},
        {"/", ""},
        {"http://", ""},
        {"http:///path", ""},
        {"http://ping.example:99999/", "malformed"},
        {"http://ping.example:a/", "malformed"},
        {"http://ping.example/a\r\nHost: x", "malformed"},
        {"http://ping.exam ple/", "malformed"},
        {"http://ping.example%00.evil.example/", ""},
        {"http://\xffping.example/", ""},
        {"://ping.example/", ""},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        expect_refusal(*state, cases[i].url, cases[i].clause);
}

static void test_long_urls(void **state)
{
    char url[8193];
    char error[ALLOW_ERROR_SIZE];
    _cleanup_(freep) char *ret = NULL;
    bool may_be_near;

    memset(url, 'a', sizeof(url));
    memcpy(url, "http://ping.example/", strlen("http://ping.example/"));
    url[8192] = '\0';
    expect_refusal(*state, url, "the URL is longer than 2048 bytes");
    url[LIMIT_URL + 1] = '\0';
    expect_refusal(*state, url, "the URL is longer than 2048 bytes");
    url[LIMIT_URL] = '\0';
    assert_int_equal(allow_program_url(*state, url, &ret, &may_be_near, error), 0);
    /* a host of that length is told of, cut or not */
    memset(url + strlen("http://"), 'b', 2000);
    expect_refusal(*state, url, "");
}

static void test_platform_nearby(void **state)
{
    const struct allow_names names = {.ping = "[::1]:3000", .broad = "127.0.0.1", .is_near = true};
    const struct allow_names remote = {.ping = "[::1]:3000", .broad = "127.0.0.1"};
    char error[ALLOW_ERROR_SIZE];
    bool may_be_near;

    for (unsigned i = 0; i < 4; i++) {
        struct allow *allow = NULL;
        char *url = NULL;

        assert_int_equal(allow_new(&allow, i % 2 ? &names : &remote), 0);
        assert_int_equal(allow_program_url(allow, i < 2 ? "http://[::1]/" : "broadcast/", &url,
                                           &may_be_near, error),
                         0);
        assert_int_equal(may_be_near, i % 2);
        free(url);
        allow_free(allow);
    }
}

static void test_nobody_named(void **state)
{
    static const struct allow_names none, bad = {.ping = "a b"};
    struct allow *allow = NULL;

    assert_int_equal(allow_new(&allow, &bad), -EINVAL);
    assert_int_equal(allow_new(&allow, &none), 0);
    expect_refusal(allow, "broadcast/a", "the platform has named no host for broadcast");
    expect_refusal(allow, "http://ping.example/", "neither");
    allow_free(allow);
}

int main(void)
{
#define with_allow(test) cmocka_unit_test_setup_teardown(test, make_allow, free_allow)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_near_addresses),
        with_allow(test_allowed),
        with_allow(test_refused),
        with_allow(test_long_urls),
        cmocka_unit_test(test_platform_nearby),
        cmocka_unit_test(test_nobody_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
