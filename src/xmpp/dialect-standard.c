/* RFC 6120 as today's servers speak it. */
#include <errno.h>

#include "xmpp/stream-steps.h"

static int open_stream(struct stream *stream)
{
    stream->step = STEP_HEADER;
    return xmpp_conn_open_stream_default(stream->conn) == XMPP_EOK ? 0 : -EIO;
}

static void on_features(struct stream *stream, xmpp_stanza_t *features)
{
    if (stream->authenticated) {
        stream_bind(stream, features);
        return;
    }
    if (stream_negotiate_tls(stream, features))
        return;
    if (stream->order->purpose == ORDER_PROBE)
        stream_tell_sight(stream, features);
    if (stream->order->purpose != ORDER_LOGIN) {
        stream_ask_for_form(stream);
        return;
    }
    if (stream->stage != STAGE_SASL)
        stream_enter(stream, STAGE_SASL);
    stream_log_in(stream, features);
}

static const struct expectation expectations[] = {
    {STEP_FEATURES, "features", XMPP_NS_STREAMS, on_features},
    {STEP_PROCEED, "proceed", XMPP_NS_TLS, stream_on_proceed},
    {STEP_PROCEED, "failure", XMPP_NS_TLS, stream_on_tls_refused},
    {STEP_AUTH, "challenge", XMPP_NS_SASL, stream_on_challenge},
    {STEP_AUTH, "success", XMPP_NS_SASL, stream_on_success},
    {STEP_AUTH, "failure", XMPP_NS_SASL, stream_on_auth_failure},
    {STEP_BIND, "iq", XMPP_NS_CLIENT, stream_on_bound},
    {STEP_SESSION, "iq", XMPP_NS_CLIENT, stream_on_session},
    {STEP_FORM, "iq", XMPP_NS_CLIENT, stream_on_form},
    {STEP_SUBMIT, "iq", XMPP_NS_CLIENT, stream_on_submitted},
    {0}};

const struct dialect_ops dialect_standard = {
    .open_stream = open_stream,
    .expectations = expectations,
};
