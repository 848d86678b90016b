#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "body/leds-sim.h"

/* ---- virtual time: the linker puts these in the place of the true ones ---- */

uint64_t __wrap_clock_now_usec(void);
int __real_sd_event_source_set_time(sd_event_source *source, uint64_t usec);
int __wrap_sd_event_source_set_time(sd_event_source *source, uint64_t usec);

static uint64_t now_usec = 1000, timer_usec;

uint64_t __wrap_clock_now_usec(void)
{
    return now_usec;
}

/* In true time every timer is due, so that the loop never waits. */
int __wrap_sd_event_source_set_time(sd_event_source *source, uint64_t usec)
{
    timer_usec = usec;
    return __real_sd_event_source_set_time(source, 1);
}

/* A bank that writes down what it is asked to show, and fails on demand. */
struct recorder {
    struct led_bank bank;
    struct led_light lights[LED_COUNT];
    uint32_t shown[LED_COUNT];
    unsigned shows, frees;
    int result;
};

static int record(struct led_bank *bank, const struct led_light lights[LED_COUNT])
{
    struct recorder *recorder = (struct recorder *)bank;

    recorder->shows++;
    memcpy(recorder->lights, lights, sizeof(recorder->lights));
    for (unsigned i = 0; i < LED_COUNT; i++)
        recorder->shown[i] = (uint32_t)light_encode(lights[i].red) << 16 |
                             (uint32_t)light_encode(lights[i].green) << 8 |
                             light_encode(lights[i].blue);
    return recorder->result;
}

static struct led_bank *record_free(struct led_bank *bank)
{
    ((struct recorder *)bank)->frees++;
    return NULL;
}

static const struct led_bank_ops recorder_ops = {.show = record, .free = record_free};

static sd_event *event;

static int open_event(void **state)
{
    return sd_event_new(&event);
}

static int close_event(void **state)
{
    event = sd_event_unref(event);
    return 0;
}

static struct leds *make(struct recorder *recorder, unsigned brightness)
{
    struct leds *leds = NULL;

    *recorder = (struct recorder){.bank = {&recorder_ops}};
    assert_int_equal(leds_new(&leds, event, brightness), 0);
    assert_int_equal(leds_attach(leds, &recorder->bank), 0);
    return leds;
}

static void starts_and_ends_dark(void **state)
{
    struct recorder recorder;
    struct leds *leds = make(&recorder, 100);

    assert_int_equal(recorder.shows, 1);
    leds_set(leds, LED_BOTTOM, 0x123456);
    assert_int_equal(recorder.shown[LED_BOTTOM], 0x123456);
    assert_null(leds_free(leds));
    for (unsigned i = 0; i < LED_COUNT; i++)
        assert_int_equal(recorder.shown[i], 0);
    assert_int_equal(recorder.frees, 1);
    assert_null(leds_free(NULL));
}

static void failing_bank_is_tried_again(void **state)
{
    struct recorder recorder = {.bank = {&recorder_ops}, .result = -EIO};
    struct leds *leds = NULL;

    assert_int_equal(leds_new(&leds, event, 100), 0);
    assert_int_equal(leds_attach(leds, &recorder.bank), -EIO);
    recorder.result = 0;
    assert_int_equal(leds_set(leds, LED_NOSE, 0), 0);
    assert_int_equal(recorder.shows, 2);
    leds_free(leds);
    assert_int_equal(recorder.frees, 1);
}

static void brightness_dims(void **state)
{
    static const struct {
        unsigned percent;
        uint32_t color, shown;
    } rows[] = {
        {100, 0xff8001, 0xff8001}, {50, 0xff8001, 0x804001},  {10, 0xff8001, 0x1a0d00},
        {0, 0xffffff, 0x000000},   {200, 0x0a0b0c, 0x0a0b0c},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct recorder recorder;
        struct leds *leds = make(&recorder, rows[i].percent);
        assert_int_equal(leds_set(leds, LED_NOSE, rows[i].color), 0);
        assert_int_equal(recorder.shown[LED_NOSE], rows[i].shown);
        assert_int_equal(leds_get(leds, LED_NOSE), rows[i].color);
        assert_int_equal(leds_set_brightness(leds, 100), 0);
        assert_int_equal(recorder.shown[LED_NOSE], rows[i].color);
        leds_free(leds);
    }
}

