/* The link: its thread, its limits and its endings, against a scripted server on loopback. */
#include "link-server.h"

#include <errno.h>
#include <signal.h>

#include "base/clock.h"
#include "base/limits.h"
#include "xmpp/link.h"

#define PATIENCE_USEC (5 * USEC_PER_SEC)

/* Texts of the server */
#define HEADER                                                   \
    "<stream:stream xmlns='jabber:client' id='1' version='1.0' " \
    "xmlns:stream='http://etherx.jabber.org/streams' from='almacska'>"
#define FEATURES(inside) "<stream:features>" inside "</stream:features>"
#define NS_SASL          "urn:ietf:params:xml:ns:xmpp-sasl"
#define NS_TLS           "urn:ietf:params:xml:ns:xmpp-tls"
#define NS_STREAM_ERRORS "urn:ietf:params:xml:ns:xmpp-streams"
#define MECHANISM(name) \
    "<mechanisms xmlns='" NS_SASL "'><mechanism>" name "</mechanism></mechanisms>"
#define STARTTLS          "<starttls xmlns='" NS_TLS "'/>"
#define PROCEED           "<proceed xmlns='" NS_TLS "'/>"
#define SUCCESS           "<success xmlns='" NS_SASL "'/>"
#define REFUSE(condition) "<failure xmlns='" NS_SASL "'><" condition "/></failure>"
#define BIND              "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
#define NS_SESSION        "urn:ietf:params:xml:ns:xmpp-session"
#define SESSION(inside)   "<session xmlns='" NS_SESSION "'>" inside "</session>"
#define BOUND(jid)                                                                         \
    "<iq type='result' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>" jid \
    "</jid></bind></iq>"
#define JID "mbed@almacska/nabaztagd"
#define FORM                                                                                       \
    "<iq type='result' id='form'><query xmlns='jabber:iq:register'><username/><password/></query>" \
    "</iq>"
#define IQ_ERROR(id, type, condition) \
    "<iq type='error' id='" id "'><error type='" type "'><" condition "/></error></iq>"
#define STREAM_ERROR(condition)                                                                 \
    "<stream:error><" condition " xmlns='" NS_STREAM_ERRORS "'/><text xmlns='" NS_STREAM_ERRORS \
    "'>because I say so</text></stream:error></stream:stream>"

/* Scripts in parts */
#define GREET(inside)                             \
    {                                             \
        "<stream:stream", HEADER FEATURES(inside) \
    }
#define LOG_IN                 \
    GREET(MECHANISM("PLAIN")), \
    {                          \
        "</auth>", SUCCESS     \
    }
#define GO_ONLINE                               \
    LOG_IN, GREET(BIND), {"id=\"bind\"", NULL}, \
    {                                           \
        "</iq>", BOUND(JID)                     \
    }

struct rig {
    sd_event *event;
    struct link *link;
    struct timing timing;
    struct server server;
    struct order order;

    char stages[256];
    char jid[64];
    char stanzas[256]; /* the ids of all */
    struct failure failure;
    struct sight sight;
    unsigned seen;
    unsigned registered, online, taken, ended, closed;
};

/* What the link tells */

static void on_stage(enum stage stage, void *userdata)
{
    struct rig *rig = userdata;
    size_t n = strlen(rig->stages);

    snprintf(rig->stages + n, sizeof(rig->stages) - n, "%s%s", n ? " " : "", stage_name(stage));
}

static void on_registered(void *userdata)
{
    ((struct rig *)userdata)->registered++;
}

static void on_online(const char *jid, void *userdata)
{
    struct rig *rig = userdata;

    rig->online++;
    snprintf(rig->jid, sizeof(rig->jid), "%s", jid);
}

static void on_stanza(xmpp_stanza_t *stanza, void *userdata)
{
    struct rig *rig = userdata;
    size_t n = strlen(rig->stanzas);
    const char *id = xmpp_stanza_get_id(stanza);

    rig->taken++;
    snprintf(rig->stanzas + n, sizeof(rig->stanzas) - n, "%s ", id ? id : "-");
}

static void on_ended(const struct failure *failure, void *userdata)
{
    struct rig *rig = userdata;

    rig->ended++;
    rig->failure = *failure;
}

static void on_closed(void *userdata)
{
    ((struct rig *)userdata)->closed++;
}

static void on_seen(const struct sight *sight, void *userdata)
{
    struct rig *rig = userdata;

    rig->seen++;
    rig->sight = *sight;
    offer_copy(&rig->sight.offer, &sight->offer);
}

/* The rig */

static const struct link_listener listener = {on_stage, on_registered, on_online, on_stanza,
                                              on_ended, on_closed,     on_seen};

static char plain[] = "PLAIN", digest[] = "DIGEST-MD5";
static char *both[] = {plain, digest, NULL};

static void rig_set_up(struct rig *rig, const struct step *first, const struct step *later)
{
    static char local[] = "mbed", domain[] = "almacska", resource[] = "nabaztagd",
                host[] = "127.0.0.1", password[] = "mirror";

    rig->timing = timing_default();
    rig->order = (struct order){.local = local,
                                .domain = domain,
                                .resource = resource,
                                .host = host,
                                .password = password,
                                .tls = TLS_OFF,
                                .mechanisms = both,
                                .plaintext = true};
    server_start(&rig->server, first, later);
    rig->order.port = rig->server.port;
    assert_true(sd_event_new(&rig->event) >= 0);
}

