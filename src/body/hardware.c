#include "body/hardware.h"

#include <errno.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "body/bench.h"
#include "body/board.h"
#include "body/guard.h"
#include "body/leds-sim.h"
#include "body/lines-sim.h"

#define RETRY_USEC (2 * USEC_PER_SEC)

/* Before all edges: lines that failed are not listened to any more. */
#define PRIORITY_REPAIR (LINES_PRIORITY_EDGES - 10)

/* A part that failed is LOST until the event loop gives it up, then DOWN until it works again. */
enum part_state { PART_UP, PART_LOST, PART_DOWN };

struct hardware {
    sd_event *event;
    struct config *config; /* of the start: another board needs another start */
    struct leds *leds;
    const struct hardware_listener *listener;
    void *userdata;

    struct line_want wants[LINE_COUNT];
    unsigned motors; /* the lines of all motors */
    bool any;        /* the board has lines of the body's own */

    uint64_t taken_usec; /* when the lines last became ours; 0: the simulated ones always were */
    struct lines *lines; /* may be there while the part is DOWN: then motors are held at rest */
    enum motor_state states[EAR_COUNT];
    struct guard *guard; /* NULL: simulated motors need none */
    enum part_state lines_part, leds_part;
    sd_event_source *repair;
    struct body_fault fault;
    bool told;

    struct lines_sim *sim;
    struct bench *bench;
};

/* A signal handler has no userdata, so what hardware_panic() needs is here. */
static struct {
    struct lines *volatile lines;
    volatile unsigned motors;
} panic;

static const enum line first_motor_line[EAR_COUNT] = {LINE_LEFT_FORWARD, LINE_RIGHT_FORWARD};

uint64_t hardware_taken_usec(const struct hardware *hardware)
{
    return hardware->taken_usec;
}

/* ---- opening ---- */

static void on_edge(unsigned line, bool level, uint64_t usec, void *userdata)
{
    struct hardware *hardware = userdata;

    if (hardware_is_up(hardware))
        hardware->listener->on_edge((enum line)line, level, usec, hardware->userdata);
}

static void on_lost(const struct body_fault *fault, void *userdata);

static void take_lines(struct hardware *hardware, struct lines *lines)
{
    hardware->lines = lines;
    lines->listener = (struct lines_listener){.on_edge = on_edge, .on_lost = on_lost};
    lines->userdata = hardware;
    memset(hardware->states, 0, sizeof(hardware->states));
}

static int open_lines(struct hardware *hardware, struct body_fault *fault)
{
    struct lines *lines;

    if (!hardware->any || hardware->lines)
        return 0;

    int r = lines_gpiod_new(&lines, hardware->event, hardware->config->gpio.chip, hardware->wants,
                            LINE_COUNT, fault);
    if (r < 0)
        return r;
    take_lines(hardware, lines);
    hardware->taken_usec = clock_now_usec();
    panic.motors = hardware->motors;
    panic.lines = lines;
    return 0;
}

/* When one of several chips is gone, the others still do what they are told, and may keep doing it.
 */
static void close_lines(struct hardware *hardware)
{
    guard_expect(hardware->guard, USEC_NEVER);
    panic.lines = NULL;
    if (hardware->lines)
        lines_set(hardware->lines, hardware->motors, 0);
    hardware->lines = lines_free(hardware->lines);
}

static int show_leds(struct hardware *hardware, struct led_bank *bank, struct body_fault *fault)
{
    int r = leds_attach(hardware->leds, bank);

    if (r == 0)
        return 0;
    leds_attach(hardware->leds, NULL);
    return body_fault_set(fault, r, "gpio-failed", "the LEDs cannot be set: %s", strerror(-r));
}

static int open_leds(struct hardware *hardware, struct body_fault *fault)
{
    const struct config *config = hardware->config;
    const struct led_driver *driver = led_driver_find(config->leds.driver);
    struct line_want wants[LINES_MAX] = {{.what = NULL}};
    struct lines *lines = NULL;
    struct led_bank *bank;
    int r = driver ? driver->wants(config, wants, NULL) : -EINVAL;

    if (r < 0)
        return body_fault_set(fault, r, "gpio-failed", "[leds] says nothing that can be used");
    if (r > 0)
        r = lines_gpiod_new(&lines, NULL, config->gpio.chip, wants, (size_t)r, fault);
    if (r < 0)
        return r;
    r = driver->open(&bank, config, lines, fault);
    if (r < 0) {
        lines_free(lines);
        return r;
    }
    return show_leds(hardware, bank, fault);
}

static int open_sim(struct hardware *hardware, struct body_fault *fault)
{
    const char *socket = hardware->config->sim.socket;
    struct leds_sim *leds;
    uint64_t seed;

    int r = random_bytes(&seed, sizeof(seed));
    if (r == 0)
        r = lines_sim_new(&hardware->sim, hardware->event, seed);
    if (r < 0)
        return r;
    take_lines(hardware, lines_sim_lines(hardware->sim));
    r = leds_sim_new(&leds);
    if (r == 0)
        r = leds_attach(hardware->leds, leds_sim_bank(leds));
    if (r < 0 || !socket)
        return r;
    r = bench_new(&hardware->bench, hardware->event, socket, hardware->sim, leds);
    if (r < 0)
        body_fault_set(fault, r, "gpio-failed", "[sim] socket %.100s: %s", socket, strerror(-r));
    return r;
}

