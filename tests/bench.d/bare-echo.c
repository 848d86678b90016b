/*
 * The peer of nabaztagd in tests/bench: as little as an XMPP echo can be with libstrophe. Logs in
 * over TLS by the library's own login, tells the time of each message it hears, and sends it back.
 *
 *   bare-echo JID PASSWORD HOST PORT CA-FILE
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strophe.h>
#include <time.h>

static void tell(const char *what)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    printf("%s %lld\n", what, (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
    fflush(stdout);
}

static int on_message(xmpp_conn_t *conn, xmpp_stanza_t *message, void *userdata)
{
    char *text = xmpp_message_get_body(message);

    if (text) {
        xmpp_stanza_t *answer = xmpp_stanza_reply(message);

        tell("heard");
        xmpp_message_set_body(answer, text);
        xmpp_send(conn, answer);
        xmpp_stanza_release(answer);
        xmpp_free(userdata, text);
    }
    return 1;
}

static void on_connection(xmpp_conn_t *conn, xmpp_conn_event_t event, int error,
                          xmpp_stream_error_t *stream_error, void *userdata)
{
    xmpp_stanza_t *presence;

    (void)error;
    (void)stream_error;
    if (event != XMPP_CONN_CONNECT) {
        xmpp_stop(userdata);
        return;
    }
    tell("online");
    xmpp_handler_add(conn, on_message, NULL, "message", NULL, userdata);
    presence = xmpp_presence_new(userdata);
    xmpp_send(conn, presence);
    xmpp_stanza_release(presence);
}

int main(int argc, char **argv)
{
    xmpp_ctx_t *ctx;
    xmpp_conn_t *conn;

    if (argc != 6)
        return 2;
    xmpp_initialize();
    ctx = xmpp_ctx_new(NULL, NULL);
    conn = xmpp_conn_new(ctx);
    xmpp_conn_set_flags(conn, XMPP_CONN_FLAG_MANDATORY_TLS);
    xmpp_conn_set_cafile(conn, argv[5]);
    xmpp_conn_set_jid(conn, argv[1]);
    xmpp_conn_set_pass(conn, argv[2]);
    if (xmpp_connect_client(conn, argv[3], (unsigned short)atoi(argv[4]), on_connection, ctx) !=
        XMPP_EOK)
        return 1;
    xmpp_run(ctx);
    xmpp_conn_release(conn);
    xmpp_ctx_free(ctx);
    xmpp_shutdown();
    return 0;
}
