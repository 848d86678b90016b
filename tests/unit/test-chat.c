/* Who gets a reply, where to and when, on a router with the test at the other end. */
#include "wire.h"

#include "base/log.h"
#include "rabbit/chat.h"

#define OWNER "owner@almacska/phone"

struct room {
    struct wire wire; /* first: it is the router's userdata as well */
    struct config *config;
    struct access *access;
    struct body *body;
    struct trial *trial;
    struct sleep *sleep;
    struct chat *chat;
};

static void on_button(enum button_event event, void *userdata)
{
}

static void on_ears_settled(void *userdata)
{
}

static void on_ears_moved(unsigned left, unsigned right, void *userdata)
{
}

static void on_message(xmpp_stanza_t *message, void *userdata)
{
    struct room *room = userdata;

    chat_on_message(room->chat, message);
}

static void on_sleep(bool asleep, void *userdata)
{
}

static void describe(char *ret, size_t size, void *userdata)
{
    assert_non_null(userdata);
    snprintf(ret, size, "fine & <well>");
}

static int set_up(void **state)
{
    static const struct body_listener body_listener = {
        .on_button = on_button, .on_ears_settled = on_ears_settled, .on_ears_moved = on_ears_moved};
    static const struct router_listener router_listener = {wire_on_send, on_message,
                                                           wire_on_presence};
    static const struct chat_listener chat_listener = {.describe = describe};
    static const struct sleep_listener sleep_listener = {.on_changed = on_sleep};
    struct room *room = calloc(1, sizeof(*room));
    struct wire *wire = &room->wire;

    assert_non_null(room);
    log_set_level(LOG_CRIT);
    room->config =
        config_from("[body]\nboard = sim\n[rabbit]\nlanguage = de\n[access]\n"
                    "owners = owner@almacska f81edfee27c1@almacska\nusers = user@almacska\n");
    assert_true(sd_event_new(&wire->event) >= 0);
    wire->foreign = xmpp_ctx_new(NULL, NULL);
    assert_non_null(wire->foreign);
    assert_int_equal(router_new(&wire->router, wire->event, &wire_identity, &router_listener, room),
                     0);
    assert_int_equal(router_bind(wire->router, WIRE_JID), 0);
    assert_int_equal(body_new(&room->body, wire->event, room->config, &body_listener, room, NULL),
                     0);
    assert_int_equal(access_new(&room->access, room->config), 0);
    assert_int_equal(trial_new(&room->trial, room->body), 0);
    assert_int_equal(sleep_new(&room->sleep, NULL, &sleep_listener, room), 0);
    struct command_context context = {
        .body = room->body, .trial = room->trial, .sleep = room->sleep};
    assert_int_equal(chat_new(&room->chat, room->config, room->access, wire->router, &context,
                              &chat_listener, room),
                     0);
    *state = room;
    return 0;
}

static int tear_down(void **state)
{
    struct room *room = *state;

    assert_null(chat_free(room->chat));
    access_free(room->access);
    trial_free(room->trial);
    sleep_free(room->sleep);
    body_free(room->body);
    config_free(room->config);
    return wire_teardown(state);
}

/* Says this, and gives how many stanzas it was answered with. */
static size_t hear(struct room *room, const char *text)
{
    wire_forget_sent(&room->wire);
    wire_feed(&room->wire, text);
    return room->wire.count;
}

/* The only stanza sent is this reply. */
static void expect_reply(struct room *room, const char *to, const char *type, const char *text)
{
    assert_int_equal(room->wire.count, 1);
    xmpp_stanza_t *reply = room->wire.sent[0];
    char *body = xmpp_message_get_body(reply);

    assert_string_equal(xmpp_stanza_get_name(reply), "message");
    assert_string_equal(xmpp_stanza_get_to(reply), to);
    assert_string_equal(xmpp_stanza_get_type(reply), type);
    assert_non_null(body);
    assert_string_equal(body, text);
    xmpp_free(room->wire.foreign, body);
}