static void rig_connect(struct rig *rig)
{
    if (!rig->link)
        assert_int_equal(link_new(&rig->link, rig->event, &rig->timing, &listener, rig), 0);
    assert_int_equal(link_connect(rig->link, &rig->order), 0);
}

/* A rig whose attempt at this script is under way. */
static void rig_begin(struct rig *rig, const struct step *script)
{
    rig_set_up(rig, script, NULL);
    rig_connect(rig);
}

static void rig_end(struct rig *rig)
{
    assert_true(link_free(rig->link));
    server_stop(&rig->server);
    sd_event_unref(rig->event);
}

/* Runs the loop until a count is reached. */
static void run_until(struct rig *rig, const unsigned *count, unsigned value)
{
    uint64_t end = clock_now_usec() + PATIENCE_USEC;

    while (*count < value) {
        assert_true(sd_event_run(rig->event, 100 * USEC_PER_MSEC) >= 0);
        if (clock_now_usec() > end)
            fail_msg("waited in vain; stages: %s; ended: %s", rig->stages, rig->failure.cause);
    }
    assert_int_equal(*count, value);
}

/* Runs the loop until the server saw something so often. */
static void run_until_seen(struct rig *rig, const char *text, unsigned times)
{
    uint64_t end = clock_now_usec() + PATIENCE_USEC;

    while (server_saw(&rig->server, text) < times) {
        assert_true(sd_event_run(rig->event, 5 * USEC_PER_MSEC) >= 0);
        if (clock_now_usec() > end)
            fail_msg("the server never saw %s; stages: %s", text, rig->stages);
    }
}

static void expect_end(struct rig *rig, const char *cause, enum failure_kind kind)
{
    run_until(rig, &rig->ended, 1);
    if (!streq(rig->failure.cause, cause) || rig->failure.kind != kind)
        fail_msg("%s (kind %d): %s", rig->failure.cause, rig->failure.kind, rig->failure.text);
    assert_int_equal(rig->registered, 0);
}

/* Going online */

static void test_online_and_stanzas(void **state)
{
    static const struct step script[] = {GO_ONLINE,
                                         {"<presence id='here'/>",
                                          "<message id='a'/><message id='b'><body>x</body>"
                                          "</message><presence id='c'/>"},
                                         {0}};
    struct rig rig = {0};

    rig_begin(&rig, script);
    assert_int_equal(link_send(rig.link, "<early/>", 8), -ENOTCONN);
    run_until(&rig, &rig.online, 1);
    assert_string_equal(rig.stages, "resolve tcp sasl bind online");
    assert_string_equal(rig.jid, JID);
    assert_int_equal(link_send(rig.link, "<presence id='here'/>junk", 21), 0);
    run_until(&rig, &rig.taken, 3);
    assert_string_equal(rig.stanzas, "a b c ");
    assert_int_equal(rig.ended, 0);
    assert_int_equal(server_saw(&rig.server, "mechanism='PLAIN'>AG1iZWQAbWlycm9y</auth>"), 1);
    assert_int_equal(server_saw(&rig.server, "to=\"almacska\""), 2);
    assert_int_equal(server_saw(&rig.server, "<resource>nabaztagd</resource>"), 1);
    assert_int_equal(server_saw(&rig.server, "junk"), 0);
    assert_int_equal(server_saw(&rig.server, "xmpp-session"), 0);
    assert_int_equal(server_saw(&rig.server, "starttls"), 0);
    rig_end(&rig);
}

/*
 * Today's expat looks at an incomplete tag again only when twice as much has come, so that a text
 * of which the last bytes come late is not heard before the next one: the server pads.
 */
static void test_one_byte_at_a_time(void **state)
{
    static const struct step script[] = {
        GO_ONLINE,
        {NULL, "<message id='a'><body>\xc3\xa4&lt;</body></message>\n<iq id='b'/>"},
        {0}};
    struct rig rig = {.server.bytewise = true};

    rig_begin(&rig, script);
    run_until(&rig, &rig.taken, 2);
    assert_string_equal(rig.stanzas, "a b ");
    assert_int_equal(rig.online, 1);
    rig_end(&rig);
}

static void test_session(void **state)
{
    static const struct {
        struct step script[10];
        bool asked;
    } cases[] = {
        {{LOG_IN,
          GREET(BIND SESSION("<optional/>")),
          {"</iq>", IQ_ERROR("x", "cancel", "gone") "<iq type='result'/>" BOUND(JID)},
          {0}},
         false},
        {{LOG_IN,
          GREET(BIND SESSION("")),
          {"</iq>", IQ_ERROR("x", "cancel", "gone") "<iq type='result'/>" BOUND(JID)},
          {"id=\"session\"", IQ_ERROR("bind", "cancel", "gone") "<iq type='result' id='session'/>"},
          {0}},
         true},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct rig rig = {0};

        rig_begin(&rig, cases[i].script);
        run_until(&rig, &rig.online, 1);
        assert_int_equal(server_saw(&rig.server, "xmpp-session"), cases[i].asked);
        rig_end(&rig);
    }
}

/* Endings of a login */

