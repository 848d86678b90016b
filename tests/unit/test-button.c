#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "body/button.h"

#define MSEC USEC_PER_MSEC

/* A button on a virtual clock in ms; `level` is the contact. */
struct rig {
    struct button *button;
    uint64_t now;
    bool level;
    unsigned reports, clicks; /* how many, and the last one */
    uint64_t reported;
};

static void on_clicks(unsigned clicks, void *userdata)
{
    struct rig *rig = userdata;

    rig->reports++;
    rig->clicks = clicks;
    rig->reported = rig->now;
}

static struct rig make(bool pressed)
{
    return (struct rig){.now = 1000 * MSEC, .level = pressed};
}

static void begin(struct rig *rig)
{
    struct button_times times = {
        .debounce_usec = 20 * MSEC, .double_usec = 500 * MSEC, .long_usec = 1500 * MSEC};
    assert_int_equal(button_new(&rig->button, times, rig->level, on_clicks, rig), 0);
}

/* Lets time pass with the loop awake. */
static void wait_usec(struct rig *rig, uint64_t usec)
{
    uint64_t until = rig->now + usec;

    while (button_deadline(rig->button) <= until) {
        assert_true(button_deadline(rig->button) >= rig->now);
        rig->now = button_deadline(rig->button);
        button_tick(rig->button, rig->level, rig->now);
        assert_true(button_deadline(rig->button) > rig->now);
    }
    rig->now = until;
}

static void wait_msec(struct rig *rig, uint64_t msec)
{
    wait_usec(rig, msec * MSEC);
}

static void set_level(struct rig *rig, bool pressed)
{
    rig->level = pressed;
    button_edge(rig->button, pressed, rig->now);
}

/* The contact goes to `pressed` and chatters for about `bounce` ms, an edge every `step` µs. */
static void bounce(struct rig *rig, bool pressed, uint64_t msec, uint64_t step)
{
    set_level(rig, pressed);
    for (uint64_t t = 0; t + 2 * step <= msec * MSEC; t += 2 * step) {
        wait_usec(rig, step);
        set_level(rig, !pressed);
        wait_usec(rig, step);
        set_level(rig, pressed);
    }
}

static void click(struct rig *rig, uint64_t held_msec)
{
    set_level(rig, true);
    wait_msec(rig, held_msec);
    set_level(rig, false);
}

static void assert_reported(struct rig *rig, unsigned reports, unsigned clicks)
{
    assert_int_equal(rig->reports, reports);
    if (reports)
        assert_int_equal(rig->clicks, clicks);
    assert_true(button_deadline(rig->button) == USEC_NEVER);
    button_free(rig->button);
}

static void click_is_reported_after_the_double_time(void **state)
{
    struct rig rig = make(false);
    begin(&rig);
    click(&rig, 100);
    uint64_t released = rig.now;
    wait_msec(&rig, 499);
    assert_int_equal(rig.reports, 0);
    wait_msec(&rig, 1000);
    assert_true(rig.reported == released + 500 * MSEC);
    assert_reported(&rig, 1, 1);
}

static void a_hold_just_short_of_long_is_a_click(void **state)
{
    struct rig rig = make(false);
    begin(&rig);
    click(&rig, 1499);
    wait_msec(&rig, 2000);
    assert_reported(&rig, 1, 1);
}

static void double_click(void **state)
{
    struct rig rig = make(false);
    begin(&rig);
    click(&rig, 80);
    wait_msec(&rig, 499);
    click(&rig, 80);
    wait_msec(&rig, 2000);
    assert_reported(&rig, 1, 2);
}

static void too_slow_for_a_double(void **state)
{
    struct rig rig = make(false);
    begin(&rig);
    click(&rig, 80);
    wait_msec(&rig, 500);
    click(&rig, 80);
    wait_msec(&rig, 2000);
    assert_reported(&rig, 2, 1);
}

static void many_presses_are_a_double(void **state)
{
    for (unsigned presses = 3; presses < 8; presses++) {
        struct rig rig = make(false);
        begin(&rig);
        for (unsigned i = 0; i < presses; i++) {
            click(&rig, 60);
            wait_msec(&rig, 150);
        }
        wait_msec(&rig, 2000);
        assert_reported(&rig, 1, 2);
    }
}

static void hold_is_swallowed(void **state)
{
    static const uint64_t held[] = {1500, 1501, 10000};

    for (size_t i = 0; i < ARRAY_SIZE(held); i++) {
        struct rig rig = make(false);
        begin(&rig);
        click(&rig, held[i]);
        wait_msec(&rig, 3000);
        assert_int_equal(rig.reports, 0);
        click(&rig, 60);
        wait_msec(&rig, 2000);
        assert_reported(&rig, 1, 1);
    }
}