static void shows_only_changes(void **state)
{
    struct recorder recorder;
    struct leds *leds = make(&recorder, 100);

    leds_set(leds, LED_LEFT, 0);
    leds_set_brightness(leds, 40);
    assert_int_equal(recorder.shows, 1);
    leds_set(leds, LED_LEFT, 0xff0000);
    leds_set(leds, LED_LEFT, 0xff0000);
    assert_int_equal(recorder.shows, 2);

    /* What failed is shown with the next change. */
    recorder.result = -EIO;
    assert_int_equal(leds_set(leds, LED_LEFT, 0x00ff00), -EIO);
    recorder.result = 0;
    assert_int_equal(leds_set(leds, LED_LEFT, 0x00ff00), 0);
    assert_int_equal(recorder.shows, 4);
    leds_free(leds);
}

/* Held orders are one frame, which tells whether they could be shown. */
static void held_orders_show_once(void **state)
{
    struct recorder recorder;
    struct leds *leds = make(&recorder, 100);

    for (unsigned i = 0; i < 2; i++) {
        leds_hold(leds);
        leds_hold(leds);
        recorder.result = i == 0 ? -EIO : 0;
        for (enum led_index led = 0; led < LED_COUNT; led++)
            assert_int_equal(leds_set(leds, led, 0x010203 << i), 0);
        assert_int_equal(leds_release(leds), 0);
        assert_int_equal(leds_set(leds, LED_NOSE, 0x00ff00 << i), 0);
        assert_int_equal(recorder.shows, 1 + i);
        assert_int_equal(leds_release(leds), recorder.result);
        assert_int_equal(recorder.shows, 2 + i);
        assert_int_equal(recorder.shown[LED_NOSE], 0x00ff00 << i);
        assert_int_equal(recorder.shown[LED_BOTTOM], 0x010203 << i);
    }
    leds_free(leds);
}

/* ---- fades ---- */

/* Lets time pass until the next frame. False: there is none to come. */
static bool run_frame(void)
{
    uint64_t before = now_usec;

    if (timer_usec > now_usec)
        now_usec = timer_usec;
    if (sd_event_run(event, 0) > 0)
        return true;
    now_usec = before;
    return false;
}

static bool lights_equal(struct led_light a, struct led_light b)
{
    return a.red == b.red && a.green == b.green && a.blue == b.blue;
}

/* From one to the other in a straight line that is never left by more than its rounding. */
static void check_channel(uint16_t from, uint16_t to, uint16_t before, uint16_t light,
                          uint64_t part, uint64_t whole)
{
    int64_t span = (int64_t)to - from, exact = from * (int64_t)whole + span * (int64_t)part;
    int64_t miss = exact - light * (int64_t)whole;

    assert_true(miss >= 0 && miss < (int64_t)whole);
    assert_true(span >= 0 ? light >= before : light <= before);
    assert_true(llabs((int64_t)light - before) <=
                llabs(span) * 20 / (int64_t)(whole / USEC_PER_MSEC) + 1);
}

static void fade_and_check(struct leds *leds, struct recorder *recorder, uint32_t color,
                           uint64_t usec)
{
    struct led_light from = recorder->lights[LED_LEFT], before = from;
    struct led_light to = light_from_color(color, 100);
    uint64_t began = now_usec, last = now_usec;
    unsigned frames = 0;

    assert_int_equal(leds_fade(leds, LED_LEFT, color, usec), 0);
    assert_int_equal(leds_get(leds, LED_LEFT), color);
    assert_true(lights_equal(recorder->lights[LED_LEFT], from));
    for (; run_frame(); frames++) {
        struct led_light light = recorder->lights[LED_LEFT];
        uint64_t part = now_usec - began < usec ? now_usec - began : usec;

        assert_true(now_usec - last >= 20 * USEC_PER_MSEC);
        check_channel(from.red, to.red, before.red, light.red, part, usec);
        check_channel(from.green, to.green, before.green, light.green, part, usec);
        check_channel(from.blue, to.blue, before.blue, light.blue, part, usec);
        before = light;
        last = now_usec;
    }
    assert_int_equal(frames, (usec + 19999) / 20000);
    assert_true(lights_equal(recorder->lights[LED_LEFT], to));
    assert_int_equal(recorder->shown[LED_LEFT], color);
}

