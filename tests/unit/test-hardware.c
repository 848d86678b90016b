/*
 * The body on real lines, of which a fake back end is made: the simulated rabbit's ears behind any
 * bridge, on lines that keep their levels when nobody holds them, as on a Raspberry Pi. Sets fail
 * when asked to, the chip comes and goes.
 */
#include "helper.h"
#include "virtual-loop.h"

#include <errno.h>

#include "body/body.h"
#include "body/button.h"
#include "body/leds.h"
#include "body/lines-sim.h"
#include "body/motor.h"

#define MOTOR_BITS 0xffU
#define LEFT_BITS  0x0fU
#define RETRY_USEC (2 * USEC_PER_SEC)

/* What the daemon cannot know. */
static struct world {
    sd_event *event;
    struct lines_sim *sim;
    enum bridge bridge;
    unsigned levels; /* of the motors' lines */

    bool unplugged;
    bool left_unplugged; /* the left ear's motor is on a chip of its own, which is gone */
    unsigned fail_set;   /* the n-th set from now on fails, and all that follow in these lines */
    bool failing, fail_once;
    unsigned fail_opens;
    int open_error;
    bool ending;

    struct lines *lines; /* requested ones, or NULL */
    unsigned there;      /* which of them were asked for */
    unsigned opens, closes, sets, attempts;

    bool leds_fail, bank_there;
    unsigned shows;

    bool no_memory; /* for a button */
} world;

struct rig {
    struct config *config;
    struct body *body;
    unsigned settled, moved, strayed, faults, recoveries, clicks;
    struct body_fault fault;
};

/* ---- the back end ---- */

static int direction_of(enum bridge bridge, unsigned levels)
{
    bool enabled = bridge == BRIDGE_IN_IN || levels & MOTOR_LINE_ENABLE;

    assert_int_not_equal(levels & 3U, 3U);
    assert_int_equal(levels & ~motor_lines(bridge), 0);
    if (!enabled)
        return 0;
    if (bridge == BRIDGE_PHASE_ENABLE)
        return levels & MOTOR_LINE_PHASE ? 1 : -1;
    return levels & MOTOR_LINE_FORWARD ? 1 : levels & MOTOR_LINE_BACKWARD ? -1 : 0;
}

static void drive_ears(void)
{
    static const unsigned mask = 1U << LINE_LEFT_FORWARD | 1U << LINE_LEFT_BACKWARD |
                                 1U << LINE_RIGHT_FORWARD | 1U << LINE_RIGHT_BACKWARD;
    unsigned levels = 0;

    for (unsigned ear = 0; ear < EAR_COUNT; ear++) {
        int direction = direction_of(world.bridge, world.levels >> MOTOR_LINES * ear & 15U);

        if (direction != 0)
            levels |= 1U << (MOTOR_LINES * ear + (direction > 0 ? 0 : 1));
    }
    assert_int_equal(lines_set(lines_sim_lines(world.sim), mask, levels), 0);
}

static int fake_set(struct lines *lines, unsigned mask, unsigned levels)
{
    assert_ptr_equal(lines, world.lines);
    assert_int_equal(mask & ~(world.there & MOTOR_BITS), 0);
    assert_int_equal(levels & ~mask, 0);

    world.sets++;
    world.failing = world.failing || (world.fail_set > 0 && --world.fail_set == 0);
    if (world.unplugged || world.failing) {
        world.failing = !world.fail_once;
        return world.unplugged ? -ENODEV : -EIO;
    }
    if (world.left_unplugged)
        mask &= ~LEFT_BITS;
    world.levels = (world.levels & ~mask) | (levels & mask);
    drive_ears();
    return world.left_unplugged ? -ENODEV : 0;
}

static int fake_get(struct lines *lines, unsigned line)
{
    assert_ptr_equal(lines, world.lines);
    assert_true(world.there & 1U << line);
    return world.unplugged ? -ENODEV : lines_get(lines_sim_lines(world.sim), line);
}

static struct lines *fake_free(struct lines *lines)
{
    assert_ptr_equal(lines, world.lines);
    world.lines = NULL;
    world.closes++;
    free(lines);
    return NULL;
}

int __wrap_lines_gpiod_new(struct lines **ret, sd_event *event, const char *chip,
                           const struct line_want *wants, size_t count,
                           struct body_fault *ret_fault);

int __wrap_lines_gpiod_new(struct lines **ret, sd_event *event, const char *chip,
                           const struct line_want *wants, size_t count,
                           struct body_fault *ret_fault)
{
    static const struct lines_ops ops = {.set = fake_set, .get = fake_get, .free = fake_free};

