/* What locate.jsp answers: read from tables, and asked for from a small real server. */
#include <errno.h>

#include "web-far.h"

#include "base/limits.h"
#include "web/locate.h"

static void serve(int fd, const char *request)
{
    const char *path = request + strlen("GET ");

    if (after_prefix(path, "/vl/locate.jsp?sn=f81edfee27c1&h=4&v=18673 "))
        say(fd, "HTTP/1.1 200 OK\r\n\r\nping almacska:3000\nbroad almacska:3000\n"
                "xmpp_domain almacska\n");
    else if (after_prefix(path, "/moved/locate.jsp?"))
        redirect(fd, "/vl/locate.jsp?sn=f81edfee27c1&h=4&v=18673");
    else if (after_prefix(path, "/near/locate.jsp?"))
        dprintf(fd,
                "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%u"
                "/vl/locate.jsp?sn=f81edfee27c1&h=4&v=18673\r\nContent-Length: 0\r\n\r\n",
                server_port);
    else if (after_prefix(path, "/html/locate.jsp?"))
        say(fd, "HTTP/1.1 200 OK\r\n\r\n404 Not Found");
    else if (after_prefix(path, "/endless/"))
        say(fd, "HTTP/1.1 200 OK\r\n\r\n"), say_for_ever(fd, "xmpp_domain a\n", 0);
    else if (after_prefix(path, "/silent/"))
        pause();
    else
        say(fd, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
}

/* The answer's text */

static int parse(struct locate_answer *ret, const char *text, char error[160])
{
    *error = '\0';
    return locate_parse(ret, text, strlen(text), error, 160);
}

static void test_good_answers(void **state)
{
    static const struct {
        const char *text, *ping, *broad, *domain;
        uint16_t port;
    } cases[] = {
        {"ping almacska:3000\nbroad almacska:3000\nxmpp_domain almacska\n", "almacska:3000",
         "almacska:3000", "almacska", 0},
        {"ping a.example\r\nbroad b.example\r\nxmpp_domain ojn.example.org:5222\r\n", "a.example",
         "b.example", "ojn.example.org", 5222},
        {"xmpp_domain a:5223", "", "", "a", 5223},
        {"\n\nxmpp_domain a\n\n", "", "", "a", 0},
        {"xm\rpp_domain \ra\r", "", "", "a", 0},
        {"xmpp_domain a\nXMPP_DOMAIN b\nxmpp_domains c\nxmpp d\n xmpp_domain e\n", "", "", "a", 0},
        {"xmpp_domain a\nxmpp_domain b:1\n", "", "", "b", 1},
        {"xmpp_domain b:1\nxmpp_domain a\n", "", "", "a", 0},
        {"unknown\nother key here\nxmpp_domain a\nlast", "", "", "a", 0},
        {"ping  10.0.0.1:80 \nxmpp_domain a \t\n", "10.0.0.1:80", "", "a", 0},
        {"ping [::1]:80\nbroad [::1]\nxmpp_domain a", "[::1]:80", "[::1]", "a", 0},
        {"xmpp_domain 127.0.0.1:65535", "", "", "127.0.0.1", 65535},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct locate_answer answer;
        char error[160];

        if (parse(&answer, cases[i].text, error) < 0)
            fail_msg("%s: %s", cases[i].text, error);
        assert_string_equal(answer.ping, cases[i].ping);
        assert_string_equal(answer.broad, cases[i].broad);
        assert_string_equal(answer.domain, cases[i].domain);
        assert_int_equal(answer.port, cases[i].port);
    }
}

static void test_bad_answers(void **state)
{
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"", "the answer names no xmpp_domain"},
        {"404 Not Found", "the answer names no xmpp_domain"},
        {"ping a\nbroad b\n", "the answer names no xmpp_domain"},
        {"xmpp_domain\n", "the answer has no host behind xmpp_domain, but \"\""},
        {"xmpp_domain \n", "the answer has no host behind xmpp_domain, but \"\""},
        {"xmpp_domain\ta\n", "the answer names no xmpp_domain"},
        {"xmpp_domain a:0\n", "the answer has no host behind xmpp_domain, but \"a:0\""},
        {"xmpp_domain a:65536\n", "the answer has no host behind xmpp_domain, but \"a:65536\""},
        {"xmpp_domain a:\n", "the answer has no host behind xmpp_domain, but \"a:\""},
        {"xmpp_domain :5222\n", "the answer has no host behind xmpp_domain, but \":5222\""},
        {"xmpp_domain a b\n", "the answer has no host behind xmpp_domain, but \"a b\""},
        {"xmpp_domain a'/><x\n", "the answer has no host behind xmpp_domain, but \"a'/><x\""},
        {"xmpp_domain u@a\n", "the answer has no host behind xmpp_domain, but \"u@a\""},
        {"xmpp_domain a/r\n", "the answer has no host behind xmpp_domain, but \"a/r\""},
        {"xmpp_domain [::1]:5222\n",
         "the answer has no host behind xmpp_domain, but \"[::1]:5222\""},
        {"xmpp_domain \x1b[2J\n", "the answer has no host behind xmpp_domain, but \"?[2J\""},
        {"ping http://a/\nxmpp_domain a", "the answer has no host behind ping, but \"http://a/\""},
        {"ping u@a\nxmpp_domain a", "the answer has no host behind ping, but \"u@a\""},
        {"broad a/b\nxmpp_domain a", "the answer has no host behind broad, but \"a/b\""},
        {"broad a?b\nxmpp_domain a", "the answer has no host behind broad, but \"a?b\""},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct locate_answer answer;
        char error[160];

        assert_int_equal(parse(&answer, cases[i].text, error), -EBADMSG);
        assert_string_equal(error, cases[i].error);
    }
}

