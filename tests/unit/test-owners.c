/* Subscriptions, approvals, greetings, and who is told things. */
#include "wire.h"

#include "base/log.h"
#include "rabbit/owners.h"

struct home {
    struct wire wire; /* first: it is the router's userdata as well */
    char *folder;
    struct config *config;
    struct access *access;
    struct roster *roster;
    struct owners *owners;
};

static void on_presence(xmpp_stanza_t *presence, void *userdata)
{
    owners_on_presence(((struct home *)userdata)->owners, presence);
}

static void on_roster(void *userdata)
{
    struct home *home = userdata;

    owners_welcome(home->owners, home->roster);
}

/* Owners and users as this [access] section says. */
static void move_in(struct home *home, const char *people)
{
    char text[400];

    snprintf(text, sizeof(text), "[rabbit]\nname = Karotte\n[access]\n%s", people);
    home->config = config_from(text);
    assert_int_equal(access_new(&home->access, home->config), 0);
    assert_int_equal(
        owners_new(&home->owners, home->config, home->access, home->wire.router, home->folder), 0);
}

static void move_out(struct home *home)
{
    assert_null(owners_free(home->owners));
    access_free(home->access);
    config_free(home->config);
}

/* As when the daemon is started again. */
static void move_again(struct home *home, const char *people)
{
    move_out(home);
    move_in(home, people);
}

#define BOTH_OWNERS "owners = ann@a bob@b\nusers = uwe@u\n"

static int set_up(void **state)
{
    static const struct router_listener listener = {wire_on_send, wire_on_message, on_presence};
    struct home *home = calloc(1, sizeof(*home));
    struct wire *wire = &home->wire;

    assert_non_null(home);
    log_set_level(LOG_CRIT);
    home->folder = folder_new();
    assert_true(sd_event_new(&wire->event) >= 0);
    wire->foreign = xmpp_ctx_new(NULL, NULL);
    assert_non_null(wire->foreign);
    assert_int_equal(router_new(&wire->router, wire->event, &wire_identity, &listener, home), 0);
    assert_int_equal(router_bind(wire->router, WIRE_JID), 0);
    assert_int_equal(roster_new(&home->roster, wire->router, on_roster, home), 0);
    move_in(home, BOTH_OWNERS);
    *state = home;
    return 0;
}

static int tear_down(void **state)
{
    struct home *home = *state;

    move_out(home);
    roster_free(home->roster);
    folder_remove(home->folder);
    return wire_teardown(state);
}

/* The server tells a roster of these items; what is sent then is kept. */
static void go_online(struct home *home, const char *items)
{
    char text[1000];

    wire_forget_sent(&home->wire);
    assert_int_equal(roster_fetch(home->roster), 0);
    assert_int_equal(home->wire.count, 1);
    snprintf(text, sizeof(text),
             "<iq type='result' id='%s'><query xmlns='jabber:iq:roster'>%s</query></iq>",
             xmpp_stanza_get_id(home->wire.sent[0]), items);
    wire_forget_sent(&home->wire);
    wire_feed(&home->wire, text);
}

/* How many stanzas of that name and type went to `to`; NULL: whatever. */
static unsigned sent(const struct home *home, const char *name, const char *type, const char *to)
{
    unsigned n = 0;

    for (size_t i = 0; i < home->wire.count; i++) {
        xmpp_stanza_t *stanza = home->wire.sent[i];

        n += streq(xmpp_stanza_get_name(stanza), name) &&
             (!type || streq_ptr(xmpp_stanza_get_type(stanza), type)) &&
             (!to || streq_ptr(xmpp_stanza_get_to(stanza), to));
    }
    return n;
}

static void feed_presence(struct home *home, const char *from, const char *type)
{
    char text[300];

    snprintf(text, sizeof(text), "<presence from='%s'%s%s%s/>", from, type ? " type='" : "",
             type ? type : "", type ? "'" : "");
    wire_forget_sent(&home->wire);
    wire_feed(&home->wire, text);
}

static unsigned tell(struct home *home)
{
    wire_forget_sent(&home->wire);
    return owners_tell(home->owners, "Click!", NULL);
}

static void test_welcome(void **state)
{
    static const struct {
        const char *items;
        unsigned subscribe, approve; /* of ann@a */
    } cases[] = {
        {"", 1, 1},
        {"<item jid='ann@a' subscription='none'/>", 0, 1},
        {"<item jid='ann@a' subscription='none' ask='subscribe'/>", 0, 1},
        {"<item jid='ann@a' subscription='to'/>", 0, 1},
        {"<item jid='ann@a' subscription='from'/>", 0, 0},
        {"<item jid='Ann@A' subscription='both'/>", 0, 0},
    };
    struct home *home = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        go_online(home, cases[i].items);
        if (sent(home, "presence", "subscribe", "ann@a") != cases[i].subscribe ||
            sent(home, "presence", "subscribed", "ann@a") != cases[i].approve)
            fail_msg("case %zu", i);
        assert_int_equal(sent(home, "presence", "subscribe", "bob@b"), 1);
        assert_int_equal(sent(home, "presence", "subscribed", "bob@b"), 1);
        assert_int_equal(sent(home, "presence", "subscribe", "uwe@u"), 0);
        assert_int_equal(sent(home, "presence", "subscribed", "uwe@u"), 1);
        assert_int_equal(sent(home, "presence", NULL, NULL),
                         cases[i].subscribe + cases[i].approve + 3);
    }
}

