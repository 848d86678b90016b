/*
 * Violet's servers and OpenJabNab as the original firmware speaks to them (protocol.md, sections
 * 2.2 to 2.7). Header, DIGEST-MD5 and registration are its own; after a registration the login goes
 * on on the same stream; the first resource is `boot`. What comes after that is resources.h's.
 */
#include <errno.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/secret.h"
#include "xmpp/password.h"
#include "xmpp/stanza.h"
#include "xmpp/stream-steps.h"
#include "xmpp/violet-text.h"

#define FIRST_RESOURCE "boot"

/* Sends one of the texts; false: the stream has failed. Answers to it may be awaited then. */
static bool say(struct stream *stream, enum violet_text which, const char *argument)
{
    const char *slash = stream->jid ? strchr(stream->jid, '/') : NULL;
    const struct violet_words words = {
        .local = stream->order->local,
        .domain = stream->order->domain,
        .resource = slash ? slash + 1 : NULL,
        .argument = argument,
        .id = stream->last_id,
    };
    _cleanup_(secret_freep) char *text = violet_text(which, &words);

    if (!text) {
        stream_out_of_memory(stream);
        return false;
    }
    xmpp_send_raw(stream->conn, text, strlen(text));
    return true;
}

/* The same for what carries an id. */
static bool ask(struct stream *stream, enum violet_text which, const char *argument,
                enum step answer)
{
    stream->last_id++;
    stream->step = answer;
    return say(stream, which, argument);
}

/*
 * After <success/> libstrophe's parser has to be made anew, and the one way to that sends a header
 * of libstrophe's own. Ours goes first: it is the one that counts, and servers of this dialect pass
 * over the other. libstrophe tells of the second stream alone.
 */
static int open_stream(struct stream *stream)
{
    stream->last_id = 0;
    stream->step = stream->authenticated ? STEP_HEADER : STEP_FEATURES;
    if (!say(stream, VIOLET_HEADER, NULL))
        return -ENOMEM;
    if (!stream->authenticated)
        return 0;
    return xmpp_conn_open_stream_default(stream->conn) == XMPP_EOK ? 0 : -EIO;
}

/* ---- login ---- */

static void log_in(struct stream *stream)
{
    if (stream->stage != STAGE_SASL)
        stream_enter(stream, STAGE_SASL);
    stream->step = STEP_AUTH;
    say(stream, VIOLET_AUTH, NULL);
}

static void ask_for_form(struct stream *stream)
{
    stream_enter(stream, STAGE_REGISTER);
    if (stream_may_register(stream))
        ask(stream, VIOLET_REGISTER_GET, NULL, STEP_FORM);
}

/* A server that takes unbinding is of the kind that wants the firmware's first bind as it is; one
 * that does not may refuse a `from` without a resource. */
static void bind_first(struct stream *stream, xmpp_stanza_t *features)
{
    bool unbinds = xmpp_stanza_get_child_by_name(features, "unbind");

    ask(stream, unbinds ? VIOLET_BIND : VIOLET_BIND_STRICT, FIRST_RESOURCE, STEP_BIND);
}

static void on_features(struct stream *stream, xmpp_stanza_t *features)
{
    if (stream->authenticated) {
        bind_first(stream, features);
        return;
    }
    if (stream->order->purpose == ORDER_PROBE)
        stream_tell_sight(stream, features);
    if (stream->order->purpose != ORDER_LOGIN)
        ask_for_form(stream);
    else if (stream_choose_mechanism(stream, features))
        log_in(stream);
}

static struct digest_login digest_of(const struct stream *stream)
{
    const struct stream_digest *digest = stream->digest;

    return (struct digest_login){
        .username = stream->order->local,
        .password = stream->order->password,
        .realm = digest->challenge.has_realm ? digest->challenge.realm : NULL,
        .nonce = digest->challenge.nonce,
        .cnonce = digest->cnonce,
        .uri = digest->uri,
        .nul = DIGEST_NUL_AS_SENT,
    };
}

static void respond(struct stream *stream)
{
    char response[DIGEST_RESPONSE_MAX], text[BASE64_TEXT_SIZE(DIGEST_RESPONSE_MAX)];
    uint8_t random[DIGEST_CNONCE_SIZE - 1];
    struct stream_digest *digest = stream->digest;
    struct digest_login login;
    size_t size = 0;

    snprintf(digest->uri, sizeof(digest->uri), "xmpp/%s", stream->order->domain);
    if (random_bytes(random, sizeof(random)) < 0) {
        stream_fail(stream, "no-mechanism", "no random numbers are to be had");
        return;
    }
    digest_cnonce(digest->cnonce, random);
    login = digest_of(stream);
    if (digest_respond(&login, response, sizeof(response), &size) < 0)
        stream_fail(stream, "no-mechanism", "DIGEST-MD5 cannot be used with this name or password");
    else {
        base64_encode(text, (const uint8_t *)response, size, BASE64_FIRMWARE);
        say(stream, VIOLET_RESPONSE, text);
    }
    explicit_bzero(response, sizeof(response));
    explicit_bzero(text, sizeof(text));
}

