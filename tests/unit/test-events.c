/*
 * What the events of a body say, to whom, and what they stop and wake. The body is a fake that
 * writes down its orders: this program defines what body/body.h declares itself.
 */
#include "web-server.h"
#include "wire.h"

#include <errno.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/state.h"
#include "rabbit/events.h"
#include "rabbit/turn.h"

#define OWNER "owner@almacska"

struct body {
    bool in_hand;
    const struct body_listener *listener;
    void *userdata;
    enum ear_state state;
    int left, right; /* positions */
    int targets[EAR_COUNT];
    uint32_t leds[LED_COUNT];
    enum ear_way way;   /* of the last order */
    bool darkens, dark; /* dark: wholly, not while it fades */
    bool shone;         /* some light was to be seen */
    unsigned homes, stops, goes;
};

static struct body fake; /* there is one, as the event loop has one rabbit */

int body_new(struct body **ret, sd_event *event, const struct config *config,
             const struct body_listener *listener, void *userdata, struct body_fault *ret_fault)
{
    fake = (struct body){.listener = listener, .userdata = userdata, .state = EAR_HOMING};
    if (streq(config->body.board, "broken"))
        return body_fault_set(ret_fault, -ERANGE, "gpio-range", "there is no line 99");
    *ret = &fake;
    return streq(config->body.board, "away")
               ? body_fault_set(ret_fault, 1, "gpio-busy", "line 3 is held by a test")
               : 0;
}

struct body *body_free(struct body *body)
{
    return NULL;
}

void body_reconfigure(struct body *body, const struct config *config)
{
}

const char *body_description(const struct body *body)
{
    return "fake body";
}

int body_ear_go(struct body *body, enum ear_index ear, unsigned position, enum ear_way way)
{
    body->targets[ear] = (int)position;
    body->way = way;
    body->state = EAR_MOVING;
    body->goes++;
    return 0;
}

void body_home(struct body *body)
{
    body->state = EAR_HOMING;
    body->homes++;
}

void body_stop(struct body *body)
{
    body->state = EAR_RESTING;
    body->stops++;
}

const char *ear_name(enum ear_index ear)
{
    return ear == EAR_LEFT ? "left" : "right";
}

enum ear_state body_ear_state(const struct body *body, enum ear_index ear)
{
    return body->state;
}

int body_ear_position(const struct body *body, enum ear_index ear)
{
    return ear == EAR_LEFT ? body->left : body->right;
}

bool body_in_hand(const struct body *body)
{
    return body->in_hand;
}

bool body_ears_settled(const struct body *body)
{
    return body->state != EAR_HOMING && body->state != EAR_MOVING;
}

void body_led_set(struct body *body, enum led_index led, uint32_t color)
{
    body->leds[led] = color;
    body->shone = body->shone || (color && !body->dark);
}

void body_leds_hold(struct body *body)
{
}

void body_leds_release(struct body *body)
{
}

uint32_t body_led_get(const struct body *body, enum led_index led)
{
    return body->leds[led];
}

void body_fade_dark(struct body *body, bool dark, uint64_t usec)
{
    body->darkens = dark;
    body->dark = dark && usec == 0;
}

/* ---- a rabbit around it ---- */

struct warren {
    struct wire wire; /* first: it is the router's userdata as well */
    char *folder;
    struct config *config;
    struct access *access;
    struct owners *owners;
    struct events *events;
    unsigned status, sleeps, rests;
    const char *pressed; /* what the button was told to be last */
    unsigned turned[EAR_COUNT];
    unsigned shows; /* changes of the show */
    bool is_order;  /* to sleep; it waits for the end of the show */
    struct {
        unsigned count, clicks;
        bool in_program;
        char program_id[LIMIT_EVENT_ID + 1];
    } click; /* as the platform is told */
};

static void on_status(void *userdata)
{
    ((struct warren *)userdata)->status++;
}

static void on_sleep(void *userdata)
{
    ((struct warren *)userdata)->sleeps++;
}

static void on_rest(void *userdata)
{
    ((struct warren *)userdata)->rests++;
}

static void on_press(const char *what, void *userdata)
{
    ((struct warren *)userdata)->pressed = what;
}