static void test_owner_is_obeyed(void **state)
{
    struct room *room = *state;

    hear(room, "<message from='" OWNER "' type='chat'><body>nose red</body></message>");
    expect_reply(room, OWNER, "chat", "nose red");
    assert_int_equal(body_led_get(room->body, LED_NOSE), 0xff0000);

    hear(room, "<message from='Owner@Almacska/Phone' type='chat'><body>nose off</body></message>");
    expect_reply(room, "Owner@Almacska/Phone", "chat", "nose off");
    hear(room, "<message from='user@almacska' type='chat'><body>nose blue</body></message>");
    expect_reply(room, "user@almacska", "chat", "nose blue");
    hear(room, "<message from='" OWNER "'><body>status</body></message>");
    expect_reply(room, OWNER, "normal", "fine & <well>, nose #0000ff");
    hear(room, "<message from='" OWNER "' type='normal'><body>status</body></message>");
    expect_reply(room, OWNER, "normal", "fine & <well>, nose #0000ff");
}

static void test_thread_is_kept(void **state)
{
    struct room *room = *state;

    hear(room, "<message from='" OWNER "' type='chat'><body>nose red</body>"
               "<thread>t&lt;1</thread></message>");
    expect_reply(room, OWNER, "chat", "nose red");
    char *thread = stanza_child_text(room->wire.sent[0], "thread");
    assert_non_null(thread);
    assert_string_equal(thread, "t<1");
    xmpp_free(room->wire.foreign, thread);
}

static void test_language(void **state)
{
    static const struct {
        const char *lang, *reply;
    } cases[] = {
        {"", "Das kenne ich nicht: „xyzzyq“; weiter hilft „hilfe“?"},
        {"xml:lang='fr'", "Je ne connais pas « xyzzyq » ; essayez « aide » ?"},
        {"xml:lang='IT-ch'", "Non conosco «xyzzyq»; prova «aiuto»?"},
        {"xml:lang='en'", "I do not know \"xyzzyq\"; try \"help\"?"},
        {"xml:lang='nl'", "Das kenne ich nicht: „xyzzyq“; weiter hilft „hilfe“?"},
    };
    struct room *room = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char text[300];

        snprintf(text, sizeof(text),
                 "<message from='" OWNER "' type='chat' %s><body>xyzzyq</body></message>",
                 cases[i].lang);
        hear(room, text);
        expect_reply(room, OWNER, "chat", cases[i].reply);
    }
}

static void test_who_and_what_gets_nothing(void **state)
{
#define OF_OWNER "<message from='" OWNER "' type='chat'><body>nose red</body>"
    static const char *const silent[] = {
        "<message from='eve@almacska/x' type='chat'><body>nose red</body></message>",
        "<message from='owner@almacska.example/x' type='chat'><body>nose red</body></message>",
        "<message from='almacska' type='chat'><body>nose red</body></message>",
        "<message type='chat'><body>nose red</body></message>",
        "<message from='@' type='chat'><body>nose red</body></message>",
        "<message from='" WIRE_JID "' type='chat'><body>nose red</body></message>",
        "<message from='f81edfee27c1@almacska' type='chat'><body>nose red</body></message>",
        "<message from='" OWNER "' type='chat'/>",
        "<message from='" OWNER "' type='chat'><body/></message>",
        "<message from='" OWNER "' type='chat'><active "
        "xmlns='http://jabber.org/protocol/chatstates'/></message>",
        "<message from='" OWNER "' type='error'><body>nose red</body><error type='cancel'/>"
        "</message>",
        "<message from='" OWNER "' type='groupchat'><body>nose red</body></message>",
        "<message from='" OWNER "' type='headline'><body>nose red</body></message>",
        "<message from='" OWNER "' type='odd'><body>nose red</body></message>",
        OF_OWNER "<sent xmlns='urn:xmpp:carbons:2'/></message>",
        OF_OWNER "<received xmlns='urn:xmpp:carbons:2'/></message>",
        OF_OWNER "<replace xmlns='urn:xmpp:message-correct:0' id='1'/></message>",
        OF_OWNER "<delay xmlns='urn:xmpp:delay' stamp='2002-09-10T23:08:25Z'/></message>",
        OF_OWNER "<delay xmlns='urn:xmpp:delay'/></message>",
        OF_OWNER "<delay xmlns='urn:xmpp:delay' stamp='yesterday'/></message>",
    };
    struct room *room = *state;

    for (size_t i = 0; i < ARRAY_SIZE(silent); i++)
        if (hear(room, silent[i]) != 0)
            fail_msg("answered: %s", silent[i]);
    assert_int_equal(body_led_get(room->body, LED_NOSE), 0);
}

