/* The URL of a failure report, byte for byte, and whom it is sent to: a small real server. */
#include <errno.h>

#include "web-far.h"

#include "web/report.h"

static void serve(int fd, const char *request)
{
    if (strstr(request, "/hook?m=f81edfee27c1&d=almacska&r=FailureLogin&v=18673 "))
        say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    else
        say(fd, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
}

static struct report_details details_of(const char *url)
{
    return (struct report_details){
        .url = url, .serial = "f81edfee27c1", .domain = "almacska", .version = "18673"};
}

static void expect_url(const char *url, enum report_reason reason, const char *expected)
{
    struct report_details details = details_of(url);
    _cleanup_(freep) char *full = NULL;

    assert_int_equal(report_url(&full, &details, reason), 0);
    assert_string_equal(full, expected);
}

static void test_order_and_reasons(void **state)
{
    const char *hook = "http://almacska:3000/vl/sendMailXMPP.jsp";

    expect_url(hook, REPORT_LOGIN,
               "http://almacska:3000/vl/sendMailXMPP.jsp"
               "?m=f81edfee27c1&d=almacska&r=FailureLogin&v=18673");
    expect_url(hook, REPORT_REGISTER_GET,
               "http://almacska:3000/vl/sendMailXMPP.jsp"
               "?m=f81edfee27c1&d=almacska&r=FailureRegister1&v=18673");
    expect_url(hook, REPORT_REGISTER_SET,
               "http://almacska:3000/vl/sendMailXMPP.jsp"
               "?m=f81edfee27c1&d=almacska&r=FailureRegister2&v=18673");
}

static void test_joints(void **state)
{
    static const struct {
        const char *url, *expected;
    } cases[] = {
        {"http://h/p?key=1", "http://h/p?key=1&m="},
        {"http://h/p?", "http://h/p?m="},
        {"http://h/p?key=1&", "http://h/p?key=1&m="},
        {"http://h/p#part", "http://h/p?m="},
        {"http://h/p?key=1#part", "http://h/p?key=1&m="},
        {"http://h/p#part?not=query", "http://h/p?m="},
        {"http://h/p?#part", "http://h/p?m="},
        {"http://h", "http://h?m="},
        {"https://[::1]:8443/p", "https://[::1]:8443/p?m="},
        {"HTTP://h/p", "HTTP://h/p?m="},
    };
    static const char rest[] = "f81edfee27c1&d=almacska&r=FailureLogin&v=18673";

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char expected[256];

        snprintf(expected, sizeof(expected), "%s%s", cases[i].expected, rest);
        expect_url(cases[i].url, REPORT_LOGIN, expected);
    }
}

static void test_values_are_encoded(void **state)
{
    struct report_details details = {.url = "http://h/p",
                                     .serial = "a&b=c",
                                     .domain = "b\xc3\xbc"
                                               "cher.example",
                                     .version = "1 %#+"};
    _cleanup_(freep) char *full = NULL;

    assert_int_equal(report_url(&full, &details, REPORT_LOGIN), 0);
    assert_string_equal(
        full, "http://h/p?m=a%26b%3Dc&d=b%C3%BCcher.example&r=FailureLogin&v=1%20%25%23%2B");
}

static void test_escape(void **state)
{
    _cleanup_(freep) char *plain = http_escape("AZaz09-._~");
    _cleanup_(freep) char *bytes = http_escape("\x01/\x7f\xff");
    _cleanup_(freep) char *empty = http_escape("");

    assert_string_equal(plain, "AZaz09-._~");
    assert_string_equal(bytes, "%01%2F%7F%FF");
    assert_string_equal(empty, "");
}

static void test_refused(void **state)
{
    static const char *const urls[] = {NULL,    "", "h/p", "ftp://h/p", "file:///etc/passwd",
                                       "http:h"};
    char *full = NULL;

    for (size_t i = 0; i < ARRAY_SIZE(urls); i++) {
        struct report_details details = details_of(urls[i]);

        assert_int_equal(report_url(&full, &details, REPORT_LOGIN), -EINVAL);
    }
    struct report_details details = details_of("http://h/p");
    details.domain = NULL;
    assert_int_equal(report_url(&full, &details, REPORT_LOGIN), -EINVAL);
    assert_null(full);
}

/* Sending */

struct hearer {
    unsigned answers;
    char error[100];
};

static void on_answer(const struct http_answer *answer, void *userdata)
{
    struct hearer *hearer = userdata;

    hearer->answers++;
    snprintf(hearer->error, sizeof(hearer->error), "%s", answer->error ? answer->error : "");
}

static void expect_sent(struct web *web, const char *host, bool may_be_near, const char *error)
{
    char url[100];
    struct report_details details = details_of(url);
    struct http_request *request;
    struct hearer hearer = {0};

    snprintf(url, sizeof(url), "http://%s:%u/hook", host, server_port);
    details.may_be_near = may_be_near;
    details.timeout_usec = 10 * USEC_PER_SEC;
    assert_int_equal(report_send(&request, web->http, &details, REPORT_LOGIN, on_answer, &hearer),
                     0);
    web_run_until(web, &hearer.answers, 1);
    assert_string_equal(hearer.error, error);
}

static void test_sending(void **state)
{
    struct web web;

    web_open(&web);
    expect_sent(&web, "127.0.0.1", true, "");
    expect_sent(&web, "127.0.0.2", true, "");
    expect_sent(&web, "127.0.0.2", false, "");
    expect_sent(&web, "127.0.0.1", false, "the address 127.0.0.1 may not be connected to");
    web_close(&web);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_and_reasons),
        cmocka_unit_test(test_joints),
        cmocka_unit_test(test_values_are_encoded),
        cmocka_unit_test(test_escape),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_sending),
    };

    return cmocka_run_group_tests(tests, start_servers, stop_servers);
}