static void test_greets_once_in_a_life(void **state)
{
    struct home *home = *state;

    go_online(home, "");
    assert_int_equal(sent(home, "message", "chat", "ann@a"), 1);
    assert_int_equal(sent(home, "message", "chat", "bob@b"), 1);
    assert_int_equal(sent(home, "message", NULL, NULL), 2);
    for (size_t i = 0; i < home->wire.count; i++) {
        char *body = xmpp_message_get_body(home->wire.sent[i]);

        assert_true(!body || streq(body, "Hello! I am Karotte, your rabbit. Say \"help\" and I "
                                         "tell you what I understand."));
        if (body)
            xmpp_free(home->wire.foreign, body);
    }
    go_online(home, "");
    assert_int_equal(sent(home, "message", NULL, NULL), 0);

    move_again(home, BOTH_OWNERS);
    go_online(home, "");
    assert_int_equal(sent(home, "message", NULL, NULL), 0);

    /* Another owner comes, one goes and comes back. */
    move_again(home, "owners = bob@b cyd@c\n");
    go_online(home, "");
    assert_int_equal(sent(home, "message", NULL, NULL), 1);
    assert_int_equal(sent(home, "message", "chat", "cyd@c"), 1);
    move_again(home, BOTH_OWNERS);
    go_online(home, "");
    assert_int_equal(sent(home, "message", NULL, NULL), 0);
}

static void test_broken_memory_of_greetings(void **state)
{
    static const char *const broken[] = {"", "garbage\nann@a\n", "nabaztagd-greeted x\nann@a\n"};
    struct home *home = *state;

    for (size_t i = 0; i < ARRAY_SIZE(broken); i++) {
        char *path = folder_write(home->folder, "greeted", broken[i]);

        move_again(home, BOTH_OWNERS);
        go_online(home, "");
        assert_int_equal(sent(home, "message", NULL, NULL), 2);
        char *text = file_text(path);
        assert_string_equal(text, "nabaztagd-greeted 1\nann@a\nbob@b\n");
        free(text);
        free(path);
    }
}

/* Whoever was greeted, a newer version knows it: nobody is greeted, and its file is left to it. */
static void test_newer_memory_of_greetings(void **state)
{
    static const char newer[] = "nabaztagd-greeted 2\nann@a yesterday\n";
    struct home *home = *state;
    char *path = folder_write(home->folder, "greeted", newer);

    move_again(home, BOTH_OWNERS);
    go_online(home, "");
    assert_int_equal(sent(home, "message", NULL, NULL), 0);
    char *text = file_text(path);
    assert_string_equal(text, newer);
    free(text);
    free(path);
}

/* What cannot be kept in mind is not said: else it would be said at every start. */
static void test_no_greeting_without_memory(void **state)
{
    struct home *home = *state;
    char *folder = home->folder, *file = folder_write(folder, "file", "");

    home->folder = file;
    move_again(home, BOTH_OWNERS);
    go_online(home, "");
    assert_int_equal(sent(home, "message", NULL, NULL), 0);
    assert_int_equal(sent(home, "presence", "subscribe", NULL), 2);
    move_out(home);
    home->folder = folder;
    move_in(home, BOTH_OWNERS);
    free(file);
}

static void test_requests(void **state)
{
    static const struct {
        const char *from;
        unsigned answers;
    } cases[] = {
        {"ann@a", 1}, {"Ann@A", 1},  {"ann@a/phone", 1}, {"uwe@u", 1},
        {"eve@e", 0}, {"ann@ab", 0}, {"a", 0},
    };
    struct home *home = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        feed_presence(home, cases[i].from, "subscribe");
        assert_int_equal(home->wire.count, cases[i].answers);
        if (cases[i].answers) {
            assert_int_equal(sent(home, "presence", "subscribed", NULL), 1);
            assert_null(strchr(xmpp_stanza_get_to(home->wire.sent[0]), '/'));
        }
        feed_presence(home, cases[i].from, "subscribed");
        assert_int_equal(home->wire.count, 0);
        feed_presence(home, cases[i].from, "unsubscribe");
        assert_int_equal(home->wire.count, 0);
    }
    assert_int_equal(tell(home), 0);
}

