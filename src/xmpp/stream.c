#include "xmpp/stream.h"

#include <errno.h>
#include <stdarg.h>

#include "base/limits.h"
#include "base/secret.h"
#include "xmpp/dialect.h"
#include "xmpp/offer.h"
#include "xmpp/register.h"
#include "xmpp/sasl.h"
#include "xmpp/stanza.h"
#include "xmpp/tls.h"

/* What we are waiting for. */
enum step {
    STEP_CONNECT,  /* the TCP connection */
    STEP_HEADER,   /* the header of a stream we opened; nothing else may come before it */
    STEP_FEATURES, /* <features/> */
    STEP_PROCEED,  /* <proceed/> */
    STEP_AUTH,     /* <challenge/>, <success/>, <failure/> */
    STEP_BIND,     /* answer to bind */
    STEP_SESSION,  /* answer to session */
    STEP_FORM,     /* answer to the registration get */
    STEP_SUBMIT,   /* answer to the registration set */
    STEP_ONLINE,
    STEP_DONE, /* registered, or failed */
};

struct stream {
    xmpp_conn_t *conn;
    const struct order *order;
    const struct dialect_ops *dialect;
    struct stream_listener listener;
    void *userdata;

    enum stage stage;
    enum step step;
    struct sasl *sasl;
    bool authenticated;
    bool session_required;
    char *jid; /* bound */
    struct failure failure;
};

const char *stage_name(enum stage stage)
{
    static const char *const names[STAGE_COUNT] = {"resolve", "tcp",      "tls",   "sasl",
                                                   "bind",    "register", "online"};

    return names[stage];
}

static void enter_stage(struct stream *stream, enum stage stage)
{
    stream->stage = stage;
    stream->listener.on_stage(stage, stream->userdata);
}

static void fail(struct stream *stream, const char *cause, const char *detail, ...) _printf_(3, 4);
static void fail(struct stream *stream, const char *cause, const char *detail, ...)
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

void stream_fail(struct stream *stream, const char *cause, const char *detail)
{
    fail(stream, cause, detail ? "%s" : NULL, detail);
}

static void out_of_memory(struct stream *stream)
{
    fail(stream, "too-large", "out of memory");
}

static void open_stream(struct stream *stream)
{
    stream->step = STEP_HEADER;
    if (stream->dialect->open_stream(stream->conn) < 0)
        fail(stream, "protocol", "the stream could not be opened");
}

/* TLS */

/* Each answer on the way into TLS starts the limit anew: over a slow line they are many, and only
 * who does not answer is silent. */
static void start_tls(struct stream *stream)
{
    if (tls_start(stream->conn, stream->order, &stream->failure) < 0) {
        stream->step = STEP_DONE;
        return;
    }
    enter_stage(stream, STAGE_TLS);
    open_stream(stream);
}

static void on_proceed(struct stream *stream, xmpp_stanza_t *stanza)
{
    enter_stage(stream, STAGE_TLS);
    start_tls(stream);
}

static void on_tls_refused(struct stream *stream, xmpp_stanza_t *stanza)
{
    fail(stream, "tls-failed", "the server refused to start it");
}

/* Sends STARTTLS if it is wanted and offered. True: nothing more to do with these features. */
static bool negotiate_tls(struct stream *stream, xmpp_stanza_t *features)
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
    fail(stream, "tls-not-offered", NULL);
    return true;
}

/* SASL */

static void send_sasl(struct stream *stream, const char *element, const char *attributes,
                      const char *text)
{
    _cleanup_(freep) char *out = NULL;
    int n = asprintf(&out, "<%s xmlns='%s'%s>%s</%s>", element, XMPP_NS_SASL, attributes, text,
                     element);

    if (n < 0) {
        out = NULL;
        out_of_memory(stream);
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
        fail(stream, "no-mechanism", "%s cannot be used with this user name or password",
             mechanism);
        return;
    }
    stream->step = STEP_AUTH;
    snprintf(attribute, sizeof(attribute), " mechanism='%s'", mechanism);
    send_sasl(stream, "auth", attribute, !initial ? "" : *initial ? initial : "=");
}

