/* Who may ask, who may answer, and what becomes of everything else. */
#include "wire.h"

#include <errno.h>

#include "base/limits.h"

static void test_unknown_requests_are_refused(void **state)
{
    struct wire *wire = *state;

    expect_error(wire_ask(wire, "<iq type='get' id='1' from='a@b/c'><q xmlns='urn:x'/></iq>"), "1",
                 "a@b/c", "cancel", "service-unavailable");
    expect_error(wire_ask(wire, "<iq type='set' id='2'><ping xmlns='urn:xmpp:ping'/></iq>"), "2",
                 NULL, "cancel", "service-unavailable");
    expect_error(wire_ask(wire, "<iq type='get' id='3'><ping/></iq>"), "3", NULL, "cancel",
                 "service-unavailable");
}

static void test_malformed_requests(void **state)
{
    static const char *const bad[] = {
        "<iq type='get' id='x' from='a@b'/>",
        "<iq type='get' id='x' from='a@b'>text</iq>",
        "<iq type='set' id='x' from='a@b'><a xmlns='u'/><b xmlns='u'/></iq>",
        "<iq type='nonsense' id='x' from='a@b'><ping xmlns='urn:xmpp:ping'/></iq>",
        "<iq id='x' from='a@b'><ping xmlns='urn:xmpp:ping'/></iq>",
    };
    struct wire *wire = *state;

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        expect_error(wire_ask(wire, bad[i]), "x", "a@b", "modify", "bad-request");
}

static void test_what_is_never_answered(void **state)
{
    static const char *const silent[] = {
        "<iq/>",
        "<iq type='get' from='a@b'><ping xmlns='urn:xmpp:ping'/></iq>",
        "<iq type='error' id='x' from='a@b'/>",
        "<iq type='error' id='x' from='a@b'><error type='cancel'/></iq>",
        "<iq type='result' id='x' from='a@b'><ping xmlns='urn:xmpp:ping'/></iq>",
        "<iq type='result'/>",
        "<iq xmlns='urn:odd' type='error'/>",
        "<other type='get' id='x'><ping xmlns='urn:xmpp:ping'/></other>",
        "<message type='error'/>",
        "<presence type='error'/>",
    };
    struct wire *wire = *state;

    for (size_t i = 0; i < ARRAY_SIZE(silent); i++) {
        wire_feed(wire, silent[i]);
        assert_int_equal(wire->count, 0);
    }
    assert_int_equal(wire->messages, 1);
    assert_int_equal(wire->presences, 1);
}

static void test_huge_request(void **state)
{
    struct wire *wire = *state;
    size_t size = 200000;
    char *name = malloc(size + 1), *text = NULL;

    assert_non_null(name);
    memset(name, 'n', size);
    name[size] = '\0';
    assert_true(asprintf(&text, "<iq type='get' id='%s' from='a@b/%s'><%s xmlns='%s'/></iq>", name,
                         name, name, name) > 0);
    xmpp_stanza_t *answer = wire_ask(wire, text);
    assert_string_equal(xmpp_stanza_get_type(answer), "error");
    assert_string_equal(xmpp_stanza_get_id(answer), name);
    free(text);
    free(name);
}

static void test_answers_are_escaped(void **state)
{
    xmpp_stanza_t *answer = wire_ask(
        *state,
        "<iq type='get' id='&quot;&lt;&amp;&apos;' from='a@b/&quot;&gt;&lt;x&gt;'><q/></iq>");

    assert_string_equal(xmpp_stanza_get_id(answer), "\"<&'");
    assert_string_equal(xmpp_stanza_get_to(answer), "a@b/\"><x>");
}

/* Our own requests */

struct asked {
    struct wire *wire;
    unsigned results, errors, none;
    bool again;
};

static int request_to(struct wire *wire, const char *to, uint64_t timeout_usec,
                      struct asked *asked);

static void on_answer(xmpp_stanza_t *answer, void *userdata)
{
    struct asked *asked = userdata;

    if (!answer)
        asked->none++;
    else if (streq(xmpp_stanza_get_type(answer), "result"))
        asked->results++;
    else
        asked->errors++;
    if (asked->again) {
        asked->again = false;
        assert_int_equal(request_to(asked->wire, NULL, USEC_PER_MSEC, asked), 0);
    }
}

static int request_to(struct wire *wire, const char *to, uint64_t timeout_usec, struct asked *asked)
{
    _cleanup_(stanza_releasep) xmpp_stanza_t *iq =
        xmpp_iq_new(router_context(wire->router), "get", "mine");

    asked->wire = wire;
    if (to)
        xmpp_stanza_set_to(iq, to);
    assert_non_null(stanza_add(iq, "q", "urn:q"));
    return router_request(wire->router, iq, timeout_usec, on_answer, asked);
}

