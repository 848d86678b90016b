/*
 * GET against a small real server, and against a resolver that never answers: getaddrinfo() below
 * takes the place of the C library's in this program.
 */
#include <errno.h>
#include <netdb.h>
#include <stdatomic.h>

#include "web-far.h"

#include "base/limits.h"
#include "web/http.h"

static atomic_int resolving;

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **ret)
{
    atomic_fetch_add(&resolving, 1);
    for (;;)
        pause();
}

/* The server */

/* Only what we want our requests to say: the answer to anything else is 400. */
static void check_request(int fd, const char *request)
{
    bool good = strstr(request, "\r\nUser-Agent: nabaztagd/" NABAZTAGD_VERSION "\r\n") &&
                !strstr(request, "\r\nCookie:");

    say(fd, good ? "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 2\r\n\r\nok"
                 : "HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n");
}

static void send_bytes(int fd, size_t size, bool tells_length)
{
    dprintf(fd, "HTTP/1.1 200 OK\r\n");
    if (tells_length)
        dprintf(fd, "Content-Length: %zu\r\n", size);
    say(fd, "\r\n");
    while (size-- > 0)
        say(fd, "b");
}

/* /to?HOST/PATH redirects there. */
static void send_on(int fd, const char *path)
{
    size_t length = strcspn(path, "/ "), rest = strcspn(path + length, " ");

    dprintf(fd, "HTTP/1.1 302 Found\r\nLocation: http://%.*s:%u%.*s\r\nContent-Length: 0\r\n\r\n",
            (int)length, path, server_port, (int)rest, path + length);
}