static void test_login_endings(void **state)
{
    static const struct {
        const char *cause;
        enum failure_kind kind;
        const char *says;
        struct step script[8];
    } cases[] = {
        {"rejected",
         FAILURE_REJECTED,
         "not-authorized",
         {GREET(MECHANISM("DIGEST-MD5")),
          {"<auth",
           "<challenge xmlns='" NS_SASL "'>cmVhbG09ImFsbWFjc2thIixub25jZT0iemF2b3FHS0VaWnB"
           "pRWlUZldNV2RMNktCK0ZkcFdqdk5oODMwQ2xFZiIscW9wPSJhdXRoIixjaGFyc2V0PXV0Zi04LGFsZ29yaXRobT"
           "1tZDUtc2Vzcw==</challenge>"},
          {"</response>", REFUSE("not-authorized")}}},
        {"rejected",
         FAILURE_REJECTED,
         "not-authorized",
         {GREET(MECHANISM("PLAIN")), {"</auth>", REFUSE("not-authorized")}}},
        {"sasl-account-disabled",
         FAILURE_REFUSED,
         "account-disabled",
         {GREET(MECHANISM("PLAIN")), {"</auth>", REFUSE("text/><account-disabled")}}},
        {"sasl-unknown",
         FAILURE_REFUSED,
         "unknown",
         {GREET(MECHANISM("PLAIN")), {"</auth>", REFUSE("Not-Authorized")}}},
        {"sasl-unknown",
         FAILURE_REFUSED,
         "unknown",
         {GREET(MECHANISM("PLAIN")), {"</auth>", "<failure xmlns='" NS_SASL "'/>"}}},
        {"no-mechanism",
         FAILURE_REFUSED,
         "offered without TLS: X-ODD",
         {GREET(MECHANISM("X-ODD"))}},
        {"no-mechanism", FAILURE_REFUSED, "none", {GREET("")}},
        {"protocol",
         FAILURE_NETWORK,
         "malformed DIGEST-MD5 challenge",
         {GREET(MECHANISM("DIGEST-MD5")), {"<auth", "<challenge xmlns='" NS_SASL "'/>"}}},
        {"protocol", FAILURE_NETWORK, "no resource binding", {LOG_IN, GREET("")}},
        {"bind-failed", FAILURE_REFUSED, "no address", {LOG_IN, GREET(BIND), {"</iq>", BOUND("")}}},
        {"bind-failed",
         FAILURE_REFUSED,
         "no address",
         {LOG_IN, GREET(BIND), {"</iq>", "<iq type='result' id='bind'/>"}}},
        {"bind-failed",
         FAILURE_REFUSED,
         "(conflict)",
         {LOG_IN, GREET(BIND), {"</iq>", IQ_ERROR("bind", "cancel", "conflict")}}},
        {"bind-failed",
         FAILURE_REFUSED,
         "no session: forbidden",
         {LOG_IN,
          GREET(BIND SESSION("")),
          {"</iq>", BOUND(JID)},
          {"</iq>", IQ_ERROR("session", "auth", "forbidden")}}},
        {"stream-host-unknown",
         FAILURE_NETWORK,
         "host-unknown: because I say so",
         {{"<stream:stream", HEADER STREAM_ERROR("host-unknown")}}},
        {"stream-conflict",
         FAILURE_REFUSED,
         "conflict: because I say so",
         {GO_ONLINE, {NULL, STREAM_ERROR("conflict")}}},
        {"stream-unknown", FAILURE_NETWORK, "unknown", {GO_ONLINE, {NULL, STREAM_ERROR("X-Odd")}}},
        {"protocol",
         FAILURE_NETWORK,
         "not XML",
         {{"<stream:stream", "HTTP/1.1 400 Bad Request\r\n\r\n"}}},
        {"protocol", FAILURE_NETWORK, "not XML", {{"<stream:stream", "SSH-2.0-OpenSSH_9.2\r\n"}}},
        {"protocol", FAILURE_NETWORK, "not XML", {GREET("</wrong>")}},
        {"protocol", FAILURE_NETWORK, "not XML", {GO_ONLINE, {NULL, "<message></iq>"}}},
        {"eof", FAILURE_NETWORK, "closed", {GO_ONLINE, {NULL, "</stream:stream>"}, {NULL, DROP}}},
        {"tls-failed",
         FAILURE_NETWORK,
         "refused to start it",
         {GREET(STARTTLS), {"<starttls", "<failure xmlns='" NS_TLS "'/>"}}},
        {"tls-not-offered", FAILURE_NETWORK, "", {GREET(MECHANISM("PLAIN"))}},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        bool tls = strncmp(cases[i].cause, "tls-", 4) == 0;
        struct rig rig = {0};

        rig_set_up(&rig, cases[i].script, NULL);
        if (tls)
            rig.order.tls = TLS_REQUIRED;
        rig_connect(&rig);
        expect_end(&rig, cases[i].cause, cases[i].kind);
        if (!strstr(rig.failure.text, cases[i].says))
            fail_msg("case %zu: %s", i, rig.failure.text);
        assert_false(rig.failure.submitted);
        assert_int_equal(link_send(rig.link, "<late/>", 7), -ENOTCONN);
        if (tls)
            assert_int_equal(server_saw(&rig.server, "<auth"), 0);
        rig_end(&rig);
    }
}