static void fades_are_straight_lines(void **state)
{
    static const struct {
        uint32_t color;
        uint64_t usec;
    } rows[] = {
        {0xffffff, USEC_PER_SEC},        {0x000000, USEC_PER_SEC},
        {0x010203, 300 * USEC_PER_MSEC}, {0xff8040, 7 * USEC_PER_SEC},
        {0x40ff80, 333 * USEC_PER_MSEC}, {0x40ff80, 50 * USEC_PER_MSEC},
        {0x3fff80, USEC_PER_MIN},
    };
    struct recorder recorder;
    struct leds *leds = make(&recorder, 100);

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        fade_and_check(leds, &recorder, rows[i].color, rows[i].usec);
    leds_free(leds);
}

/* Frames in which nothing changes are not shown: this fade has but three. */
static void nothing_is_shown_without_need(void **state)
{
    struct recorder recorder;
    struct leds *leds = make(&recorder, 100);

    leds_set(leds, LED_NOSE, 0x020000); /* a light of 2 */
    assert_int_equal(recorder.shows, 2);
    leds_fade(leds, LED_NOSE, 0, USEC_PER_SEC);
    while (run_frame())
        ;
    assert_int_equal(recorder.shows, 4);
    assert_false(run_frame());
    leds_free(leds);
}

static void new_goal_is_reached_without_a_jump(void **state)
{
    struct recorder recorder;
    struct leds *leds = make(&recorder, 100);

    leds_fade(leds, LED_LEFT, 0xff0000, USEC_PER_SEC);
    for (unsigned i = 0; i < 25; i++)
        assert_true(run_frame());
    assert_int_equal(recorder.lights[LED_LEFT].red, LIGHT_FULL / 2);
    fade_and_check(leds, &recorder, 0x0000ff, 100 * USEC_PER_MSEC);

    /* Between two frames, too; and an order ends a fade at once. */
    leds_fade(leds, LED_LEFT, 0, USEC_PER_SEC);
    assert_true(run_frame());
    now_usec += 10 * USEC_PER_MSEC;
    leds_fade(leds, LED_LEFT, 0x0000ff, USEC_PER_SEC);
    assert_int_equal(recorder.lights[LED_LEFT].blue, LIGHT_FULL - LIGHT_FULL * 30 / 1000 - 1);
    leds_set(leds, LED_LEFT, 0x00ff00);
    assert_int_equal(recorder.shown[LED_LEFT], 0x00ff00);
    assert_false(run_frame());
    leds_free(leds);
}

/* However often other LEDs are set, a fade has its 50 frames a second. */
static void orders_do_not_disturb_a_fade(void **state)
{
    struct recorder recorder;
    struct leds *leds = make(&recorder, 100);
    uint64_t end = now_usec + USEC_PER_SEC;
    unsigned frames = 0, orders = 0;

    leds_fade(leds, LED_LEFT, 0xffffff, USEC_PER_SEC);
    while (now_usec < end) {
        uint64_t next = now_usec + 7 * USEC_PER_MSEC;

        while (timer_usec <= next && now_usec < end) {
            assert_true(run_frame());
            frames++;
        }
        now_usec = next;
        leds_set(leds, LED_NOSE, ++orders);
    }
    assert_true(frames >= 49 && frames <= 50);
    assert_true(recorder.shows <= 1 + frames + orders);
    assert_int_equal(recorder.shown[LED_LEFT], 0xffffff);
    leds_free(leds);
}

/* A fade that was ordered meanwhile begins with the release; one without orders changes nothing. */
static void held_fades_go_on(void **state)
{
    struct recorder recorder;
    struct leds *leds = make(&recorder, 100);

    leds_hold(leds);
    assert_int_equal(leds_fade(leds, LED_LEFT, 0xff0000, USEC_PER_SEC), 0);
    assert_false(run_frame());
    assert_int_equal(leds_release(leds), 0);
    assert_true(run_frame());
    now_usec += 10 * USEC_PER_MSEC;
    unsigned shows = recorder.shows;
    leds_hold(leds);
    assert_int_equal(leds_release(leds), 0);
    assert_int_equal(recorder.shows, shows);
    while (run_frame())
        ;
    assert_int_equal(recorder.shown[LED_LEFT], 0xff0000);
    leds_free(leds);
}