static void test_what_is_heard_all_the_same(void **state)
{
    static const char *const heard[] = {
        OF_OWNER "<private xmlns='urn:xmpp:carbons:2'/></message>",
        OF_OWNER "<request xmlns='urn:xmpp:receipts'/><x xmlns='urn:odd'/></message>",
        OF_OWNER "<delay xmlns='urn:odd' stamp='2002-09-10T23:08:25Z'/></message>",
    };
    struct room *room = *state;
    char text[300], stamp[40];
    time_t now = time(NULL) - 5;
    struct tm tm;

    for (size_t i = 0; i < ARRAY_SIZE(heard); i++) {
        hear(room, heard[i]);
        expect_reply(room, OWNER, "chat", "nose red");
    }
    assert_true(strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm)) > 0);
    snprintf(text, sizeof(text), OF_OWNER "<delay xmlns='urn:xmpp:delay' stamp='%s'/></message>",
             stamp);
    hear(room, text);
    expect_reply(room, OWNER, "chat", "nose red");
}

static void test_a_chatterbox_is_slowed_down(void **state)
{
    static const char user[] =
        "<message from='user@almacska/x' type='chat'><body>status</body></message>";
    struct room *room = *state;
    size_t replies = 0;

    for (unsigned i = 0; i < 50; i++)
        replies += hear(room, user);
    assert_in_range(replies, 5, 7); /* the test may take a second */
    assert_int_equal(hear(room, OF_OWNER "</message>"), 1);
}

/* "ears" is answered when they rest, once each. */
static void test_ears_are_answered_at_rest(void **state)
{
    struct room *room = *state;

    assert_int_equal(hear(room, "<message from='" OWNER "' type='chat'><body>Ohren 3 10</body>"
                                "<thread>t</thread></message>"),
                     0);
    assert_int_equal(hear(room, "<message from='user@almacska/x'><body>ears 5 5</body></message>"),
                     0);
    /* What takes no time is answered meanwhile. */
    hear(room, OF_OWNER "</message>");
    expect_reply(room, OWNER, "chat", "nose red");

    wire_forget_sent(&room->wire);
    chat_on_rest(room->chat);
    assert_int_equal(room->wire.count, 2);
    assert_string_equal(xmpp_stanza_get_to(room->wire.sent[1]), "user@almacska/x");
    assert_string_equal(xmpp_stanza_get_type(room->wire.sent[1]), "normal");
    assert_null(xmpp_stanza_get_child_by_name(room->wire.sent[1], "thread"));
    assert_non_null(xmpp_stanza_get_child_by_name(room->wire.sent[0], "thread"));
    xmpp_stanza_release(room->wire.sent[--room->wire.count]);
    expect_reply(room, OWNER, "chat", "ohren ? / ?");

    wire_forget_sent(&room->wire);
    chat_on_rest(room->chat);
    assert_int_equal(room->wire.count, 0);
}