static void on_turn(unsigned left, unsigned right, void *userdata)
{
    struct warren *warren = userdata;

    warren->turned[EAR_LEFT] = left;
    warren->turned[EAR_RIGHT] = right;
}

static void on_clicks(unsigned clicks, bool in_program, const char *program_id, void *userdata)
{
    struct warren *warren = userdata;

    warren->click.count++;
    warren->click.clicks = clicks;
    warren->click.in_program = in_program;
    snprintf(warren->click.program_id, sizeof(warren->click.program_id), "%s", program_id);
}

static void on_show(void *userdata)
{
    struct warren *warren = userdata;

    warren->shows++;
    if (!warren->is_order || show_is_running(events_show(warren->events)))
        return;
    warren->is_order = false;
    sleep_set(events_context(warren->events).sleep, true, clock_now_usec());
}

static const struct events_listener events_listener = {.on_status = on_status,
                                                       .on_sleep = on_sleep,
                                                       .on_rest = on_rest,
                                                       .on_press = on_press,
                                                       .on_turn = on_turn,
                                                       .on_clicks = on_clicks,
                                                       .on_show = on_show};

static void start(struct warren *warren)
{
    struct wire *wire = &warren->wire;

    assert_int_equal(
        events_new(&warren->events, wire->event, warren->config, &events_listener, warren), 0);
    events_set_owners(warren->events, warren->owners, wire->router);
}

static void start_again(struct warren *warren)
{
    assert_null(events_free(warren->events));
    start(warren);
}

static void owner_comes(struct warren *warren)
{
    xmpp_stanza_t *presence = xmpp_stanza_new_from_string(
        warren->wire.foreign, "<presence from='" OWNER "/phone' to='" WIRE_JID "'/>");

    assert_non_null(presence);
    owners_on_presence(warren->owners, presence);
    xmpp_stanza_release(presence);
}

static int set_up(void **state)
{
    static const struct router_listener listener = {wire_on_send, wire_on_message,
                                                    wire_on_presence};
    struct warren *warren = calloc(1, sizeof(*warren));
    struct wire *wire = &warren->wire;

    assert_non_null(warren);
    log_set_level(LOG_CRIT);
    warren->folder = folder_new();
    assert_int_equal(setenv("STATE_DIRECTORY", warren->folder, 1), 0);
    warren->config =
        config_from("[rabbit]\nlanguage = fr\n[access]\nowners = " OWNER " other@almacska\n");
    assert_true(sd_event_new(&wire->event) >= 0);
    wire->foreign = xmpp_ctx_new(NULL, NULL);
    assert_non_null(wire->foreign);
    assert_int_equal(router_new(&wire->router, wire->event, &wire_identity, &listener, warren), 0);
    assert_int_equal(router_bind(wire->router, WIRE_JID), 0);
    assert_int_equal(access_new(&warren->access, warren->config), 0);
    assert_int_equal(
        owners_new(&warren->owners, warren->config, warren->access, wire->router, warren->folder),
        0);
    start(warren);
    owner_comes(warren);
    *state = warren;
    return 0;
}

static int tear_down(void **state)
{
    struct warren *warren = *state;

    assert_null(events_free(warren->events));
    assert_null(events_free(NULL));
    owners_free(warren->owners);
    access_free(warren->access);
    config_free(warren->config);
    folder_remove(warren->folder);
    unsetenv("STATE_DIRECTORY");
    return wire_teardown(state);
}

static void button(enum button_event event)
{
    fake.listener->on_button(event, fake.userdata);
}

static void settle(int left, int right)
{
    fake.state = EAR_RESTING;
    fake.left = left;
    fake.right = right;
    fake.listener->on_ears_settled(fake.userdata);
}

static void hand(unsigned left, unsigned right)
{
    fake.state = EAR_RESTING;
    fake.left = (int)left;
    fake.right = (int)right;
    fake.listener->on_ears_moved(left, right, fake.userdata);
}

static int on_something(sd_event_source *source, void *userdata)
{
    return 0;
}