static void dark_is_dark_whatever_fades(void **state)
{
    struct recorder recorder;
    struct leds *leds = make(&recorder, 100);
    static const struct led_light dark = {0};

    leds_fade(leds, LED_LEFT, 0xff0000, USEC_PER_SEC);
    assert_true(run_frame());
    assert_int_equal(leds_set_dark(leds, true), 0);
    assert_true(lights_equal(recorder.lights[LED_LEFT], dark));
    unsigned shows = recorder.shows;
    assert_false(run_frame());
    leds_fade(leds, LED_NOSE, 0x00ff00, USEC_PER_SEC);
    leds_set(leds, LED_BOTTOM, 0x0000ff);
    leds_set_brightness(leds, 50);
    leds_set_brightness(leds, 100);
    assert_false(run_frame());
    assert_int_equal(recorder.shows, shows);

    /* What was ordered meanwhile is there at once, and goes on. */
    now_usec += 480 * USEC_PER_MSEC;
    assert_int_equal(leds_set_dark(leds, false), 0);
    assert_int_equal(recorder.lights[LED_LEFT].red, LIGHT_FULL / 2);
    assert_int_equal(recorder.lights[LED_NOSE].green, LIGHT_FULL * 48 / 100);
    assert_int_equal(recorder.shown[LED_BOTTOM], 0x0000ff);
    while (run_frame())
        ;
    assert_int_equal(recorder.shown[LED_LEFT], 0xff0000);
    assert_int_equal(recorder.shown[LED_NOSE], 0x00ff00);
    leds_free(leds);
}

/* All LEDs go out together, each from its own light; what is ordered meanwhile shows when they come
 * back. */
static void darkness_comes_and_goes_slowly(void **state)
{
    struct recorder recorder;
    struct leds *leds = make(&recorder, 100);

    leds_set(leds, LED_NOSE, 0xff0000);
    leds_set(leds, LED_BOTTOM, 0x00ff00);
    assert_int_equal(leds_fade_dark(leds, true, USEC_PER_SEC), 0);
    assert_int_equal(recorder.lights[LED_NOSE].red, LIGHT_FULL);
    now_usec += 500 * USEC_PER_MSEC;
    leds_set(leds, LED_BOTTOM, 0x0000ff);
    assert_int_equal(recorder.lights[LED_NOSE].red, LIGHT_FULL / 2);
    assert_int_equal(recorder.lights[LED_BOTTOM].green, 0);
    assert_int_equal(recorder.lights[LED_BOTTOM].blue, LIGHT_FULL / 2);

    /* Turned round half way, it goes on from there. */
    assert_int_equal(leds_fade_dark(leds, false, USEC_PER_SEC), 0);
    assert_int_equal(recorder.lights[LED_NOSE].red, LIGHT_FULL / 2);
    assert_int_equal(leds_fade_dark(leds, true, USEC_PER_SEC), 0);
    unsigned frames = 0;
    while (run_frame())
        frames++;
    assert_in_range(frames, 49, 51);
    for (unsigned i = 0; i < LED_COUNT; i++)
        assert_int_equal(recorder.shown[i], 0);

    unsigned shows = recorder.shows;
    leds_set(leds, LED_LEFT, 0xffffff);
    assert_int_equal(recorder.shows, shows);
    assert_int_equal(leds_get(leds, LED_NOSE), 0xff0000);
    leds_fade_dark(leds, false, USEC_PER_SEC);
    assert_int_equal(recorder.shown[LED_LEFT], 0);
    while (run_frame())
        ;
    assert_int_equal(recorder.shown[LED_LEFT], 0xffffff);
    assert_int_equal(recorder.shown[LED_NOSE], 0xff0000);
    assert_int_equal(recorder.shown[LED_BOTTOM], 0x0000ff);

    /* The end is dark at once, whatever fades. */
    leds_fade_dark(leds, true, USEC_PER_SEC);
    leds_free(leds);
    assert_int_equal(recorder.shown[LED_LEFT], 0);
}

static void brightness_changes_in_the_midst_of_a_fade(void **state)
{
    struct recorder recorder;
    struct leds *leds = make(&recorder, 100);
    uint16_t half = light_from_color(0xff0000, 50).red;

    leds_set(leds, LED_LEFT, 0xffffff);
    leds_fade(leds, LED_LEFT, 0xff0000, USEC_PER_SEC);
    now_usec += 500 * USEC_PER_MSEC;
    leds_set_brightness(leds, 50);
    assert_true(
        lights_equal(recorder.lights[LED_LEFT], (struct led_light){half, half / 2, half / 2}));
    leds_set_brightness(leds, 0);
    assert_true(lights_equal(recorder.lights[LED_LEFT], (struct led_light){0, 0, 0}));
    leds_set_brightness(leds, 100); /* how bright it once began is forgotten */
    assert_int_equal(recorder.lights[LED_LEFT].red, LIGHT_FULL / 2);
    while (run_frame())
        ;
    assert_int_equal(recorder.shown[LED_LEFT], 0xff0000);
    leds_free(leds);
}

