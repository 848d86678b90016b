/* Fetching, pushes and who may push. */
#include "wire.h"

#include "base/limits.h"
#include "xmpp/roster.h"

static unsigned ready;

static void on_ready(void *userdata)
{
    ready++;
}

/* Asks for the roster and answers; `type` NULL: not yet. */
static struct roster *fetch(struct wire *wire, const char *type, const char *content)
{
    struct roster *roster;
    char *text = NULL;

    ready = 0;
    assert_int_equal(roster_new(&roster, wire->router, on_ready, NULL), 0);
    assert_int_equal(roster_fetch(roster), 0);
    assert_int_equal(wire->count, 1);
    assert_string_equal(xmpp_stanza_get_type(wire->sent[0]), "get");
    assert_null(xmpp_stanza_get_to(wire->sent[0]));
    assert_true(stanza_is(stanza_only_child(wire->sent[0]), "query", "jabber:iq:roster"));
    if (type) {
        assert_true(asprintf(&text, "<iq type='%s' id='%s'>%s</iq>", type,
                             xmpp_stanza_get_id(wire->sent[0]), content) > 0);
        wire_feed(wire, text);
        free(text);
    }
    return roster;
}

static void expect_entry(struct roster *roster, const char *jid,
                         enum roster_subscription subscription, bool asked)
{
    struct roster_entry entry = roster_find(roster, jid);

    assert_int_equal(entry.subscription, subscription);
    assert_int_equal(entry.asked, asked);
}

static const char items_of_many[] =
    "<query xmlns='jabber:iq:roster'><item jid='Alice@Example.org' subscription='both'/>"
    "<item jid='bob@b' subscription='none' ask='subscribe'/>"
    "<item jid='carol@b' subscription='to'/><item jid='dave@b' subscription='from'/>"
    "<item jid='erin@b'/><item jid='frank@b' subscription='odd'/>"
    "<item/><item jid=''/><item jid='@'/><item jid='gina@b/phone' subscription='both'/>text"
    "<other jid='henry@b' subscription='both'/></query>";

static void test_fetch(void **state)
{
    struct roster *roster = fetch(*state, "result", items_of_many);

    assert_int_equal(ready, 1);
    expect_entry(roster, "alice@example.org", ROSTER_BOTH, false);
    expect_entry(roster, "bob@b", ROSTER_NONE, true);
    expect_entry(roster, "carol@b", ROSTER_TO, false);
    expect_entry(roster, "dave@b", ROSTER_FROM, false);
    expect_entry(roster, "erin@b", ROSTER_NONE, false);
    expect_entry(roster, "frank@b", ROSTER_NONE, false);
    expect_entry(roster, "gina@b", ROSTER_ABSENT, false);
    expect_entry(roster, "henry@b", ROSTER_ABSENT, false);
    roster_free(roster);
}

static void test_fetch_again_forgets(void **state)
{
    struct wire *wire = *state;
    struct roster *roster = fetch(wire, "result", items_of_many);

    assert_int_equal(roster_fetch(roster), 0);
    expect_entry(roster, "carol@b", ROSTER_ABSENT, false);
    roster_free(roster);
}

static void test_failed_fetch(void **state)
{
    struct wire *wire = *state;
    struct roster *roster = fetch(wire, "error", "");

    assert_int_equal(ready, 0);
    assert_int_equal(roster_fetch(roster), 0);
    router_bind(wire->router, NULL);
    assert_int_equal(ready, 0);
    roster_free(roster);
}

static void test_free_before_the_answer(void **state)
{
    struct wire *wire = *state;
    struct roster *roster = fetch(wire, NULL, NULL);
    char text[256];

    roster_free(roster);
    snprintf(text, sizeof(text), "<iq type='result' id='%s'/>", xmpp_stanza_get_id(wire->sent[0]));
    wire_feed(wire, text);
    assert_int_equal(ready, 0);
}

static xmpp_stanza_t *push(struct wire *wire, const char *from, const char *items)
{
    char text[512];

    snprintf(text, sizeof(text),
             "<iq type='set' id='p'%s><query xmlns='jabber:iq:roster'>%s</query></iq>", from,
             items);
    return wire_ask(wire, text);
}