    assert_ptr_equal(event, world.event);
    assert_string_equal(chip, "fake");
    assert_int_equal(count, LINE_COUNT);
    assert_null(world.lines);
    world.attempts++;
    if (world.unplugged || world.left_unplugged)
        return body_fault_set(ret_fault, -ENOENT, "gpio-missing", "there is no chip fake");
    if (world.open_error < 0)
        return body_fault_set(ret_fault, world.open_error, "gpio-range", "there is no line 99");
    if (world.fail_opens > 0) {
        world.fail_opens--;
        return body_fault_set(ret_fault, -EBUSY, "gpio-busy", "somebody has line 1");
    }
    world.lines = calloc(1, sizeof(*world.lines));
    assert_non_null(world.lines);
    world.lines->ops = &ops;
    world.there = 0;
    for (unsigned i = 0; i < count; i++)
        world.there |= (unsigned)(wants[i].what != NULL) << i;
    world.opens++;
    world.failing = false;
    world.levels = 0;
    drive_ears();
    *ret = world.lines;
    return 0;
}

static void on_sim_edge(unsigned line, bool level, uint64_t usec, void *userdata)
{
    if (world.lines && !world.unplugged && world.there & 1U << line)
        world.lines->listener.on_edge(line, level, usec, world.lines->userdata);
}

static void unplug(void)
{
    struct body_fault fault;

    body_fault_set(&fault, -ENODEV, "gpio-gone", "the chip is gone");
    world.unplugged = true;
    world.levels = 0;
    drive_ears();
    world.lines->listener.on_lost(&fault, world.lines->userdata);
}

/* ---- the LEDs ---- */

static int show(struct led_bank *bank, const struct led_light lights[LED_COUNT])
{
    assert_true(!world.ending || world.levels == 0); /* first things first */
    world.shows++;
    return world.leds_fail || world.unplugged ? -EIO : 0;
}

static struct led_bank *bank_free(struct led_bank *bank)
{
    assert_true(world.bank_there);
    world.bank_there = false;
    return NULL;
}

static int no_wants(const struct config *config, struct line_want wants[LINES_MAX],
                    struct config_problems *problems)
{
    return 0;
}

static int open_bank(struct led_bank **ret, const struct config *config, struct lines *lines,
                     struct body_fault *fault)
{
    static const struct led_bank_ops ops = {.show = show, .free = bank_free};
    static struct led_bank bank = {.ops = &ops};

    assert_null(lines);
    assert_string_equal(config->leds.driver, "none");
    world.bank_there = true;
    *ret = &bank;
    return 0;
}

const struct led_driver *__wrap_led_driver_find(const char *name);

const struct led_driver *__wrap_led_driver_find(const char *name)
{
    static const struct led_driver driver = {.name = "fake", .wants = no_wants, .open = open_bank};

    return &driver;
}

/* ---- the button ---- */

int __real_button_new(struct button **ret, struct button_times times, bool pressed,
                      button_handler on_event, void *userdata);
int __wrap_button_new(struct button **ret, struct button_times times, bool pressed,
                      button_handler on_event, void *userdata);

int __wrap_button_new(struct button **ret, struct button_times times, bool pressed,
                      button_handler on_event, void *userdata)
{
    return world.no_memory ? -ENOMEM : __real_button_new(ret, times, pressed, on_event, userdata);
}

/* ---- the rig ---- */

#define HEAD "[body]\nboard = fake\n[gpio]\nchip = fake\n"

static const char *const texts[] = {
    [BRIDGE_IN_IN] = HEAD "[ear-left]\nforward = 1\nbackward = 2\nencoder = 3\n"
                          "[ear-right]\nforward = 4\nbackward = 5\nencoder = 6\n"
                          "[button]\nline = 7\n",
    [BRIDGE_IN_IN_EN] =
        HEAD "[ear-left]\nbridge = in-in-en\nforward = 1\nbackward = 2\nenable = 8\nencoder = 3\n"
             "[ear-right]\nbridge = in-in-en\nforward = 4\nbackward = 5\nenable = 9\nencoder = 6\n"
             "[button]\nline = 7\n",
    [BRIDGE_PHASE_ENABLE] =
        HEAD "[ear-left]\nbridge = phase-enable\nphase = 1\nenable = 2\nencoder = 3\n"
             "[ear-right]\nbridge = phase-enable\nphase = 4\nenable = 5\nencoder = 6\n"
             "[button]\nline = 7\n",
};

static void on_button(enum button_event event, void *userdata)
{
    ((struct rig *)userdata)->clicks += event == BUTTON_CLICK;
}

static void on_settled(void *userdata)
{
    ((struct rig *)userdata)->settled++;
}

