/* The steps of a stream that make it safe: STARTTLS (RFC 6120 5) and SASL (RFC 6120 6). */
#include <errno.h>

#include "base/limits.h"
#include "base/secret.h"
#include "xmpp/offer.h"
#include "xmpp/stanza.h"
#include "xmpp/stream-steps.h"
#include "xmpp/tls.h"

/* TLS */

/* Each answer on the way into TLS starts the limit anew: over a slow line they are many, and only
 * who does not answer is silent. */
void stream_start_tls(struct stream *stream)
{
    struct sight *sight = stream->sight;
    int r = tls_start(stream->conn, stream->order, sight ? &sight->tls : NULL, &stream->failure);

    if (r < 0) {
        if (sight)
            stream->listener.on_seen(sight, stream->userdata);
        stream->step = STEP_DONE;
        return;
    }
    stream_enter(stream, STAGE_TLS);
    stream_open(stream);
}

void stream_on_proceed(struct stream *stream, xmpp_stanza_t *stanza)
{
    stream_enter(stream, STAGE_TLS);
    stream_start_tls(stream);
}

void stream_on_tls_refused(struct stream *stream, xmpp_stanza_t *stanza)
{
    stream_fail(stream, "tls-failed", "the server refused to start it");
}

bool stream_negotiate_tls(struct stream *stream, xmpp_stanza_t *features)
{
    bool offered = xmpp_stanza_get_child_by_name_and_ns(features, "starttls", XMPP_NS_TLS);

    if (xmpp_conn_is_secured(stream->conn) || stream->order->tls == TLS_OFF)
        return false;
    if (offered) {
        stream->step = STEP_PROCEED;
        xmpp_send_raw_string(stream->conn, "<starttls xmlns='%s'/>", XMPP_NS_TLS);
        return true;
    }
    if (stream->order->tls == TLS_OPTIONAL)
        return false;
    stream_fail(stream, "tls-not-offered", NULL);
    return true;
}

/* SASL */

void stream_tell_sight(struct stream *stream, xmpp_stanza_t *features)
{
    struct sight *sight = stream->sight;

    sight->secured = xmpp_conn_is_secured(stream->conn);
    sight->features = true;
    offer_read(&sight->offer, features);
    stream->listener.on_seen(sight, stream->userdata);
}

static void send_sasl(struct stream *stream, const char *element, const char *attributes,
                      const char *text)
{
    _cleanup_(freep) char *out = NULL;
    int n = asprintf(&out, "<%s xmlns='%s'%s>%s</%s>", element, XMPP_NS_SASL, attributes, text,
                     element);

    if (n < 0) {
        out = NULL;
        stream_out_of_memory(stream);
        return;
    }
    xmpp_send_raw(stream->conn, out, (size_t)n);
    explicit_bzero(out, (size_t)n);
}

static void begin_auth(struct stream *stream, const char *mechanism)
{
    _cleanup_(secret_freep) char *initial = NULL;
    const struct order *order = stream->order;
    char attribute[64];

    if (sasl_new(&stream->sasl, mechanism, order->local, order->password, order->domain) < 0 ||
        sasl_start(stream->sasl, &initial) < 0) {
        stream_fail(stream, "no-mechanism", "%s cannot be used with this user name or password",
                    mechanism);
        return;
    }
    stream->step = STEP_AUTH;
    snprintf(attribute, sizeof(attribute), " mechanism='%s'", mechanism);
    send_sasl(stream, "auth", attribute, !initial ? "" : *initial ? initial : "=");
}

const char *stream_choose_mechanism(struct stream *stream, xmpp_stanza_t *features)
{
    const struct order *order = stream->order;
    bool secured = xmpp_conn_is_secured(stream->conn);
    char text[LIMIT_FOREIGN_TEXT];
    struct offer offer;
    const char *mechanism;

    offer_read(&offer, features);
    mechanism = sasl_choose(order->mechanisms, offer.list, secured, order->plaintext);
    if (mechanism)
        return mechanism;
    offer_describe(&offer, text, sizeof(text));
    stream_fail(stream, "no-mechanism", "offered%s: %s", secured ? "" : " without TLS", text);
    return NULL;
}

void stream_log_in(struct stream *stream, xmpp_stanza_t *features)
{
    const char *mechanism = stream_choose_mechanism(stream, features);

    if (mechanism)
        begin_auth(stream, mechanism);
}

void stream_on_challenge(struct stream *stream, xmpp_stanza_t *stanza)
{
    _cleanup_(secret_freep) char *response = NULL;
    char *challenge = xmpp_stanza_get_text(stanza);
    int r = sasl_respond(stream->sasl, challenge, &response);

    if (challenge)
        xmpp_free(xmpp_stanza_get_context(stanza), challenge);
    if (r == 0)
        send_sasl(stream, "response", "", response);
    else if (r == -EKEYREJECTED)
        stream_fail(stream, "proof-invalid", NULL);
    else if (r == -ERANGE)
        stream_fail(stream, "protocol", "it asks for more than %d SCRAM iterations",
                    LIMIT_SCRAM_ITERATIONS);
    else
        stream_fail(stream, "protocol", "malformed %s challenge", sasl_mechanism(stream->sasl));
}

void stream_on_success(struct stream *stream, xmpp_stanza_t *stanza)
{
    char *data = xmpp_stanza_get_text(stanza);
    int r = sasl_succeed(stream->sasl, data);

    if (data)
        xmpp_free(xmpp_stanza_get_context(stanza), data);
    if (r < 0) {
        stream_fail(stream, "proof-invalid", NULL);
        return;
    }
    stream->authenticated = true;
    stream_enter(stream, STAGE_BIND);
    stream_open(stream);
}

void stream_on_auth_failure(struct stream *stream, xmpp_stanza_t *stanza)
{
    const char *condition = stanza_condition(stanza);
    char cause[64];

    if (streq_ptr(condition, "not-authorized")) {
        stream_fail(stream, "rejected", "not-authorized");
        return;
    }
    failure_token(cause, sizeof(cause), "sasl-", condition);
    stream_fail(stream, cause, "%s", cause + strlen("sasl-"));
}