static void test_sizes(void **state)
{
    char text[LIMIT_LOCATE_BODY + 2], error[160];
    struct locate_answer answer;

    memset(text, '\n', sizeof(text));
    memcpy(text, "xmpp_domain a", strlen("xmpp_domain a"));
    assert_int_equal(locate_parse(&answer, text, LIMIT_LOCATE_BODY, error, 160), 0);
    assert_int_equal(locate_parse(&answer, text, LIMIT_LOCATE_BODY + 1, error, 160), -EBADMSG);
    assert_string_equal(error, "the answer is not a text of at most 4096 bytes");
    text[20] = '\0';
    assert_int_equal(locate_parse(&answer, text, 100, error, 160), -EBADMSG);

    /* a host too long for a name, and one that just fits */
    memset(text, 'a', sizeof(text));
    memcpy(text, "xmpp_domain ", strlen("xmpp_domain "));
    assert_int_equal(locate_parse(&answer, text, LIMIT_LOCATE_BODY, error, 160), -EBADMSG);
    assert_int_equal(locate_parse(&answer, text, strlen("xmpp_domain ") + 254, error, 160),
                     -EBADMSG);
    assert_int_equal(locate_parse(&answer, text, strlen("xmpp_domain ") + 253, error, 160), 0);
    assert_int_equal(strlen(answer.domain), 253);
    memcpy(text, "ping        ", strlen("ping        "));
    memcpy(text + strlen("ping        ") + 253, ":65535\nxmpp_domain b\n", 21);
    assert_int_equal(locate_parse(&answer, text, strlen("ping        ") + 253 + 21, error, 160), 0);
    assert_int_equal(strlen(answer.ping), 253 + 6);
}

/* The question */

static void test_urls(void **state)
{
    static const char *const bad[] = {
        NULL, "", "r.nabaztag.com/vl", "ftp://h/", "http://h/?a=b", "http://h/#a"};
    static const struct {
        const char *base, *url;
    } good[] = {
        {"http://r.nabaztag.com/vl", "http://r.nabaztag.com/vl/locate.jsp?sn=a%26b&h=4&v=1%202"},
        {"http://h/vl/", "http://h/vl/locate.jsp?sn=a%26b&h=4&v=1%202"},
        {"HTTPS://h:3000", "HTTPS://h:3000/locate.jsp?sn=a%26b&h=4&v=1%202"},
    };
    char *url = NULL;

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct locate_details details = {bad[i], "a", "1", USEC_PER_SEC};

        assert_int_equal(locate_url(&url, &details), -EINVAL);
        assert_null(url);
    }
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        struct locate_details details = {good[i].base, "a&b", "1 2", USEC_PER_SEC};

        assert_int_equal(locate_url(&url, &details), 0);
        assert_string_equal(url, good[i].url);
        free(url);
        url = NULL;
    }
}