static void on_moved(unsigned left, unsigned right, void *userdata)
{
    ((struct rig *)userdata)->moved++;
}

static void on_strayed(void *userdata)
{
    ((struct rig *)userdata)->strayed++;
}

static void on_fault(const struct body_fault *fault, void *userdata)
{
    struct rig *rig = userdata;

    if (fault) {
        rig->faults++;
        rig->fault = *fault;
    } else {
        rig->recoveries++;
    }
    assert_int_equal(rig->faults - rig->recoveries, fault != NULL); /* in turns */
}

static const struct body_listener listener = {
    .on_button = on_button,
    .on_ears_settled = on_settled,
    .on_ears_moved = on_moved,
    .on_ears_strayed = on_strayed,
    .on_fault = on_fault,
};

static void world_new(enum bridge bridge)
{
    world = (struct world){.bridge = bridge};
    assert_true(sd_event_new(&world.event) >= 0);
    assert_int_equal(lines_sim_new(&world.sim, world.event, 7), 0);
    lines_sim_lines(world.sim)->listener.on_edge = on_sim_edge;
}

static void world_free(void)
{
    assert_null(world.lines);
    assert_false(world.bank_there);
    assert_int_equal(world.opens, world.closes);
    lines_free(lines_sim_lines(world.sim));
    for (size_t i = 0; i < LOOP_SOURCES_MAX; i++)
        assert_null(loop.sources[i].source);
    sd_event_unref(world.event);
}

/* The configuration is the rig's only until the body has it: a reload may free it. */
static int try_start(struct rig *rig, const char *text)
{
    struct body_fault fault = {.cause = NULL};
    struct config *config = config_from(text);

    *rig = (struct rig){.body = NULL};
    int r = body_new(&rig->body, world.event, config, &listener, rig, &fault);
    rig->fault = fault;
    config_free(config);
    return r;
}

static void start(struct rig *rig, enum bridge bridge)
{
    world_new(bridge);
    assert_int_equal(try_start(rig, texts[bridge]), 0);
}

/* Whatever was going on, the motors are off afterwards, and so is everything else. */
static void stop(struct rig *rig)
{
    world.ending = world.fail_set == 0 && !world.failing && world.lines;
    rig->body = body_free(rig->body);
    assert_int_equal(world.levels, 0);
    world_free();
}

static void run_until_settled(struct rig *rig)
{
    unsigned before = rig->settled;

    for (unsigned i = 0; rig->settled == before; i++) {
        assert_true(i < 5000);
        assert_true(loop_turn(USEC_NEVER - 1));
    }
}

/* Whoever had the lines may have turned a motor the other way: it is braked before it runs. */
static void expect_braked_start(void)
{
    assert_int_equal(world.levels, 0);
    loop_run(100 * USEC_PER_MSEC - 1);
    assert_int_equal(world.levels, 0);
    loop_run(1);
    assert_int_not_equal(world.levels, 0);
}

/* ---- driving ---- */

static void ears_go_behind_every_bridge(void **state)
{
    for (enum bridge bridge = BRIDGE_IN_IN; bridge <= BRIDGE_PHASE_ENABLE; bridge++) {
        struct rig rig;

        start(&rig, bridge);
        assert_string_equal(body_description(rig.body), "fake");
        expect_braked_start();
        run_until_settled(&rig);
        assert_int_equal(world.levels, 0); /* off, not braking */
        assert_int_equal(body_ear_position(rig.body, EAR_LEFT), 0);
        assert_int_equal(ear_model_hole(lines_sim_ear(world.sim, EAR_LEFT)), 0);

        assert_int_equal(body_ear_go(rig.body, EAR_LEFT, 3, EAR_FORWARD), 0);
        assert_int_equal(body_ear_go(rig.body, EAR_RIGHT, 12, EAR_BACKWARD), 0);
        run_until_settled(&rig);
        assert_int_equal(ear_model_hole(lines_sim_ear(world.sim, EAR_LEFT)), 3);
        assert_int_equal(ear_model_hole(lines_sim_ear(world.sim, EAR_RIGHT)), 12);
        assert_int_equal(world.levels, 0);
        assert_int_equal(rig.faults, 0);
        stop(&rig);
    }
}

