/*
 * The peer of nabaztagd with a real body in tests/bench: as little as libstrophe and libgpiod need
 * to turn an ear. A chat message with a number starts the motor at once and stops it when so many
 * edges of the encoder fell.
 *
 *   bare-ear JID PASSWORD HOST PORT CA-FILE CHIP MOTOR-LINE ENCODER-LINE
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <strophe.h>
#include <sys/socket.h>

#include "bare-lines.h"

static bool online;
static int socket_fd = -1;
static long holes;

static int on_message(xmpp_conn_t *conn, xmpp_stanza_t *message, void *userdata)
{
    char *text = xmpp_message_get_body(message);

    (void)conn;
    if (text) {
        holes = strtol(text, NULL, 10);
        bare_lines_set(holes > 0);
        xmpp_free(userdata, text);
    }
    return 1;
}

/* Its own, which the server has taken: messages come from now on. */
static int on_presence(xmpp_conn_t *conn, xmpp_stanza_t *presence, void *userdata)
{
    (void)conn;
    (void)presence;
    (void)userdata;
    online = true;
    puts("online 0");
    fflush(stdout);
    return 0;
}

static int on_socket(xmpp_conn_t *conn, void *socket)
{
    (void)conn;
    socket_fd = *(int *)socket;
    return 0;
}

static void on_connection(xmpp_conn_t *conn, xmpp_conn_event_t event, int error,
                          xmpp_stream_error_t *stream_error, void *userdata)
{
    xmpp_stanza_t *presence;

    (void)error;
    (void)stream_error;
    if (event != XMPP_CONN_CONNECT)
        exit(1);
    xmpp_handler_add(conn, on_message, NULL, "message", NULL, userdata);
    xmpp_handler_add(conn, on_presence, NULL, "presence", NULL, userdata);
    presence = xmpp_presence_new(userdata);
    xmpp_send(conn, presence);
    xmpp_stanza_release(presence);
}

static void run(xmpp_ctx_t *ctx, int edges)
{
    struct pollfd fds[] = {{.fd = socket_fd, .events = POLLIN}, {.fd = edges, .events = POLLIN}};

    for (;;) {
        xmpp_run_once(ctx, 0);
        poll(fds, 2, -1);
        if (fds[1].revents && bare_lines_fell() && holes > 0 && --holes == 0)
            bare_lines_set(false);
    }
}

int main(int argc, char **argv)
{
    xmpp_ctx_t *ctx;
    xmpp_conn_t *conn;
    int edges;

    if (argc != 9)
        return 2;
    edges = bare_lines_open(argv[6], (unsigned)strtoul(argv[7], NULL, 10),
                            (unsigned)strtoul(argv[8], NULL, 10));
    if (edges < 0)
        return 1;
    xmpp_initialize();
    ctx = xmpp_ctx_new(NULL, NULL);
    conn = xmpp_conn_new(ctx);
    xmpp_conn_set_flags(conn, XMPP_CONN_FLAG_MANDATORY_TLS);
    xmpp_conn_set_cafile(conn, argv[5]);
    xmpp_conn_set_jid(conn, argv[1]);
    xmpp_conn_set_pass(conn, argv[2]);
    xmpp_conn_set_sockopt_callback(conn, on_socket);
    if (xmpp_connect_client(conn, argv[3], (unsigned short)strtoul(argv[4], NULL, 10),
                            on_connection, ctx) != XMPP_EOK)
        return 1;
    while (!online)
        xmpp_run_once(ctx, 10);
    run(ctx, edges);
}