struct client {
    struct web web;
    struct locate *locate;
    unsigned answers;
    struct locate_answer answer;
    bool is_near;
    char error[160];
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

    locate_cancel(client->locate);
    web_close(&client->web);
    free(client);
    return 0;
}

static void on_answer(const struct locate_answer *answer, bool is_near, const char *error,
                      void *userdata)
{
    struct client *client = userdata;

    assert_true(!answer != !error);
    client->answers++;
    client->locate = NULL;
    client->is_near = is_near;
    if (answer)
        client->answer = *answer;
    snprintf(client->error, sizeof(client->error), "%s", error ? error : "");
}

static void ask_at(struct client *client, const char *host, const char *folder,
                   uint64_t timeout_usec)
{
    char base[100];
    struct locate_details details = {base, "f81edfee27c1", "18673", timeout_usec};

    snprintf(base, sizeof(base), "http://%s:%u%s", host, server_port, folder);
    assert_int_equal(locate_start(&client->locate, client->web.http, &details, on_answer, client),
                     0);
}

static void ask(struct client *client, const char *folder, uint64_t timeout_usec)
{
    ask_at(client, "127.0.0.1", folder, timeout_usec);
}

static void expect(struct client *client, const char *folder, uint64_t timeout_usec,
                   const char *error)
{
    client->answers = 0;
    ask(client, folder, timeout_usec);
    web_run_until(&client->web, &client->answers, 1);
    assert_string_equal(client->error, error);
}

static void test_asking(void **state)
{
    struct client *client = *state;

    expect(client, "/vl", 10 * USEC_PER_SEC, "");
    assert_string_equal(client->answer.ping, "almacska:3000");
    assert_string_equal(client->answer.domain, "almacska");
    assert_true(client->is_near);
    expect(client, "/moved", 10 * USEC_PER_SEC, "");
    assert_string_equal(client->answer.broad, "almacska:3000");
    assert_false(client->is_near); /* somebody else led us here */
    expect(client, "/html", 10 * USEC_PER_SEC, "the answer names no xmpp_domain");
    expect(client, "/none", 10 * USEC_PER_SEC, "HTTP status 404");
    expect(client, "/endless", 10 * USEC_PER_SEC, "the answer was longer than 4096 bytes");
    expect(client, "/silent", 100 * USEC_PER_MSEC, "no answer within 100 ms");
}

/* Somebody in the world has no business with what only this machine can reach. */
static void test_far(void **state)
{
    struct client *client = *state;

    ask_at(client, "127.0.0.2", "/vl", 10 * USEC_PER_SEC);
    web_run_until(&client->web, &client->answers, 1);
    assert_string_equal(client->error, "");
    assert_false(client->is_near);
    ask_at(client, "127.0.0.2", "/near", 10 * USEC_PER_SEC);
    web_run_until(&client->web, &client->answers, 2);
    assert_string_equal(client->error, "the address 127.0.0.1 may not be connected to");
}

static void test_cancel(void **state)
{
    struct client *client = *state;

    ask(client, "/vl", 10 * USEC_PER_SEC);
    client->locate = locate_cancel(client->locate);
    assert_true(sd_event_run(client->web.event, 100 * USEC_PER_MSEC) >= 0);
    assert_int_equal(client->answers, 0);
    assert_null(locate_cancel(NULL));
}

int main(void)
{
#define with_client(test) cmocka_unit_test_setup_teardown(test, make_client, free_client)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_answers),
        cmocka_unit_test(test_bad_answers),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_urls),
        with_client(test_asking),
        with_client(test_far),
        with_client(test_cancel),
    };

    return cmocka_run_group_tests(tests, start_servers, stop_servers);
}
