/*
 * Downloads from a small real server. Names are resolved by getaddrinfo() below: each that ends in
 * ".test", and localhost, is 127.0.0.1.
 */
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>

#include "web-client.h"

#include "base/limits.h"
#include "web/fetch.h"

#define SMALL 1000 /* bytes that most tests wish for */

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **ret)
{
    static int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    if (!ends_with(node, ".test") && !ends_with(node, ".test.") && !streq(node, "localhost"))
        return EAI_NONAME;
    return real("127.0.0.1", service, hints, ret);
}

/* The server */

static void send_bytes(int fd, long size)
{
    char block[1000];

    memset(block, 'c', sizeof(block));
    dprintf(fd, "HTTP/1.1 200 OK\r\n\r\n");
    for (; size > 0; size -= (long)sizeof(block))
        if (write(fd, block, size > 1000 ? 1000 : (size_t)size) < 0)
            _exit(0);
}

/* /to?URL redirects there; a "P" behind a colon in it is the port. */
static void send_redirect(int fd, const char *path)
{
    char target[3000], *port;
    const char *end = strchr(path, ' ');

    snprintf(target, sizeof(target), "%.*s", (int)(end - path), path);
    port = strstr(target, ":P");
    if (port)
        dprintf(fd, "HTTP/1.1 302 Found\r\nLocation: %.*s:%u%s\r\nContent-Length: 0\r\n\r\n",
                (int)(port - target), target, server_port, port + 2);
    else
        redirect(fd, target);
}