static void log_in(struct stream *stream, xmpp_stanza_t *features)
{
    const struct order *order = stream->order;
    bool secured = xmpp_conn_is_secured(stream->conn);
    char text[LIMIT_FOREIGN_TEXT];
    struct offer offer;
    const char *mechanism;

    offer_read(&offer, features);
    mechanism = sasl_choose(order->mechanisms, offer.list, secured, order->plaintext);
    if (mechanism) {
        begin_auth(stream, mechanism);
        return;
    }
    offer_describe(&offer, text, sizeof(text));
    fail(stream, "no-mechanism", "offered%s: %s", secured ? "" : " without TLS", text);
}

static void on_challenge(struct stream *stream, xmpp_stanza_t *stanza)
{
    _cleanup_(secret_freep) char *response = NULL;
    char *challenge = xmpp_stanza_get_text(stanza);
    int r = sasl_respond(stream->sasl, challenge, &response);

    if (challenge)
        xmpp_free(xmpp_stanza_get_context(stanza), challenge);
    if (r == 0)
        send_sasl(stream, "response", "", response);
    else if (r == -EKEYREJECTED)
        fail(stream, "proof-invalid", NULL);
    else if (r == -ERANGE)
        fail(stream, "protocol", "it asks for more than %d SCRAM iterations",
             LIMIT_SCRAM_ITERATIONS);
    else
        fail(stream, "protocol", "malformed %s challenge", sasl_mechanism(stream->sasl));
}

static void on_success(struct stream *stream, xmpp_stanza_t *stanza)
{
    char *data = xmpp_stanza_get_text(stanza);
    int r = sasl_succeed(stream->sasl, data);

    if (data)
        xmpp_free(xmpp_stanza_get_context(stanza), data);
    if (r < 0) {
        fail(stream, "proof-invalid", NULL);
        return;
    }
    stream->authenticated = true;
    enter_stage(stream, STAGE_BIND);
    open_stream(stream);
}

static void on_auth_failure(struct stream *stream, xmpp_stanza_t *stanza)
{
    const char *condition = stanza_condition(stanza);
    char cause[64];

    if (streq_ptr(condition, "not-authorized")) {
        fail(stream, "rejected", "not-authorized");
        return;
    }
    failure_token(cause, sizeof(cause), "sasl-", condition);
    fail(stream, cause, "%s", cause + strlen("sasl-"));
}

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
        out_of_memory(stream);
    if (payload)
        xmpp_stanza_release(payload);
    if (iq)
        xmpp_stanza_release(iq);
}

static void ask_for_form(struct stream *stream)
{
    const struct order *order = stream->order;

    enter_stage(stream, STAGE_REGISTER);
    if (!xmpp_conn_is_secured(stream->conn) && !order->password_is_fresh && !order->plaintext) {
        fail(stream, "tls-not-offered", "the configured password is not registered in the clear");
        return;
    }
    stream->step = STEP_FORM;
    xmpp_send_raw_string(stream->conn, "<iq type='get' id='form'><query xmlns='%s'/></iq>",
                         stream->dialect->register_ns);
}

static bool is_answer(xmpp_stanza_t *iq, const char *id, const char *type)
{
    return streq_ptr(xmpp_stanza_get_id(iq), id) && streq_ptr(xmpp_stanza_get_type(iq), type);
}

static void refuse_registration(struct stream *stream, xmpp_stanza_t *iq, bool set)
{
    if (stream->step == STEP_DONE)
        return;
    register_refusal(iq, set, &stream->failure);
    stream->step = STEP_DONE;
}