static void click_and_hold_is_swallowed(void **state)
{
    struct rig rig = make(false);
    begin(&rig);
    click(&rig, 60);
    wait_msec(&rig, 100);
    click(&rig, 1800);
    wait_msec(&rig, 3000);
    assert_reported(&rig, 0, 0);
}

static void pressed_from_the_start_is_ignored(void **state)
{
    struct rig rig = make(true);
    begin(&rig);
    wait_msec(&rig, 700);
    set_level(&rig, false);
    wait_msec(&rig, 2000);
    assert_int_equal(rig.reports, 0);
    click(&rig, 60);
    wait_msec(&rig, 2000);
    assert_reported(&rig, 1, 1);
}

static void bounce_is_survived(void **state)
{
    static const uint64_t steps[] = {100, 1000, 4900, 9000};

    for (uint64_t msec = 1; msec <= 50; msec++) {
        for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
            for (unsigned clicks = 1; clicks <= 2; clicks++) {
                struct rig rig = make(false);
                begin(&rig);
                for (unsigned n = 0; n < clicks; n++) {
                    bounce(&rig, true, msec, steps[i]);
                    wait_msec(&rig, 90);
                    bounce(&rig, false, msec, steps[i]);
                    wait_msec(&rig, 90);
                }
                wait_msec(&rig, 2000);
                assert_reported(&rig, 1, clicks);
            }
        }
    }
}

/* The press is over before the contact is trusted again: still a click. */
static void press_shorter_than_the_debounce(void **state)
{
    struct rig rig = make(false);
    begin(&rig);
    click(&rig, 5);
    wait_msec(&rig, 2000);
    assert_reported(&rig, 1, 1);
}

/* The last edge is lost in the bounce: the level read after it tells. */
static void lost_edge_is_read(void **state)
{
    struct rig rig = make(false);
    begin(&rig);
    set_level(&rig, true);
    wait_msec(&rig, 10);
    rig.level = false;
    wait_msec(&rig, 2000);
    assert_reported(&rig, 1, 1);
}

/* The loop slept through it all: what counts is when the edges were. */
static void late_handling_changes_nothing(void **state)
{
    static const struct {
        uint64_t edges_msec[6];
        unsigned count, reports, clicks;
    } rows[] = {
        {{0, 60}, 2, 1, 1},           {{0, 60, 200, 260}, 4, 1, 2},
        {{0, 60, 600, 660}, 4, 2, 1}, {{0, 60, 700, 760, 900, 960}, 6, 2, 2},
        {{0, 1600}, 2, 0, 0},         {{0, 1600, 1700, 1760}, 4, 1, 1},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct rig rig = make(false);
        begin(&rig);
        uint64_t start = rig.now;
        rig.now += 10 * USEC_PER_SEC;
        for (unsigned n = 0; n < rows[i].count; n++)
            button_edge(rig.button, n % 2 == 0, start + rows[i].edges_msec[n] * MSEC);
        button_tick(rig.button, false, rig.now);
        assert_reported(&rig, rows[i].reports, rows[i].clicks);
    }
}

static void times_can_be_changed(void **state)
{
    struct rig rig = make(false);
    begin(&rig);
    button_set_times(rig.button, (struct button_times){.debounce_usec = 5 * MSEC,
                                                       .double_usec = 200 * MSEC,
                                                       .long_usec = 400 * MSEC});
    click(&rig, 60);
    wait_msec(&rig, 250);
    assert_int_equal(rig.reports, 1);
    click(&rig, 450);
    wait_msec(&rig, 1000);
    assert_reported(&rig, 1, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(click_is_reported_after_the_double_time),
        cmocka_unit_test(a_hold_just_short_of_long_is_a_click),
        cmocka_unit_test(double_click),
        cmocka_unit_test(too_slow_for_a_double),
        cmocka_unit_test(many_presses_are_a_double),
        cmocka_unit_test(hold_is_swallowed),
        cmocka_unit_test(click_and_hold_is_swallowed),
        cmocka_unit_test(pressed_from_the_start_is_ignored),
        cmocka_unit_test(bounce_is_survived),
        cmocka_unit_test(press_shorter_than_the_debounce),
        cmocka_unit_test(lost_edge_is_read),
        cmocka_unit_test(late_handling_changes_nothing),
        cmocka_unit_test(times_can_be_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
