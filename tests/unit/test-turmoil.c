/*
 * What a person, owners and a platform do to a rabbit, in random order and at random times: it
 * always is in one piece, and it comes to rest when they leave it alone. Its body is the simulated
 * one in virtual time. Downloads are made up here.
 */
#include "dance-rig.h"
#include "stanza-text.h"
#include "violet-rig.h"

#include <errno.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/log.h"
#include "rabbit/events.h"
#include "rabbit/platform.h"
#include "violet/packet.h"

#define SEC   USEC_PER_SEC
#define LIVES 150
#define DEEDS 30
#define TTL   "60" /* of a packet, in seconds */

static struct {
    uint64_t seed;
    unsigned life;    /* the number of this one */
    char deeds[1024]; /* what was done in it */
    sd_event_handler_t post;
    void *post_userdata;
    sd_event *event;
    struct config *config;
    xmpp_ctx_t *ctx;
    struct events *events;
    struct command_context context;
    struct platform *platform; /* NULL: not yet */
    struct interactive *interactive;
    const char *resource;
    struct fetch_job *job;
} turmoil;

struct fetch_job {
    struct fetch_listener listener;
    size_t count;
};

/* ---- in place of ours ---- */

uint64_t __wrap_random_between(uint64_t low, uint64_t high, void *userdata);
int __wrap_sd_event_add_post(sd_event *event, sd_event_source **ret, sd_event_handler_t handler,
                             void *userdata);
int __wrap_fetch_start(struct fetch_job **ret, struct fetch *fetch, const struct fetch_wish *wishes,
                       size_t count, const struct fetch_listener *listener);
struct fetch_job *__wrap_fetch_cancel(struct fetch_job *job);

uint64_t __wrap_random_between(uint64_t low, uint64_t high, void *userdata)
{
    return low + dice(&turmoil.seed) % (high - low + 1);
}

/* Its turn comes with after_something(). */
int __wrap_sd_event_add_post(sd_event *event, sd_event_source **ret, sd_event_handler_t handler,
                             void *userdata)
{
    turmoil.post = handler;
    turmoil.post_userdata = userdata;
    *ret = NULL;
    return 0;
}

int __wrap_fetch_start(struct fetch_job **ret, struct fetch *fetch, const struct fetch_wish *wishes,
                       size_t count, const struct fetch_listener *listener)
{
    assert_null(turmoil.job);
    turmoil.job = *ret = calloc(1, sizeof(**ret));
    assert_non_null(turmoil.job);
    *turmoil.job = (struct fetch_job){*listener, count};
    return 0;
}

struct fetch_job *__wrap_fetch_cancel(struct fetch_job *job)
{
    if (job)
        turmoil.job = NULL;
    free(job);
    return NULL;
}

/* ---- who listens ---- */

static void look(void)
{
    if (turmoil.platform)
        platform_look(turmoil.platform, loop.now_usec);
}

static void on_change(void *userdata)
{
    look();
}

static void on_nothing(void *userdata)
{
}

static void on_press(const char *what, void *userdata)
{
}

static void on_turn(unsigned left, unsigned right, void *userdata)
{
    platform_tell_ears(turmoil.platform, left, right);
}

static void on_clicks(unsigned clicks, bool in_program, const char *program_id, void *userdata)
{
    platform_tell_clicks(turmoil.platform, clicks, in_program ? program_id : NULL);
}

static int on_tell(const char *to, const char *body, void *userdata)
{
    return 0;
}

static void on_resource(const char *resource, void *userdata)
{
    turmoil.resource = resource;
}

static void on_packet(const void *data, size_t size, void *userdata)
{
}

/* ---- time ---- */

static void after_something(void)
{
    look();
    turmoil.post(NULL, turmoil.post_userdata);
}

static void pass(uint64_t usec)
{
    uint64_t until = loop.now_usec + usec;

    while (loop_turn(until))
        after_something();
    loop.now_usec = until;
}

/* ---- deeds ---- */

static unsigned choose(unsigned count)
{
    return dice_of(&turmoil.seed, count);
}

static void press(void)
{
    lines_sim_press(rig_lines, true);
    after_something();
    pass(50 * MSEC + choose(2500) * MSEC);
    lines_sim_press(rig_lines, false);
}

static void turn(void)
{
    lines_sim_turn(rig_lines, choose(EAR_COUNT), (int)choose(11) - 5);
}

static void jam(void)
{
    lines_sim_set_fault(rig_lines, choose(EAR_COUNT), choose(EAR_FAULT_COUNT));
}

static void command(void)
{
    static const char *const texts[] = {"test",      "stop",     "home", "led nose red",
                                        "nose 2",    "sleep",    "wake", "left +3",
                                        "right -20", "ears 3 4", "help", "status"};
    struct command_context context = turmoil.context;
    char reply[COMMAND_REPLY_MAX];
    const struct command *command;

    context.status = "";
    command_run(texts[choose(ARRAY_SIZE(texts))], &context, reply, &command);
}