/* The server goes away at each line of the script. */
static void test_eof_everywhere(void **state)
{
    static const struct step full[] = {GO_ONLINE, {0}};
    static const char *const during[] = {"during sasl", "during sasl", "during bind",
                                         "during bind", "during bind", "closed the connection;"};

    for (size_t n = 0; n < ARRAY_SIZE(full); n++) {
        struct step script[ARRAY_SIZE(full)] = {0};
        struct rig rig = {0};

        memcpy(script, full, n * sizeof(script[0]));
        script[n] = (struct step){full[n].expect, DROP};
        rig_begin(&rig, script);
        expect_end(&rig, "eof", FAILURE_NETWORK);
        if (!strstr(rig.failure.text, during[n]))
            fail_msg("line %zu: %s", n, rig.failure.text);
        rig_end(&rig);
    }
}

static void test_refused(void **state)
{
    struct rig rig = {0};
    int fd;

    rig_set_up(&rig, NULL, NULL);
    fd = listen_somewhere(1, &rig.order.port);
    close(fd); /* nobody listens there any more */
    rig_connect(&rig);
    expect_end(&rig, "refused", FAILURE_NETWORK);
    assert_string_equal(rig.stages, "resolve tcp");
    rig_end(&rig);
}

/* connect() fails before it has begun: no way leads there. */
static void test_unreachable(void **state)
{
    static char broadcast[] = "255.255.255.255";
    struct rig rig = {0};

    rig_set_up(&rig, NULL, NULL);
    rig.order.host = broadcast;
    rig_connect(&rig);
    expect_end(&rig, "unreachable", FAILURE_NETWORK);
    rig_end(&rig);
}

static void test_no_address(void **state)
{
    static char nonsense[] = "a..b";
    struct rig rig = {0};

    rig_set_up(&rig, NULL, NULL);
    rig.order.host = nonsense;
    rig_connect(&rig);
    expect_end(&rig, "dns", FAILURE_NETWORK);
    assert_non_null(strstr(rig.failure.text, nonsense));
    rig_end(&rig);
}

static char *big_text(const char *head, size_t size, const char *tail)
{
    char *text = malloc(strlen(head) + size + strlen(tail) + 1), *at = text;

    assert_non_null(text);
    at = stpcpy(at, head);
    memset(at, 'x', size);
    strcpy(at + size, tail);
    return text;
}

static void test_stanza_too_large(void **state)
{
    char *flood = big_text("<message id='f'><body>", LIMIT_STANZA_MEMORY + 100000, "");
    char *fits = big_text("<message id='big'><body>", LIMIT_STANZA_MEMORY / 4, "</body></message>");
    const struct step script[] = {GO_ONLINE,    {NULL, fits}, {NULL, fits},  {NULL, fits},
                                  {NULL, fits}, {NULL, fits}, {NULL, flood}, {0}};
    struct rig rig = {0};

    rig_begin(&rig, script);
    expect_end(&rig, "too-large", FAILURE_NETWORK);
    assert_string_equal(rig.stanzas, "big big big big big ");
    rig_end(&rig);
    free(flood);
    free(fits);
}

/* Silence */

static void test_silence(void **state)
{
    static const struct {
        const char *cause;
        size_t limit; /* the one that is short */
        enum tls_mode tls;
        enum order_purpose purpose;
        bool submitted;
        struct step script[8];
    } cases[] = {
        {"silent-tls", offsetof(struct timing, tls_usec), TLS_REQUIRED, ORDER_LOGIN, false, {{0}}},
        {"silent-tls", offsetof(struct timing, tls_usec), TLS_DIRECT, ORDER_LOGIN, false, {{0}}},
        {"silent-tls",
         offsetof(struct timing, tls_usec),
         TLS_REQUIRED,
         ORDER_LOGIN,
         false,
         {GREET(STARTTLS)}},
        {"silent-tls",
         offsetof(struct timing, tls_usec),
         TLS_REQUIRED,
         ORDER_LOGIN,
         false,
         {GREET(STARTTLS), {"<starttls", PROCEED}}},
        {"silent-sasl", offsetof(struct timing, sasl_usec), TLS_OFF, ORDER_LOGIN, false, {{0}}},
        {"silent-sasl",
         offsetof(struct timing, sasl_usec),
         TLS_OFF,
         ORDER_LOGIN,
         false,
         {GREET(MECHANISM("PLAIN"))}},
        {"silent-bind", offsetof(struct timing, bind_usec), TLS_OFF, ORDER_LOGIN, false, {LOG_IN}},
        {"silent-bind",
         offsetof(struct timing, bind_usec),
         TLS_OFF,
         ORDER_LOGIN,
         false,
         {LOG_IN, GREET(BIND)}},
        {"silent-register",
         offsetof(struct timing, register_usec),
         TLS_OFF,
         ORDER_REGISTER,
         true,
         {GREET("")}},
        {"silent-register",
         offsetof(struct timing, register_usec),
         TLS_OFF,
         ORDER_REGISTER,
         true,
         {GREET(""), {"</iq>", FORM}}},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct rig rig = {0};
        uint64_t begin = clock_now_usec();

        rig_set_up(&rig, cases[i].script, NULL);
        *(uint64_t *)((char *)&rig.timing + cases[i].limit) = 50 * USEC_PER_MSEC;
        rig.order.tls = cases[i].tls;
        rig.order.purpose = cases[i].purpose;
        rig_connect(&rig);
        expect_end(&rig, cases[i].cause, FAILURE_NETWORK);
        assert_true(clock_now_usec() - begin >= 50 * USEC_PER_MSEC);
        assert_int_equal(rig.failure.submitted, cases[i].submitted);
        rig_end(&rig);
    }
}