static void serve(int fd, const char *request)
{
    static char block[8192];
    static const struct {
        const char *path, *answer;
    } plain[] = {
        {"/404", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"},
        {"/500", "HTTP/1.1 500 Oops\r\n\r\nsorry"},
        {"/204", "HTTP/1.1 204 No Content\r\n\r\n"},
        {"/cut", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"},
        {"/garbage", "this is not HTTP\r\n\r\n"},
        {"/nothing", ""},
        {"/302", "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"},
    };
    const char *path = request + strlen("GET ");

    memset(block, 'x', sizeof(block) - 1);
    for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
        if (after_prefix(path, plain[i].path))
            say(fd, plain[i].answer);
    if (after_prefix(path, "/ok"))
        check_request(fd, request);
    else if (after_prefix(path, "/loop"))
        redirect(fd, "/loop");
    else if (after_prefix(path, "/three"))
        redirect(fd, "/two");
    else if (after_prefix(path, "/two"))
        redirect(fd, "/one");
    else if (after_prefix(path, "/one"))
        redirect(fd, "/ok");
    else if (after_prefix(path, "/to?"))
        send_on(fd, path + strlen("/to?"));
    else if (after_prefix(path, "/bytes"))
        send_bytes(fd, (size_t)atol(path + strlen("/bytes")), true);
    else if (after_prefix(path, "/unsized"))
        send_bytes(fd, (size_t)atol(path + strlen("/unsized")), false);
    else if (after_prefix(path, "/chunked"))
        say(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    else if (after_prefix(path, "/to-file"))
        redirect(fd, "file:///etc/hostname");
    else if (after_prefix(path, "/to-ftp"))
        redirect(fd, "ftp://127.0.0.1/x");
    else if (after_prefix(path, "/to-dead"))
        redirect(fd, "http://127.0.0.1:1/");
    else if (after_prefix(path, "/endless-200"))
        say(fd, "HTTP/1.1 200 OK\r\n\r\n"), say_for_ever(fd, block, 0);
    else if (after_prefix(path, "/endless-500"))
        say(fd, "HTTP/1.1 500 Oops\r\n\r\n"), say_for_ever(fd, block, 0);
    else if (after_prefix(path, "/endless-302"))
        say(fd, "HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 9999999999\r\n\r\n"),
            say_for_ever(fd, block, 0);
    else if (after_prefix(path, "/endless-headers"))
        say(fd, "HTTP/1.1 200 OK\r\nX: "), say_for_ever(fd, block, 0);
    else if (after_prefix(path, "/stalled"))
        say(fd, "HTTP/1.1 200 OK\r\n\r\nbegin"), pause();
    else if (after_prefix(path, "/slow"))
        say(fd, "HTTP/1.1 200 OK\r\n"), say_for_ever(fd, "X-Slow: yes\r\n", 20000);
    else if (after_prefix(path, "/silent"))
        pause();
}

/* One client a test */

struct client {
    struct web web;
    struct http_request *request;
    struct http_request *other;
    unsigned answers;
    long status;
    char error[200];
    char *body;
    size_t size;
    char redirect[300], address[64];
};

static int make_client(void **state)
{
    struct client *client = calloc(1, sizeof(*client));

    assert_non_null(client);
    web_open(&client->web);
    *state = client;
    return 0;
}

static int free_client(void **state)
{
    struct client *client = *state;

    web_close(&client->web);
    free(client->body);
    free(client);
    return 0;
}

static void on_answer(const struct http_answer *answer, void *userdata)
{
    struct client *client = userdata;

    client->answers++;
    client->status = answer->status;
    snprintf(client->error, sizeof(client->error), "%s", answer->error ? answer->error : "");
    snprintf(client->redirect, sizeof(client->redirect), "%s",
             answer->redirect ? answer->redirect : "");
    snprintf(client->address, sizeof(client->address), "%s",
             answer->address ? answer->address : "");
    free(client->body);
    client->body = answer->body;
    client->size = answer->size;
}

static const char *url_of(const char *path)
{
    static char url[256];

    snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", server_port, path);
    return url;
}

static const struct http_options plain;

static void start(struct client *client, const char *url, uint64_t timeout_usec)
{
    assert_int_equal(
        http_get(&client->request, client->web.http, url, timeout_usec, &plain, on_answer, client),
        0);
    assert_int_equal(client->answers, 0);
}

static void expect(void **state, const char *path, uint64_t timeout_usec, long status,
                   const char *error)
{
    struct client *client = *state;

    client->answers = 0;
    start(client, url_of(path), timeout_usec);
    web_run_until(&client->web, &client->answers, 1);
    assert_string_equal(client->error, error);
    assert_int_equal(client->status, status);
}

static void test_statuses(void **state)
{
    expect(state, "/ok", 10 * USEC_PER_SEC, 200, "");
    expect(state, "/204", 10 * USEC_PER_SEC, 204, "");
    expect(state, "/404", 10 * USEC_PER_SEC, 404, "HTTP status 404");
    expect(state, "/500", 10 * USEC_PER_SEC, 500, "HTTP status 500");
    expect(state, "/302", 10 * USEC_PER_SEC, 302, "HTTP status 302");
    /* neither cookies nor the connection of the first request are kept */
    expect(state, "/ok", 10 * USEC_PER_SEC, 200, "");
}

static void test_redirects(void **state)
{
    const char *foreign = "redirect to a protocol other than http and https";

    expect(state, "/three", 10 * USEC_PER_SEC, 200, "");
    expect(state, "/loop", 10 * USEC_PER_SEC, 302, "more than 3 redirects");
    expect(state, "/to-file", 10 * USEC_PER_SEC, 302, foreign);
    expect(state, "/to-ftp", 10 * USEC_PER_SEC, 302, foreign);
    expect(state, "/to-dead", 10 * USEC_PER_SEC, 302, "the connection was refused");
}

static void test_endless(void **state)
{
    uint64_t begin = clock_now_usec();

    expect(state, "/endless-200", 60 * USEC_PER_SEC, 200, "");
    expect(state, "/endless-500", 60 * USEC_PER_SEC, 500, "HTTP status 500");
    expect(state, "/endless-302", 60 * USEC_PER_SEC, 302, "the answer was too long");
    assert_true(clock_now_usec() - begin < 20 * USEC_PER_SEC);
}

static void test_endless_headers(void **state)
{
    struct client *client = *state;

    start(client, url_of("/endless-headers"), 60 * USEC_PER_SEC);
    web_run_until(&client->web, &client->answers, 1);
    assert_string_not_equal(client->error, "");
    assert_int_equal(client->status, 0);
}

static void test_broken_answers(void **state)
{
    expect(state, "/cut", 10 * USEC_PER_SEC, 200, "");
    expect(state, "/garbage", 10 * USEC_PER_SEC, 0, "the answer was not HTTP");
    expect(state, "/nothing", 10 * USEC_PER_SEC, 0, "the connection was closed without an answer");
}

static void test_time_out(void **state)
{
    uint64_t begin = clock_now_usec();

    expect(state, "/slow", 100 * USEC_PER_MSEC, 0, "no answer within 100 ms");
    assert_in_range(clock_now_usec() - begin, 100 * USEC_PER_MSEC, 5 * USEC_PER_SEC);
    expect(state, "/silent", 1 * USEC_PER_SEC, 0, "no answer within 1 s");
    expect(state, "/stalled", 100 * USEC_PER_MSEC, 200, "");
    expect(state, "/silent", 0, 0, "no answer within 1 ms");
}

static void test_refused_connection(void **state)
{
    struct client *client = *state;
    char url[64];
    uint16_t port;
    int fd = listen_somewhere(&port);

    close(fd);
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/", port);
    start(client, url, 10 * USEC_PER_SEC);
    web_run_until(&client->web, &client->answers, 1);
    assert_string_equal(client->error, "the connection was refused");
    assert_int_equal(client->status, 0);
}

static void test_proxy_of_the_environment_is_ignored(void **state)
{
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("all_proxy", "http://127.0.0.1:1", 1);
    expect(state, "/ok", 10 * USEC_PER_SEC, 200, "");
    unsetenv("http_proxy");
    unsetenv("all_proxy");
}

static void test_bad_urls(void **state)
{
    static const char *const urls[] = {"",        "h/p",        "ftp://h/p", "file:///etc/passwd",
                                       "http://", "http://a b/"};
    struct client *client = *state;

    for (size_t i = 0; i < ARRAY_SIZE(urls); i++)
        assert_int_equal(http_get(&client->request, client->web.http, urls[i], USEC_PER_SEC, &plain,
                                  on_answer, client),
                         -EINVAL);
    assert_null(client->request);
}

static void expect_with(void **state, const char *path, const struct http_options *options,
                        uint64_t timeout_usec, long status, const char *error)
{
    struct client *client = *state;

    client->answers = 0;
    assert_int_equal(http_get(&client->request, client->web.http, url_of(path), timeout_usec,
                              options, on_answer, client),
                     0);
    web_run_until(&client->web, &client->answers, 1);
    assert_string_equal(client->error, error);
    assert_int_equal(client->status, status);
    assert_true(client->body ? !*error && !client->body[client->size] : *error);
}

static void test_bodies(void **state)
{
    static const struct http_options options = {.body_limit = 1000};
    const char *too_long = "the answer was longer than 1000 bytes";
    uint64_t patience = 20 * USEC_PER_SEC;
    struct client *client = *state;

    expect_with(state, "/ok", &options, patience, 200, "");
    assert_string_equal(client->body, "ok");
    assert_string_equal(client->address, "127.0.0.1");
    expect_with(state, "/three", &options, patience, 200, "");
    assert_string_equal(client->body, "ok");
    assert_string_equal(client->address, "");
    expect_with(state, "/chunked", &options, patience, 200, "");
    assert_string_equal(client->body, "abcde");
    expect_with(state, "/bytes0", &options, patience, 200, "");
    assert_int_equal(client->size, 0);
    expect_with(state, "/bytes1000", &options, patience, 200, "");
    assert_int_equal(client->size, 1000);
    expect_with(state, "/unsized1000", &options, patience, 200, "");
    assert_int_equal(client->size, 1000);
    expect_with(state, "/bytes1001", &options, patience, 200, too_long);
    expect_with(state, "/unsized1001", &options, patience, 200, too_long);
    expect_with(state, "/endless-200", &options, patience, 200, too_long);
    expect_with(state, "/endless-500", &options, patience, 500, "HTTP status 500");
    expect_with(state, "/204", &options, patience, 204, "HTTP status 204");
    expect_with(state, "/404", &options, patience, 404, "HTTP status 404");
    expect_with(state, "/cut", &options, patience, 200, "the answer was cut off");
    expect_with(state, "/stalled", &options, 200 * USEC_PER_MSEC, 200,
                "no whole answer within 200 ms");
    expect_with(state, "/silent", &options, 200 * USEC_PER_MSEC, 0, "no answer within 200 ms");
}

static void test_redirects_that_are_not_followed(void **state)
{
    static const struct http_options options = {.body_limit = 1000, .stay = true};
    struct client *client = *state;

    expect_with(state, "/one", &options, 10 * USEC_PER_SEC, 302, "HTTP status 302");
    assert_string_equal(client->redirect, url_of("/ok"));
    expect_with(state, "/to-file", &options, 10 * USEC_PER_SEC, 302, "HTTP status 302");
    assert_string_equal(client->redirect, "file:///etc/hostname");
    expect_with(state, "/302", &options, 10 * USEC_PER_SEC, 302, "HTTP status 302");
    assert_string_equal(client->redirect, "");
}

static void test_addresses(void **state)
{
    static const struct http_options far_only = {.body_limit = 1000, .far_only = true},
                                     any = {.body_limit = 1000};

    expect_with(state, "/ok", &far_only, 10 * USEC_PER_SEC, 0,
                "the address 127.0.0.1 may not be connected to");
    expect_with(state, "/ok", &any, 10 * USEC_PER_SEC, 200, "");
}

/* Whoever is near may lead to what is near, and nobody else. */
static void test_near_and_far(void **state)
{
    static const char refused[] = "the address 127.0.0.1 may not be connected to";
    static const struct {
        const char *host, *path, *error;
    } cases[] = {
        {"127.0.0.1", "/to?127.0.0.1/ok", ""},
        {"127.0.0.1", "/to?127.0.0.1/to?127.0.0.2/ok", ""},
        {"127.0.0.2", "/to?127.0.0.2/ok", ""},
        {"127.0.0.2", "/to?127.0.0.1/ok", refused},
        {"127.0.0.2", "/to?127.0.0.2/to?127.0.0.1/ok", refused},
        {"127.0.0.1", "/to?127.0.0.2/to?127.0.0.1/ok", refused},
    };
    struct client *client = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char url[100];

        snprintf(url, sizeof(url), "http://%s:%u%s", cases[i].host, server_port, cases[i].path);
        client->answers = 0;
        start(client, url, 10 * USEC_PER_SEC);
        web_run_until(&client->web, &client->answers, 1);
        assert_string_equal(client->error, cases[i].error);
    }
}

static void on_answer_cancel_other(const struct http_answer *answer, void *userdata)
{
    struct client *client = userdata;

    on_answer(answer, userdata);
    client->other = http_cancel(client->other);
    assert_int_equal(http_get(&client->request, client->web.http, url_of("/404"), USEC_PER_SEC,
                              &plain, on_answer, client),
                     0);
}

static void on_wrong_answer(const struct http_answer *answer, void *userdata)
{
    fail_msg("the handler of a cancelled request was called");
}

static void test_handler_cancels_and_starts(void **state)
{
    struct client *client = *state;

    assert_int_equal(http_get(&client->other, client->web.http, url_of("/silent"),
                              200 * USEC_PER_MSEC, &plain, on_wrong_answer, NULL),
                     0);
    assert_int_equal(http_get(&client->request, client->web.http, url_of("/ok"), 10 * USEC_PER_SEC,
                              &plain, on_answer_cancel_other, client),
                     0);
    web_run_until(&client->web, &client->answers, 2);
    assert_string_equal(client->error, "HTTP status 404");
    web_run_for(&client->web, 300 * USEC_PER_MSEC); /* past the time-out of the cancelled one */
}

/* Both time out at once: whichever handler comes first cancels a request that has already ended. */
static void on_answer_cancel_second(const struct http_answer *answer, void *userdata)
{
    struct client *client = userdata;

    on_answer(answer, userdata);
    client->other = http_cancel(client->other);
}

static void on_answer_cancel_first(const struct http_answer *answer, void *userdata)
{
    struct client *client = userdata;

    on_answer(answer, userdata);
    client->request = http_cancel(client->request);
}

static void test_handler_cancels_a_finished_one(void **state)
{
    struct client *client = *state;
    uint64_t timeout_usec = 100 * USEC_PER_MSEC;

    assert_int_equal(http_get(&client->request, client->web.http, url_of("/silent"), timeout_usec,
                              &plain, on_answer_cancel_second, client),
                     0);
    assert_int_equal(http_get(&client->other, client->web.http, url_of("/silent"), timeout_usec,
                              &plain, on_answer_cancel_first, client),
                     0);
    usleep(150000); /* so that one turn of the loop finds both expired */
    web_run_until(&client->web, &client->answers, 1);
    web_run_for(&client->web, 100 * USEC_PER_MSEC);
    assert_int_equal(client->answers, 1);
}

static void on_answer_free(const struct http_answer *answer, void *userdata)
{
    struct client *client = userdata;

    on_answer(answer, userdata);
    client->web.http = http_free(client->web.http);
}

static void test_handler_frees_all(void **state)
{
    struct client *client = *state;

    assert_int_equal(http_get(&client->other, client->web.http, url_of("/silent"),
                              500 * USEC_PER_MSEC, &plain, on_wrong_answer, NULL),
                     0);
    assert_int_equal(http_get(&client->request, client->web.http, url_of("/ok"), 10 * USEC_PER_SEC,
                              &plain, on_answer_free, client),
                     0);
    web_run_until(&client->web, &client->answers, 1);
    assert_null(client->web.http);
    web_run_for(&client->web, 100 * USEC_PER_MSEC);
}

static void test_free_under_way(void **state)
{
    static const char *const paths[] = {"/silent", "/slow", "/endless-200", "/stalled", "/ok"};
    struct client *client = *state;
    struct http_request *request;

    for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
        assert_int_equal(http_get(&request, client->web.http, url_of(paths[i]), 10 * USEC_PER_SEC,
                                  &plain, on_answer, client),
                         0);
    assert_true(sd_event_run(client->web.event, 50 * USEC_PER_MSEC) >= 0);
    client->answers = 0;
    client->web.http = http_free(client->web.http);
    web_run_for(&client->web, 50 * USEC_PER_MSEC);
    assert_int_equal(client->answers, 0);
}

static void wait_for_resolver(struct client *client, int count)
{
    uint64_t end = clock_now_usec() + 10 * USEC_PER_SEC;

    while (atomic_load(&resolving) < count && clock_now_usec() < end)
        assert_true(sd_event_run(client->web.event, 10 * USEC_PER_MSEC) >= 0);
    assert_int_equal(atomic_load(&resolving), count);
}

static void test_dead_resolver(void **state)
{
    struct client *client = *state;
    uint64_t begin, took;

    start(client, "http://hangs.invalid/", 10 * USEC_PER_SEC);
    wait_for_resolver(client, 1);
    begin = clock_now_usec();
    client->request = http_cancel(client->request);
    took = clock_now_usec() - begin;
    print_message("# cancelled inside a dead resolver in %u us\n", (unsigned)took);
    assert_true(took < 100 * USEC_PER_MSEC);

    start(client, "http://hangs-too.invalid/", 300 * USEC_PER_MSEC);
    web_run_until(&client->web, &client->answers, 1);
    assert_string_equal(client->error, "no answer within 300 ms");

    client->answers = 0;
    start(client, "http://hangs-again.invalid/", 10 * USEC_PER_SEC);
    wait_for_resolver(client, 3);
    begin = clock_now_usec();
    client->web.http = http_free(client->web.http);
    took = clock_now_usec() - begin;
    print_message("# freed inside a dead resolver in %u us\n", (unsigned)took);
    assert_true(took < 100 * USEC_PER_MSEC);
    assert_int_equal(client->answers, 0);
}

int main(void)
{
#define with_client(test) cmocka_unit_test_setup_teardown(test, make_client, free_client)
    const struct CMUnitTest tests[] = {
        with_client(test_statuses),
        with_client(test_redirects),
        with_client(test_endless),
        with_client(test_endless_headers),
        with_client(test_broken_answers),
        with_client(test_time_out),
        with_client(test_refused_connection),
        with_client(test_proxy_of_the_environment_is_ignored),
        with_client(test_bad_urls),
        with_client(test_bodies),
        with_client(test_redirects_that_are_not_followed),
        with_client(test_addresses),
        with_client(test_near_and_far),
        with_client(test_handler_cancels_and_starts),
        with_client(test_handler_cancels_a_finished_one),
        with_client(test_handler_frees_all),
        with_client(test_free_under_way),
        with_client(test_dead_resolver),
    };

    return cmocka_run_group_tests(tests, start_servers, stop_servers);
}
