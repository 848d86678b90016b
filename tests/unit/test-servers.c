/* Where the platform's servers are, from a small real server. */
#include "web-client.h"

#include "rabbit/servers.h"

static void serve(int fd, const char *request)
{
    if (strstr(request, "/good/locate.jsp?sn=f81edfee27c1&h=4&v=18673 "))
        say(fd, "HTTP/1.1 200 OK\r\n\r\nping hook.test:81\nbroad b\nxmpp_domain almacska:5223\n");
    else if (strstr(request, "/plain/locate.jsp?"))
        say(fd, "HTTP/1.1 200 OK\r\n\r\nxmpp_domain almacska\n");
    else
        say(fd, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
}

struct client {
    struct web web;
    struct config *config;
    struct servers *servers;
    unsigned answers;
    char error[160];
};

static void on_found(const char *error, void *userdata)
{
    struct client *client = userdata;

    client->answers++;
    snprintf(client->error, sizeof(client->error), "%s", error ? error : "");
}

static int make_client(void **state)
{
    struct client *client = calloc(1, sizeof(*client));

    assert_non_null(client);
    web_open(&client->web);
    assert_int_equal(servers_new(&client->servers, client->web.http, on_found, client), 0);
    *state = client;
    return 0;
}

static int free_client(void **state)
{
    struct client *client = *state;

    assert_null(servers_free(client->servers));
    assert_null(servers_free(NULL));
    web_close(&client->web);
    config_free(client->config);
    free(client);
    return 0;
}

/* `folder` NULL: there is no locate.jsp. */
static void configure(struct client *client, const char *dialect, const char *folder)
{
    char text[300];
    struct config *config;

    snprintf(text, sizeof(text), "[account]\njid = almacska\ndialect = %s\n[rabbit]\n", dialect);
    if (folder)
        snprintf(text + strlen(text), sizeof(text) - strlen(text),
                 "locate = http://127.0.0.1:%u/%s\n", server_port, folder);
    config = config_from(text);
    servers_forget(client->servers);
    config_free(client->config);
    client->config = config;
}

static int ask(struct client *client)
{
    return servers_find(client->servers, client->config, "f81edfee27c1");
}

static const char *hook(const struct client *client)
{
    bool may_be_near;
    const char *url = servers_hook(client->servers, client->config, &may_be_near);

    assert_int_equal(may_be_near, servers_are_near(client->servers));
    return url;
}

static void find(struct client *client, const char *error)
{
    client->answers = 0;
    assert_int_equal(ask(client), 0);
    assert_int_equal(client->answers, 0);
    web_run_until(&client->web, &client->answers, 1);
    assert_string_equal(client->error, error);
}

static void known(void **state)
{
    struct client *client = *state;

    configure(client, "violet", "good");
    assert_null(servers_known(client->servers));
    assert_null(hook(client));
    assert_false(servers_are_near(client->servers));
    find(client, "");
    assert_string_equal(servers_known(client->servers)->domain, "almacska");
    assert_int_equal(servers_known(client->servers)->port, 5223);
    assert_string_equal(hook(client), "http://hook.test:81/vl/sendMailXMPP.jsp");
    assert_true(servers_are_near(client->servers));
    assert_int_equal(ask(client), 1); /* kept */

    servers_forget(client->servers);
    assert_null(servers_known(client->servers));
    assert_null(hook(client));
    find(client, "");
    configure(client, "violet", "plain"); /* another place: forgotten as well */
    assert_null(servers_known(client->servers));
    find(client, "");
    assert_null(hook(client));
    assert_int_equal(servers_known(client->servers)->port, 0);
}

static void nothing_to_ask(void **state)
{
    struct client *client = *state;

    configure(client, "violet", NULL);
    assert_int_equal(ask(client), 1);
    configure(client, "standard", NULL);
    assert_int_equal(ask(client), 1);
    assert_null(servers_known(client->servers));
}

static void no_answer(void **state)
{
    struct client *client = *state;

    configure(client, "violet", "none");
    find(client, "HTTP status 404");
    assert_null(servers_known(client->servers));
    find(client, "HTTP status 404"); /* asked again */
}

/* Who forgets is not told any more; who asks twice is told once. */
static void forgotten(void **state)
{
    struct client *client = *state;

    configure(client, "violet", "good");
    assert_int_equal(ask(client), 0);
    servers_forget(client->servers);
    web_run_for(&client->web, 100 * USEC_PER_MSEC);
    assert_int_equal(client->answers, 0);
    assert_int_equal(ask(client), 0);
    assert_int_equal(ask(client), 0);
    web_run_until(&client->web, &client->answers, 1);
    web_run_for(&client->web, 100 * USEC_PER_MSEC);
    assert_int_equal(client->answers, 1);
}

int main(void)
{
#define asking(test) cmocka_unit_test_setup_teardown(test, make_client, free_client)
    const struct CMUnitTest tests[] = {
        asking(known),
        asking(nothing_to_ask),
        asking(no_answer),
        asking(forgotten),
    };

    return cmocka_run_group_tests(tests, start_server, stop_server);
}