/* A listener whose backlog is full: what knocks there waits for ever. */
struct deaf {
    int listener, fillers[3];
};

static void deaf_begin(struct deaf *deaf, uint16_t *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    deaf->listener = listen_somewhere(0, ret_port);
    address.sin_port = htons(*ret_port);
    for (size_t i = 0; i < ARRAY_SIZE(deaf->fillers); i++) {
        deaf->fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        assert_true(deaf->fillers[i] >= 0);
        connect(deaf->fillers[i], (struct sockaddr *)&address, sizeof(address));
    }
}

static void deaf_end(struct deaf *deaf)
{
    for (size_t i = 0; i < ARRAY_SIZE(deaf->fillers); i++)
        close(deaf->fillers[i]);
    close(deaf->listener);
}

static void test_silent_tcp(void **state)
{
    struct rig rig = {0};
    struct deaf deaf;

    rig_set_up(&rig, NULL, NULL);
    rig.timing.tcp_usec = 100 * USEC_PER_MSEC;
    deaf_begin(&deaf, &rig.order.port);
    rig_connect(&rig);
    expect_end(&rig, "silent-tcp", FAILURE_NETWORK);
    rig_end(&rig);
    deaf_end(&deaf);
}

/* Registration */

static void test_registered(void **state)
{
    static const struct step script[] = {
        GREET(MECHANISM("PLAIN")),
        {"id='form'", FORM},
        {"id=\"submit\"", IQ_ERROR("form", "cancel", "conflict") "<iq type='result' id='form'/>"
                                                                 "<iq type='result' id='submit'/>"},
        {0}};
    struct rig rig = {0};

    rig_set_up(&rig, script, NULL);
    rig.order.purpose = ORDER_REGISTER;
    rig_connect(&rig);
    run_until(&rig, &rig.registered, 1);
    assert_string_equal(rig.stages, "resolve tcp sasl register");
    assert_int_equal(rig.ended, 0);
    assert_int_equal(server_saw(&rig.server, "<username>mbed</username><password>mirror<"), 1);
    assert_int_equal(server_saw(&rig.server, "<auth"), 0);
    rig_end(&rig);
}

