#include "body/body.h"

#include <errno.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "body/bench.h"
#include "body/button.h"
#include "body/ear.h"
#include "body/leds-sim.h"
#include "body/leds.h"
#include "body/lines-sim.h"
#include "body/lines.h"

#define MOTOR_LINES                                                                  \
    (1U << LINE_LEFT_FORWARD | 1U << LINE_LEFT_BACKWARD | 1U << LINE_RIGHT_FORWARD | \
     1U << LINE_RIGHT_BACKWARD)

/* One ear with what it needs to find its own lines. */
struct body_ear {
    struct body *body;
    struct ear *ear;
    enum ear_index index;
};

struct body {
    const struct body_listener *listener;
    void *userdata;

    struct lines *lines;
    struct leds *leds;
    struct button *button;
    struct body_ear ears[EAR_COUNT];
    struct bench *bench;

    sd_event_source *ear_timer, *button_timer;

    /* What there is to tell once both ears are at rest. */
    bool settled;
    bool moved_by_hand;
};

static const struct {
    const char *name;
    enum line forward, backward, encoder;
} ear_table[EAR_COUNT] = {
    [EAR_LEFT] = {"left", LINE_LEFT_FORWARD, LINE_LEFT_BACKWARD, LINE_LEFT_ENCODER},
    [EAR_RIGHT] = {"right", LINE_RIGHT_FORWARD, LINE_RIGHT_BACKWARD, LINE_RIGHT_ENCODER},
};

static const char *const led_names[LED_COUNT] = {"nose", "left", "middle", "right", "bottom"};

const char *ear_name(enum ear_index ear)
{
    return ear_table[ear].name;
}

const char *led_name(enum led_index led)
{
    return led_names[led];
}

/* ---- timers ---- */

static int arm_timer(sd_event_source *timer, uint64_t usec)
{
    if (usec == USEC_NEVER)
        return sd_event_source_set_enabled(timer, SD_EVENT_OFF);

    int r = sd_event_source_set_time(timer, usec);
    return r < 0 ? r : sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

static void motors_off(struct body *body)
{
    int r = body->lines->ops->set(body->lines, MOTOR_LINES, 0);
    if (r < 0)
        log_debug("motors cannot be stopped: %s", strerror(-r));
}

static bool any_ear_busy(const struct body *body)
{
    for (enum ear_index i = 0; i < EAR_COUNT; i++)
        if (ear_busy(body->ears[i].ear))
            return true;
    return false;
}

/*
 * Without its timer a motor would have nobody to stop it, so then it does not run at all. News for
 * the listener make the timer due at once: it is called from the loop, never from within an order.
 */
static void arm_ears(struct body *body)
{
    uint64_t next = (body->settled || body->moved_by_hand) && !any_ear_busy(body) ? 0 : USEC_NEVER;

    for (enum ear_index i = 0; i < EAR_COUNT; i++) {
        uint64_t deadline = ear_deadline(body->ears[i].ear);
        next = deadline < next ? deadline : next;
    }
    int r = arm_timer(body->ear_timer, next);
    if (r < 0) {
        log_debug("no timer for the motors: %s", strerror(-r));
        motors_off(body);
    }
}

static void arm_button(struct body *body)
{
    int r = arm_timer(body->button_timer, button_deadline(body->button));
    if (r < 0)
        log_debug("no timer for the button: %s", strerror(-r));
}

/* ---- telling the upper floors ---- */

/* A hand's move is told with both positions, so an ear that was unsure of its own reads it too. */
static bool read_unknown_ears(struct body *body)
{
    for (enum ear_index i = 0; i < EAR_COUNT; i++)
        if (ear_state(body->ears[i].ear) == EAR_UNKNOWN)
            ear_read(body->ears[i].ear, clock_now_usec());
    return any_ear_busy(body);
}

/* A broken ear is told as 0, as the original rabbit does. */
static unsigned told_position(const struct body *body, enum ear_index ear)
{
    int position = ear_position(body->ears[ear].ear);
    return position < 0 ? 0 : (unsigned)position;
}

/* Called at the end of whatever may have let an ear come to rest; the listener may give new orders
 * at once. */
static void tell(struct body *body)
{
    if (any_ear_busy(body) || (body->moved_by_hand && read_unknown_ears(body)))
        return;

    bool settled = body->settled, moved = body->moved_by_hand;
    body->settled = body->moved_by_hand = false;
    if (moved && body->listener->on_ears_moved)
        body->listener->on_ears_moved(told_position(body, EAR_LEFT), told_position(body, EAR_RIGHT),
                                      body->userdata);
    if (settled && body->listener->on_ears_settled)
        body->listener->on_ears_settled(body->userdata);
}

static void after_ears(struct body *body)
{
    tell(body);
    arm_ears(body);
}

/* ---- what ears, button and lines say ---- */

static void on_motor(int direction, void *userdata)
{
    struct body_ear *ear = userdata;
    enum line forward = ear_table[ear->index].forward, backward = ear_table[ear->index].backward;
    unsigned levels = direction > 0 ? 1U << forward : direction < 0 ? 1U << backward : 0;

    int r = ear->body->lines->ops->set(ear->body->lines, 1U << forward | 1U << backward, levels);
    if (r < 0)
        log_debug("motor of the %s ear: %s", ear_name(ear->index), strerror(-r));
}

static void on_rest(bool read, void *userdata)
{
    struct body_ear *ear = userdata;

    if (read)
        ear->body->moved_by_hand = true;
    else
        ear->body->settled = true;
}

static void on_clicks(unsigned clicks, void *userdata)
{
    struct body *body = userdata;

    if (body->listener->on_button)
        body->listener->on_button(clicks > 1 ? BUTTON_DOUBLE_CLICK : BUTTON_CLICK, body->userdata);
}

static void on_edge(unsigned line, bool level, uint64_t usec, void *userdata)
{
    struct body *body = userdata;

    if (line == LINE_BUTTON) {
        button_edge(body->button, level, usec);
        arm_button(body);
        return;
    }
    for (enum ear_index i = 0; i < EAR_COUNT; i++)
        if (line == ear_table[i].encoder)
            ear_edge(body->ears[i].ear, level, usec, clock_now_usec());
    after_ears(body);
}

static int on_ear_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct body *body = userdata;

    for (enum ear_index i = 0; i < EAR_COUNT; i++)
        ear_tick(body->ears[i].ear, clock_now_usec());
    after_ears(body);
    return 0;
}

