#include "body/body.h"

#include <assert.h>
#include <errno.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "body/board.h"
#include "body/button.h"
#include "body/ear.h"
#include "body/hardware.h"

/* One ear with what it needs to find its own lines. */
struct body_ear {
    struct body *body;
    struct ear *ear; /* NULL: the board has none */
    enum ear_index index;
};

struct body {
    const struct body_listener *listener;
    void *userdata;
    unsigned telling; /* the listener is being told something: no time to free the body */

    char *description;
    struct button_times times;
    struct leds *leds;
    struct hardware *hardware;
    struct button *button; /* NULL: the board has none, it is away, or memory was short */
    struct body_ear ears[EAR_COUNT];

    sd_event_source *ear_timer, *button_timer;

    /* What there is to tell once both ears are at rest. */
    bool settled;
    bool moved_by_hand;
    bool strayed;
};

static const struct {
    const char *name;
    enum line encoder;
} ear_table[EAR_COUNT] = {
    [EAR_LEFT] = {"left", LINE_LEFT_ENCODER},
    [EAR_RIGHT] = {"right", LINE_RIGHT_ENCODER},
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

static bool any_ear_busy(const struct body *body)
{
    for (enum ear_index i = 0; i < EAR_COUNT; i++)
        if (body->ears[i].ear && ear_busy(body->ears[i].ear))
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
    uint64_t busy = USEC_NEVER;

    for (enum ear_index i = 0; i < EAR_COUNT; i++) {
        const struct ear *ear = body->ears[i].ear;

        if (ear)
            next = usec_earlier(next, ear_deadline(ear));
        if (ear && ear_busy(ear))
            busy = usec_earlier(busy, ear_deadline(ear));
    }
    hardware_expect(body->hardware, busy);
    int r = arm_timer(body->ear_timer, next);
    if (r < 0) {
        log_debug("no timer for the motors: %s", strerror(-r));
        hardware_motors_off(body->hardware);
    }
}

static void arm_button(struct body *body)
{
    int r =
        arm_timer(body->button_timer, body->button ? button_deadline(body->button) : USEC_NEVER);
    if (r < 0)
        log_debug("no timer for the button: %s", strerror(-r));
}

/* ---- telling the upper floors ---- */

/* A hand's move is told with both positions, so an ear that was unsure of its own reads it too. */
static bool read_unknown_ears(struct body *body)
{
    for (enum ear_index i = 0; i < EAR_COUNT; i++)
        if (body->ears[i].ear && ear_state(body->ears[i].ear) == EAR_UNKNOWN)
            ear_read(body->ears[i].ear, clock_now_usec());
    return any_ear_busy(body);
}

/* A broken ear is told as 0, as the original rabbit does, and one that is not there, too. */
static unsigned told_position(const struct body *body, enum ear_index ear)
{
    int position = body_ear_position(body, ear);
    return position < 0 ? 0 : (unsigned)position;
}

/* Called at the end of whatever may have let an ear come to rest; the listener may give new orders
 * at once. */
static void tell(struct body *body)
{
    if (any_ear_busy(body) || (body->moved_by_hand && read_unknown_ears(body)))
        return;

    bool settled = body->settled, moved = body->moved_by_hand, strayed = body->strayed;
    body->settled = body->moved_by_hand = body->strayed = false;
    body->telling++;
    if (moved && body->listener->on_ears_moved)
        body->listener->on_ears_moved(told_position(body, EAR_LEFT), told_position(body, EAR_RIGHT),
                                      body->userdata);
    if (settled && body->listener->on_ears_settled)
        body->listener->on_ears_settled(body->userdata);
    if (strayed && !moved && body->listener->on_ears_strayed)
        body->listener->on_ears_strayed(body->userdata);
    body->telling--;
}

static void after_ears(struct body *body)
{
    tell(body);
    arm_ears(body);
}

/* ---- what ears, button and hardware say ---- */

static void on_motor(int direction, void *userdata)
{
    struct body_ear *ear = userdata;

    hardware_drive(ear->body->hardware, ear->index,
                   direction > 0   ? MOTOR_FORWARD
                   : direction < 0 ? MOTOR_BACKWARD
                                   : MOTOR_BRAKE);
}

static void on_rest(bool read, void *userdata)
{
    struct body_ear *ear = userdata;

    hardware_drive(ear->body->hardware, ear->index, MOTOR_OFF);
    if (read)
        ear->body->moved_by_hand = true;
    else
        ear->body->settled = true;
}

static void on_stray(void *userdata)
{
    struct body_ear *ear = userdata;

    ear->body->strayed = true;
}

static void on_button(enum button_event event, void *userdata)
{
    struct body *body = userdata;

    body->telling++;
    if (body->listener->on_button)
        body->listener->on_button(event, body->userdata);
    body->telling--;
}

/* When somebody else had to stop a motor, edges may have been lost as well. */
static void catch_up(struct body *body)
{
    if (!hardware_was_stopped(body->hardware))
        return;
    log_warning("The machine held nabaztagd up while a motor ran; the motor was stopped");
    body_stop(body);
    body->strayed = true;
    body_home(body);
}

static void on_edge(enum line line, bool level, uint64_t usec, void *userdata)
{
    struct body *body = userdata;

    if (line == LINE_BUTTON) {
        if (body->button)
            button_edge(body->button, level, usec);
        arm_button(body);
        return;
    }
    catch_up(body);
    for (enum ear_index i = 0; i < EAR_COUNT; i++)
        if (line == ear_table[i].encoder && body->ears[i].ear)
            ear_edge(body->ears[i].ear, level, usec, clock_now_usec());
    after_ears(body);
}

static int on_ear_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct body *body = userdata;

    catch_up(body);
    for (enum ear_index i = 0; i < EAR_COUNT; i++)
        if (body->ears[i].ear)
            ear_tick(body->ears[i].ear, clock_now_usec());
    after_ears(body);
    return 0;
}