static void test_pushes(void **state)
{
    struct wire *wire = *state;
    struct roster *roster = fetch(wire, "result", items_of_many);
    xmpp_stanza_t *answer = push(wire, "", "<item jid='carol@b' subscription='both'/>");

    assert_string_equal(xmpp_stanza_get_type(answer), "result");
    assert_string_equal(xmpp_stanza_get_id(answer), "p");
    assert_null(xmpp_stanza_get_to(answer));
    expect_entry(roster, "carol@b", ROSTER_BOTH, false);

    answer = push(wire, " from='f81edfee27c1@almacska'", "<item jid='new@b' ask='subscribe'/>");
    assert_string_equal(xmpp_stanza_get_type(answer), "result");
    expect_entry(roster, "new@b", ROSTER_NONE, true);

    push(wire, "", "<item jid='alice@example.org' subscription='remove'/>");
    push(wire, "", "<item jid='never@b' subscription='remove'/>");
    expect_entry(roster, "alice@example.org", ROSTER_ABSENT, false);
    expect_entry(roster, "never@b", ROSTER_ABSENT, false);
    expect_entry(roster, "dave@b", ROSTER_FROM, false);
    expect_entry(roster, "new@b", ROSTER_NONE, true);
    assert_int_equal(ready, 1);
    roster_free(roster);
}

static void test_pushes_of_strangers(void **state)
{
    static const char *const froms[] = {" from='eve@almacska'",
                                        " from='eve@evil/x'",
                                        " from='f81edfee27c1@almacska/nabaztagd'",
                                        " from='f81edfee27c1@almacska/other'",
                                        " from='almacska'",
                                        " from=''"};
    struct wire *wire = *state;
    struct roster *roster = fetch(wire, "result", items_of_many);

    for (size_t i = 0; i < ARRAY_SIZE(froms); i++) {
        xmpp_stanza_t *answer = push(wire, froms[i], "<item jid='eve@evil' subscription='both'/>");

        assert_string_equal(xmpp_stanza_get_type(answer), "error");
        assert_string_equal(stanza_error_condition(answer), "service-unavailable");
        expect_entry(roster, "eve@evil", ROSTER_ABSENT, false);
    }
    roster_free(roster);
}

static void test_malformed_pushes(void **state)
{
    static const char *const items[] = {
        "", "<other/>", "<item/>", "<item jid='x@y/z' subscription='both'/>",
        "<item jid='x@y' subscription='both'/><item jid='v@w' subscription='both'/>"};
    struct wire *wire = *state;
    struct roster *roster = fetch(wire, "result", items_of_many);

    for (size_t i = 0; i < ARRAY_SIZE(items); i++)
        expect_error(push(wire, "", items[i]), "p", NULL, "modify", "bad-request");
    wire_forget_sent(wire);
    wire_feed(wire, "<iq type='set'><query xmlns='jabber:iq:roster'>"
                    "<item jid='x@y' subscription='both'/></query></iq>");
    assert_int_equal(wire->count, 0);
    expect_entry(roster, "x@y", ROSTER_ABSENT, false);
    roster_free(roster);
}

static void test_bound(void **state)
{
    struct wire *wire = *state;
    struct roster *roster = fetch(wire, "result", "<query xmlns='jabber:iq:roster'/>");
    char item[64];

    for (unsigned i = 0; i <= LIMIT_ROSTER_ITEMS; i++) {
        snprintf(item, sizeof(item), "<item jid='u%u@b' subscription='to'/>", i);
        assert_string_equal(xmpp_stanza_get_type(push(wire, "", item)), "result");
    }
    expect_entry(roster, "u999@b", ROSTER_TO, false);
    expect_entry(roster, "u1000@b", ROSTER_ABSENT, false);
    push(wire, "", "<item jid='u5@b' subscription='remove'/>");
    push(wire, "", "<item jid='u1000@b' subscription='to'/>");
    expect_entry(roster, "u1000@b", ROSTER_TO, false);
    roster_free(roster);
}

int main(void)
{
#define on_wire(test) cmocka_unit_test_setup_teardown(test, wire_setup, wire_teardown)
    const struct CMUnitTest tests[] = {
        on_wire(test_fetch),
        on_wire(test_fetch_again_forgets),
        on_wire(test_failed_fetch),
        on_wire(test_free_before_the_answer),
        on_wire(test_pushes),
        on_wire(test_pushes_of_strangers),
        on_wire(test_malformed_pushes),
        on_wire(test_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