static void fade_outlives_failure_and_absence(void **state)
{
    struct recorder recorder, other = {.bank = {&recorder_ops}};
    struct leds *leds = make(&recorder, 100);

    leds_fade(leds, LED_LEFT, 0xff0000, USEC_PER_SEC);
    recorder.result = -EIO;
    for (unsigned i = 0; i < 10; i++)
        assert_true(run_frame());
    assert_int_equal(recorder.shows, 11);

    /* Nobody shows anything, so nobody wakes up. */
    assert_int_equal(leds_attach(leds, NULL), 0);
    assert_int_equal(recorder.frees, 1);
    assert_false(run_frame());
    now_usec += 300 * USEC_PER_MSEC;
    assert_int_equal(leds_attach(leds, &other.bank), 0);
    assert_int_equal(other.lights[LED_LEFT].red, LIGHT_FULL / 2);
    while (run_frame())
        ;
    assert_int_equal(other.shown[LED_LEFT], 0xff0000);
    leds_free(leds);
    assert_int_equal(other.frees, 1);
}

struct errors {
    unsigned count;
    int last;
};

static void on_error(int error, void *userdata)
{
    struct errors *errors = userdata;
    *errors = (struct errors){.count = errors->count + 1, .last = error};
}

/* An order returns what went wrong, a frame has nobody to return it to. */
static void fade_tells_of_its_failure(void **state)
{
    struct recorder recorder;
    struct leds *leds = make(&recorder, 100);
    struct errors errors = {0};

    leds_watch(leds, on_error, &errors);
    assert_int_equal(leds_fade(leds, LED_LEFT, 0xff0000, USEC_PER_SEC), 0);
    assert_true(run_frame());
    recorder.result = -EIO;
    assert_int_equal(leds_set(leds, LED_NOSE, 0x00ff00), -EIO);
    assert_int_equal(errors.count, 0);
    assert_true(run_frame());
    assert_int_equal(errors.count, 1);
    assert_int_equal(errors.last, -EIO);
    leds_free(leds);
}

/* ---- the simulated LEDs ---- */

struct seen {
    unsigned count;
    enum led_index led;
    uint32_t color;
};

static void on_led(enum led_index led, uint32_t color, void *userdata)
{
    struct seen *seen = userdata;
    *seen = (struct seen){.count = seen->count + 1, .led = led, .color = color};
}

static void sim_tells_each_change_once(void **state)
{
    struct leds_sim *sim = NULL;
    struct leds *leds = NULL;
    struct seen seen = {0};

    assert_int_equal(leds_sim_new(&sim), 0);
    assert_int_equal(leds_new(&leds, event, 50), 0);
    assert_int_equal(leds_attach(leds, leds_sim_bank(sim)), 0);
    leds_sim_watch(sim, on_led, &seen);
    leds_set(leds, LED_MIDDLE, 0x0000ff);
    leds_set(leds, LED_MIDDLE, 0x0000ff);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.led, LED_MIDDLE);
    assert_int_equal(seen.color, 0x000080);
    assert_int_equal(leds_sim_shown(sim, LED_MIDDLE), 0x000080);
    assert_int_equal(leds_sim_shown(sim, LED_NOSE), 0);
    leds_free(leds);
    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.color, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_and_ends_dark),
        cmocka_unit_test(failing_bank_is_tried_again),
        cmocka_unit_test(brightness_dims),
        cmocka_unit_test(shows_only_changes),
        cmocka_unit_test(held_orders_show_once),
        cmocka_unit_test(fades_are_straight_lines),
        cmocka_unit_test(nothing_is_shown_without_need),
        cmocka_unit_test(new_goal_is_reached_without_a_jump),
        cmocka_unit_test(orders_do_not_disturb_a_fade),
        cmocka_unit_test(held_fades_go_on),
        cmocka_unit_test(dark_is_dark_whatever_fades),
        cmocka_unit_test(darkness_comes_and_goes_slowly),
        cmocka_unit_test(brightness_changes_in_the_midst_of_a_fade),
        cmocka_unit_test(fade_outlives_failure_and_absence),
        cmocka_unit_test(fade_tells_of_its_failure),
        cmocka_unit_test(sim_tells_each_change_once),
    };
    return cmocka_run_group_tests(tests, open_event, close_event);
}