/* Some event, and whatever follows it. */
static void let_something_happen(struct warren *warren)
{
    sd_event_source *source = NULL;

    assert_true(sd_event_add_defer(warren->wire.event, &source, on_something, NULL) >= 0);
    while (sd_event_run(warren->wire.event, 0) > 0)
        ;
    sd_event_source_disable_unref(source);
}

static void expect_described(struct warren *warren, const char *text)
{
    char is[512];

    events_describe(warren->events, is, sizeof(is));
    assert_string_equal(is, text);
}

/* One message was sent, to the owner who is online, with this body. Returns its payload. */
static xmpp_stanza_t *expect_told(struct warren *warren, const char *text, const char *name,
                                  const char *ns)
{
    assert_int_equal(warren->wire.count, 1);
    xmpp_stanza_t *message = warren->wire.sent[0];
    char *body = xmpp_message_get_body(message);

    assert_non_null(body);
    assert_string_equal(body, text);
    xmpp_free(warren->wire.foreign, body);
    assert_string_equal(xmpp_stanza_get_to(message), OWNER);
    assert_string_equal(xmpp_stanza_get_type(message), "chat");
    xmpp_stanza_t *payload = xmpp_stanza_get_child_by_name_and_ns(message, name, ns);
    assert_non_null(payload);
    return payload;
}

static void expect_child(struct warren *warren, xmpp_stanza_t *payload, const char *name,
                         const char *text)
{
    char *is = stanza_child_text(payload, name);

    assert_non_null(is);
    assert_string_equal(is, text);
    xmpp_free(warren->wire.foreign, is);
}

/* ---- the button ---- */

static void test_clicks(void **state)
{
    struct warren *warren = *state;

    settle(0, 0);
    button(BUTTON_DOWN);
    button(BUTTON_UP);
    assert_int_equal(warren->wire.count, 0);
    assert_null(warren->pressed);
    button(BUTTON_CLICK);
    assert_string_equal(warren->pressed, "click");
    expect_child(warren, expect_told(warren, "Clic !", "button", "violet:nabaztag:button"), "clic",
                 "1");
    wire_forget_sent(&warren->wire);
    button(BUTTON_DOUBLE_CLICK);
    expect_child(warren, expect_told(warren, "Double clic !", "button", "violet:nabaztag:button"),
                 "clic", "2");
    assert_int_equal(fake.stops, 0); /* nothing played */
}

static void test_press_stops_ears(void **state)
{
    settle(0, 0);
    body_ear_go(&fake, EAR_LEFT, 5, EAR_FORWARD);
    button(BUTTON_DOWN);
    assert_int_equal(fake.stops, 1);
    button(BUTTON_UP);
    button(BUTTON_CLICK);
    assert_int_equal(fake.stops, 1);
}

static void test_press_stops_a_trial(void **state)
{
    struct warren *warren = *state;
    struct command_context context = events_context(warren->events);

    settle(0, 0);
    trial_start(context.trial, TRIAL_EARS | TRIAL_LEDS, 1);
    assert_int_equal(fake.targets[EAR_LEFT], 17);
    settle(0, 0);
    assert_int_equal(fake.goes, 2);
    settle(0, 0);
    assert_int_equal(fake.targets[EAR_RIGHT], 17);
    let_something_happen(warren);
    assert_int_equal(warren->rests, 0);
    button(BUTTON_DOWN);
    assert_false(trial_is_running(context.trial));
    assert_int_equal(fake.stops, 1);
}

static void test_hold_sleeps_and_wakes(void **state)
{
    struct warren *warren = *state;

    settle(0, 0);
    button(BUTTON_DOWN);
    button(BUTTON_LONG_PRESS);
    button(BUTTON_UP);
    assert_true(events_is_asleep(warren->events));
    assert_int_equal(warren->sleeps, 1);
    assert_true(fake.darkens);
    assert_int_equal(fake.targets[EAR_LEFT], 10);
    assert_int_equal(fake.targets[EAR_RIGHT], 10);

    /* Its sleep is not disturbed by less. */
    button(BUTTON_DOWN);
    button(BUTTON_UP);
    button(BUTTON_CLICK);
    button(BUTTON_DOUBLE_CLICK);
    assert_string_equal(warren->pressed, "double-click");
    assert_int_equal(warren->wire.count, 0);
    assert_int_equal(fake.stops, 0);

    button(BUTTON_LONG_PRESS);
    assert_false(events_is_asleep(warren->events));
    assert_int_equal(warren->sleeps, 2);
    assert_false(fake.darkens);
    assert_int_equal(fake.homes, 1);
    button(BUTTON_CLICK);
    assert_int_equal(warren->wire.count, 1);
}

