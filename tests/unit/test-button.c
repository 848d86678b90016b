#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "body/button.h"

#define MSEC USEC_PER_MSEC

/* A button on a virtual clock; `level` is the contact. What was told is kept as a letter each. */
struct rig {
    struct button *button;
    uint64_t now;
    bool level;
    char told[64];
    uint64_t told_usec[64];
    size_t count;
};

static void on_event(enum button_event event, void *userdata)
{
    static const char letters[] = {[BUTTON_DOWN] = 'd',
                                   [BUTTON_UP] = 'u',
                                   [BUTTON_CLICK] = 'c',
                                   [BUTTON_DOUBLE_CLICK] = '2',
                                   [BUTTON_LONG_PRESS] = 'l'};
    struct rig *rig = userdata;

    assert_true(rig->count + 1 < sizeof(rig->told));
    rig->told[rig->count] = letters[event];
    rig->told_usec[rig->count++] = rig->now;
}

static struct rig make(bool pressed)
{
    return (struct rig){.now = 1000 * MSEC, .level = pressed};
}

static void begin_with(struct rig *rig, uint64_t debounce_msec)
{
    struct button_times times = {
        .debounce_usec = debounce_msec * MSEC, .double_usec = 500 * MSEC, .long_usec = 1500 * MSEC};
    assert_int_equal(button_new(&rig->button, times, rig->level, on_event, rig), 0);
}