/* ---- failing and coming back ---- */

static void arm_repair(struct hardware *hardware, uint64_t usec)
{
    int r = sd_event_source_set_time(hardware->repair, usec);

    if (r >= 0)
        r = sd_event_source_set_enabled(hardware->repair, SD_EVENT_ONESHOT);
    if (r < 0)
        log_debug("no timer for the repair of the hardware: %s", strerror(-r));
}

/* What there was before is not used any more from here on; the rest is done from the event loop,
 * since this may be called from within anything. */
static void lose(struct hardware *hardware, enum part_state *part, const struct body_fault *fault)
{
    log_debug("lost: %s", fault->text);
    if (!hardware->told)
        hardware->fault = *fault;
    *part = PART_LOST;
    arm_repair(hardware, 0);
}

static void on_lost(const struct body_fault *fault, void *userdata)
{
    struct hardware *hardware = userdata;

    lose(hardware, &hardware->lines_part, fault);
}

static void lines_failed(struct hardware *hardware, int error, const char *what)
{
    struct body_fault fault;

    if (hardware->sim || hardware->lines_part == PART_LOST)
        return;
    body_fault_set(&fault, error, "gpio-failed", "%s: %s", what, strerror(-error));
    lose(hardware, &hardware->lines_part, &fault);
    lines_set(hardware->lines, hardware->motors, 0); /* perhaps this one comes through */
}

void hardware_leds_failed(struct hardware *hardware, int error)
{
    struct body_fault fault;

    body_fault_set(&fault, error, "gpio-failed", "the LEDs cannot be set: %s", strerror(-error));
    lose(hardware, &hardware->leds_part, &fault);
}

/* Lines that are asked for again come with motors off, so that is done before anything is told. */
static void give_up_lines(struct hardware *hardware)
{
    close_lines(hardware);
    open_lines(hardware, NULL);
    hardware->lines_part = PART_DOWN;
    hardware->listener->on_down(hardware->userdata);
}

/* Its lines mostly are on the same chip as the body's, so it goes with those. */
static void give_up_leds(struct hardware *hardware)
{
    leds_attach(hardware->leds, NULL);
    hardware->leds_part = PART_DOWN;
}

static void bring_up(struct hardware *hardware)
{
    struct body_fault fault = {.cause = NULL};
    int r = open_lines(hardware, &fault);

    if (r == 0 && hardware->lines_part == PART_DOWN) {
        hardware->lines_part = PART_UP;
        hardware->listener->on_up(hardware->userdata);
    }
    if (r == 0 && hardware->leds_part == PART_DOWN)
        r = open_leds(hardware, &fault);
    if (r == 0)
        hardware->leds_part = PART_UP;
}

static void tell(struct hardware *hardware)
{
    bool good = hardware->lines_part == PART_UP && hardware->leds_part == PART_UP;

    if (good != hardware->told)
        return;
    hardware->told = !good;
    hardware->listener->on_fault(good ? NULL : &hardware->fault, hardware->userdata);
}

static int on_repair(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct hardware *hardware = userdata;
    bool lines_lost = hardware->lines_part == PART_LOST;

    if (lines_lost)
        give_up_lines(hardware);
    if (lines_lost || hardware->leds_part == PART_LOST)
        give_up_leds(hardware);
    else
        bring_up(hardware);

    /* What was lost meanwhile has armed it already. */
    if (hardware->lines_part != PART_LOST && hardware->leds_part != PART_LOST &&
        (hardware->lines_part == PART_DOWN || hardware->leds_part == PART_DOWN))
        arm_repair(hardware, clock_now_usec() + RETRY_USEC);
    tell(hardware);
    return 0;
}

/* ---- orders ---- */

bool hardware_has(const struct hardware *hardware, enum line line)
{
    return hardware->wants[line].what;
}

bool hardware_is_up(const struct hardware *hardware)
{
    return hardware->lines_part == PART_UP;
}

void hardware_drive(struct hardware *hardware, enum ear_index ear, enum motor_state state)
{
    enum bridge bridge = board_bridge(hardware->config, ear);
    unsigned sets[MOTOR_SETS_MAX], mask = motor_lines(bridge) << first_motor_line[ear];
    int r = 0;

    if (!hardware_is_up(hardware))
        return;

    size_t count = motor_sets(bridge, hardware->states[ear], state, sets);
    hardware->states[ear] = state;
    for (size_t i = 0; r == 0 && i < count; i++)
        r = lines_set(hardware->lines, mask, sets[i] << first_motor_line[ear]);
    if (r < 0)
        lines_failed(hardware, r, "a motor's lines cannot be set");
}