static void answer_from(struct wire *wire, const char *type, const char *id, const char *from)
{
    char text[512];

    snprintf(text, sizeof(text), "<iq type='%s' id='%s'%s%s%s/>", type, id, from ? " from='" : "",
             from ? from : "", from ? "'" : "");
    wire_feed(wire, text);
}

static void test_who_may_answer(void **state)
{
    static const struct {
        const char *to, *from;
        bool accepted;
    } cases[] = {
        {NULL, NULL, true},
        {NULL, "f81edfee27c1@almacska", true},
        {NULL, "F81EDFEE27C1@ALMACSKA", true},
        {NULL, "f81edfee27c1@almacska/nabaztagd", true},
        {NULL, "almacska", true},
        {NULL, "f81edfee27c1@almacska/Nabaztagd", false},
        {NULL, "f81edfee27c1@almacska/other", false},
        {NULL, "eve@almacska", false},
        {NULL, "almacska.example", false},
        {NULL, "almacska/x", false},
        {NULL, "", false},
        {"F81edfee27c1@almacska", NULL, true},
        {"f81edfee27c1@almacska", "almacska", true},
        {"almacska", "almacska", true},
        {"almacska", "ALMACSKA", true},
        {"almacska", NULL, true},
        {"almacska", "eve@almacska", false},
        {"almacska", "f81edfee27c1@almacska", false},
        {"bob@b/Phone", "bob@b/Phone", true},
        {"bob@b/Phone", "BOB@B/Phone", true},
        {"bob@b/Phone", "bob@b/phone", false},
        {"bob@b/Phone", "bob@b", false},
        {"bob@b/Phone", "b", false},
        {"bob@b/Phone", "almacska", false},
        {"bob@b/Phone", NULL, false},
        {"bob@b", "bob@b/Phone", false},
    };
    struct wire *wire = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct asked asked = {0};

        wire_forget_sent(wire);
        assert_int_equal(request_to(wire, cases[i].to, 60 * USEC_PER_SEC, &asked), 0);
        answer_from(wire, "result", xmpp_stanza_get_id(wire->sent[0]), cases[i].from);
        if (asked.results != cases[i].accepted)
            fail_msg("case %zu: %s answered by %s", i, cases[i].to, cases[i].from);
        router_forget(wire->router, &asked);
    }
}

static void test_an_answer_counts_once(void **state)
{
    struct wire *wire = *state;
    struct asked asked = {0};

    assert_int_equal(request_to(wire, "bob@b", 60 * USEC_PER_SEC, &asked), 0);
    const char *id = xmpp_stanza_get_id(wire->sent[0]);
    answer_from(wire, "error", id, "eve@b");
    answer_from(wire, "error", "mine", "bob@b");
    assert_int_equal(asked.errors, 0);
    answer_from(wire, "error", id, "bob@b");
    answer_from(wire, "result", id, "bob@b");
    assert_int_equal(asked.errors, 1);
    assert_int_equal(asked.results, 0);
    assert_int_equal(wire->count, 1);
}

static void test_ids(void **state)
{
    struct wire *wire = *state;
    struct asked asked = {0};
    char first[64];

    assert_int_equal(request_to(wire, NULL, 60 * USEC_PER_SEC, &asked), 0);
    assert_int_equal(request_to(wire, NULL, 60 * USEC_PER_SEC, &asked), 0);
    snprintf(first, sizeof(first), "%s", xmpp_stanza_get_id(wire->sent[0]));
    assert_string_not_equal(first, "mine");
    assert_string_not_equal(first, xmpp_stanza_get_id(wire->sent[1]));
    assert_true(strcspn(first, "-") == 16);

    /* another stream, another prefix */
    assert_int_equal(router_bind(wire->router, WIRE_JID), 0);
    assert_int_equal(request_to(wire, NULL, 60 * USEC_PER_SEC, &asked), 0);
    assert_int_not_equal(strncmp(first, xmpp_stanza_get_id(wire->sent[2]), 16), 0);
}

static void test_time_outs(void **state)
{
    struct wire *wire = *state;
    struct asked late = {0}, early = {0}, again = {.again = true};

    assert_int_equal(request_to(wire, NULL, 60 * USEC_PER_SEC, &late), 0);
    assert_int_equal(request_to(wire, NULL, 20 * USEC_PER_MSEC, &early), 0);
    assert_int_equal(request_to(wire, NULL, 20 * USEC_PER_MSEC, &again), 0);
    assert_int_equal(early.none, 0);
    wire_run_for(wire, 300 * USEC_PER_MSEC);
    assert_int_equal(early.none, 1);
    assert_int_equal(again.none, 2); /* the second asked from the handler */
    assert_int_equal(late.none, 0);
    answer_from(wire, "result", xmpp_stanza_get_id(wire->sent[1]), NULL);
    assert_int_equal(early.results, 0);
}