static void on_form(struct stream *stream, xmpp_stanza_t *iq)
{
    const struct order *order = stream->order;
    const struct register_fields fields = {
        .ns = stream->dialect->register_ns,
        .username = order->local,
        .password = order->password,
        .name = order->name,
        .email = order->email,
    };
    xmpp_stanza_t *query = xmpp_stanza_get_child_by_ns(iq, fields.ns), *answer;
    int r;

    if (is_answer(iq, "form", "error"))
        refuse_registration(stream, iq, false);
    if (!is_answer(iq, "form", "result"))
        return;
    if (!query) {
        fail(stream, "register-unsupported", "it sent no form");
        return;
    }
    r = register_fill_in(&answer, xmpp_conn_get_context(stream->conn), query, &fields,
                         &stream->failure);
    if (r == 0) {
        stream->step = STEP_SUBMIT;
        send_set(stream, "submit", order->domain, answer);
    } else if (r == -EPROTO)
        stream->step = STEP_DONE;
    else
        out_of_memory(stream);
}

static void on_submitted(struct stream *stream, xmpp_stanza_t *iq)
{
    if (is_answer(iq, "submit", "error"))
        refuse_registration(stream, iq, true);
    if (!is_answer(iq, "submit", "result"))
        return;
    stream->step = STEP_DONE;
    stream->listener.on_registered(stream->userdata);
}

/* Binding */

static void go_online(struct stream *stream)
{
    stream->step = STEP_ONLINE;
    enter_stage(stream, STAGE_ONLINE);
    stream->listener.on_online(stream->jid, stream->userdata);
}

/* RFC 3921's session, asked for only where it is not marked as optional. */
static bool needs_session(xmpp_stanza_t *features)
{
    xmpp_stanza_t *session =
        xmpp_stanza_get_child_by_name_and_ns(features, "session", XMPP_NS_SESSION);

    return session && !xmpp_stanza_get_child_by_name(session, "optional");
}