/* The text of a challenge, or of what <success/> holds. False: it has none that can be read. */
static bool read_challenge(xmpp_stanza_t *stanza, struct digest_challenge *ret)
{
    char *text = xmpp_stanza_get_text(stanza);
    uint8_t bytes[LIMIT_DIGEST_TEXT];
    size_t size = 0;
    int r = -EBADMSG;

    if (text && base64_decode(bytes, sizeof(bytes), &size, text, strlen(text)) == 0)
        r = digest_challenge_parse(ret, (const char *)bytes, size);
    if (text)
        xmpp_free(xmpp_stanza_get_context(stanza), text);
    return r == 0;
}

/* Whether the server knows the password as well. False: the stream has failed. */
static bool check_proof(struct stream *stream, const struct digest_challenge *proof)
{
    struct digest_login login;

    if (stream->digest) {
        login = digest_of(stream);
        if (digest_check(&login, proof->rspauth) == 0)
            return true;
    }
    stream_fail(stream, "proof-invalid", NULL);
    return false;
}

static void on_challenge(struct stream *stream, xmpp_stanza_t *stanza)
{
    struct digest_challenge challenge;

    if (!read_challenge(stanza, &challenge)) {
        stream_fail(stream, "protocol", "malformed DIGEST-MD5 challenge");
    } else if (*challenge.rspauth) {
        if (check_proof(stream, &challenge))
            say(stream, VIOLET_LAST_RESPONSE, NULL);
    } else if (stream->digest) {
        stream_fail(stream, "protocol", "it challenges again");
    } else {
        stream->digest = calloc(1, sizeof(*stream->digest));
        if (!stream->digest) {
            stream_out_of_memory(stream);
            return;
        }
        stream->digest->challenge = challenge;
        respond(stream);
    }
}

/* A proof may be in it, or there is none: OpenJabNab can be told to let everybody in. */
static void on_success(struct stream *stream, xmpp_stanza_t *stanza)
{
    char *text = xmpp_stanza_get_text(stanza);
    bool has_proof = text && *text;
    struct digest_challenge proof;

    if (text)
        xmpp_free(xmpp_stanza_get_context(stanza), text);
    if (!stream->digest || (has_proof && !read_challenge(stanza, &proof))) {
        stream_fail(stream, "protocol", "it lets us in before we said who we are");
        return;
    }
    if (has_proof && !check_proof(stream, &proof))
        return;
    stream->authenticated = true;
    stream_enter(stream, STAGE_BIND);
    stream_open(stream);
}

/* ---- registration ---- */

static bool is_type(xmpp_stanza_t *iq, const char *type)
{
    return streq_ptr(xmpp_stanza_get_type(iq), type);
}

/* Ids are not looked at, nor is what the form says: the firmware does neither. */
static void on_form(struct stream *stream, xmpp_stanza_t *iq)
{
    char wire[PASSWORD_DIGITS + 1];

    if (is_type(iq, "error"))
        stream_refuse_registration(stream, iq, false);
    if (!is_type(iq, "result"))
        return;
    if (stream->order->purpose == ORDER_PROBE) {
        stream->step = STEP_DONE;
        stream->listener.on_registered(stream->userdata);
        return;
    }
    if (password_xor(wire, stream->order->password, stream->order->local) < 0)
        stream_fail(stream, "register-unsupported",
                    "this dialect takes a password of %d hex digits alone", PASSWORD_DIGITS);
    else
        ask(stream, VIOLET_REGISTER_SET, wire, STEP_SUBMIT);
    explicit_bzero(wire, sizeof(wire));
}

static void on_submitted(struct stream *stream, xmpp_stanza_t *iq)
{
    if (is_type(iq, "error"))
        stream_refuse_registration(stream, iq, true);
    if (!is_type(iq, "result"))
        return;
    stream->listener.on_registered(stream->userdata);
    log_in(stream);
}

/* ---- the first resource ---- */

static void on_bound(struct stream *stream, xmpp_stanza_t *iq)
{
    if (is_type(iq, "error"))
        stream_fail_to_bind(stream, iq, "");
    else if (is_type(iq, "result") && stream_keep_jid(stream, iq))
        ask(stream, VIOLET_SESSION, NULL, STEP_SESSION);
}

/* Servers that have no sessions any more refuse one, which changes nothing. */
static void on_session(struct stream *stream, xmpp_stanza_t *iq)
{
    if (is_type(iq, "result") || is_type(iq, "error"))
        stream_go_online(stream);
}

static const struct expectation expectations[] = {
    {STEP_FEATURES, "features", XMPP_NS_STREAMS, on_features},
    {STEP_AUTH, "challenge", XMPP_NS_SASL, on_challenge},
    {STEP_AUTH, "success", XMPP_NS_SASL, on_success},
    {STEP_AUTH, "failure", XMPP_NS_SASL, stream_on_auth_failure},
    {STEP_FORM, "iq", XMPP_NS_CLIENT, on_form},
    {STEP_SUBMIT, "iq", XMPP_NS_CLIENT, on_submitted},
    {STEP_BIND, "iq", XMPP_NS_CLIENT, on_bound},
    {STEP_SESSION, "iq", XMPP_NS_CLIENT, on_session},
    {0}};

const struct dialect_ops dialect_violet = {
    .open_stream = open_stream,
    .expectations = expectations,
};