static void test_who_is_told(void **state)
{
    static const struct {
        const char *from, *type;
        unsigned told;
    } steps[] = {
        {"eve@e/x", NULL, 0},
        {"uwe@u/x", NULL, 0}, /* users are not told */
        {"ann@a/phone", NULL, 1},
        {"ann@a/phone", NULL, 1},
        {"ann@a/desk", NULL, 1},
        {"Bob@B/x", NULL, 2}, /* directed or not, it is all the same */
        {"ann@a/phone", "unavailable", 2},
        {"ann@a/Desk", "unavailable", 2}, /* another device */
        {"ann@a/desk", "unavailable", 1},
        {"ann@a/desk", "unavailable", 1},
        {"ann@a/desk", "probe", 1},
        {"ann@a/desk", "odd", 1},
        {"ann@a/phone", NULL, 2},
        {"ann@a/desk", NULL, 2},
        {"ann@a", "unavailable", 1}, /* none of her devices is left */
        {"ann@a/desk", NULL, 2},
        {"ann@a", "error", 1},
        {"Bob@B/x", "unavailable", 0},
    };
    struct home *home = *state;

    assert_int_equal(tell(home), 0);
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        feed_presence(home, steps[i].from, steps[i].type);
        assert_int_equal(home->wire.count, 0);
        unsigned told = tell(home);
        if (told != steps[i].told || home->wire.count != told)
            fail_msg("step %zu: %u", i, told);
    }
}

static void test_telling(void **state)
{
    struct home *home = *state;
    xmpp_stanza_t *payload = stanza_new(router_context(home->wire.router), "button", "urn:b");

    assert_non_null(payload);
    feed_presence(home, "ann@a/phone", NULL);
    feed_presence(home, "bob@b/phone", NULL);
    wire_forget_sent(&home->wire);
    assert_int_equal(owners_tell(home->owners, "Click & <go>", payload), 2);
    xmpp_stanza_release(payload);
    for (size_t i = 0; i < 2; i++) {
        xmpp_stanza_t *message = home->wire.sent[i];
        char *body = xmpp_message_get_body(message);

        assert_string_equal(xmpp_stanza_get_to(message), i ? "bob@b" : "ann@a");
        assert_string_equal(xmpp_stanza_get_type(message), "chat");
        assert_string_equal(body, "Click & <go>");
        assert_non_null(xmpp_stanza_get_child_by_name_and_ns(message, "button", "urn:b"));
        xmpp_free(home->wire.foreign, body);
    }

    home->wire.send_result = -11;
    assert_int_equal(tell(home), 0);
}

static void test_many_devices(void **state)
{
    struct home *home = *state;
    char from[40];

    for (unsigned i = 0; i < 40; i++) {
        snprintf(from, sizeof(from), "ann@a/%u", i);
        feed_presence(home, from, NULL);
        assert_int_equal(tell(home), 1);
    }
    for (unsigned i = 0; i < 40; i++) {
        snprintf(from, sizeof(from), "ann@a/%u", i);
        feed_presence(home, from, "unavailable");
    }
    assert_int_equal(tell(home), 0);
    feed_presence(home, "ann@a/late", NULL);
    assert_int_equal(tell(home), 1);
}

static void test_the_stream_is_lost(void **state)
{
    struct home *home = *state;

    feed_presence(home, "ann@a/phone", NULL);
    owners_forget_presence(home->owners);
    assert_int_equal(tell(home), 0);
}

/* A reload must not lose who is online. */
static void test_inheriting(void **state)
{
    struct home *home = *state;
    struct owners *earlier = home->owners;
    struct access *access = home->access;
    struct config *config = home->config;

    feed_presence(home, "bob@b/phone", NULL);
    feed_presence(home, "ann@a/phone", NULL);
    move_in(home, "owners = cyd@c bob@b\n");
    assert_int_equal(tell(home), 0);
    owners_inherit(home->owners, earlier);
    owners_inherit(home->owners, NULL);
    owners_free(earlier);
    access_free(access);
    config_free(config);
    assert_int_equal(tell(home), 1);
    assert_string_equal(xmpp_stanza_get_to(home->wire.sent[0]), "bob@b");
    feed_presence(home, "bob@b/phone", "unavailable");
    assert_int_equal(tell(home), 0);
}

int main(void)
{
#define at_home(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        at_home(test_welcome),
        at_home(test_greets_once_in_a_life),
        at_home(test_broken_memory_of_greetings),
        at_home(test_newer_memory_of_greetings),
        at_home(test_no_greeting_without_memory),
        at_home(test_requests),
        at_home(test_who_is_told),
        at_home(test_telling),
        at_home(test_many_devices),
        at_home(test_the_stream_is_lost),
        at_home(test_inheriting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
