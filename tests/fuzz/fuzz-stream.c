/*
 * A server's half of a login or registration over TCP. The first byte is the kind of attempt:
 * R registers, D only looks, S logs in by SCRAM, any other by PLAIN. A NUL ends a segment: what
 * follows is sent when the client has looked at what came before.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/util.h"
#include "fuzz.h"
#include "xmpp/parser-guard.h"
#include "xmpp/stream.h"

static struct stream *stream; /* for the socket callback, which has no userdata */

static void on_stage(enum stage stage, void *userdata)
{
}

static void on_registered(void *userdata)
{
}

static void on_online(const char *jid, void *userdata)
{
    require(*jid);
}

static void on_stanza(xmpp_stanza_t *stanza, void *userdata)
{
    require(xmpp_stanza_get_name(stanza));
}

static void on_seen(const struct sight *sight, void *userdata)
{
    require(sight->features && !sight->secured);
    require(!sight->offer.list[sight->offer.count]);
}

static int on_socket(xmpp_conn_t *conn, void *sock)
{
    stream_on_socket(stream);
    return 0;
}

static int listen_anywhere(uint16_t *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    require(fd >= 0 && bind(fd, (struct sockaddr *)&address, size) == 0 && listen(fd, 8) == 0);
    require(getsockname(fd, (struct sockaddr *)&address, &size) == 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

static void pump(xmpp_ctx_t *ctx)
{
    for (int i = 0; i < 6 && !stream_is_done(stream); i++)
        xmpp_run_once(ctx, 0);
}

/* Says it all, a segment at a time, then no more. */
static void talk(xmpp_ctx_t *ctx, int fd, const uint8_t *data, size_t size)
{
    const uint8_t *end = data + size;
    char heard[4096];

    pump(ctx);
    while (data < end && !stream_is_done(stream)) {
        const uint8_t *cut = memchr(data, '\0', (size_t)(end - data));
        size_t n = (size_t)((cut ? cut : end) - data);

        if (n > 0 && send(fd, data, n, MSG_NOSIGNAL) < 0)
            break;
        pump(ctx);
        while (recv(fd, heard, sizeof(heard), MSG_DONTWAIT) > 0)
            ;
        data += n + 1;
    }
    shutdown(fd, SHUT_WR);
    pump(ctx);
}

static void attempt(xmpp_ctx_t *ctx, const struct order *order, int listener_fd,
                    const uint8_t *data, size_t size)
{
    static const struct stream_listener listener = {on_stage, on_registered, on_online, on_stanza,
                                                    on_seen};
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    xmpp_conn_t *conn = xmpp_conn_new(ctx);
    int fd;

    require(conn && stream_new(&stream, conn, order, &listener, NULL) == 0);
    xmpp_conn_set_sockopt_callback(conn, on_socket);
    stream_connect(stream, "127.0.0.1", order->port);
    fd = accept(listener_fd, NULL, NULL);
    require(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    talk(ctx, fd, data, size);
    if (stream_failure(stream))
        require(*stream_failure(stream)->cause && *stream_failure(stream)->text);
    close(fd);
    xmpp_conn_release(conn);
    stream = stream_free(stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int listener_fd = -1;
    static uint16_t port;
    static char *scram[] = {(char *)"SCRAM-SHA-1", NULL}, *plain[] = {(char *)"PLAIN", NULL};
    uint8_t kind = size > 0 ? data[0] : 0;
    struct order order = {
        .purpose = kind == 'R'   ? ORDER_REGISTER
                   : kind == 'D' ? ORDER_PROBE
                                 : ORDER_LOGIN,
        .local = (char *)"f81edfee27c1",
        .domain = (char *)"almacska",
        .resource = (char *)"nabaztagd",
        .host = (char *)"127.0.0.1",
        .password = (char *)"secret",
        .name = (char *)"Nabaztag",
        .tls = TLS_OFF,
        .mechanisms = kind == 'S' ? scram : plain,
        .plaintext = true,
    };
    xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);

    signal(SIGPIPE, SIG_IGN);
    parser_guard_use();
    if (listener_fd < 0)
        listener_fd = listen_anywhere(&port);
    order.port = port;
    if (size > 0)
        attempt(ctx, &order, listener_fd, data + 1, size - 1);
    xmpp_ctx_free(ctx);
    return 0;
}