static int on_button_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct body *body = userdata;

    if (body->button)
        button_tick(body->button, hardware_level(body->hardware, LINE_BUTTON), clock_now_usec());
    arm_button(body);
    return 0;
}

static void stop_ears(struct body *body)
{
    for (enum ear_index i = 0; i < EAR_COUNT; i++)
        if (body->ears[i].ear)
            ear_stop(body->ears[i].ear, clock_now_usec());
}

static void seize_ears(struct body *body)
{
    for (enum ear_index i = 0; i < EAR_COUNT; i++)
        if (body->ears[i].ear)
            ear_seize(body->ears[i].ear, hardware_taken_usec(body->hardware));
}

/* The ears rest where they are, wherever that is; the button is not pressed any more. */
static void on_down(void *userdata)
{
    struct body *body = userdata;

    stop_ears(body);
    body->moved_by_hand = body->strayed = false;
    body->button = button_free(body->button);
    arm_button(body);
    arm_ears(body);
}

static int add_button(struct body *body)
{
    if (!hardware_has(body->hardware, LINE_BUTTON))
        return 0;
    return button_new(&body->button, body->times, hardware_level(body->hardware, LINE_BUTTON),
                      on_button, body);
}

static void on_up(void *userdata)
{
    struct body *body = userdata;
    uint64_t now = clock_now_usec();

    seize_ears(body);
    for (enum ear_index i = 0; i < EAR_COUNT; i++)
        if (body->ears[i].ear)
            ear_edge(body->ears[i].ear, hardware_level(body->hardware, ear_table[i].encoder), now,
                     now);
    body->strayed = true; /* wherever they were, they are homed */
    body->button = button_free(body->button);
    if (add_button(body) < 0)
        log_debug("no memory for the button");
    body_home(body);
}

static void on_fault(const struct body_fault *fault, void *userdata)
{
    struct body *body = userdata;

    body->telling++;
    if (body->listener->on_fault)
        body->listener->on_fault(fault, body->userdata);
    body->telling--;
}

/* ---- orders ---- */

int body_ear_go(struct body *body, enum ear_index ear, unsigned position, enum ear_way way)
{
    if (position >= EAR_TARGETS)
        return -ERANGE;
    if (!body->ears[ear].ear || !hardware_is_up(body->hardware))
        return -ENODEV;

    int r = ear_go(body->ears[ear].ear, (int)position, way, clock_now_usec());
    arm_ears(body);
    return r;
}

void body_home(struct body *body)
{
    for (enum ear_index i = 0; i < EAR_COUNT; i++)
        if (body->ears[i].ear && hardware_is_up(body->hardware))
            ear_home(body->ears[i].ear, clock_now_usec());
    body->settled = body->settled || !any_ear_busy(body);
    arm_ears(body);
}

void body_stop(struct body *body)
{
    hardware_motors_off(body->hardware);
    stop_ears(body);
    arm_ears(body);
}

/* LEDs that cannot be set are the hardware's trouble, not the caller's. */
static void check_leds(struct body *body, int r)
{
    if (r < 0)
        hardware_leds_failed(body->hardware, r);
}

static void on_leds_error(int error, void *userdata)
{
    check_leds(userdata, error);
}

void body_led_set(struct body *body, enum led_index led, uint32_t color)
{
    check_leds(body, leds_set(body->leds, led, color));
}