static void test_offline(void **state)
{
    struct wire *wire = *state;
    struct asked asked = {0};

    assert_int_equal(request_to(wire, NULL, 60 * USEC_PER_SEC, &asked), 0);
    assert_string_equal(router_bare_jid(wire->router), "f81edfee27c1@almacska");
    assert_string_equal(router_jid(wire->router), WIRE_JID);
    assert_int_equal(router_bind(wire->router, NULL), 0);
    assert_int_equal(asked.none, 1);
    assert_null(router_jid(wire->router));
    assert_null(router_bare_jid(wire->router));
    assert_int_equal(request_to(wire, NULL, 60 * USEC_PER_SEC, &asked), -ENOTCONN);

    wire_feed(wire, "<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>");
    wire_feed(wire, "<message/>");
    assert_int_equal(wire->count, 1);
    assert_int_equal(wire->messages, 0);
    assert_int_equal(asked.none, 1);
}

static void test_bad_jid_is_not_bound(void **state)
{
    struct wire *wire = *state;

    assert_int_equal(router_bind(wire->router, "@/"), -EINVAL);
    assert_null(router_jid(wire->router));
}

static void test_places_are_bounded(void **state)
{
    struct wire *wire = *state;
    struct asked asked = {0};

    wire->send_result = -ENOBUFS;
    for (unsigned i = 0; i < 2 * LIMIT_PENDING_IQS; i++)
        assert_int_equal(request_to(wire, NULL, 60 * USEC_PER_SEC, &asked), -ENOBUFS);
    wire->send_result = 0;
    for (unsigned i = 0; i < LIMIT_PENDING_IQS; i++)
        assert_int_equal(request_to(wire, NULL, 60 * USEC_PER_SEC, &asked), 0);
    assert_int_equal(request_to(wire, NULL, 60 * USEC_PER_SEC, &asked), -EBUSY);
    answer_from(wire, "result", xmpp_stanza_get_id(wire->sent[7]), NULL);
    assert_int_equal(request_to(wire, NULL, 60 * USEC_PER_SEC, &asked), 0);
    router_forget(wire->router, &asked);
    assert_int_equal(router_bind(wire->router, NULL), 0);
    assert_int_equal(asked.none, 0);
    assert_int_equal(asked.results, 1);
}

/* Another resource on the same stream */

static void test_another_resource(void **state)
{
    struct wire *wire = *state;
    struct asked asked = {0};

    assert_int_equal(request_to(wire, "bob@b", 60 * USEC_PER_SEC, &asked), 0);
    assert_int_equal(router_rename(wire->router, "f81edfee27c1@almacska/idle"), 0);
    assert_string_equal(router_jid(wire->router), "f81edfee27c1@almacska/idle");
    assert_string_equal(router_bare_jid(wire->router), "f81edfee27c1@almacska");
    assert_int_equal(router_rename(wire->router, "eve@almacska/idle"), -EINVAL);
    assert_int_equal(router_rename(wire->router, "@/"), -EINVAL);
    assert_string_equal(router_jid(wire->router), "f81edfee27c1@almacska/idle");
    answer_from(wire, "result", xmpp_stanza_get_id(wire->sent[0]), "bob@b");
    assert_int_equal(asked.results, 1);

    assert_int_equal(router_bind(wire->router, NULL), 0);
    assert_int_equal(router_rename(wire->router, "f81edfee27c1@almacska/idle"), -ENOTCONN);
    assert_null(router_jid(wire->router));
}

/* Single quotes */

static void test_single_quotes(void **state)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"", ""},
        {"<a/>", "<a/>"},
        {"<a b=\"c\" d=\"\">e</a>", "<a b='c' d=''>e</a>"},
        {"<a b=\"it's 'so'\">don't &quot;</a>",
         "<a b='it&apos;s &apos;so&apos;'>don&apos;t &quot;</a>"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char *text = NULL;
        size_t size;

        assert_int_equal(stanza_single_quote(&text, &size, cases[i].text, strlen(cases[i].text)),
                         0);
        assert_string_equal(text, cases[i].expected);
        assert_int_equal(size, strlen(text));
        free(text);
    }
}