static void serve(int fd, const char *request)
{
    const char *path = request + strlen("GET "), *rest;

    if (after_prefix(path, "/good "))
        say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nchoreo!");
    else if ((rest = after_prefix(path, "/bytes/")))
        send_bytes(fd, strtol(rest, NULL, 10));
    else if ((rest = after_prefix(path, "/to?")))
        send_redirect(fd, rest);
    else if (after_prefix(path, "/loop "))
        redirect(fd, "/loop");
    else if (after_prefix(path, "/three "))
        redirect(fd, "/to?/to?/good");
    else if (after_prefix(path, "/four "))
        redirect(fd, "/three");
    else if (after_prefix(path, "/endless "))
        say(fd, "HTTP/1.1 200 OK\r\n\r\n"), say_for_ever(fd, "xxxxxxxxxxxxxxxx", 0);
    else if (after_prefix(path, "/slow "))
        say(fd, "HTTP/1.1 200 OK\r\n\r\n"), say_for_ever(fd, "x", 50000);
    else if (after_prefix(path, "/cut "))
        say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort");
    else
        say(fd, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
}

/* The client */

struct client {
    struct web web;
    struct fetch *fetch;
    struct fetch_job *job;
    size_t loaded; /* answers so far */
    unsigned done;
    bool frees_all, cancels;
    size_t size[LIMIT_FETCHES + 4];
    char text[20]; /* the begin of the latest data */
    char error[LIMIT_FETCHES + 4][ALLOW_ERROR_SIZE];
};

static void on_loaded(size_t index, char *data, size_t size, const char *error, void *userdata)
{
    struct client *client = userdata;

    assert_int_equal(index, client->loaded++);
    assert_true(data ? !error && data[size] == '\0' : error && *error && size == 0);
    client->size[index] = size;
    snprintf(client->text, sizeof(client->text), "%s", data ? data : "");
    snprintf(client->error[index], sizeof(client->error[index]), "%s", error ? error : "");
    free(data);
    if (client->frees_all)
        client->fetch = fetch_free(client->fetch);
    if (client->cancels)
        client->job = fetch_cancel(client->job);
}

static void on_done(void *userdata)
{
    struct client *client = userdata;

    client->done++;
    client->job = NULL;
}

static void open_fetch(struct client *client, const struct allow_names *names)
{
    fetch_free(client->fetch);
    client->fetch = NULL;
    assert_int_equal(fetch_new(&client->fetch, client->web.event, client->web.http, names), 0);
}

/* A platform on this machine. */
static int make_client(void **state)
{
    struct client *client = calloc(1, sizeof(*client));
    char broad[64];

    assert_non_null(client);
    snprintf(broad, sizeof(broad), "Broad.test:%u", server_port);
    web_open(&client->web);
    open_fetch(client, &(struct allow_names){.locate = "http://127.0.0.1/vl",
                                             .ping = "ping.test",
                                             .broad = broad,
                                             .is_near = true});
    *state = client;
    return 0;
}

static int free_client(void **state)
{
    struct client *client = *state;

    fetch_free(client->fetch);
    web_close(&client->web);
    free(client);
    return 0;
}

static void start(struct client *client, const struct fetch_wish *wishes, size_t count)
{
    struct fetch_listener listener = {on_loaded, on_done, client};

    client->loaded = 0;
    client->done = 0;
    assert_int_equal(fetch_start(&client->job, client->fetch, wishes, count, &listener), 0);
    assert_int_equal(client->loaded, 0);
}

/* One URL, in which ":P" is the server's port. */
static void load(struct client *client, const char *pattern, size_t limit)
{
    char url[LIMIT_URL + 100];
    const char *port = strstr(pattern, ":P");

    if (port)
        snprintf(url, sizeof(url), "%.*s:%u%s", (int)(port - pattern), pattern, server_port,
                 port + 2);
    else
        snprintf(url, sizeof(url), "%s", pattern);
    start(client, &(struct fetch_wish){url, limit}, 1);
    web_run_until(&client->web, &client->done, 1);
    assert_int_equal(client->loaded, 1);
}

static void expect_good(struct client *client, const char *pattern)
{
    load(client, pattern, SMALL);
    if (*client->error[0])
        fail_msg("%s: %s", pattern, client->error[0]);
    assert_string_equal(client->text, "choreo!");
    assert_int_equal(client->size[0], 7);
}

static void expect_error(struct client *client, const char *pattern, const char *error)
{
    load(client, pattern, SMALL);
    if (!streq(client->error[0], error))
        fail_msg("%s: \"%s\" instead of \"%s\"", pattern, client->error[0], error);
}

static void test_good(void **state)
{
    static const char *const urls[] = {
        "broadcast/good",
        "http://ping.test:P/good",
        "ping.test:P/good",
        "HTTP://PING.Test:P/good",
        "http://ping.test.:P/good",
        "http://127.0.0.1:P/good",
        "http://2130706433:P/good",
        "http://ping.test:P/three",
        "http://ping.test:P/to?http://broad.test:P/good",
        "http://ping.test:P/to?//127.0.0.1:P/good",
    };

    for (size_t i = 0; i < ARRAY_SIZE(urls); i++)
        expect_good(*state, urls[i]);
}

static void test_refused_urls(void **state)
{
    struct client *client = *state;
    char url[LIMIT_URL + 2];

    expect_error(client, "http://evil.test:P/good",
                 "the host evil.test is neither the platform's nor listed in [access] fetch");
    expect_error(client, "http://localhost:P/good",
                 "the host localhost is neither the platform's nor listed in [access] fetch");
    expect_error(client, "http://[::1]:P/good",
                 "the host [::1] is neither the platform's nor listed in [access] fetch");
    expect_error(client, "http://ping.test@evil.test:P/good",
                 "the URL has a user or a password in it");
    expect_error(client, "file:///etc/hostname", "the URL is neither http nor https");
    expect_error(client, "gopher://ping.test:P/", "the URL is neither http nor https");
    memset(url, 'a', sizeof(url));
    url[LIMIT_URL + 1] = '\0';
    expect_error(client, url, "the URL is longer than 2048 bytes");
}

static void test_redirects(void **state)
{
    static const char *const cases[][2] = {
        {"http://ping.test:P/to?http://evil.test:80/good",
         "redirect: the host evil.test is neither the platform's nor listed in [access] fetch"},
        {"http://ping.test:P/to?http://localhost:80/good",
         "redirect: the host localhost is neither the platform's nor listed in [access] fetch"},
        {"http://ping.test:P/to?http://[::1]:80/good",
         "redirect: the host [::1] is neither the platform's nor listed in [access] fetch"},
        {"http://ping.test:P/to?http://u:p@ping.test/",
         "redirect: the URL has a user or a password in it"},
        {"http://ping.test:P/to?file:///etc/hostname",
         "redirect: the URL is neither http nor https"},
        {"http://ping.test:P/to?ftp://ping.test/", "redirect: the URL is neither http nor https"},
        {"http://ping.test:P/loop", "more than 3 redirects"},
        {"http://ping.test:P/four", "more than 3 redirects"},
        {"http://ping.test:P/to?http://ping.test:1/", "the connection was refused"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        expect_error(*state, cases[i][0], cases[i][1]);
}

/* A platform elsewhere that leads here, by its names or by what they are resolved to. */
static void test_near_addresses(void **state)
{
    char *const listed[] = {(char[]){"listed.test"}, NULL};
    const char *error = "the address 127.0.0.1 may not be connected to";
    struct client *client = *state;

    open_fetch(client, &(struct allow_names){.locate = "http://r.test/vl",
                                             .ping = "ping.test",
                                             .broad = "127.0.0.1",
                                             .listed = listed});
    expect_error(client, "http://ping.test:P/good", error);
    expect_error(client, "http://127.0.0.1:P/good", error);
    expect_error(client, "broadcast/good", error);
    expect_good(client, "http://listed.test:P/good");
    expect_good(client, "http://r.test:P/good");
    expect_error(client, "http://listed.test:P/to?http://ping.test:P/good", error);
    expect_error(client, "http://listed.test:P/to?http://0.0.0.0:P/good",
                 "redirect: the host 0.0.0.0 is neither the platform's nor listed in [access] "
                 "fetch");
}

static void test_bad_answers(void **state)
{
    struct client *client = *state;

    expect_error(client, "broadcast/none", "HTTP status 404");
    expect_error(client, "broadcast/cut", "the answer was cut off");
    expect_error(client, "http://ping.test:1/", "the connection was refused");
    expect_error(client, "broadcast/endless", "the answer was longer than 1000 bytes");
    expect_error(client, "broadcast/bytes/1001", "the answer was longer than 1000 bytes");
    load(client, "broadcast/bytes/1000", SMALL);
    assert_int_equal(client->size[0], 1000);
    load(client, "broadcast/bytes/300000", LIMIT_CHOREOGRAPHY_BYTES);
    assert_int_equal(client->size[0], 300000);
    load(client, "broadcast/bytes/0", SMALL);
    assert_string_equal(client->error[0], "");
    assert_int_equal(client->size[0], 0);
}

static void test_slow(void **state)
{
    uint64_t begin = clock_now_usec(), took;

    load(*state, "broadcast/slow", SMALL);
    took = clock_now_usec() - begin;
    assert_in_range(took, 10 * USEC_PER_SEC, 15 * USEC_PER_SEC);
    assert_non_null(strstr(((struct client *)*state)->error[0], "no whole answer within"));
}

static void test_a_program(void **state)
{
    struct fetch_wish wishes[LIMIT_FETCHES + 4];
    struct client *client = *state;

    for (size_t i = 0; i < ARRAY_SIZE(wishes); i++)
        wishes[i] = (struct fetch_wish){i % 2 ? "broadcast/none" : "broadcast/good", SMALL};
    start(client, wishes, ARRAY_SIZE(wishes));
    web_run_until(&client->web, &client->done, 1);
    assert_int_equal(client->loaded, ARRAY_SIZE(wishes));
    for (size_t i = 0; i < ARRAY_SIZE(wishes); i++)
        assert_string_equal(client->error[i], i >= LIMIT_FETCHES
                                                  ? "the program loads too many resources"
                                              : i % 2 ? "HTTP status 404"
                                                      : "");
    start(client, NULL, 0);
    web_run_until(&client->web, &client->done, 1);
    assert_int_equal(client->loaded, 0);
}

static void test_too_much_together(void **state)
{
    const struct fetch_wish most = {"broadcast/bytes/299000", 300000};
    struct fetch_wish wishes[] = {most, most, most, most, most, {"broadcast/bytes/4000", 300000},
                                  most};
    struct client *client = *state;

    start(client, wishes, ARRAY_SIZE(wishes));
    web_run_until(&client->web, &client->done, 1);
    assert_int_equal(client->size[3], 299000);
    assert_string_equal(client->error[4], "the answer was longer than 4000 bytes");
    assert_int_equal(client->size[5], 4000);
    assert_string_equal(client->error[6], "the resources of the program are too large together");
}

static void test_ends_early(void **state)
{
    const struct fetch_wish wishes[] = {{"broadcast/good", SMALL}, {"broadcast/slow", SMALL}};
    struct fetch_listener listener = {on_loaded, on_done, *state};
    struct client *client = *state;
    struct fetch_job *jobs[LIMIT_FETCH_JOBS + 1];

    /* by the listener */
    client->cancels = true;
    start(client, wishes, 2);
    web_run_for(&client->web, 300 * USEC_PER_MSEC);
    assert_int_equal(client->loaded, 1);
    client->cancels = false;

    /* under way */
    start(client, wishes, 2);
    web_run_for(&client->web, 300 * USEC_PER_MSEC);
    assert_int_equal(client->loaded, 1);
    client->job = fetch_cancel(client->job);

    /* many at a time */
    for (size_t i = 0; i < LIMIT_FETCH_JOBS; i++)
        assert_int_equal(fetch_start(&jobs[i], client->fetch, &wishes[1], 1, &listener), 0);
    assert_int_equal(fetch_start(&jobs[LIMIT_FETCH_JOBS], NULL, wishes, 1, &listener), -ENETDOWN);
    assert_int_equal(fetch_start(&jobs[LIMIT_FETCH_JOBS], client->fetch, wishes, 1, &listener),
                     -EBUSY);
    web_run_for(&client->web, 100 * USEC_PER_MSEC);
    for (size_t i = 0; i < LIMIT_FETCH_JOBS; i++)
        fetch_cancel(jobs[i]);

    /* all of it, by the listener */
    client->frees_all = true;
    start(client, wishes, 2);
    web_run_for(&client->web, 300 * USEC_PER_MSEC);
    assert_int_equal(client->loaded, 1);
    assert_int_equal(client->done, 0);
    assert_null(client->fetch);
}

int main(void)
{
#define with_client(test) cmocka_unit_test_setup_teardown(test, make_client, free_client)
    const struct CMUnitTest tests[] = {
        with_client(test_good),        with_client(test_refused_urls),
        with_client(test_redirects),   with_client(test_near_addresses),
        with_client(test_bad_answers), with_client(test_slow),
        with_client(test_a_program),   with_client(test_too_much_together),
        with_client(test_ends_early),
    };

    return cmocka_run_group_tests(tests, start_server, stop_server);
}
