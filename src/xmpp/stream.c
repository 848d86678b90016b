#include "xmpp/stream.h"

#include <errno.h>
#include <stdarg.h>

#include "base/limits.h"
#include "xmpp/sasl.h"
#include "xmpp/stanza.h"
#include "xmpp/stream-steps.h"
#include "xmpp/tls.h"

const char *stage_name(enum stage stage)
{
    static const char *const names[STAGE_COUNT] = {"resolve", "tcp",      "tls",   "sasl",
                                                   "bind",    "register", "online"};

    return names[stage];
}

void stream_enter(struct stream *stream, enum stage stage)
{
    stream->stage = stage;
    stream->listener.on_stage(stage, stream->userdata);
}

void stream_fail(struct stream *stream, const char *cause, const char *detail, ...)
{
    char text[256] = "";
    va_list arguments;

    if (stream->step == STEP_DONE)
        return;
    if (detail) {
        va_start(arguments, detail);
        vsnprintf(text, sizeof(text), detail, arguments);
        va_end(arguments);
    }
    stream->failure.submitted = stream->step == STEP_SUBMIT;
    failure_set(&stream->failure, cause, *text ? "%s" : NULL, text);
    stream->step = STEP_DONE;
}

void stream_out_of_memory(struct stream *stream)
{
    stream_fail(stream, "too-large", "out of memory");
}

void stream_open(struct stream *stream)
{
    if (stream->dialect->open_stream(stream) < 0)
        stream_fail(stream, "protocol", "the stream could not be opened");
}

static void on_stream_error(struct stream *stream, xmpp_stanza_t *error)
{
    const char *condition = stanza_condition(error);
    char *text = stanza_child_text(error, "text");
    bool is_closed = stream->step == STEP_FORM && streq_ptr(condition, "not-authorized");
    char cause[64];

    failure_token(cause, sizeof(cause), "stream-", condition);
    stream_fail(stream, is_closed ? "register-closed" : cause, "%s%s%.*s",
                cause + strlen("stream-"), text ? ": " : "", LIMIT_FOREIGN_TEXT / 2,
                text ? text : "");
    if (text)
        xmpp_free(xmpp_stanza_get_context(error), text);
}

static bool is_element(xmpp_stanza_t *stanza, const char *element, const char *ns)
{
    return streq_ptr(xmpp_stanza_get_name(stanza), element) &&
           streq_ptr(xmpp_stanza_get_ns(stanza), ns);
}

static void dispatch(struct stream *stream, xmpp_stanza_t *stanza)
{
    enum step step = stream->step;

    for (const struct expectation *row = stream->dialect->expectations; row->element; row++)
        if (row->step == step && is_element(stanza, row->element, row->ns)) {
            row->handle(stream, stanza);
            return;
        }
}

/* Every top-level element comes here. */
static int on_element(xmpp_conn_t *conn, xmpp_stanza_t *stanza, void *userdata)
{
    struct stream *stream = userdata;

    if (stream->step == STEP_DONE)
        return 1;
    if (is_element(stanza, "error", XMPP_NS_STREAMS))
        on_stream_error(stream, stanza);
    else if (stream->step == STEP_HEADER)
        /* Left over from before the restart: somebody slipped text in ahead of TLS (or the server
         * is confused). */
        stream_fail(stream, "protocol", "it sent more before the new stream was open");
    else if (stream->step == STEP_ONLINE)
        stream->listener.on_stanza(stanza, stream->userdata);
    else
        dispatch(stream, stanza);
    return 1;
}

static void on_connected(struct stream *stream)
{
    stream_enter(stream, stream->order->tls == TLS_OFF ? STAGE_SASL : STAGE_TLS);
    if (stream->order->tls == TLS_DIRECT)
        stream_start_tls(stream);
    else
        stream_open(stream);
}

/* Why a TCP connection could not be made. */
static void fail_to_connect(struct stream *stream, int error)
{
    if (error == ECONNREFUSED)
        stream_fail(stream, "refused", NULL);
    else if (error == EINPROGRESS) /* libstrophe has a limit of its own: 5 s for each address */
        stream_fail(stream, "silent-tcp", NULL);
    else
        stream_fail(stream, "unreachable", error ? "%s" : NULL, strerror(error));
}

static void on_disconnected(struct stream *stream, xmpp_stream_error_t *stream_error)
{
    if (stream_error && stream_error->stanza)
        on_stream_error(stream, stream_error->stanza);
    else if (stream->stage <= STAGE_TCP)
        fail_to_connect(stream, errno); /* libstrophe's try left it; it hands over 0 */
    else
        stream_fail(stream, "eof", stream->stage == STAGE_ONLINE ? NULL : "during %s",
                    stage_name(stream->stage));
}

static void on_connection(xmpp_conn_t *conn, xmpp_conn_event_t event, int error,
                          xmpp_stream_error_t *stream_error, void *userdata)
{
    struct stream *stream = userdata;

    if (stream->step == STEP_DONE)
        return;
    if (event == XMPP_CONN_RAW_CONNECT)
        on_connected(stream);
    else if (event == XMPP_CONN_CONNECT && stream->step == STEP_HEADER)
        stream->step = STEP_FEATURES;
    else if (event == XMPP_CONN_DISCONNECT || event == XMPP_CONN_FAIL)
        on_disconnected(stream, stream_error);
}

void stream_on_socket(struct stream *stream)
{
    stream_enter(stream, STAGE_TCP);
}

void stream_connect(struct stream *stream, const char *address, uint16_t port)
{
    errno = 0;
    if (xmpp_connect_raw(stream->conn, address, port, on_connection, stream) != XMPP_EOK)
        fail_to_connect(stream, errno);
}

const struct failure *stream_failure(const struct stream *stream)
{
    return stream->failure.kind == FAILURE_NONE ? NULL : &stream->failure;
}

bool stream_is_done(const struct stream *stream)
{
    return stream->step == STEP_DONE;
}

static int set_up_connection(struct stream *stream)
{
    const struct order *order = stream->order;
    _cleanup_(freep) char *jid = NULL;

    if (asprintf(&jid, "%s@%s", order->local, order->domain) < 0) {
        jid = NULL;
        return -ENOMEM;
    }
    xmpp_conn_set_jid(stream->conn, jid);
    xmpp_handler_add(stream->conn, on_element, NULL, NULL, NULL, stream);
    return tls_prepare(stream->conn, order);
}

int stream_new(struct stream **ret, xmpp_conn_t *conn, const struct order *order,
               const struct stream_listener *listener, void *userdata)
{
    struct stream *stream = calloc(1, sizeof(*stream));
    int r;

    if (!stream)
        return -ENOMEM;
    stream->conn = conn;
    stream->order = order;
    stream->dialect = dialect_find(order->dialect);
    stream->listener = *listener;
    stream->userdata = userdata;
    if (order->purpose == ORDER_PROBE)
        stream->sight = calloc(1, sizeof(*stream->sight));
    r = order->purpose == ORDER_PROBE && !stream->sight ? -ENOMEM : set_up_connection(stream);
    if (r < 0) {
        stream_free(stream);
        return r;
    }
    *ret = stream;
    return 0;
}

struct stream *stream_free(struct stream *stream)
{
    if (!stream)
        return NULL;
    sasl_free(stream->sasl);
    free(stream->jid);
    free(stream->sight);
    if (stream->digest)
        explicit_bzero(stream->digest, sizeof(*stream->digest));
    free(stream->digest);
    free(stream);
    return NULL;
}