void hardware_motors_off(struct hardware *hardware)
{
    if (!hardware->lines || hardware->motors == 0)
        return;

    int r = lines_set(hardware->lines, hardware->motors, 0);
    memset(hardware->states, 0, sizeof(hardware->states));
    if (r < 0)
        lines_failed(hardware, r, "the motors cannot be stopped");
}

bool hardware_level(struct hardware *hardware, enum line line)
{
    if (!hardware_is_up(hardware) || !hardware_has(hardware, line))
        return false;

    int level = lines_get(hardware->lines, line);
    if (level < 0)
        lines_failed(hardware, level, "an input cannot be read");
    return level > 0;
}

void hardware_panic(void)
{
    struct lines *lines = panic.lines;

    if (lines)
        lines_set(lines, panic.motors, 0);
}

void hardware_expect(struct hardware *hardware, uint64_t usec)
{
    guard_expect(hardware->guard, usec);
}

bool hardware_was_stopped(struct hardware *hardware)
{
    return guard_has_stopped(hardware->guard);
}

/* ---- life ---- */

static void on_late(void *userdata)
{
    hardware_panic();
}

static void read_wants(struct hardware *hardware)
{
    board_wants(hardware->config, hardware->wants);
    for (enum line i = 0; i < LINE_COUNT; i++) {
        hardware->any = hardware->any || hardware_has(hardware, i);
        if (hardware_has(hardware, i) && hardware->wants[i].output)
            hardware->motors |= 1U << i;
    }
}

static int add_repair(struct hardware *hardware)
{
    int r = sd_event_add_time(hardware->event, &hardware->repair, CLOCK_MONOTONIC, 0, USEC_PER_MSEC,
                              on_repair, hardware);

    if (r >= 0)
        r = sd_event_source_set_priority(hardware->repair, PRIORITY_REPAIR);
    return r < 0 ? r : sd_event_source_set_enabled(hardware->repair, SD_EVENT_OFF);
}

/* A chip may be plugged in, a line be let go. Errors of a configuration stay; and of two daemons
 * with one body the second one shall not wait for the end of the first. */
static bool may_heal(int error)
{
    static const int lasting[] = {-EINVAL, -ERANGE, -EEXIST, -EALREADY, -ENOMEM};

    for (size_t i = 0; i < ARRAY_SIZE(lasting); i++)
        if (error == lasting[i])
            return false;
    return true;
}

static int wait_for_hardware(struct hardware *hardware, const struct body_fault *fault)
{
    hardware->lines_part = hardware->lines || !hardware->any ? PART_UP : PART_DOWN;
    hardware->leds_part = PART_DOWN;
    hardware->fault = *fault;
    hardware->told = true;
    arm_repair(hardware, clock_now_usec() + RETRY_USEC);
    return 1;
}

static int set_up(struct hardware *hardware, struct body_fault *fault)
{
    bool sim = board_is_sim(hardware->config);
    int r, opened;

    read_wants(hardware);
    /* Motors first: what a predecessor left running stops. */
    opened = sim ? 0 : open_lines(hardware, fault);
    if (opened < 0 && !may_heal(opened))
        return opened;
    r = add_repair(hardware);
    if (r < 0)
        return r;
    r = sim ? 0 : guard_new(&hardware->guard, on_late, NULL);
    if (r < 0)
        return r;
    if (opened == 0)
        opened = sim ? open_sim(hardware, fault) : open_leds(hardware, fault);
    return opened < 0 && !sim && may_heal(opened) ? wait_for_hardware(hardware, fault) : opened;
}

int hardware_new(struct hardware **ret, sd_event *event, const struct config *config,
                 struct leds *leds, const struct hardware_listener *listener, void *userdata,
                 struct body_fault *ret_fault)
{
    struct hardware *hardware = calloc(1, sizeof(*hardware));
    struct body_fault fault = {.cause = NULL};

    if (!hardware)
        return body_fault_set(ret_fault, -ENOMEM, "gpio-failed", "%s", strerror(ENOMEM));
    hardware->event = sd_event_ref(event);
    hardware->config = config_ref(config);
    hardware->leds = leds;
    hardware->listener = listener;
    hardware->userdata = userdata;

    int r = set_up(hardware, &fault);
    if (r < 0) {
        hardware_free(hardware);
        return body_fault_set(ret_fault, r, fault.cause ? fault.cause : "gpio-failed", "%s",
                              fault.cause ? fault.text : strerror(-r));
    }
    *ret = hardware;
    if (r > 0 && ret_fault)
        *ret_fault = fault;
    return r;
}

struct hardware *hardware_free(struct hardware *hardware)
{
    if (!hardware)
        return NULL;

    /* The last chance to stop a motor: as hard as it can be tried. */
    if (!hardware->sim && hardware->repair &&
        (!hardware->lines || lines_set(hardware->lines, hardware->motors, 0) < 0)) {
        close_lines(hardware);
        open_lines(hardware, NULL);
    }
    bench_free(hardware->bench);
    leds_attach(hardware->leds, NULL);
    close_lines(hardware);
    guard_free(hardware->guard);
    sd_event_source_disable_unref(hardware->repair);
    sd_event_unref(hardware->event);
    config_free(hardware->config);
    free(hardware);
    return NULL;
}