/* Braking is another pattern than resting where the bridge has one. */
static void an_enabled_bridge_brakes_then_rests(void **state)
{
    struct rig rig;
    unsigned braked = 0;

    start(&rig, BRIDGE_IN_IN_EN);
    while (rig.settled == 0) {
        assert_true(loop_turn(USEC_NEVER - 1));
        braked += (world.levels & 15U) == MOTOR_LINE_ENABLE;
    }
    assert_true(braked > 0);
    assert_int_equal(world.levels, 0);

    assert_int_equal(body_ear_go(rig.body, EAR_LEFT, 9, EAR_FORWARD), 0);
    assert_int_equal(world.levels, MOTOR_LINE_FORWARD | MOTOR_LINE_ENABLE);
    body_stop(rig.body);
    assert_int_equal(world.levels & 3U, 0);
    run_until_settled(&rig);
    assert_int_equal(world.levels, 0);
    stop(&rig);
}

static void the_button_clicks(void **state)
{
    struct rig rig;

    start(&rig, BRIDGE_IN_IN);
    run_until_settled(&rig);
    lines_sim_press(world.sim, true);
    loop_run(100 * USEC_PER_MSEC);
    lines_sim_press(world.sim, false);
    loop_run(USEC_PER_SEC);
    assert_int_equal(rig.clicks, 1);
    stop(&rig);
}

static void no_wakeups_at_rest(void **state)
{
    struct rig rig;

    start(&rig, BRIDGE_IN_IN_EN);
    run_until_settled(&rig);
    loop_run(USEC_PER_SEC);
    loop.wakeups = 0;
    loop_run(3600 * USEC_PER_SEC);
    assert_int_equal(loop.wakeups, 0);
    stop(&rig);
}

/* What is not there at the start, or somebody else's, is waited for, and then is as good as any. */
static void hardware_that_comes_later(void **state)
{
    struct rig rig;

    world_new(BRIDGE_IN_IN);
    world.unplugged = true;
    assert_int_equal(try_start(&rig, texts[BRIDGE_IN_IN]), 1);
    assert_string_equal(rig.fault.cause, "gpio-missing");
    assert_string_equal(rig.fault.text, "there is no chip fake");
    assert_int_equal(body_ear_position(rig.body, EAR_LEFT), -1);
    assert_int_equal(body_ear_go(rig.body, EAR_LEFT, 3, EAR_FORWARD), -ENODEV);
    body_led_set(rig.body, LED_NOSE, 0xff0000);
    loop_run(3600 * USEC_PER_SEC);
    assert_int_equal(rig.faults, 0); /* body_new() has told it */
    assert_true(world.attempts <= 3600 / 2 + 1);

    world.unplugged = false;
    rig.faults = 1; /* as if on_fault() had told it */
    loop_run(40 * USEC_PER_SEC);
    assert_int_equal(rig.recoveries, 1);
    assert_int_equal(body_ear_position(rig.body, EAR_LEFT), 0);
    assert_int_equal(body_ear_position(rig.body, EAR_RIGHT), 0);
    assert_true(world.shows > 0);
    stop(&rig);
}

static void leds_that_come_later(void **state)
{
    struct rig rig;

    world_new(BRIDGE_IN_IN);
    world.leds_fail = true;
    assert_int_equal(try_start(&rig, texts[BRIDGE_IN_IN]), 1);
    assert_non_null(strstr(rig.fault.text, "LEDs"));
    run_until_settled(&rig); /* ears can do without */
    assert_int_equal(body_ear_position(rig.body, EAR_LEFT), 0);
    world.leds_fail = false;
    rig.faults = 1;
    loop_run(3 * USEC_PER_SEC);
    assert_int_equal(rig.recoveries, 1);
    assert_int_equal(world.opens, 1);
    stop(&rig);
}

/* A line that the chip has not, or that is wanted twice, is nothing to wait for. */
static void hopeless_hardware_no_body(void **state)
{
    struct rig rig;

    world_new(BRIDGE_IN_IN);
    world.open_error = -ERANGE;
    assert_int_equal(try_start(&rig, texts[BRIDGE_IN_IN]), -ERANGE);
    assert_null(rig.body);
    assert_string_equal(rig.fault.cause, "gpio-range");
    world_free();
}

/* ---- parts that are not there ---- */

static void one_ear(void **state)
{
    struct rig rig;

    world_new(BRIDGE_IN_IN);
    assert_int_equal(try_start(&rig, HEAD "[ear-right]\nforward = 4\nbackward = 5\nencoder = 6\n"),
                     0);
    run_until_settled(&rig);
    assert_int_equal(body_ear_state(rig.body, EAR_LEFT), EAR_UNKNOWN);
    assert_int_equal(body_ear_position(rig.body, EAR_LEFT), -1);
    assert_int_equal(body_ear_position(rig.body, EAR_RIGHT), 0);
    assert_int_equal(body_ear_go(rig.body, EAR_LEFT, 3, EAR_FORWARD), -ENODEV);
    assert_int_equal(body_ear_go(rig.body, EAR_RIGHT, 3, EAR_FORWARD), 0);
    assert_false(body_ears_settled(rig.body));
    run_until_settled(&rig);
    assert_int_equal(body_ear_position(rig.body, EAR_RIGHT), 3);

    lines_sim_turn(world.sim, EAR_RIGHT, 5);
    loop_run(30 * USEC_PER_SEC);
    assert_int_equal(rig.moved, 1);
    stop(&rig);
}