static int keep_text(const char *text, size_t size, void *userdata)
{
    char **kept = userdata;

    assert_int_equal(strlen(text), size);
    return strdup_to(kept, text);
}

static char *violet_answer(const struct wire *wire, const char *question)
{
    static const struct router_identity identity = {
        .software = "Nabaztag/tag", .version = "1 'x' \"y\"", .name = "n", .is_violet = true};
    static const struct router_listener listener = {.send = keep_text};
    xmpp_stanza_t *stanza = xmpp_stanza_new_from_string(wire->foreign, question);
    struct router *router;
    char *kept = NULL;

    assert_non_null(stanza);
    assert_int_equal(router_new(&router, wire->event, &identity, &listener, &kept), 0);
    assert_int_equal(router_bind(router, "0013d3849bba@almacska/idle"), 0);
    router_dispatch(router, stanza);
    router_free(router);
    xmpp_stanza_release(stanza);
    assert_non_null(kept);
    return kept;
}

static void test_violet_answers(void **state)
{
    struct wire *wire = *state;
    _cleanup_(freep) char *version = violet_answer(
        wire, "<iq type='get' id='7' from='net.violet.platform@almacska/&quot;it&apos;s&quot;'>"
              "<query xmlns='jabber:iq:version'/></iq>");
    _cleanup_(freep) char *refusal =
        violet_answer(wire, "<iq type='get' id='8'><q xmlns='urn:x'/></iq>");
    xmpp_stanza_t *parsed = xmpp_stanza_new_from_string(wire->foreign, version);

    assert_non_null(parsed);
    assert_non_null(strstr(version, " from='0013d3849bba@almacska/idle'"));
    assert_non_null(strstr(version, "><query xmlns='jabber:iq:version'>"
                                    "<name>Nabaztag/tag</name><version>"));
    assert_null(strchr(version, '"'));
    assert_string_equal(xmpp_stanza_get_to(parsed), "net.violet.platform@almacska/\"it's\"");
    xmpp_stanza_release(parsed);
    assert_non_null(strstr(refusal, " from='0013d3849bba@almacska/idle'"));
    assert_null(strchr(refusal, '"'));
}

/* Modules with a state of their own */

static int on_thing(struct router *router, xmpp_stanza_t *iq, xmpp_stanza_t *payload,
                    void *userdata)
{
    int r = *(int *)userdata;

    assert_string_equal(xmpp_stanza_get_name(payload), "thing");
    return r < 0 ? r : router_answer(router, iq, NULL);
}

static void test_serving(void **state)
{
    static const struct {
        int error;
        const char *type, *condition;
    } refusals[] = {
        {-EINVAL, "modify", "bad-request"},
        {-ENOENT, "cancel", "item-not-found"},
        {-EPERM, "auth", "forbidden"},
        {-EOPNOTSUPP, "cancel", "service-unavailable"},
        {-ENOMEM, "cancel", "service-unavailable"},
    };
    static const char thing[] = "<iq type='set' id='1' from='a@b'><thing xmlns='urn:t'/></iq>";
    struct wire *wire = *state;
    int result = 0;

    assert_int_equal(router_serve(wire->router, "set", "thing", "urn:t", on_thing, &result), 0);
    assert_string_equal(xmpp_stanza_get_type(wire_ask(wire, thing)), "result");
    for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
        result = refusals[i].error;
        expect_error(wire_ask(wire, thing), "1", "a@b", refusals[i].type, refusals[i].condition);
    }
    result = 0;
    expect_error(wire_ask(wire, "<iq type='get' id='1'><thing xmlns='urn:t'/></iq>"), "1", NULL,
                 "cancel", "service-unavailable");
    assert_int_equal(router_serve(wire->router, "set", "thing", "urn:t", NULL, NULL), 0);
    expect_error(wire_ask(wire, thing), "1", "a@b", "cancel", "service-unavailable");
}

int main(void)
{
#define on_wire(test) cmocka_unit_test_setup_teardown(test, wire_setup, wire_teardown)
    const struct CMUnitTest tests[] = {
        on_wire(test_unknown_requests_are_refused),
        on_wire(test_malformed_requests),
        on_wire(test_what_is_never_answered),
        on_wire(test_huge_request),
        on_wire(test_answers_are_escaped),
        on_wire(test_who_may_answer),
        on_wire(test_an_answer_counts_once),
        on_wire(test_ids),
        on_wire(test_time_outs),
        on_wire(test_offline),
        on_wire(test_bad_jid_is_not_bound),
        on_wire(test_places_are_bounded),
        on_wire(test_another_resource),
        cmocka_unit_test(test_single_quotes),
        on_wire(test_violet_answers),
        on_wire(test_serving),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