static void begin(struct rig *rig)
{
    begin_with(rig, 20);
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

/* The contact goes to `pressed` and chatters for about `msec`, an edge every `step` µs. */
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

/* What was told since the last time. */
static void assert_told(struct rig *rig, const char *expected)
{
    assert_string_equal(rig->told, expected);
    memset(rig->told, 0, sizeof(rig->told));
    rig->count = 0;
}

static void finish(struct rig *rig, const char *expected)
{
    assert_told(rig, expected);
    assert_true(button_deadline(rig->button) == USEC_NEVER);
    button_free(rig->button);
}

/* Down and up come with the edge itself, from within it. */
static void down_and_up_are_told_at_once(void **state)
{
    struct rig rig = make(false);
    begin(&rig);
    set_level(&rig, true);
    assert_told(&rig, "d");
    wait_msec(&rig, 100);
    set_level(&rig, false);
    assert_told(&rig, "u");
    wait_msec(&rig, 1000);
    finish(&rig, "c");
}

static void click_is_told_after_the_double_time(void **state)
{
    struct rig rig = make(false);
    begin(&rig);
    click(&rig, 100);
    uint64_t released = rig.now;
    wait_msec(&rig, 499);
    assert_string_equal(rig.told, "du");
    wait_msec(&rig, 1000);
    assert_true(rig.told_usec[2] == released + 500 * MSEC);
    finish(&rig, "duc");
}

static void double_click(void **state)
{
    struct rig rig = make(false);
    begin(&rig);
    click(&rig, 80);
    wait_msec(&rig, 499);
    click(&rig, 80);
    uint64_t released = rig.now;
    wait_msec(&rig, 2000);
    assert_true(rig.told_usec[4] == released + 500 * MSEC);
    finish(&rig, "dudu2");
}

static void too_slow_for_a_double(void **state)
{
    struct rig rig = make(false);
    begin(&rig);
    click(&rig, 80);
    wait_msec(&rig, 500);
    click(&rig, 80);
    wait_msec(&rig, 2000);
    finish(&rig, "ducduc");
}

static void many_presses_are_a_double(void **state)
{
    for (unsigned presses = 3; presses < 8; presses++) {
        struct rig rig = make(false);
        begin(&rig);
        for (unsigned i = 0; i < presses; i++) {
            click(&rig, 60);
            assert_told(&rig, "du");
            wait_msec(&rig, 150);
        }
        wait_msec(&rig, 2000);
        finish(&rig, "2");
    }
}

/* A long press is told while the button is held, once; of its release only that it is up. */
static void long_press_is_told_while_held(void **state)
{
    static const uint64_t held[] = {1501, 1600, 100000};

    for (size_t i = 0; i < ARRAY_SIZE(held); i++) {
        struct rig rig = make(false);
        begin(&rig);
        set_level(&rig, true);
        uint64_t pressed = rig.now;
        wait_msec(&rig, held[i]);
        assert_true(rig.told_usec[1] == pressed + 1500 * MSEC);
        assert_told(&rig, "dl");
        set_level(&rig, false);
        assert_told(&rig, "u");
        wait_msec(&rig, 3000);
        assert_told(&rig, "");
        click(&rig, 60);
        wait_msec(&rig, 2000);
        finish(&rig, "duc");
    }
}

static void just_short_of_long_is_a_click(void **state)
{
    struct rig rig = make(false);
    begin(&rig);
    click(&rig, 1499);
    wait_msec(&rig, 2000);
    finish(&rig, "duc");
}

static void click_and_hold_is_a_long_press(void **state)
{
    struct rig rig = make(false);
    begin(&rig);
    click(&rig, 60);
    wait_msec(&rig, 100);
    click(&rig, 1800);
    wait_msec(&rig, 3000);
    finish(&rig, "dudlu");
}

static void pressed_from_the_start_is_ignored(void **state)
{
    struct rig rig = make(true);
    begin(&rig);
    wait_msec(&rig, 7000);
    set_level(&rig, false);
    wait_msec(&rig, 2000);
    assert_told(&rig, "");
    click(&rig, 60);
    wait_msec(&rig, 2000);
    finish(&rig, "duc");
}

/* 1 to 50 ms of it, with any debounce time above the longest pause in it: each press and release is
 * told once, at its first edge. */
static void bounce_is_survived(void **state)
{
    static const uint64_t steps[] = {100, 1000, 4900, 9000}, debounces[] = {5, 10, 20, 55, 250};

    for (uint64_t msec = 1; msec <= 50; msec++) {
        for (size_t i = 0; i < ARRAY_SIZE(steps) * ARRAY_SIZE(debounces); i++) {
            uint64_t step = steps[i % ARRAY_SIZE(steps)];
            uint64_t debounce = debounces[i / ARRAY_SIZE(steps)];
            if (step >= debounce * MSEC)
                continue;
            for (unsigned clicks = 1; clicks <= 2; clicks++) {
                struct rig rig = make(false);
                begin_with(&rig, debounce);
                for (unsigned n = 0; n < clicks; n++) {
                    uint64_t pressed = rig.now;
                    bounce(&rig, true, msec, step);
                    wait_msec(&rig, 255);
                    uint64_t released = rig.now;
                    bounce(&rig, false, msec, step);
                    wait_msec(&rig, 255);
                    assert_true(rig.told_usec[0] == pressed && rig.told_usec[1] == released);
                    assert_told(&rig, "du");
                }
                wait_msec(&rig, 2000);
                finish(&rig, clicks == 1 ? "c" : "2");
            }
        }
    }
}

/* The press is over before the contact is trusted again: still a click. */
static void press_shorter_than_the_debounce(void **state)
{
    static const uint64_t debounces[] = {20, 250};

    for (size_t i = 0; i < ARRAY_SIZE(debounces); i++) {
        struct rig rig = make(false);
        begin_with(&rig, debounces[i]);
        click(&rig, 5);
        assert_told(&rig, "d");
        wait_msec(&rig, debounces[i]);
        assert_told(&rig, "u");
        wait_msec(&rig, 2000);
        finish(&rig, "c");
    }
}

/* The last edge is lost in the bounce: the level read after it tells, of a press and of a release.
 */
static void edge_lost_in_the_bounce_is_read(void **state)
{
    struct rig rig = make(false);
    begin(&rig);
    set_level(&rig, true);
    wait_msec(&rig, 10);
    rig.level = false;
    wait_msec(&rig, 2000);
    assert_told(&rig, "duc");

    set_level(&rig, true);
    wait_msec(&rig, 100);
    set_level(&rig, false);
    rig.level = true;
    wait_msec(&rig, 30);
    assert_told(&rig, "dud");
    wait_msec(&rig, 2000);
    assert_told(&rig, "l");
    set_level(&rig, false);
    wait_msec(&rig, 2000);
    finish(&rig, "u");
}

/* The release is lost long after the bounce: nobody holds the button, so that is no long press. */
static void lost_release_is_no_long_press(void **state)
{
    struct rig rig = make(false);
    begin(&rig);
    set_level(&rig, true);
    wait_msec(&rig, 200);
    rig.level = false;
    wait_msec(&rig, 5000);
    assert_told(&rig, "duc");
    click(&rig, 60);
    wait_msec(&rig, 2000);
    finish(&rig, "duc");
}

/* The loop slept through it all: what counts is when the edges were. */
static void late_handling_changes_nothing(void **state)
{
    static const struct {
        uint64_t edges_msec[6];
        unsigned count;
        const char *told;
    } rows[] = {
        {{0, 60}, 2, "duc"},
        {{0, 60, 200, 260}, 4, "dudu2"},
        {{0, 60, 600, 660}, 4, "ducduc"},
        {{0, 60, 700, 760, 900, 960}, 6, "ducdudu2"},
        {{0, 1600}, 2, "dlu"},
        {{0, 1600, 1700, 1760}, 4, "dluduc"},
        {{0, 60, 200, 1800}, 4, "dudlu"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct rig rig = make(false);
        begin(&rig);
        uint64_t start = rig.now;
        rig.now += 10 * USEC_PER_SEC;
        for (unsigned n = 0; n < rows[i].count; n++)
            button_edge(rig.button, n % 2 == 0, start + rows[i].edges_msec[n] * MSEC);
        button_tick(rig.button, false, rig.now);
        finish(&rig, rows[i].told);
    }
}

/* The same with a loop that sleeps for 600 ms at a time, and bounce. */
static void busy_loop_keeps_clicks_apart(void **state)
{
    for (uint64_t phase = 0; phase < 600; phase += 7) {
        struct rig rig = make(false);
        begin(&rig);
        uint64_t start = rig.now, woken = start + phase * MSEC;
        for (unsigned n = 0; n < 12; n++) {
            uint64_t usec = start + (n / 6 * 700 + n / 3 % 2 * 60 + n % 3) * MSEC;
            for (; woken < usec; woken += 600 * MSEC)
                if (button_deadline(rig.button) <= woken)
                    button_tick(rig.button, n / 3 % 2, woken);
            rig.now = usec > woken ? usec : woken;
            button_edge(rig.button, (n / 3 + n % 3) % 2 == 0, usec);
        }
        rig.now = start + 5000 * MSEC;
        button_tick(rig.button, false, rig.now);
        finish(&rig, "ducduc");
    }
}

/* Crackle without an end is one press, over when it is quiet. */
static void crackle_tells_no_stories(void **state)
{
    struct rig rig = make(false);
    begin(&rig);
    for (unsigned i = 0; i < 10001; i++) {
        set_level(&rig, i % 2 == 0);
        wait_msec(&rig, 3);
    }
    assert_told(&rig, "d");
    set_level(&rig, false);
    wait_msec(&rig, 2000);
    finish(&rig, "lu");
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
    assert_told(&rig, "duc");
    click(&rig, 450);
    wait_msec(&rig, 1000);
    finish(&rig, "dlu");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(down_and_up_are_told_at_once),
        cmocka_unit_test(click_is_told_after_the_double_time),
        cmocka_unit_test(double_click),
        cmocka_unit_test(too_slow_for_a_double),
        cmocka_unit_test(many_presses_are_a_double),
        cmocka_unit_test(long_press_is_told_while_held),
        cmocka_unit_test(just_short_of_long_is_a_click),
        cmocka_unit_test(click_and_hold_is_a_long_press),
        cmocka_unit_test(pressed_from_the_start_is_ignored),
        cmocka_unit_test(bounce_is_survived),
        cmocka_unit_test(press_shorter_than_the_debounce),
        cmocka_unit_test(edge_lost_in_the_bounce_is_read),
        cmocka_unit_test(lost_release_is_no_long_press),
        cmocka_unit_test(late_handling_changes_nothing),
        cmocka_unit_test(busy_loop_keeps_clicks_apart),
        cmocka_unit_test(crackle_tells_no_stories),
        cmocka_unit_test(times_can_be_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