static void no_ears(void **state)
{
    struct rig rig;

    world_new(BRIDGE_IN_IN);
    assert_int_equal(try_start(&rig, HEAD "[button]\nline = 7\n"), 0);
    assert_true(body_ears_settled(rig.body));
    run_until_settled(&rig);
    body_home(rig.body);
    body_stop(rig.body);
    assert_int_equal(rig.settled, 1); /* never from within an order */
    run_until_settled(&rig);
    stop(&rig);
}

/* ---- sets that fail ---- */

/* Home, then both ears somewhere: the sets of it, of which each may be the one that fails. */
static void act(struct rig *rig)
{
    loop_run(20 * USEC_PER_SEC);
    if (body_ear_go(rig->body, EAR_LEFT, 3, EAR_FORWARD) == 0)
        assert_int_equal(body_ear_go(rig->body, EAR_RIGHT, 12, EAR_BACKWARD), 0);
    loop_run(20 * USEC_PER_SEC);
}

static void any_set_may_fail(void **state)
{
    for (enum bridge bridge = BRIDGE_IN_IN; bridge <= BRIDGE_PHASE_ENABLE; bridge++) {
        struct rig rig;
        unsigned sets;

        start(&rig, bridge);
        act(&rig);
        sets = world.sets;
        assert_true(sets > 10);
        stop(&rig);

        for (unsigned n = 1; n <= sets; n++) {
            start(&rig, bridge);
            world.fail_set = n;
            while (!world.failing && loop.now_usec < USEC_NEVER / 2 && world.fail_set > 0)
                if (!loop_turn(loop.now_usec + 10 * USEC_PER_SEC) &&
                    body_ear_go(rig.body, EAR_LEFT, 3, EAR_FORWARD) == 0 && !world.failing)
                    body_ear_go(rig.body, EAR_RIGHT, 12, EAR_BACKWARD);
            assert_true(world.failing);

            /* Asked for again in the same instant, which stops all motors. */
            assert_true(loop_turn(loop.now_usec));
            assert_false(world.failing);
            assert_int_equal(world.levels, 0);
            assert_int_equal(world.opens, 2);
            assert_int_equal(rig.faults, 1);
            assert_string_equal(rig.fault.cause, "gpio-failed");
            assert_int_equal(body_ear_position(rig.body, EAR_LEFT), -1);
            assert_int_equal(body_ear_go(rig.body, EAR_LEFT, 3, EAR_FORWARD), -ENODEV);
            loop_run(RETRY_USEC - USEC_PER_MSEC);
            assert_int_equal(world.levels, 0);
            assert_int_equal(rig.recoveries, 0);

            loop_run(30 * USEC_PER_SEC);
            assert_int_equal(rig.recoveries, 1);
            assert_int_equal(rig.faults, 1);
            assert_int_equal(world.opens, 2);
            assert_int_equal(body_ear_position(rig.body, EAR_LEFT), 0);
            assert_int_equal(body_ear_position(rig.body, EAR_RIGHT), 0);
            stop(&rig);
        }
    }
}

/* A motor that cannot be stopped, on a chip that somebody else grabs meanwhile. */
static void stopping_is_tried_until_it_works(void **state)
{
    struct rig rig;

    start(&rig, BRIDGE_IN_IN);
    loop_run(USEC_PER_SEC);
    assert_int_not_equal(world.levels, 0);
    world.fail_set = 1;
    world.fail_opens = 5;
    unsigned attempts = world.attempts;
    body_stop(rig.body);
    assert_int_not_equal(world.levels, 0);
    assert_int_equal(rig.faults, 0); /* told from the loop */
    for (unsigned i = 1; i <= 5; i++) {
        assert_int_equal(world.attempts, attempts + i - 1);
        loop_run(i == 1 ? 0 : RETRY_USEC);
        assert_int_equal(world.attempts, attempts + i);
        assert_int_not_equal(world.levels, 0);
    }
    loop_run(RETRY_USEC);
    assert_int_equal(rig.recoveries, 1);
    assert_int_equal(rig.faults, 1);
    run_until_settled(&rig);
    assert_int_equal(world.levels, 0);
    stop(&rig);
}