static void bind_resource(struct stream *stream, xmpp_stanza_t *features)
{
    xmpp_ctx_t *ctx = xmpp_conn_get_context(stream->conn);
    xmpp_stanza_t *payload;

    if (!xmpp_stanza_get_child_by_name_and_ns(features, "bind", XMPP_NS_BIND)) {
        fail(stream, "protocol", "it offers no resource binding");
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

static void on_bound(struct stream *stream, xmpp_stanza_t *iq)
{
    xmpp_stanza_t *bind = xmpp_stanza_get_child_by_name_and_ns(iq, "bind", XMPP_NS_BIND);
    char *jid = bind ? stanza_child_text(bind, "jid") : NULL;

    if (is_answer(iq, "bind", "error"))
        fail(stream, "bind-failed", "%.40s",
             stanza_error_condition(iq) ? stanza_error_condition(iq) : "no reason given");
    else if (is_answer(iq, "bind", "result") && (!jid || !*jid || strlen(jid) > 3071))
        fail(stream, "bind-failed", "it named no address");
    else if (is_answer(iq, "bind", "result")) {
        if (strdup_to(&stream->jid, jid) < 0)
            out_of_memory(stream);
        else if (stream->session_required) {
            stream->step = STEP_SESSION;
            send_set(stream, "session", NULL,
                     stanza_new(xmpp_conn_get_context(stream->conn), "session", XMPP_NS_SESSION));
        } else
            go_online(stream);
    }
    if (jid)
        xmpp_free(xmpp_stanza_get_context(iq), jid);
}

static void on_session(struct stream *stream, xmpp_stanza_t *iq)
{
    if (is_answer(iq, "session", "error"))
        fail(stream, "bind-failed", "no session: %.40s",
             stanza_error_condition(iq) ? stanza_error_condition(iq) : "no reason given");
    else if (is_answer(iq, "session", "result"))
        go_online(stream);
}

static void on_features(struct stream *stream, xmpp_stanza_t *features)
{
    if (stream->authenticated) {
        bind_resource(stream, features);
        return;
    }
    if (negotiate_tls(stream, features))
        return;
    if (stream->order->purpose == ORDER_REGISTER) {
        ask_for_form(stream);
        return;
    }
    if (stream->stage != STAGE_SASL)
        enter_stage(stream, STAGE_SASL);
    log_in(stream, features);
}

static void on_stream_error(struct stream *stream, xmpp_stanza_t *error)
{
    const char *condition = stanza_condition(error);
    char *text = stanza_child_text(error, "text");
    bool is_closed = stream->step == STEP_FORM && streq_ptr(condition, "not-authorized");
    char cause[64];

    failure_token(cause, sizeof(cause), "stream-", condition);
    fail(stream, is_closed ? "register-closed" : cause, "%s%s%.*s", cause + strlen("stream-"),
         text ? ": " : "", LIMIT_FOREIGN_TEXT / 2, text ? text : "");
    if (text)
        xmpp_free(xmpp_stanza_get_context(error), text);
}

/* What may come when. Elements that are not listed are none of our business and are passed over. */
static const struct expectation {
    enum step step;
    const char *element, *ns;
    void (*handle)(struct stream *stream, xmpp_stanza_t *stanza);
} expectations[] = {
    {STEP_FEATURES, "features", XMPP_NS_STREAMS, on_features},
    {STEP_PROCEED, "proceed", XMPP_NS_TLS, on_proceed},
    {STEP_PROCEED, "failure", XMPP_NS_TLS, on_tls_refused},
    {STEP_AUTH, "challenge", XMPP_NS_SASL, on_challenge},
    {STEP_AUTH, "success", XMPP_NS_SASL, on_success},
    {STEP_AUTH, "failure", XMPP_NS_SASL, on_auth_failure},
    {STEP_BIND, "iq", XMPP_NS_CLIENT, on_bound},
    {STEP_SESSION, "iq", XMPP_NS_CLIENT, on_session},
    {STEP_FORM, "iq", XMPP_NS_CLIENT, on_form},
    {STEP_SUBMIT, "iq", XMPP_NS_CLIENT, on_submitted},
};

static bool is_element(xmpp_stanza_t *stanza, const char *element, const char *ns)
{
    return streq_ptr(xmpp_stanza_get_name(stanza), element) &&
           streq_ptr(xmpp_stanza_get_ns(stanza), ns);
}

static void dispatch(struct stream *stream, xmpp_stanza_t *stanza)
{
    enum step step = stream->step;

    for (size_t i = 0; i < ARRAY_SIZE(expectations); i++) {
        const struct expectation *expected = &expectations[i];

        if (expected->step == step && is_element(stanza, expected->element, expected->ns)) {
            expected->handle(stream, stanza);
            return;
        }
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
        fail(stream, "protocol", "it sent more before the new stream was open");
    else if (stream->step == STEP_ONLINE)
        stream->listener.on_stanza(stanza, stream->userdata);
    else
        dispatch(stream, stanza);
    return 1;
}

static void on_connected(struct stream *stream)
{
    enter_stage(stream, stream->order->tls == TLS_OFF ? STAGE_SASL : STAGE_TLS);
    if (stream->order->tls == TLS_DIRECT)
        start_tls(stream);
    else
        open_stream(stream);
}

/* Why a TCP connection could not be made. */
static void fail_to_connect(struct stream *stream, int error)
{
    if (error == ECONNREFUSED)
        fail(stream, "refused", NULL);
    else if (error == EINPROGRESS) /* libstrophe has a limit of its own: 5 s for each address */
        fail(stream, "silent-tcp", NULL);
    else
        fail(stream, "unreachable", error ? "%s" : NULL, strerror(error));
}

static void on_disconnected(struct stream *stream, xmpp_stream_error_t *stream_error)
{
    if (stream_error && stream_error->stanza)
        on_stream_error(stream, stream_error->stanza);
    else if (stream->stage <= STAGE_TCP)
        fail_to_connect(stream, errno); /* libstrophe's try left it; it hands over 0 */
    else
        fail(stream, "eof", stream->stage == STAGE_ONLINE ? NULL : "during %s",
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
    enter_stage(stream, STAGE_TCP);
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
    r = set_up_connection(stream);
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
    free(stream);
    return NULL;
}
