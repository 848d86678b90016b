/* The trial of the LEDs on a virtual clock, and that of ears which never arrive. */
#include "helper.h"

#include <systemd/sd-event.h>

#include "dance/trial.h"

struct stage {
    struct config *config;
    sd_event *event;
    struct body *body;
    struct trial *trial;
};

static int set_up(void **state)
{
    static const struct body_listener listener = {.on_button = NULL};
    struct stage *stage = calloc(1, sizeof(*stage));

    assert_non_null(stage);
    stage->config = config_from("[body]\nboard = sim\n");
    assert_true(sd_event_new(&stage->event) >= 0);
    assert_int_equal(body_new(&stage->body, stage->event, stage->config, &listener, NULL, NULL), 0);
    assert_int_equal(trial_new(&stage->trial, stage->body), 0);
    for (enum led_index i = 0; i < LED_COUNT; i++)
        body_led_set(stage->body, i, 0x010101 * (i + 1));
    *state = stage;
    return 0;
}

static int tear_down(void **state)
{
    struct stage *stage = *state;

    assert_null(trial_free(stage->trial));
    assert_null(trial_free(NULL));
    body_free(stage->body);
    sd_event_unref(stage->event);
    config_free(stage->config);
    free(stage);
    return 0;
}

/* Every LED is as it was, but this one (LED_COUNT: none). */
static void expect_leds(const struct stage *stage, enum led_index which, uint32_t color)
{
    for (enum led_index i = 0; i < LED_COUNT; i++)
        assert_int_equal(body_led_get(stage->body, i), i == which ? color : 0x010101 * (i + 1));
}

static void test_leds(void **state)
{
    static const uint32_t colors[] = {0xff0000, 0x00ff00, 0x0000ff};
    struct stage *stage = *state;
    uint64_t now = 1000;

    assert_false(trial_is_running(stage->trial));
    assert_int_equal(trial_deadline(stage->trial), USEC_NEVER);
    trial_start(stage->trial, TRIAL_LEDS, now);
    for (unsigned step = 0; step < LED_COUNT * 3; step++) {
        assert_true(trial_is_running(stage->trial));
        assert_false(trial_is_complete(stage->trial));
        expect_leds(stage, (enum led_index)(step / 3), colors[step % 3]);
        assert_int_equal(trial_deadline(stage->trial), now + 500 * USEC_PER_MSEC);
        trial_tick(stage->trial, now + 500 * USEC_PER_MSEC - 1);
        trial_on_ears_settled(stage->trial, now + 1); /* does not concern the LEDs */
        expect_leds(stage, (enum led_index)(step / 3), colors[step % 3]);
        now += 500 * USEC_PER_MSEC;
        trial_tick(stage->trial, now);
    }
    assert_false(trial_is_running(stage->trial));
    assert_true(trial_is_complete(stage->trial));
    assert_int_equal(trial_deadline(stage->trial), USEC_NEVER);
    expect_leds(stage, LED_COUNT, 0);
}

static void test_stopped_at_every_step(void **state)
{
    struct stage *stage = *state;

    for (unsigned steps = 0; steps < LED_COUNT * 3; steps++) {
        trial_start(stage->trial, TRIAL_LEDS, 0);
        for (unsigned i = 0; i < steps; i++)
            trial_tick(stage->trial, trial_deadline(stage->trial));
        trial_stop(stage->trial);
        assert_false(trial_is_running(stage->trial));
        assert_false(trial_is_complete(stage->trial));
        assert_int_equal(trial_deadline(stage->trial), USEC_NEVER);
        expect_leds(stage, LED_COUNT, 0);
    }
}

static void test_started_while_it_runs(void **state)
{
    struct stage *stage = *state;

    trial_start(stage->trial, TRIAL_LEDS, 0);
    for (unsigned i = 0; i < 4; i++)
        trial_tick(stage->trial, trial_deadline(stage->trial));
    trial_start(stage->trial, TRIAL_LEDS, 7);
    expect_leds(stage, LED_NOSE, 0xff0000);
}

/* What somebody else shows meanwhile is what stays, whenever it came. */
static void test_somebody_lights_an_led(void **state)
{
    struct stage *stage = *state;

    for (unsigned when = 0; when < LED_COUNT * 3; when++) {
        trial_start(stage->trial, TRIAL_LEDS, 0);
        for (unsigned step = 0; step < LED_COUNT * 3; step++) {
            if (step == when)
                body_led_set(stage->body, LED_BOTTOM, 0xabcdef);
            trial_tick(stage->trial, trial_deadline(stage->trial));
        }
        assert_true(trial_is_complete(stage->trial));
        assert_int_equal(body_led_get(stage->body, LED_BOTTOM), 0xabcdef);
        body_led_set(stage->body, LED_BOTTOM, 0x050505);
    }
}

static void test_ears_stop(void **state)
{
    struct stage *stage = *state;

    trial_start(stage->trial, TRIAL_EARS | TRIAL_LEDS, 0);
    assert_true(trial_is_running(stage->trial));
    assert_int_equal(body_ear_state(stage->body, EAR_LEFT), EAR_HOMING);
    assert_int_equal(trial_deadline(stage->trial), USEC_NEVER);
    trial_on_ears_settled(stage->trial, 1); /* they are not: old news */
    expect_leds(stage, LED_COUNT, 0);
    trial_stop(stage->trial);
    assert_false(trial_is_running(stage->trial));
    assert_int_not_equal(body_ear_state(stage->body, EAR_LEFT), EAR_HOMING);
    expect_leds(stage, LED_COUNT, 0);
}

int main(void)
{
#define on_stage(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        on_stage(test_leds),
        on_stage(test_stopped_at_every_step),
        on_stage(test_started_while_it_runs),
        on_stage(test_somebody_lights_an_led),
        on_stage(test_ears_stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