/* Most likely all that is needed, so it is not waited for the loop. */
static void stopping_is_tried_again_at_once(void **state)
{
    struct rig rig;

    start(&rig, BRIDGE_IN_IN_EN);
    loop_run(USEC_PER_SEC);
    world.fail_once = true;
    world.fail_set = 1;
    body_stop(rig.body);
    assert_int_equal(world.levels, 0);
    stop(&rig);
}

/* The lines are there again, but the body is not: nobody hears what happens on them. */
static void edges_mean_nothing_while_motors_are_held(void **state)
{
    struct rig rig;

    start(&rig, BRIDGE_IN_IN);
    run_until_settled(&rig);
    world.fail_set = 1;
    body_stop(rig.body);
    loop_run(0);
    assert_non_null(world.lines);
    lines_sim_turn(world.sim, EAR_LEFT, 5);
    lines_sim_press(world.sim, true);
    loop_run(100 * USEC_PER_MSEC);
    lines_sim_press(world.sim, false);
    loop_run(30 * USEC_PER_SEC);
    assert_int_equal(rig.moved, 0);
    assert_int_equal(rig.clicks, 0);
    assert_int_equal(body_ear_position(rig.body, EAR_LEFT), 0);
    stop(&rig);
}

/* Lines that are lost again and again are one fault. */
static void a_fault_is_told_once(void **state)
{
    struct rig rig;

    start(&rig, BRIDGE_IN_IN);
    for (unsigned i = 0; i < 5; i++) {
        world.fail_set = 1;
        if (i == 0) {
            body_stop(rig.body);
            world.fail_set = 1; /* as soon as the ears are to be homed */
        }
        loop_run(RETRY_USEC);
        assert_int_equal(rig.faults, 1);
        assert_int_equal(rig.recoveries, 0);
    }
    world.failing = false;
    loop_run(RETRY_USEC);
    assert_int_equal(rig.recoveries, 1);
    stop(&rig);
}

/* ---- a chip that goes and comes back ---- */

static void unplugged_and_back(void **state)
{
    struct rig rig;

    start(&rig, BRIDGE_IN_IN_EN);
    loop_run(USEC_PER_SEC); /* both ears turn */
    body_led_set(rig.body, LED_NOSE, 0xff0000);
    unplug();
    assert_int_equal(rig.faults, 0); /* told from the loop, outside of the lines */
    assert_int_equal(body_ear_go(rig.body, EAR_LEFT, 3, EAR_FORWARD), -ENODEV);
    loop_run(0);
    assert_int_equal(rig.faults, 1);
    assert_string_equal(rig.fault.cause, "gpio-gone");
    assert_string_equal(rig.fault.text, "the chip is gone");
    assert_null(world.lines);
    assert_false(world.bank_there);

    unsigned attempts = world.attempts;
    loop_run(10 * USEC_PER_SEC + USEC_PER_MSEC);
    assert_int_equal(world.attempts, attempts + 5);
    assert_int_equal(body_ear_state(rig.body, EAR_LEFT), EAR_UNKNOWN);
    assert_true(body_ears_settled(rig.body));
    assert_int_equal(rig.settled, 1);
    body_home(rig.body);
    body_stop(rig.body);
    body_led_set(rig.body, LED_NOSE, 0x00ff00);
    run_until_settled(&rig);
    assert_int_equal(world.shows, 2); /* at the start, and the red */

    world.unplugged = false;
    lines_sim_turn(world.sim, EAR_LEFT, 4);
    loop_run(RETRY_USEC);
    assert_int_equal(rig.recoveries, 1);
    assert_int_equal(body_ear_state(rig.body, EAR_LEFT), EAR_HOMING);
    assert_int_equal(body_led_get(rig.body, LED_NOSE), 0x00ff00);
    assert_int_equal(world.shows, 3);
    assert_int_equal(rig.strayed, 0);
    run_until_settled(&rig);
    assert_int_equal(rig.strayed, 1); /* they are not where they were left */
    assert_int_equal(body_ear_position(rig.body, EAR_LEFT), 0);
    assert_int_equal(ear_model_hole(lines_sim_ear(world.sim, EAR_LEFT)), 0);
    assert_int_equal(rig.faults, 1);
    assert_int_equal(rig.moved, 0);

    loop.wakeups = 0;
    loop_run(60 * USEC_PER_SEC);
    assert_int_equal(loop.wakeups, 0);
    stop(&rig);
}