/* ---- ears ---- */

static void test_turns(void **state)
{
    static const struct {
        struct turn turn;
        int from, to;
        enum ear_way way;
    } cases[] = {
        {{false, 3}, 5, 3, EAR_FORWARD},   {{false, 0}, -1, 0, EAR_FORWARD},
        {{true, 3}, 5, 8, EAR_FORWARD},    {{true, -3}, 5, 2, EAR_BACKWARD},
        {{true, 16}, 5, 4, EAR_FORWARD},   {{true, -16}, 5, 6, EAR_BACKWARD},
        {{true, -3}, 0, 14, EAR_BACKWARD}, {{true, -3}, -1, 14, EAR_BACKWARD},
        {{true, 16}, 16, 15, EAR_FORWARD}, {{true, 0}, 7, 7, EAR_FORWARD},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        fake.right = cases[i].from;
        assert_int_equal(turn_ear(&fake, EAR_RIGHT, cases[i].turn), 0);
        assert_int_equal(fake.targets[EAR_RIGHT], cases[i].to);
        assert_int_equal(fake.way, cases[i].way);
    }
}

static void test_hand_is_told(void **state)
{
    struct warren *warren = *state;

    settle(0, 0);
    hand(3, 10);
    xmpp_stanza_t *ears =
        expect_told(warren, "On a tourné mes oreilles : 3 / 10", "ears", "violet:nabaztag:ears");
    expect_child(warren, ears, "left", "3");
    expect_child(warren, ears, "right", "10");
    assert_int_equal(warren->turned[EAR_LEFT], 3);
    assert_int_equal(warren->turned[EAR_RIGHT], 10);
    assert_int_equal(fake.goes, 0); /* they stay where they were put */
    expect_described(warren, "ears 3/10, fake body");
}

static void test_hand_at_a_sleeper(void **state)
{
    struct warren *warren = *state;

    settle(0, 0);
    button(BUTTON_LONG_PRESS);
    start_again(warren); /* so that falling asleep was long ago */
    settle(10, 10);
    fake.goes = 0;
    hand(3, 10);
    assert_int_equal(warren->wire.count, 0);
    assert_int_equal(fake.goes, 2);
    assert_int_equal(fake.targets[EAR_LEFT], 10);
    settle(10, 10);
    hand(4, 10); /* again, too soon: it waits */
    fake.listener->on_ears_strayed(fake.userdata);
    assert_int_equal(fake.goes, 2);
}

static void test_ears_stray(void **state)
{
    struct warren *warren = *state;

    settle(0, 0);
    fake.listener->on_ears_strayed(fake.userdata);
    assert_int_equal(fake.goes, 0);
    button(BUTTON_LONG_PRESS);
    start_again(warren);
    settle(10, 10);
    fake.goes = 0;
    fake.listener->on_ears_strayed(fake.userdata);
    assert_int_equal(fake.goes, 2);
    assert_int_equal(fake.targets[EAR_RIGHT], 10);
}

/* ---- a start while asleep ---- */

static void test_starts_asleep(void **state)
{
    struct warren *warren = *state;

    settle(0, 0);
    button(BUTTON_LONG_PRESS);
    warren->sleeps = 0;
    start_again(warren);
    assert_true(events_is_asleep(warren->events));
    assert_true(fake.dark);
    assert_int_equal(fake.targets[EAR_LEFT], 10);
    assert_int_equal(fake.targets[EAR_RIGHT], 10);
    assert_int_equal(warren->sleeps, 0);
    for (unsigned i = 0; i < STORY_COUNT; i++)
        events_show_story(warren->events, (enum story)i);
    assert_false(fake.shone);
    settle(10, 10);
    expect_described(warren, "asleep, ears 10/10, fake body");

    /* The story goes on in the dark and is to be seen when it wakes. */
    events_show_story(warren->events, STORY_ONLINE);
    button(BUTTON_LONG_PRESS);
    assert_false(fake.darkens);
    assert_int_equal(fake.leds[LED_BOTTOM], 0x00ff00);
    start_again(warren);
    assert_false(events_is_asleep(warren->events));
    assert_int_equal(fake.goes, 0);
}

