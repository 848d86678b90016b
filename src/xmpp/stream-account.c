/* The steps of a stream that make an account (XEP-0077) or bind a resource of it (RFC 6120 7). */
#include <errno.h>

#include "xmpp/register.h"
#include "xmpp/stanza.h"
#include "xmpp/stream-steps.h"

/* Registration */

/* Sends <iq type='set'> with `payload`, whose reference it takes (NULL: there was no memory for
 * it). */
static void send_set(struct stream *stream, const char *id, const char *to, xmpp_stanza_t *payload)
{
    xmpp_stanza_t *iq = xmpp_iq_new(xmpp_conn_get_context(stream->conn), "set", id);

    if (iq && payload && (!to || xmpp_stanza_set_to(iq, to) == XMPP_EOK) &&
        xmpp_stanza_add_child(iq, payload) == XMPP_EOK)
        xmpp_send(stream->conn, iq);
    else
        stream_out_of_memory(stream);
    if (payload)
        xmpp_stanza_release(payload);
    if (iq)
        xmpp_stanza_release(iq);
}

bool stream_may_register(struct stream *stream)
{
    const struct order *order = stream->order;

    if (xmpp_conn_is_secured(stream->conn) || order->password_is_fresh || order->plaintext)
        return true;
    stream_fail(stream, "tls-not-offered",
                "the configured password is not registered in the clear");
    return false;
}

void stream_ask_for_form(struct stream *stream)
{
    stream_enter(stream, STAGE_REGISTER);
    if (!stream_may_register(stream))
        return;
    stream->step = STEP_FORM;
    xmpp_send_raw_string(stream->conn, "<iq type='get' id='form'><query xmlns='%s'/></iq>",
                         XMPP_NS_REGISTER);
}

static bool is_answer(xmpp_stanza_t *iq, const char *id, const char *type)
{
    return streq_ptr(xmpp_stanza_get_id(iq), id) && streq_ptr(xmpp_stanza_get_type(iq), type);
}

void stream_refuse_registration(struct stream *stream, xmpp_stanza_t *iq, bool set)
{
    if (stream->step == STEP_DONE)
        return;
    register_refusal(iq, set, &stream->failure);
    stream->step = STEP_DONE;
}

void stream_on_form(struct stream *stream, xmpp_stanza_t *iq)
{
    const struct order *order = stream->order;
    const struct register_fields fields = {
        .ns = XMPP_NS_REGISTER,
        .username = order->local,
        .password = order->password,
        .name = order->name,
        .email = order->email,
    };
    xmpp_stanza_t *query = xmpp_stanza_get_child_by_ns(iq, fields.ns), *answer;
    int r;

    if (is_answer(iq, "form", "error"))
        stream_refuse_registration(stream, iq, false);
    if (!is_answer(iq, "form", "result"))
        return;
    if (!query) {
        stream_fail(stream, "register-unsupported", "it sent no form");
        return;
    }
    r = register_fill_in(&answer, xmpp_conn_get_context(stream->conn), query, &fields,
                         &stream->failure);
    if (r == 0 && order->purpose == ORDER_PROBE) {
        xmpp_stanza_release(answer);
        stream->step = STEP_DONE;
        stream->listener.on_registered(stream->userdata);
    } else if (r == 0) {
        stream->step = STEP_SUBMIT;
        send_set(stream, "submit", order->domain, answer);
    } else if (r == -EPROTO)
        stream->step = STEP_DONE;
    else
        stream_out_of_memory(stream);
}

void stream_on_submitted(struct stream *stream, xmpp_stanza_t *iq)
{
    if (is_answer(iq, "submit", "error"))
        stream_refuse_registration(stream, iq, true);
    if (!is_answer(iq, "submit", "result"))
        return;
    stream->step = STEP_DONE;
    stream->listener.on_registered(stream->userdata);
}

/* Binding */

void stream_go_online(struct stream *stream)
{
    stream->step = STEP_ONLINE;
    stream_enter(stream, STAGE_ONLINE);
    stream->listener.on_online(stream->jid, stream->userdata);
}

/* RFC 3921's session, asked for only where it is not marked as optional. */
static bool needs_session(xmpp_stanza_t *features)
{
    xmpp_stanza_t *session =
        xmpp_stanza_get_child_by_name_and_ns(features, "session", XMPP_NS_SESSION);

    return session && !xmpp_stanza_get_child_by_name(session, "optional");
}

void stream_bind(struct stream *stream, xmpp_stanza_t *features)
{
    xmpp_ctx_t *ctx = xmpp_conn_get_context(stream->conn);
    xmpp_stanza_t *payload;

    if (!xmpp_stanza_get_child_by_name_and_ns(features, "bind", XMPP_NS_BIND)) {
        stream_fail(stream, "protocol", "it offers no resource binding");
        return;
    }
    stream->session_required = needs_session(features);
    stream->step = STEP_BIND;
    payload = stanza_new(ctx, "bind", XMPP_NS_BIND);
    if (payload && stanza_add_text_child(payload, "resource", stream->order->resource) < 0) {
        xmpp_stanza_release(payload);
        payload = NULL;
    }
    send_set(stream, "bind", NULL, payload);
}

bool stream_keep_jid(struct stream *stream, xmpp_stanza_t *iq)
{
    xmpp_stanza_t *bind = xmpp_stanza_get_child_by_name_and_ns(iq, "bind", XMPP_NS_BIND);
    char *jid = bind ? stanza_child_text(bind, "jid") : NULL;

    if (!jid || !*jid || strlen(jid) > 3071)
        stream_fail(stream, "bind-failed", "it named no address");
    else if (strdup_to(&stream->jid, jid) < 0)
        stream_out_of_memory(stream);
    if (jid)
        xmpp_free(xmpp_stanza_get_context(iq), jid);
    return stream->step != STEP_DONE;
}

void stream_fail_to_bind(struct stream *stream, xmpp_stanza_t *iq, const char *what)
{
    const char *condition = stanza_error_condition(iq);

    stream_fail(stream, "bind-failed", "%s%.40s", what, condition ? condition : "no reason given");
}

void stream_on_bound(struct stream *stream, xmpp_stanza_t *iq)
{
    if (is_answer(iq, "bind", "error")) {
        stream_fail_to_bind(stream, iq, "");
        return;
    }
    if (!is_answer(iq, "bind", "result") || !stream_keep_jid(stream, iq))
        return;
    if (!stream->session_required) {
        stream_go_online(stream);
        return;
    }
    stream->step = STEP_SESSION;
    send_set(stream, "session", NULL,
             stanza_new(xmpp_conn_get_context(stream->conn), "session", XMPP_NS_SESSION));
}

void stream_on_session(struct stream *stream, xmpp_stanza_t *iq)
{
    if (is_answer(iq, "session", "error"))
        stream_fail_to_bind(stream, iq, "no session: ");
    else if (is_answer(iq, "session", "result"))
        stream_go_online(stream);
}