/* It says what is offered and what the form is like, and leaves without having said anything. */
static void test_probe(void **state)
{
    static const struct {
        struct step script[3];
        const char *cause; /* NULL: one could register */
    } cases[] = {
        {{GREET(MECHANISM("PLAIN")), {"id='form'", FORM}, {0}}, NULL},
        {{GREET(MECHANISM("PLAIN")), {"id='form'", IQ_ERROR("form", "cancel", "not-allowed")}, {0}},
         "register-closed"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct rig rig = {0};
        char offered[64];

        rig_set_up(&rig, cases[i].script, NULL);
        rig.order.purpose = ORDER_PROBE;
        rig_connect(&rig);
        run_until(&rig, cases[i].cause ? &rig.ended : &rig.registered, 1);
        assert_int_equal(rig.seen, 1);
        assert_true(rig.sight.features);
        assert_false(rig.sight.secured);
        offer_describe(&rig.sight.offer, offered, sizeof(offered));
        assert_string_equal(offered, "PLAIN");
        if (cases[i].cause)
            assert_string_equal(rig.failure.cause, cases[i].cause);
        run_until_seen(&rig, "</stream:stream>", 1);
        assert_int_equal(server_saw(&rig.server, "mirror"), 0);
        assert_int_equal(server_saw(&rig.server, "submit"), 0);
        assert_int_equal(server_saw(&rig.server, "<auth"), 0);
        rig_end(&rig);
    }
}

static void test_registration_endings(void **state)
{
    static const struct {
        const char *cause;
        enum failure_kind kind;
        bool submitted;
        struct step script[4];
    } cases[] = {
        {"register-closed",
         FAILURE_REGISTER_GET,
         false,
         {GREET(""), {"</iq>", IQ_ERROR("form", "cancel", "service-unavailable")}}},
        {"register-wait",
         FAILURE_REGISTER_GET,
         false,
         {GREET(""), {"</iq>", IQ_ERROR("form", "wait", "policy-violation")}}},
        {"register-unsupported",
         FAILURE_REGISTER_GET,
         false,
         {GREET(""), {"</iq>", "<iq type='result' id='form'/>"}}},
        {"register-unsupported",
         FAILURE_REGISTER_GET,
         false,
         {GREET(""),
          {"</iq>", "<iq type='result' id='form'><query xmlns='jabber:iq:register'/></iq>"}}},
        {"register-conflict",
         FAILURE_REGISTER_CONFLICT,
         false,
         {GREET(""), {"</iq>", FORM}, {"</iq>", IQ_ERROR("submit", "cancel", "conflict")}}},
        {"register-refused",
         FAILURE_REGISTER_SET,
         false,
         {GREET(""), {"</iq>", FORM}, {"</iq>", IQ_ERROR("submit", "modify", "not-acceptable")}}},
        {"register-wait",
         FAILURE_REGISTER_SET,
         false,
         {GREET(""),
          {"</iq>", FORM},
          {"</iq>", IQ_ERROR("submit", "wait", "resource-constraint")}}},
        {"eof", FAILURE_NETWORK, false, {GREET(""), {"</iq>", DROP}}},
        {"eof", FAILURE_NETWORK, true, {GREET(""), {"</iq>", FORM}, {"</iq>", DROP}}},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct rig rig = {0};

        rig_set_up(&rig, cases[i].script, NULL);
        rig.order.purpose = ORDER_REGISTER;
        rig_connect(&rig);
        expect_end(&rig, cases[i].cause, cases[i].kind);
        assert_int_equal(rig.failure.submitted, cases[i].submitted);
        rig_end(&rig);
    }
}

/* A configured password is not shown to whoever listens; a fresh one may be. */
static void test_registration_in_the_clear(void **state)
{
    static const struct step script[] = {
        GREET(""), {"</iq>", FORM}, {"</iq>", "<iq type='result' id='submit'/>"}, {0}};
    struct rig rig = {0}, fresh = {0};

    rig_set_up(&rig, script, NULL);
    rig.order.purpose = ORDER_REGISTER;
    rig.order.plaintext = false;
    rig_connect(&rig);
    expect_end(&rig, "tls-not-offered", FAILURE_NETWORK);
    assert_int_equal(server_saw(&rig.server, "<iq"), 0);
    rig_end(&rig);

    rig_set_up(&fresh, script, NULL);
    fresh.order.purpose = ORDER_REGISTER;
    fresh.order.plaintext = false;
    fresh.order.password_is_fresh = true;
    rig_connect(&fresh);
    run_until(&fresh, &fresh.registered, 1);
    rig_end(&fresh);
}

/* TLS */

#define PROTECTED_ONLINE(slipped, mechanism)                                         \
    GREET(STARTTLS MECHANISM("PLAIN")), {"<starttls", PROCEED slipped}, {NULL, TLS}, \
        GREET(MECHANISM(mechanism)), {"</auth>", SUCCESS}, GREET(BIND),              \
    {                                                                                \
        "</iq>", BOUND(JID)                                                          \
    }
#define PROTECTED(slipped, mechanism)     \
    PROTECTED_ONLINE(slipped, mechanism), \
    {                                     \
        0                                 \
    }

static void begin_tls(struct rig *rig, const struct step *script)
{
    rig_set_up(rig, script, NULL);
    rig->order.tls = TLS_REQUIRED;
    rig->order.plaintext = false;
    rig->order.fingerprint = rig->server.fingerprint;
    rig_connect(rig);
}

/* Each answer on the way into TLS starts that stage anew: five round trips may be slow ones. */
static void test_tls(void **state)
{
    static const struct step script[] = {PROTECTED("", "PLAIN")};
    struct rig rig = {0};

    begin_tls(&rig, script);
    run_until(&rig, &rig.online, 1);
    assert_string_equal(rig.stages, "resolve tcp tls tls tls sasl bind online");
    rig_end(&rig);
}

/* Each comes as two records of TLS at once, and nothing comes after them. */
static void test_long_stanzas(void **state)
{
    static char stanza[24000];
#define LONG         \
    {NULL, HOLD},    \
    {                \
        NULL, stanza \
    }
    static const struct step script[] = {
        PROTECTED_ONLINE("", "PLAIN"), LONG, LONG, LONG, LONG, LONG, LONG, {0}};
#undef LONG
    struct rig rig = {0};

    snprintf(stanza, sizeof(stanza), "<message id='long'><body>%*s</body></message>", 23900, "");
    begin_tls(&rig, script);
    run_until(&rig, &rig.online, 1);
    for (unsigned i = 1; i <= 6; i++) {
        server_go(&rig.server);
        run_until(&rig, &rig.taken, i);
    }
    assert_string_equal(rig.stanzas, "long long long long long long ");
    rig_end(&rig);
}

static void test_other_certificate(void **state)
{
    static const struct step script[] = {PROTECTED("", "PLAIN")};
    static char other[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    static const struct {
        char *pin;
        const char *cause;
    } cases[] = {{other, "cert-pin"}, {NULL, "cert-untrusted"}};

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct rig rig = {0};

        rig_set_up(&rig, script, NULL);
        rig.order.tls = TLS_REQUIRED;
        rig.order.fingerprint = cases[i].pin;
        rig_connect(&rig);
        expect_end(&rig, cases[i].cause, FAILURE_NETWORK);
        assert_int_equal(server_saw(&rig.server, "<auth"), 0);
        rig_end(&rig);
    }
}

/* Text behind <proceed/> in the same segment is from whoever sits on the line: what it says is
 * never acted on. */
static void test_text_slipped_in(void **state)
{
    static const struct step scripts[][8] = {
        {PROTECTED(FEATURES(MECHANISM("PLAIN")), "X-ODD")},
        {PROTECTED("<message/>", "X-ODD")},
        {PROTECTED(HEADER FEATURES(MECHANISM("PLAIN")), "X-ODD")},
        {PROTECTED("<stream:features>" MECHANISM("PLAIN"), "X-ODD")},
        {PROTECTED("</stream:stream>", "X-ODD")},
        {PROTECTED("garbage", "X-ODD")},
        {PROTECTED("<<<", "X-ODD")},
    };
    static const char *const endings[] = {"protocol", "tls-failed", "no-mechanism", "eof"};

    for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
        struct rig rig = {0};
        bool known = false;

        begin_tls(&rig, scripts[i]);
        run_until(&rig, &rig.ended, 1);
        assert_int_equal(server_saw(&rig.server, "<auth"), 0);
        for (size_t k = 0; k < ARRAY_SIZE(endings); k++)
            known = known || streq(rig.failure.cause, endings[k]);
        if (!known || (i < 2 && !streq(rig.failure.cause, "protocol")))
            fail_msg("script %zu: %s", i, rig.failure.cause);
        rig_end(&rig);
    }
}