void body_led_fade(struct body *body, enum led_index led, uint32_t color, uint64_t usec)
{
    check_leds(body, leds_fade(body->leds, led, color, usec));
}

void body_set_dark(struct body *body, bool dark)
{
    check_leds(body, leds_set_dark(body->leds, dark));
}

void body_fade_dark(struct body *body, bool dark, uint64_t usec)
{
    check_leds(body, leds_fade_dark(body->leds, dark, usec));
}

void body_leds_hold(struct body *body)
{
    leds_hold(body->leds);
}

void body_leds_release(struct body *body)
{
    check_leds(body, leds_release(body->leds));
}

/* ---- state ---- */

enum ear_state body_ear_state(const struct body *body, enum ear_index ear)
{
    if (!body->ears[ear].ear || !hardware_is_up(body->hardware))
        return EAR_UNKNOWN;
    return ear_state(body->ears[ear].ear);
}

int body_ear_position(const struct body *body, enum ear_index ear)
{
    if (!body->ears[ear].ear || !hardware_is_up(body->hardware))
        return -1;
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

bool body_in_hand(const struct body *body)
{
    for (enum ear_index i = 0; i < EAR_COUNT; i++)
        if (body->ears[i].ear && ear_in_hand(body->ears[i].ear))
            return true;
    return false;
}

uint32_t body_led_get(const struct body *body, enum led_index led)
{
    return leds_get(body->leds, led);
}

const char *body_description(const struct body *body)
{
    return body->description;
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
    body->times = times_from(config);
    if (body->button)
        button_set_times(body->button, body->times);
    arm_button(body);
    check_leds(body, leds_set_brightness(body->leds, config->body.brightness));
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

static int add_ears(struct body *body)
{
    static const struct ear_listener listener = {
        .on_motor = on_motor, .on_rest = on_rest, .on_stray = on_stray};

    for (enum ear_index i = 0; i < EAR_COUNT; i++) {
        enum line encoder = ear_table[i].encoder;

        body->ears[i] = (struct body_ear){.body = body, .index = i};
        if (!hardware_has(body->hardware, encoder))
            continue;
        int r = ear_new(&body->ears[i].ear, hardware_level(body->hardware, encoder), &listener,
                        &body->ears[i]);
        if (r < 0)
            return r;
    }
    return 0;
}

static int set_up(struct body *body, sd_event *event, const struct config *config,
                  struct body_fault *fault)
{
    static const struct hardware_listener listener = {
        .on_edge = on_edge, .on_down = on_down, .on_up = on_up, .on_fault = on_fault};
    int r = leds_new(&body->leds, event, config->body.brightness), away = 0;

    if (r == 0) {
        leds_watch(body->leds, on_leds_error, body);
        r = away = hardware_new(&body->hardware, event, config, body->leds, &listener, body, fault);
    }
    if (r >= 0)
        r = board_name(config, &body->description);
    if (r == 0)
        r = add_timers(body, event);
    if (r == 0)
        r = add_ears(body);
    if (r == 0)
        r = add_button(body);
    return r < 0 ? r : away;
}

int body_new(struct body **ret, sd_event *event, const struct config *config,
             const struct body_listener *listener, void *userdata, struct body_fault *ret_fault)
{
    struct body_fault fault = {.cause = NULL};
    struct body *body = calloc(1, sizeof(*body));

    if (!body)
        return body_fault_set(ret_fault, -ENOMEM, "gpio-failed", "%s", strerror(ENOMEM));
    body->listener = listener;
    body->userdata = userdata;
    body->times = times_from(config);

    int r = set_up(body, event, config, &fault);
    if (r < 0) {
        body_free(body);
        return body_fault_set(ret_fault, r, fault.cause ? fault.cause : "gpio-failed", "%s",
                              fault.cause ? fault.text : strerror(-r));
    }
    seize_ears(body);
    body_home(body);
    *ret = body;
    if (r > 0 && ret_fault)
        *ret_fault = fault;
    return r;
}

struct body *body_free(struct body *body)
{
    if (!body)
        return NULL;

    assert(body->telling == 0);
    for (enum ear_index i = 0; i < EAR_COUNT; i++)
        ear_free(body->ears[i].ear);
    if (body->hardware)
        hardware_motors_off(body->hardware);
    if (body->leds)
        leds_set_dark(body->leds, true);
    hardware_free(body->hardware);
    leds_free(body->leds);
    button_free(body->button);
    sd_event_source_disable_unref(body->button_timer);
    sd_event_source_disable_unref(body->ear_timer);
    free(body->description);
    free(body);
    return NULL;
}

void body_panic(void)
{
    hardware_panic();
}