/* ---- faults ---- */

static void test_faults(void **state)
{
    struct body_fault fault = {.cause = "gpio-gone", .text = "chip x is away; plug it in"};
    struct warren *warren = *state;

    settle(0, 0);
    fake.listener->on_fault(NULL, fake.userdata);
    expect_described(warren, "ears 0/0, fake body");
    for (unsigned i = 0; i < 3; i++)
        fake.listener->on_fault(&fault, fake.userdata);
    expect_described(warren, "ears 0/0, fake body, body: chip x is away; plug it in");
    fake.listener->on_fault(NULL, fake.userdata);
    expect_described(warren, "ears 0/0, fake body");
    assert_int_equal(fake.goes, 0);
}

static void test_fault_of_a_sleeper(void **state)
{
    static const struct body_fault fault = {.cause = "gpio-gone", .text = "away"};
    struct warren *warren = *state;

    button(BUTTON_LONG_PRESS);
    start_again(warren);
    settle(10, 10);
    fake.goes = 0;
    fake.listener->on_fault(&fault, fake.userdata);
    assert_int_equal(fake.goes, 0);
    expect_described(warren, "asleep, ears 10/10, fake body, body: away");
    fake.listener->on_fault(NULL, fake.userdata);
    expect_described(warren, "asleep, ears 10/10, fake body");
}

static void test_body_that_cannot_be_had(void **state)
{
    struct warren *warren = *state;
    struct config config = *warren->config;
    struct events *events = NULL;

    config.body.board = (char *)"broken";
    assert_int_equal(events_new(&events, warren->wire.event, &config, &events_listener, warren),
                     -ERANGE);
    assert_null(events);
}

/* It lives on without, says so, and says when it has it. */
static void test_body_that_is_away(void **state)
{
    struct warren *warren = *state;
    struct config config = *warren->config;
    struct events *events;
    char text[256];

    config.body.board = (char *)"away";
    assert_int_equal(events_new(&events, warren->wire.event, &config, &events_listener, warren), 0);
    assert_string_equal(events_fault(events)->cause, "gpio-busy");
    events_describe(events, text, sizeof(text));
    assert_non_null(strstr(text, "body: line 3 is held by a test"));
    fake.listener->on_fault(NULL, fake.userdata);
    assert_null(events_fault(events)->cause);
    events_free(events);
}

/* ---- rest ---- */

/* Told after whatever happened in the loop, but not while something goes on. */
static void test_rest(void **state)
{
    struct warren *warren = *state;
    struct command_context context = events_context(warren->events);

    let_something_happen(warren); /* it homes */
    assert_int_equal(warren->rests, 0);
    settle(0, 0);
    let_something_happen(warren);
    assert_int_not_equal(warren->rests, 0);

    warren->rests = 0;
    trial_start(context.trial, TRIAL_LEDS, clock_now_usec());
    let_something_happen(warren);
    assert_int_equal(warren->rests, 0);
    trial_stop(context.trial);
    let_something_happen(warren);
    assert_int_not_equal(warren->rests, 0);
}

/* The loop is woken for the next step of a trial, for nothing else. */
static void test_timer(void **state)
{
    struct warren *warren = *state;
    struct command_context context = events_context(warren->events);

    settle(0, 0);
    trial_start(context.trial, TRIAL_LEDS, clock_now_usec() - 490 * USEC_PER_MSEC);
    let_something_happen(warren);
    for (uint64_t end = clock_now_usec() + 2 * USEC_PER_SEC; fake.leds[LED_NOSE] != 0x00ff00;) {
        assert_true(clock_now_usec() < end);
        assert_true(sd_event_run(warren->wire.event, 100 * USEC_PER_MSEC) >= 0);
    }
    trial_stop(context.trial);
    let_something_happen(warren);
    assert_int_equal(sd_event_run(warren->wire.event, 100 * USEC_PER_MSEC), 0);
}