/* Orders that cross */

static void test_connect_replaces_an_attempt(void **state)
{
    static const struct step silent[] = {{"<stream:stream", NULL}, {0}};
    static const struct step later[] = {GO_ONLINE, {0}};
    struct rig rig = {0};

    rig_set_up(&rig, silent, later);
    rig_connect(&rig);
    run_until_seen(&rig, "<stream:stream", 1);
    rig.stages[0] = '\0';
    rig_connect(&rig);
    run_until(&rig, &rig.online, 1);
    assert_string_equal(rig.stages, "resolve tcp sasl bind online");
    assert_int_equal(rig.ended, 0);
    rig_end(&rig);
}

/* What the old attempt has told already, but main has not heard yet, is not told any more. */
static void test_old_events_are_not_heard(void **state)
{
    static const struct step old[] = {
        LOG_IN, GREET(BIND), {"</iq>", BOUND("old@old/old") "<message id='old'/>"}, {NULL, DROP}};
    static const struct step later[] = {GO_ONLINE, {NULL, "<message id='new'/>"}, {0}};
    struct rig rig = {0};

    rig_set_up(&rig, old, later);
    rig_connect(&rig);
    server_await(&rig.server, "id=\"bind\"");
    rig_connect(&rig);
    run_until(&rig, &rig.taken, 1);
    assert_string_equal(rig.stanzas, "new ");
    assert_string_equal(rig.jid, JID);
    assert_int_equal(rig.online, 1);
    assert_int_equal(rig.ended, 0);
    rig_end(&rig);
}

static void test_abort(void **state)
{
    static const struct step script[] = {GO_ONLINE, {0}};
    struct rig rig = {0};

    rig_set_up(&rig, script, script);
    rig_connect(&rig);
    run_until(&rig, &rig.online, 1);
    link_abort(rig.link);
    assert_int_equal(link_send(rig.link, "<a/>", 4), -ENOTCONN);
    link_abort(rig.link);
    rig_connect(&rig);
    run_until(&rig, &rig.online, 2);
    assert_int_equal(rig.ended, 0);
    assert_int_equal(rig.closed, 0);
    rig_end(&rig);
}

/* Sending and closing */

static void test_close_sends_what_waits(void **state)
{
    static const struct step script[] = {GO_ONLINE, {"</stream:stream>", "</stream:stream>"}, {0}};
    struct rig rig = {0};
    char text[32];

    rig_begin(&rig, script);
    run_until(&rig, &rig.online, 1);
    for (unsigned i = 0; i < LIMIT_QUEUE_ITEMS; i++) {
        snprintf(text, sizeof(text), "<a id='%u'/>", i);
        assert_int_equal(link_send(rig.link, text, strlen(text)), 0);
    }
    link_close(rig.link);
    assert_int_equal(link_send(rig.link, "<a/>", 4), -ENOTCONN);
    run_until(&rig, &rig.closed, 1);
    assert_int_equal(rig.ended, 0);
    assert_int_equal(server_saw(&rig.server, "<a id="), LIMIT_QUEUE_ITEMS);
    assert_int_equal(server_saw(&rig.server, "<a id='1023'/></stream:stream>"), 1);
    rig_end(&rig);
}

static void test_close_without_a_stream(void **state)
{
    static const struct step silent[] = {{0}};
    struct rig rig = {0};

    rig_set_up(&rig, silent, silent);
    assert_int_equal(link_new(&rig.link, rig.event, &rig.timing, &listener, &rig), 0);
    link_close(rig.link);
    run_until(&rig, &rig.closed, 1);
    rig_connect(&rig);
    run_until_seen(&rig, "<stream:stream", 1);
    link_close(rig.link);
    run_until(&rig, &rig.closed, 2);
    assert_int_equal(rig.ended, 0);
    rig_end(&rig);
}

/* A peer that does not read: the queue fills up, and nothing that was accepted is lost later. */
static void test_send_when_full(void **state)
{
    static const struct step script[] = {
        GO_ONLINE, {NULL, HOLD}, {"<end/>", "</stream:stream>"}, {NULL, DROP}};
    char *text = big_text("<message><body>", 1000, "</body></message>");
    size_t size = strlen(text);
    struct rig rig = {0};
    unsigned accepted = 0;
    int r;

    rig_begin(&rig, script);
    run_until(&rig, &rig.online, 1);
    while ((r = link_send(rig.link, text, size)) == 0)
        assert_true(++accepted < 100000);
    assert_int_equal(r, -ENOSPC);
    assert_true(accepted >= LIMIT_QUEUE_ITEMS);
    server_go(&rig.server);
    run_until_seen(&rig, "<message>", accepted);
    assert_int_equal(link_send(rig.link, "<end/>", 6), 0);
    expect_end(&rig, "eof", FAILURE_NETWORK);
    assert_int_equal(server_saw(&rig.server, "<message>"), accepted);
    rig_end(&rig);
    free(text);
}

/* Health */

