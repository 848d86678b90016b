#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "body/leds-sim.h"

/* A bank that writes down what it is asked to show, and fails on demand. */
struct recorder {
    struct led_bank bank;
    uint32_t shown[LED_COUNT];
    unsigned shows, frees;
    int result;
};

static int record(struct led_bank *bank, const struct led_light lights[LED_COUNT])
{
    struct recorder *recorder = (struct recorder *)bank;

    recorder->shows++;
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
        cmocka_unit_test(sim_tells_each_change_once),
    };
    return cmocka_run_group_tests(tests, open_event, close_event);
}