/* The other one is there still, and keeps its levels when its lines are given back. */
static void one_chip_of_two_is_unplugged(void **state)
{
    struct body_fault fault;
    struct rig rig;

    start(&rig, BRIDGE_IN_IN);
    loop_run(USEC_PER_SEC);
    assert_int_not_equal(world.levels & ~LEFT_BITS, 0);
    body_fault_set(&fault, -ENODEV, "gpio-gone", "a chip is gone");
    world.left_unplugged = true;
    world.levels &= ~LEFT_BITS;
    drive_ears();
    world.lines->listener.on_lost(&fault, world.lines->userdata);
    loop_run(0);
    assert_null(world.lines);
    assert_int_equal(world.levels, 0);
    stop(&rig);
}

/* One ear was read after a hand turned both, the other not yet. */
static void turned_by_hand_while_unplugged(void **state)
{
    struct rig rig;

    start(&rig, BRIDGE_IN_IN);
    run_until_settled(&rig);
    loop_run(USEC_PER_SEC);
    lines_sim_turn(world.sim, EAR_LEFT, 4);
    loop_run(5500 * USEC_PER_MSEC);
    lines_sim_turn(world.sim, EAR_RIGHT, 4);
    while (world.levels & 3U)
        assert_true(loop_turn(USEC_NEVER - 1));
    loop_run(USEC_PER_SEC);
    assert_int_equal(body_ear_state(rig.body, EAR_LEFT), EAR_RESTING);
    assert_int_equal(body_ear_position(rig.body, EAR_RIGHT), -1);
    assert_int_equal(rig.moved, 0);
    unplug();
    loop_run(20 * USEC_PER_SEC);
    assert_int_equal(rig.moved, 0);
    stop(&rig);
}

/* A finger on the button while the chip goes: no click comes of it, and none of the release. */
static void pressed_while_unplugged(void **state)
{
    struct rig rig;

    start(&rig, BRIDGE_IN_IN);
    run_until_settled(&rig);
    lines_sim_press(world.sim, true);
    loop_run(100 * USEC_PER_MSEC);
    unplug();
    loop_run(5 * USEC_PER_SEC);
    world.unplugged = false;
    loop_run(RETRY_USEC);
    lines_sim_press(world.sim, false);
    loop_run(20 * USEC_PER_SEC);
    assert_int_equal(rig.clicks, 0);
    stop(&rig);
}

/* Then there is none until the hardware comes back another time. */
static void no_memory_for_the_button(void **state)
{
    struct rig rig;

    start(&rig, BRIDGE_IN_IN);
    run_until_settled(&rig);
    for (unsigned clicks = 0; clicks < 2; clicks++) {
        world.no_memory = clicks == 0;
        unplug();
        loop_run(0);
        world.unplugged = false;
        loop_run(RETRY_USEC);
        assert_int_equal(rig.recoveries, clicks + 1);
        lines_sim_press(world.sim, true);
        loop_run(100 * USEC_PER_MSEC);
        lines_sim_press(world.sim, false);
        loop_run(USEC_PER_SEC);
        assert_int_equal(rig.clicks, clicks);
    }
    stop(&rig);
}

/* ---- LEDs ---- */

static void leds_fail_alone(void **state)
{
    struct rig rig;

    start(&rig, BRIDGE_IN_IN);
    run_until_settled(&rig);
    world.leds_fail = true;
    body_led_set(rig.body, LED_NOSE, 0xff0000);
    assert_int_equal(body_ear_go(rig.body, EAR_LEFT, 3, EAR_FORWARD), 0);
    loop_run(0);
    assert_int_equal(rig.faults, 1);
    assert_non_null(strstr(rig.fault.text, "LEDs"));
    assert_false(world.bank_there);
    run_until_settled(&rig);
    assert_int_equal(body_ear_position(rig.body, EAR_LEFT), 3);
    loop_run(10 * USEC_PER_SEC);
    assert_int_equal(rig.recoveries, 0);

    world.leds_fail = false;
    loop_run(RETRY_USEC);
    assert_int_equal(rig.recoveries, 1);
    assert_true(world.bank_there);
    assert_int_equal(body_ear_position(rig.body, EAR_LEFT), 3); /* not homed for that */
    assert_int_equal(world.opens, 1);
    stop(&rig);
}

/* Told when they are to be shown. */
static void held_leds_fail(void **state)
{
    struct rig rig;

    start(&rig, BRIDGE_IN_IN);
    run_until_settled(&rig);
    world.leds_fail = true;
    body_leds_hold(rig.body);
    body_led_set(rig.body, LED_NOSE, 0xff0000);
    loop_run(0);
    assert_int_equal(rig.faults, 0);
    body_leds_release(rig.body);
    loop_run(0);
    assert_int_equal(rig.faults, 1);
    assert_false(world.bank_there);
    stop(&rig);
}