/* ---- the show ---- */

static void serve(int fd, const char *request)
{
    static const unsigned char red[] = "\x1\x1\x1\x1" /* all LEDs red for 10 ms */
                                       "\x0\x1\x1"
                                       "\x0\x9\xff\x0\x0"
                                       "\x1\x7\x0\xff\x0\x0\x0";

    if (!after_prefix(request, "GET /red "))
        _exit(0);
    dprintf(fd, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", sizeof(red));
    if (write(fd, red, sizeof(red)) < 0)
        _exit(0);
}

static void run(struct warren *warren, const char *text)
{
    struct program *program = calloc(1, sizeof(*program));

    assert_non_null(program);
    assert_int_equal(program_parse(program, text, strlen(text)), 0);
    show_run(events_show(warren->events), program, clock_now_usec());
    let_something_happen(warren);
}

static void expect_id(struct warren *warren, const char *id)
{
    assert_non_null(show_event_id(events_show(warren->events)));
    assert_string_equal(show_event_id(events_show(warren->events)), id);
}

static bool is_playing(struct warren *warren)
{
    return life_is_suspended(show_life(events_show(warren->events)), LIFE_PLAYING);
}

static void expect_click(struct warren *warren, unsigned clicks, bool in_program, const char *id)
{
    assert_int_equal(warren->click.count, 1);
    assert_int_equal(warren->click.clicks, clicks);
    assert_int_equal(warren->click.in_program, in_program);
    assert_string_equal(warren->click.program_id, id);
    warren->click.count = 0;
}

static void click(void)
{
    button(BUTTON_DOWN);
    button(BUTTON_UP);
    button(BUTTON_CLICK);
}

/* A click gives back the ID of the program that it has ended; the next click has none. */
static void test_click_in_program(void **state)
{
    struct warren *warren = *state;

    settle(0, 0);
    run(warren, "ID 2147483645\nWT 60000");
    expect_id(warren, "2147483645");
    assert_int_equal(warren->shows, 1);
    warren->rests = 0;
    let_something_happen(warren);
    assert_int_equal(warren->rests, 0);

    button(BUTTON_DOWN);
    assert_false(show_is_running(events_show(warren->events)));
    let_something_happen(warren);
    assert_int_equal(warren->shows, 2);
    button(BUTTON_UP);
    button(BUTTON_DOWN);
    button(BUTTON_UP);
    assert_int_equal(warren->click.count, 0);
    button(BUTTON_DOUBLE_CLICK);
    expect_click(warren, 2, true, "2147483645");
    let_something_happen(warren);
    assert_int_not_equal(warren->rests, 0);
    click();
    expect_click(warren, 1, false, "");
}

static void test_click_without_id(void **state)
{
    struct warren *warren = *state;

    settle(0, 0);
    run(warren, "WT 60000");
    click();
    expect_click(warren, 1, true, "");
    run(warren, "ID 123456789012345678901\nWT 60000"); /* one digit too many */
    click();
    expect_click(warren, 1, true, "");
}

/* What a long press has ended is not given back by the click that wakes nobody. */
static void test_sleep_ends_program(void **state)
{
    struct warren *warren = *state;
    struct life *life = show_life(events_show(warren->events));

    settle(0, 0);
    run(warren, "ID 1\nWT 60000");
    button(BUTTON_DOWN);
    button(BUTTON_LONG_PRESS);
    assert_true(events_is_asleep(warren->events));
    assert_true(life_is_suspended(life, LIFE_ASLEEP));
    settle(10, 10);
    button(BUTTON_LONG_PRESS);
    assert_false(life_is_suspended(life, LIFE_ASLEEP));
    settle(0, 0);
    click();
    expect_click(warren, 1, false, "");

    run(warren, "ID 2\nWT 60000");
    sleep_set(events_context(warren->events).sleep, true, clock_now_usec());
    assert_null(show_event_id(events_show(warren->events)));
    assert_false(is_playing(warren));
    start_again(warren);
    assert_true(life_is_suspended(show_life(events_show(warren->events)), LIFE_ASLEEP));
}

/* The platform may order sleep as soon as the program is over that waking ends: the rabbit wakes
 * first. */
static void test_sleeps_after_it_woke(void **state)
{
    struct warren *warren = *state;
    struct sleep *sleep = events_context(warren->events).sleep;

    sleep_set(sleep, true, clock_now_usec());
    settle(10, 10);
    run(warren, "WT 60000");
    warren->is_order = true;
    sleep_set(sleep, false, clock_now_usec());
    let_something_happen(warren);
    assert_false(warren->is_order);
    assert_true(sleep_is_asleep(sleep));
    assert_true(life_is_suspended(show_life(events_show(warren->events)), LIFE_ASLEEP));
    assert_true(fake.darkens);
    assert_int_equal(fake.targets[EAR_LEFT], 10);
}

static void test_commands_end_program(void **state)
{
    static const char *const list[] = {"stop", "left 3",    "nose red", "ears 3 4",
                                       "home", "test leds", "sleep"};
    struct warren *warren = *state;
    struct command_context context = events_context(warren->events);
    const struct command *command;
    char reply[COMMAND_REPLY_MAX];

    for (size_t i = 0; i < ARRAY_SIZE(list); i++) {
        settle(0, 0);
        run(warren, "ID 2\nWT 60000");
        command_run("status", &context, reply, &command);
        assert_non_null(show_event_id(events_show(warren->events)));
        command_run(list[i], &context, reply, &command);
        if (show_event_id(events_show(warren->events)))
            fail_msg("%s", list[i]);
    }
}

/* Trial and program end each other, and life waits for both. */
static void test_trial_and_program(void **state)
{
    struct warren *warren = *state;
    struct command_context context = events_context(warren->events);

    settle(0, 0);
    trial_start(context.trial, TRIAL_LEDS, clock_now_usec());
    let_something_happen(warren);
    assert_true(is_playing(warren));
    trial_stop(context.trial);
    let_something_happen(warren);
    assert_false(is_playing(warren));

    trial_start(context.trial, TRIAL_LEDS, clock_now_usec());
    let_something_happen(warren);
    run(warren, "ID 2\nWT 60000");
    assert_false(trial_is_running(context.trial));
    assert_true(is_playing(warren));
    show_stop(context.show, clock_now_usec());
    let_something_happen(warren);
    assert_false(is_playing(warren));
}

/* Online the bottom LED is life's, once there is a platform; before and otherwise the story's. */
static void test_story(void **state)
{
    struct warren *warren = *state;
    struct life *life = show_life(events_show(warren->events));
    struct ambient frame;

    settle(0, 0);
    ambient_init(&frame);
    frame.base = 0;
    life_apply(life, &frame, clock_now_usec());
    events_show_story(warren->events, STORY_ONLINE);
    uint32_t online = fake.leds[LED_BOTTOM];
    assert_int_not_equal(online, 0);
    fake.leds[LED_BOTTOM] = 0x010203;
    run(warren, ""); /* has had the LED, for all we know */
    assert_int_equal(fake.leds[LED_BOTTOM], online);

    life_resume(life, LIFE_AWAY, clock_now_usec());
    assert_int_equal(fake.leds[LED_BOTTOM], 0);
    events_show_story(warren->events, STORY_ONLINE);
    run(warren, "");
    assert_int_equal(fake.leds[LED_BOTTOM], 0);
    events_show_story(warren->events, STORY_WAITING);
    assert_int_not_equal(fake.leds[LED_BOTTOM], 0);
}

/* The platform's ears wait for the end of homing; a hand's are remembered. */
static void test_life_of_ears(void **state)
{
    struct warren *warren = *state;
    struct life *life = show_life(events_show(warren->events));
    struct ambient frame;

    life_resume(life, LIFE_AWAY, clock_now_usec());
    ambient_init(&frame);
    frame.ears[EAR_LEFT] = 4;
    frame.ears[EAR_RIGHT] = 9;
    life_apply(life, &frame, clock_now_usec());
    assert_int_equal(fake.goes, 0);
    settle(0, 0);
    assert_int_equal(fake.targets[EAR_LEFT], 4);
    assert_int_equal(fake.targets[EAR_RIGHT], 9);
    settle(4, 9);
    hand(5, 6);
    life_restore_ears(life);
    assert_int_equal(fake.targets[EAR_LEFT], 5);
    assert_int_equal(fake.targets[EAR_RIGHT], 6);
}

/* An ear in a hand is felt, in amber, where life has the LEDs. */
static void test_hand_is_felt(void **state)
{
    struct warren *warren = *state;
    struct life *life = show_life(events_show(warren->events));
    struct ambient frame;

    fake.in_hand = true;
    let_something_happen(warren); /* no platform, no life: whoever set LEDs keeps them */
    assert_int_equal(fake.leds[LED_NOSE], 0);
    fake.in_hand = false;
    let_something_happen(warren);

    life_resume(life, LIFE_AWAY, clock_now_usec());
    ambient_init(&frame);
    assert_true(ambient_show(&frame, 6, 3));
    life_apply(life, &frame, clock_now_usec());
    assert_int_equal(fake.leds[LED_LEFT], 0xff00ff);
    fake.in_hand = true;
    let_something_happen(warren);
    for (enum led_index i = 0; i < LED_COUNT; i++)
        assert_int_equal(fake.leds[i], 0xff8000);
    hand(5, 6);
    fake.in_hand = false;
    let_something_happen(warren);
    assert_int_equal(fake.leds[LED_LEFT], 0xff00ff);
    assert_int_equal(fake.leds[LED_NOSE], 0);
    assert_false(life_is_suspended(life, LIFE_ANY));
}

/* From a real server, on the event loop as it is. */
static void test_download(void **state)
{
    struct warren *warren = *state;
    struct http *http = NULL;
    struct fetch *fetch = NULL;
    char broad[32];

    snprintf(broad, sizeof(broad), "127.0.0.1:%u", server_port);
    assert_int_equal(http_new(&http, warren->wire.event), 0);
    assert_int_equal(fetch_new(&fetch, warren->wire.event, http,
                               &(struct allow_names){.broad = broad, .is_near = true}),
                     0);
    show_set_fetch(events_show(warren->events), fetch);
    settle(0, 0);
    run(warren, "CH broadcast/red\nID 5\nWT 60000");
    expect_id(warren, "");
    for (uint64_t end = clock_now_usec() + 10 * USEC_PER_SEC;
         !streq(show_event_id(events_show(warren->events)), "5");) {
        assert_true(clock_now_usec() < end);
        assert_true(sd_event_run(warren->wire.event, 100 * USEC_PER_MSEC) >= 0);
    }
    assert_int_equal(fake.leds[LED_MIDDLE], 0xff0000);
    show_set_fetch(events_show(warren->events), NULL);
    fetch_free(fetch);
    http_free(http);
}

int main(void)
{
#define in_warren(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        in_warren(test_clicks),
        in_warren(test_press_stops_ears),
        in_warren(test_press_stops_a_trial),
        in_warren(test_hold_sleeps_and_wakes),
        in_warren(test_turns),
        in_warren(test_hand_is_told),
        in_warren(test_hand_at_a_sleeper),
        in_warren(test_ears_stray),
        in_warren(test_starts_asleep),
        in_warren(test_faults),
        in_warren(test_fault_of_a_sleeper),
        in_warren(test_body_that_cannot_be_had),
        in_warren(test_body_that_is_away),
        in_warren(test_rest),
        in_warren(test_timer),
        in_warren(test_click_in_program),
        in_warren(test_click_without_id),
        in_warren(test_sleep_ends_program),
        in_warren(test_sleeps_after_it_woke),
        in_warren(test_commands_end_program),
        in_warren(test_trial_and_program),
        in_warren(test_story),
        in_warren(test_life_of_ears),
        in_warren(test_hand_is_felt),
        in_warren(test_download),
    };

    return cmocka_run_group_tests(tests, start_server, stop_server);
}