static int on_button_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct body *body = userdata;
    int level = body->lines->ops->get(body->lines, LINE_BUTTON);

    button_tick(body->button, level > 0, clock_now_usec());
    arm_button(body);
    return 0;
}

/* ---- orders ---- */

int body_ear_go(struct body *body, enum ear_index ear, unsigned position, enum ear_way way)
{
    if (position >= EAR_TARGETS)
        return -ERANGE;

    int r = ear_go(body->ears[ear].ear, (int)position, way, clock_now_usec());
    arm_ears(body);
    return r;
}

void body_home(struct body *body)
{
    for (enum ear_index i = 0; i < EAR_COUNT; i++)
        ear_home(body->ears[i].ear, clock_now_usec());
    arm_ears(body);
}

void body_stop(struct body *body)
{
    motors_off(body);
    for (enum ear_index i = 0; i < EAR_COUNT; i++)
        ear_stop(body->ears[i].ear, clock_now_usec());
    arm_ears(body);
}

void body_led_set(struct body *body, enum led_index led, uint32_t color)
{
    int r = leds_set(body->leds, led, color);
    if (r < 0)
        log_debug("LED %s: %s", led_name(led), strerror(-r));
}

/* ---- state ---- */

enum ear_state body_ear_state(const struct body *body, enum ear_index ear)
{
    return ear_state(body->ears[ear].ear);
}

int body_ear_position(const struct body *body, enum ear_index ear)
{
    return ear_position(body->ears[ear].ear);
}

bool body_ears_settled(const struct body *body)
{
    for (enum ear_index i = 0; i < EAR_COUNT; i++) {
        enum ear_state state = body_ear_state(body, i);
        if (state == EAR_HOMING || state == EAR_MOVING)
            return false;
    }
    return true;
}

void body_led_fade(struct body *body, enum led_index led, uint32_t color, uint64_t usec)
{
    int r = leds_fade(body->leds, led, color, usec);
    if (r < 0)
        log_debug("LED %s: %s", led_name(led), strerror(-r));
}

void body_set_dark(struct body *body, bool dark)
{
    int r = leds_set_dark(body->leds, dark);
    if (r < 0)
        log_debug("LEDs: %s", strerror(-r));
}

uint32_t body_led_get(const struct body *body, enum led_index led)
{
    return leds_get(body->leds, led);
}

const char *body_description(const struct body *body)
{
    return "simulated body";
}

/* ---- life ---- */

static struct button_times times_from(const struct config *config)
{
    return (struct button_times){.debounce_usec = config->button.debounce_usec,
                                 .double_usec = config->button.double_usec,
                                 .long_usec = config->button.long_usec};
}