/* The refusal is the one answer, and the waiting one comes when it may. */
static void test_a_sleeper_answers_once(void **state)
{
    struct room *room = *state;

    sleep_set(room->sleep, true, 1);
    hear(room, "<message from='" OWNER "' type='chat'><body>ears 3 10</body></message>");
    expect_reply(room, OWNER, "chat", "I am asleep; say wake first");
    hear(room, OF_OWNER "</message>");
    expect_reply(room, OWNER, "chat", "I am asleep; say wake first");
    assert_int_equal(body_led_get(room->body, LED_NOSE), 0);
    assert_int_equal(
        hear(room, "<message from='" OWNER "' type='chat'><body>wach</body></message>"), 0);
    assert_false(sleep_is_asleep(room->sleep));
    wire_forget_sent(&room->wire);
    chat_on_rest(room->chat);
    expect_reply(room, OWNER, "chat", "wach, Ohren ? / ?");
}

static void test_waiting_is_bounded(void **state)
{
    static const char ears[] =
        "<message from='" OWNER "' type='chat'><body>ears 3 10</body></message>";
    struct room *room = *state;

    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(hear(room, ears), 0);
    hear(room, ears);
    expect_reply(room, OWNER, "chat", "ears ? / ?");
    wire_forget_sent(&room->wire);
    chat_on_rest(room->chat);
    assert_int_equal(room->wire.count, 8);
}

static void test_waiting_when_freed(void **state)
{
    struct room *room = *state;

    assert_int_equal(hear(room, "<message from='" OWNER "' type='chat'><body>ears 3 10</body>"
                                "<thread>t</thread></message>"),
                     0); /* tear_down() frees it: the leak checker's affair */
    assert_false(body_ears_settled(room->body));
}

static void test_stale_stamps(void **state)
{
    static const time_t now = 1795187460; /* 2026-11-20T15:11:00Z */
    static const struct {
        const char *stamp;
        bool stale;
    } cases[] = {
        {"2026-11-20T15:11:00Z", false},
        {"2026-11-20T15:10:00Z", false},
        {"2026-11-20T15:09:59Z", true},
        {"2026-11-20T15:10:00.999Z", false},
        {"2026-11-20T15:09:59.999Z", true},
        {"2026-11-20T15:10:00+00:00", false},
        {"2026-11-20T15:09:59+00:00", true},
        {"2026-11-20T15:12:00Z", false},
        {"2026-11-21T15:11:00Z", false},
        {"2026-11-19T15:11:00Z", true},
        {"2025-11-20T15:11:00Z", true},
        {"1969-12-31T23:59:59Z", true},
        {"2026-11-20T16:11:00+01:00", true},
        {"2026-11-20T15:11:00", true},
        {"2026-11-20T15:11:00z", true},
        {"20261120T15:11:00", true},
        {"2026-11-20", true},
        {"", true},
        {"now", true},
        {"2026-13-20T15:11:00Z", true},
        {"2026-11-20T25:11:00Z", true},
        {"2026-11-20T15:11:00Zx", true},
        {"2026-11-20T15:11:00.5", true},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        if (chat_is_stale(cases[i].stamp, now) != cases[i].stale)
            fail_msg("%s", cases[i].stamp);
    static const char *const zones[] = {"EST5", "CET-1"};
    for (size_t i = 0; i < ARRAY_SIZE(zones); i++) {
        assert_int_equal(setenv("TZ", zones[i], 1), 0);
        tzset();
        assert_false(chat_is_stale("2026-11-20T15:10:00Z", now));
        assert_true(chat_is_stale("2026-11-20T15:09:59Z", now));
    }
    unsetenv("TZ");
    tzset();
}

int main(void)
{
#define in_room(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        in_room(test_owner_is_obeyed),
        in_room(test_thread_is_kept),
        in_room(test_language),
        in_room(test_who_and_what_gets_nothing),
        in_room(test_what_is_heard_all_the_same),
        in_room(test_a_chatterbox_is_slowed_down),
        in_room(test_ears_are_answered_at_rest),
        in_room(test_a_sleeper_answers_once),
        in_room(test_waiting_is_bounded),
        in_room(test_waiting_when_freed),
        cmocka_unit_test(test_stale_stamps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