static void add_program(struct packet_writer *writer)
{
    static const char *const lines[] = {"ID 17\n",
                                        "WT 3000\n",
                                        "WT 20\n",
                                        "ST broadcast/a.mp3\n",
                                        "CH broadcast/a.chor\n",
                                        "PL 3\n",
                                        "SE \n",
                                        "CU broadcast/a.jsp\n",
                                        "IC streaming.chor.enabled=false\n"};
    char text[512] = "";
    uint8_t payload[512];
    size_t size;

    for (unsigned i = choose(7); i > 0; i--)
        strcat(text, lines[choose(ARRAY_SIZE(lines))]);
    assert_int_equal(program_encode(text, strlen(text), payload, sizeof(payload), &size), 0);
    assert_int_equal(packet_add(writer, PACKET_PROGRAM, payload, size), 0);
}

static void add_ambient(struct packet_writer *writer)
{
    uint8_t payload[AMBIENT_PAYLOAD_SIZE];
    struct ambient ambient;
    size_t size;

    ambient_init(&ambient);
    ambient.is_full = choose(2);
    ambient_show(&ambient, choose(AMBIENT_SERVICE_END), choose(11));
    ambient.nose = (int)choose(3);
    ambient.taichi = choose(3) ? 0 : (int)choose(256);
    if (choose(2))
        ambient.ears[0] = ambient.ears[1] = (int)choose(17);
    assert_int_equal(ambient_encode(&ambient, payload, sizeof(payload), &size), 0);
    assert_int_equal(packet_add(writer, PACKET_AMBIENT, payload, size), 0);
}

static void add_mode(struct packet_writer *writer)
{
    const uint8_t asleep = (uint8_t)choose(2);

    assert_int_equal(packet_add(writer, PACKET_MODE, &asleep, 1), 0);
}

static void send_to(const char *resource, const uint8_t *data, size_t size)
{
    char base64[BASE64_TEXT_SIZE(HEX_MAX * 4)], text[8192];
    xmpp_stanza_t *stanza;

    base64_encode(base64, data, size, BASE64_STANDARD);
    snprintf(text, sizeof(text),
             "<message from='net.violet.platform@almacska/services' to='rabbit@almacska/%s'>"
             "<packet xmlns='violet:packet' format='1.0' ttl='" TTL "'>%s</packet></message>",
             resource, base64);
    stanza = stanza_from_text(turmoil.ctx, text);
    assert_int_equal(platform_take(turmoil.platform, stanza, loop.now_usec), 0);
    xmpp_stanza_release(stanza);
}

static void packet(void)
{
    static void (*const adders[])(struct packet_writer *) = {add_program, add_program, add_ambient,
                                                             add_mode};
    static const char *const resources[] = {"idle", "urgent", "asleep", "streaming", "itmode"};
    struct packet_writer writer;
    uint8_t data[HEX_MAX * 4];
    size_t size;

    assert_int_equal(packet_begin(&writer, data, sizeof(data)), 0);
    for (unsigned i = 1 + choose(3); i > 0; i--)
        adders[choose(ARRAY_SIZE(adders))](&writer);
    assert_int_equal(packet_end(&writer, &size), 0);
    send_to(resources[choose(ARRAY_SIZE(resources))], data, size);
}

static void set_online(bool online)
{
    platform_set_online(turmoil.platform, online, loop.now_usec);
    turmoil.resource = platform_resource(turmoil.platform);
    events_show_story(turmoil.events, online ? STORY_ONLINE : STORY_WAITING);
}

static void lose_stream(void)
{
    set_online(false);
    after_something();
    pass(choose(5) * SEC);
    set_online(true);
}

/* The left ear goes to 10, and it ends when that has come to rest; or the file is not there. */
static void download(void)
{
    const struct bytes bytes = bytes_of_hex("010101010001010008000a000113");
    struct fetch_job *job = turmoil.job;

    if (!job)
        return;
    turmoil.job = NULL;
    for (size_t i = 0; i < job->count; i++) {
        char *data = choose(3) ? calloc(1, bytes.size + 1) : NULL;

        if (data)
            memcpy(data, bytes.data, bytes.size);
        job->listener.on_loaded(i, data, data ? bytes.size : 0, data ? NULL : "there is none",
                                job->listener.userdata);
    }
    job->listener.on_done(job->listener.userdata);
    free(job);
}

static const struct {
    const char *name;
    void (*deed)(void);
} deeds[] = {
    {"press", press},       {"turn", turn},         {"command", command}, {"packet", packet},
    {"download", download}, {"packet", packet},     {"press", press},     {"lose", lose_stream},
    {"jam", jam},           {"download", download},
};

/* ---- what always holds ---- */

static void expect(bool is_so, const char *what)
{
    if (!is_so)
        fail_msg("not so that %s; life %u:%s", what, turmoil.life, turmoil.deeds);
}