static void test_healthy_inside_a_limit(void **state)
{
    static const struct step silent[] = {{0}};
    uint64_t begin = clock_now_usec();
    struct rig rig = {0};

    rig_set_up(&rig, silent, NULL);
    rig.order.tls = TLS_DIRECT;
    rig.timing.tls_usec = 700 * USEC_PER_MSEC;
    rig_connect(&rig);
    run_until_seen(&rig, "almacska", 1); /* the name in the ClientHello: now the thread is stuck */
    for (unsigned i = 0; i < 3; i++)
        assert_true(link_is_healthy(rig.link));
    expect_end(&rig, "silent-tls", FAILURE_NETWORK);
    while (!link_is_healthy(rig.link)) /* cut off, the thread comes back */
        assert_true(clock_now_usec() < begin + PATIENCE_USEC);
    rig_end(&rig);
}

/* So many stanzas that the thread waits for main, which is busy with something else. */
static void test_not_healthy(void **state)
{
    size_t one = strlen("<a/>"), n = 2 * LIMIT_QUEUE_ITEMS;
    char *flood = malloc(n * one + 1);
    struct rig rig = {0};
    bool healthy = true;

    assert_non_null(flood);
    for (size_t i = 0; i < n; i++)
        strcpy(flood + i * one, "<a/>");
    const struct step script[] = {GO_ONLINE, {"<go/>", flood}, {0}};
    rig_begin(&rig, script);
    run_until(&rig, &rig.online, 1);
    assert_true(link_is_healthy(rig.link));
    assert_int_equal(link_send(rig.link, "<go/>", 5), 0);
    for (unsigned i = 0; i < 200 && healthy; i++) {
        poll(NULL, 0, 20); /* time enough for a sign of life */
        healthy = link_is_healthy(rig.link);
    }
    assert_false(healthy);
    run_until(&rig, &rig.taken, (unsigned)n);
    poll(NULL, 0, 20);
    assert_true(link_is_healthy(rig.link));
    rig_end(&rig);
    free(flood);
}

/* Freeing */

static void expect_quick_free(struct rig *rig)
{
    uint64_t begin = clock_now_usec();

    assert_true(link_free(rig->link));
    assert_true(clock_now_usec() - begin < USEC_PER_SEC);
    rig->link = NULL;
}

static void test_free_while_connecting(void **state)
{
    struct rig rig = {0};
    struct deaf deaf;

    rig_set_up(&rig, NULL, NULL);
    deaf_begin(&deaf, &rig.order.port);
    rig_connect(&rig);
    while (!strstr(rig.stages, "tcp"))
        assert_true(sd_event_run(rig.event, 100 * USEC_PER_MSEC) >= 0);
    expect_quick_free(&rig);
    rig_end(&rig);
    deaf_end(&deaf);
}

static void test_free_during_the_handshake(void **state)
{
    static const struct step silent[] = {{0}};
    struct rig rig = {0};

    rig_set_up(&rig, silent, NULL);
    rig.order.tls = TLS_DIRECT;
    rig_connect(&rig);
    run_until_seen(&rig, "almacska", 1);
    expect_quick_free(&rig);
    rig_end(&rig);
}

static void test_free_at_once(void **state)
{
    for (unsigned i = 0; i < 20; i++) {
        static const struct step script[] = {GO_ONLINE, {0}};
        struct rig rig = {0};

        rig_begin(&rig, script);
        expect_quick_free(&rig);
        rig_end(&rig);
    }
    assert_true(link_free(NULL));
}

/* With stanzas that main never took, and more than fit. */
static void test_free_with_a_full_queue(void **state)
{
    char *flood = malloc(4 * 2000 + 1);
    struct rig rig = {0};

    assert_non_null(flood);
    for (size_t i = 0; i < 2000; i++)
        strcpy(flood + 4 * i, "<a/>");
    const struct step script[] = {GO_ONLINE, {NULL, flood}, {0}};
    rig_begin(&rig, script);
    run_until(&rig, &rig.online, 1);
    expect_quick_free(&rig);
    rig_end(&rig);
    free(flood);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_online_and_stanzas),
        cmocka_unit_test(test_one_byte_at_a_time),
        cmocka_unit_test(test_session),
        cmocka_unit_test(test_login_endings),
        cmocka_unit_test(test_eof_everywhere),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_unreachable),
        cmocka_unit_test(test_no_address),
        cmocka_unit_test(test_stanza_too_large),
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_silent_tcp),
        cmocka_unit_test(test_registered),
        cmocka_unit_test(test_probe),
        cmocka_unit_test(test_registration_endings),
        cmocka_unit_test(test_registration_in_the_clear),
        cmocka_unit_test(test_tls),
        cmocka_unit_test(test_long_stanzas),
        cmocka_unit_test(test_other_certificate),
        cmocka_unit_test(test_text_slipped_in),
        cmocka_unit_test(test_connect_replaces_an_attempt),
        cmocka_unit_test(test_old_events_are_not_heard),
        cmocka_unit_test(test_abort),
        cmocka_unit_test(test_close_sends_what_waits),
        cmocka_unit_test(test_close_without_a_stream),
        cmocka_unit_test(test_send_when_full),
        cmocka_unit_test(test_healthy_inside_a_limit),
        cmocka_unit_test(test_not_healthy),
        cmocka_unit_test(test_free_while_connecting),
        cmocka_unit_test(test_free_during_the_handshake),
        cmocka_unit_test(test_free_at_once),
        cmocka_unit_test(test_free_with_a_full_queue),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