void body_reconfigure(struct body *body, const struct config *config)
{
    button_set_times(body->button, times_from(config));
    arm_button(body);

    int r = leds_set_brightness(body->leds, config->body.brightness);
    if (r < 0)
        log_debug("LED brightness: %s", strerror(-r));
}

static int add_timer(sd_event *event, sd_event_source **ret, int64_t priority,
                     sd_event_time_handler_t handler, struct body *body)
{
    int r = sd_event_add_time(event, ret, CLOCK_MONOTONIC, 0, USEC_PER_MSEC, handler, body);
    if (r < 0)
        return r;
    r = sd_event_source_set_priority(*ret, priority);
    return r < 0 ? r : sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
}

static int add_timers(struct body *body, sd_event *event)
{
    int r = add_timer(event, &body->ear_timer, LINES_PRIORITY_MOTORS, on_ear_timer, body);
    return r < 0 ? r
                 : add_timer(event, &body->button_timer, SD_EVENT_PRIORITY_NORMAL, on_button_timer,
                             body);
}

static int add_leds(struct body *body, sd_event *event, const struct config *config,
                    struct leds_sim **ret_sim)
{
    int r = leds_new(&body->leds, event, config->body.brightness);

    if (r == 0)
        r = leds_sim_new(ret_sim);
    return r < 0 ? r : leds_attach(body->leds, leds_sim_bank(*ret_sim));
}

static int add_inputs(struct body *body, const struct config *config)
{
    static const struct ear_listener ear_listener = {.on_motor = on_motor, .on_rest = on_rest};
    const struct lines_ops *ops = body->lines->ops;

    for (enum ear_index i = 0; i < EAR_COUNT; i++) {
        body->ears[i] = (struct body_ear){.body = body, .index = i};
        int level = ops->get(body->lines, ear_table[i].encoder);
        int r =
            level < 0 ? level : ear_new(&body->ears[i].ear, level, &ear_listener, &body->ears[i]);
        if (r < 0)
            return r;
    }
    int level = ops->get(body->lines, LINE_BUTTON);
    return level < 0 ? level
                     : button_new(&body->button, times_from(config), level, on_clicks, body);
}

/* Motors first: whatever a predecessor left running stops here. */
static int add_sim(struct body *body, sd_event *event, const struct config *config)
{
    struct lines_sim *lines;
    struct leds_sim *leds;
    uint64_t seed;

    int r = random_bytes(&seed, sizeof(seed));
    if (r < 0)
        return r;
    r = lines_sim_new(&lines, event, seed);
    if (r < 0)
        return r;
    body->lines = lines_sim_lines(lines);
    body->lines->listener.on_edge = on_edge;
    body->lines->userdata = body;
    motors_off(body);

    r = add_leds(body, event, config, &leds);
    if (r < 0 || !config->sim.socket)
        return r;
    return bench_new(&body->bench, event, config->sim.socket, lines, leds);
}

static int set_up(struct body *body, sd_event *event, const struct config *config)
{
    int r = add_sim(body, event, config);
    if (r < 0)
        return r;
    r = add_timers(body, event);
    if (r < 0)
        return r;
    return add_inputs(body, config);
}

int body_new(struct body **ret, sd_event *event, const struct config *config,
             const struct body_listener *listener, void *userdata, struct body_fault *ret_fault)
{
    if (!streq(config->body.board, "sim"))
        return body_fault_set(ret_fault, -ENOENT, "gpio-failed", "board %s is not supported",
                              config->body.board);

    struct body *body = calloc(1, sizeof(*body));
    if (!body)
        return -ENOMEM;
    body->listener = listener;
    body->userdata = userdata;

    int r = set_up(body, event, config);
    if (r < 0) {
        body_free(body);
        return body_fault_set(ret_fault, r, "gpio-failed", "%s", strerror(-r));
    }
    body_home(body);
    *ret = body;
    return 0;
}

struct body *body_free(struct body *body)
{
    if (!body)
        return NULL;

    if (body->lines)
        motors_off(body);
    for (enum led_index i = 0; body->leds && i < LED_COUNT; i++)
        body_led_set(body, i, 0);
    bench_free(body->bench);
    leds_free(body->leds);
    for (enum ear_index i = 0; i < EAR_COUNT; i++)
        ear_free(body->ears[i].ear);
    button_free(body->button);
    sd_event_source_disable_unref(body->button_timer);
    sd_event_source_disable_unref(body->ear_timer);
    if (body->lines)
        body->lines->ops->free(body->lines);
    free(body);
    return NULL;
}