static void expect_one_piece(void)
{
    struct life *life = show_life(turmoil.context.show);

    expect(events_is_asleep(turmoil.events) == life_is_suspended(life, LIFE_ASLEEP),
           "its life sleeps as it does");
    expect(streq(turmoil.resource, platform_resource(turmoil.platform)),
           "the platform knows how it is");
}

/* Nobody does anything any more, and what the platform has sent is over. */
static void expect_rest(void)
{
    struct command_context *context = &turmoil.context;

    expect(platform_deadline(turmoil.platform) == USEC_NEVER, "no packet waits");
    expect(!show_is_running(context->show) && !show_is_streaming(context->show), "no program runs");
    expect(!trial_is_running(context->trial), "no trial runs");
    expect(body_ears_settled(context->body), "its ears rest");
    expect(!life_is_suspended(show_life(context->show), LIFE_ANY & ~LIFE_AWAY), "it lives");
    expect(streq(platform_resource(turmoil.platform), "idle"), "it is idle");
    rig_expect_still(NULL);
    for (enum ear_index i = 0; i < EAR_COUNT; i++) {
        expect(body_ear_position(context->body, i) == 0, "its ears are up");
        expect(ear_model_hole(lines_sim_ear(rig_lines, i)) == 0, "its ears are truly up");
    }
}

/* ---- a life ---- */

static void be_born(unsigned number)
{
    static const struct events_listener listener = {.on_status = on_change,
                                                    .on_sleep = on_change,
                                                    .on_rest = on_nothing,
                                                    .on_press = on_press,
                                                    .on_turn = on_turn,
                                                    .on_clicks = on_clicks,
                                                    .on_show = on_change};
    static const struct platform_listener platform_listener = {on_tell, on_resource, on_nothing};
    static const struct interactive_listener no_listener = {on_packet, on_nothing, NULL};
    struct platform_context context;

    turmoil.life = number;
    turmoil.seed = number + 1;
    turmoil.deeds[0] = '\0';
    assert_int_equal(events_new(&turmoil.events, turmoil.event, turmoil.config, &listener, NULL),
                     0);
    turmoil.context = events_context(turmoil.events);
    sleep_set(turmoil.context.sleep, false, loop.now_usec);
    show_set_fetch(turmoil.context.show, (struct fetch *)&turmoil);
    assert_int_equal(interactive_new(&turmoil.interactive, &no_listener), 0);
    context =
        (struct platform_context){turmoil.context.show, turmoil.context.sleep, turmoil.interactive};
    assert_int_equal(
        platform_new(&turmoil.platform, turmoil.config, NULL, &context, &platform_listener, NULL),
        0);
    set_online(true);
}

static void die(void)
{
    turmoil.platform = platform_free(turmoil.platform);
    interactive_free(turmoil.interactive);
    events_free(turmoil.events);
}

static void do_something(void)
{
    static const uint64_t pauses[] = {MSEC, 300 * MSEC, 3 * SEC, 20 * SEC};
    size_t i = choose(ARRAY_SIZE(deeds));
    size_t used = strlen(turmoil.deeds);

    snprintf(turmoil.deeds + used, sizeof(turmoil.deeds) - used, " %s", deeds[i].name);
    deeds[i].deed();
    after_something();
    expect_one_piece();
    pass(dice(&turmoil.seed) % pauses[choose(ARRAY_SIZE(pauses))]);
    expect_one_piece();
}

/* The stream goes, and so what waits and plays; nothing holds the ears any more. */
static void calm_down(void)
{
    for (enum ear_index i = 0; i < EAR_COUNT; i++)
        lines_sim_set_fault(rig_lines, i, EAR_FAULT_NONE);
    pass(70 * SEC);
    set_online(false);
    after_something();
    sleep_set(turmoil.context.sleep, false, loop.now_usec);
    after_something();
    assert_null(turmoil.job);
    pass(120 * SEC);
    body_home(turmoil.context.body);
    pass(180 * SEC);
}

static void test_comes_to_rest(void **state)
{
    for (unsigned number = 0; number < LIVES; number++) {
        be_born(number);
        for (unsigned i = 0; i < DEEDS; i++)
            do_something();
        calm_down();
        expect_rest();
        die();
    }
}

static int set_up(void **state)
{
    char *folder = folder_new();

    log_set_level(LOG_CRIT);
    assert_int_equal(setenv("STATE_DIRECTORY", folder, 1), 0);
    turmoil.config = config_from("[account]\njid = rabbit@almacska\n[body]\nboard = sim\n");
    turmoil.config->account.dialect = DIALECT_VIOLET;
    turmoil.ctx = xmpp_ctx_new(NULL, NULL);
    assert_true(sd_event_new(&turmoil.event) >= 0);
    *state = folder;
    return 0;
}

static int tear_down(void **state)
{
    xmpp_ctx_free(turmoil.ctx);
    config_free(turmoil.config);
    sd_event_unref(turmoil.event);
    folder_remove(*state);
    unsetenv("STATE_DIRECTORY");
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_comes_to_rest),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