/* Though nobody orders anything. */
static void leds_fail_in_the_midst_of_a_fade(void **state)
{
    struct rig rig;

    start(&rig, BRIDGE_IN_IN);
    run_until_settled(&rig);
    body_led_fade(rig.body, LED_NOSE, 0xff0000, 10 * USEC_PER_SEC);
    loop_run(USEC_PER_SEC);
    assert_int_equal(rig.faults, 0);
    world.leds_fail = true;
    loop_run(100 * USEC_PER_MSEC);
    assert_int_equal(rig.faults, 1);
    assert_non_null(strstr(rig.fault.text, "LEDs"));
    assert_false(world.bank_there);

    world.leds_fail = false;
    loop_run(RETRY_USEC);
    assert_int_equal(rig.recoveries, 1);
    unsigned shows = world.shows;
    loop_run(USEC_PER_SEC);
    assert_true(world.shows > shows); /* it goes on */
    stop(&rig);
}

/* ---- the end ---- */

static void the_end_may_come_at_any_time(void **state)
{
    for (unsigned n = 0; n < 400; n++) {
        struct rig rig;

        start(&rig, n % 3);
        for (unsigned i = 0; i < n && loop_turn(USEC_NEVER - 1); i++)
            if (i == 200)
                body_ear_go(rig.body, EAR_LEFT, 3, EAR_BACKWARD);
        stop(&rig);
    }
}

static void the_end_while_nothing_works(void **state)
{
    for (unsigned n = 0; n < 4; n++) {
        struct rig rig;

        start(&rig, BRIDGE_IN_IN_EN);
        loop_run(USEC_PER_SEC);
        assert_int_not_equal(world.levels, 0);
        if (n == 0) { /* the very last set fails */
            world.fail_set = 1;
        } else if (n == 1) { /* lost, not given up yet */
            world.fail_set = 1;
            body_stop(rig.body);
        } else { /* given up, and not to be had; n == 3: until now */
            world.fail_set = 1;
            world.fail_opens = 1;
            body_stop(rig.body);
            loop_run(0);
            assert_null(world.lines);
        }
        assert_int_not_equal(world.levels, 0);
        stop(&rig);
    }
}

static void the_end_while_unplugged(void **state)
{
    struct rig rig;

    start(&rig, BRIDGE_IN_IN);
    loop_run(USEC_PER_SEC);
    unplug();
    loop_run(0);
    stop(&rig);

    start(&rig, BRIDGE_IN_IN);
    loop_run(USEC_PER_SEC);
    unplug();
    stop(&rig);
}

static void panic_stops_the_motors(void **state)
{
    struct rig rig;

    body_panic(); /* nobody there */
    start(&rig, BRIDGE_IN_IN_EN);
    loop_run(USEC_PER_SEC);
    assert_int_not_equal(world.levels, 0);
    body_panic();
    assert_int_equal(world.levels, 0);
    body_home(rig.body);
    body_led_set(rig.body, LED_NOSE, 0xffffff);
    loop_run(USEC_PER_SEC);
    stop(&rig);
    body_panic();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ears_go_behind_every_bridge),
        cmocka_unit_test(an_enabled_bridge_brakes_then_rests),
        cmocka_unit_test(the_button_clicks),
        cmocka_unit_test(no_wakeups_at_rest),
        cmocka_unit_test(hardware_that_comes_later),
        cmocka_unit_test(leds_that_come_later),
        cmocka_unit_test(hopeless_hardware_no_body),
        cmocka_unit_test(one_ear),
        cmocka_unit_test(no_ears),
        cmocka_unit_test(any_set_may_fail),
        cmocka_unit_test(stopping_is_tried_until_it_works),
        cmocka_unit_test(stopping_is_tried_again_at_once),
        cmocka_unit_test(edges_mean_nothing_while_motors_are_held),
        cmocka_unit_test(a_fault_is_told_once),
        cmocka_unit_test(unplugged_and_back),
        cmocka_unit_test(one_chip_of_two_is_unplugged),
        cmocka_unit_test(turned_by_hand_while_unplugged),
        cmocka_unit_test(pressed_while_unplugged),
        cmocka_unit_test(no_memory_for_the_button),
        cmocka_unit_test(leds_fail_alone),
        cmocka_unit_test(held_leds_fail),
        cmocka_unit_test(leds_fail_in_the_midst_of_a_fade),
        cmocka_unit_test(the_end_may_come_at_any_time),
        cmocka_unit_test(the_end_while_nothing_works),
        cmocka_unit_test(the_end_while_unplugged),
        cmocka_unit_test(panic_stops_the_motors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
