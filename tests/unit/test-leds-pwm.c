/* The thread in true time, as short as can be; what it plays is tested in test-pwm-schedule. */
#include "fake-lines.h"

#include <time.h>

#include "base/clock.h"
#include "body/leds.h"

struct rig {
    struct fake_lines fake;
    struct config *config;
    struct led_bank *bank;
};

static struct rig rig;

static int set_up(void **state)
{
    rig.fake = FAKE_LINES;
    rig.config = config_from("[leds]\ndriver = pwm\nnose = 1 2 3\nbottom = 4 5 6\n");
    return led_driver_find("pwm")->open(&rig.bank, rig.config, &rig.fake.lines, NULL);
}

static int tear_down(void **state)
{
    if (rig.bank)
        rig.bank->ops->free(rig.bank);
    rig.bank = NULL;
    rig.config = config_free(rig.config);
    return 0;
}

static size_t sets(void)
{
    size_t count;

    pthread_mutex_lock(&rig.fake.lock);
    count = rig.fake.count;
    pthread_mutex_unlock(&rig.fake.lock);
    return count;
}

static unsigned levels(void)
{
    unsigned state;

    pthread_mutex_lock(&rig.fake.lock);
    state = rig.fake.state;
    pthread_mutex_unlock(&rig.fake.lock);
    return state;
}

static void fails_from_now_on(int after)
{
    pthread_mutex_lock(&rig.fake.lock);
    rig.fake.fails_after = after;
    pthread_mutex_unlock(&rig.fake.lock);
}

static void sleep_usec(uint64_t usec)
{
    nanosleep(&(struct timespec){.tv_nsec = (long)(usec * 1000)}, NULL);
}

/* What must come, comes; the limit is for the day when it does not. */
#define WAIT_FOR(condition)                                           \
    do {                                                              \
        uint64_t give_up_usec = clock_now_usec() + 10 * USEC_PER_SEC; \
        while (!(condition)) {                                        \
            assert_true(clock_now_usec() < give_up_usec);             \
            sleep_usec(500);                                          \
        }                                                             \
    } while (0)

static int show(uint32_t nose, uint32_t bottom)
{
    struct led_light lights[LED_COUNT] = {{0}};

    lights[LED_NOSE] = light_from_color(nose, 100);
    lights[LED_BOTTOM] = light_from_color(bottom, 100);
    return rig.bank->ops->show(rig.bank, lights);
}

static void saturated_is_set_once(void **state)
{
    assert_int_equal(sets(), 0);
    assert_int_equal(show(0xff00ff, 0x00ff00), 0);
    WAIT_FOR(levels() == (5U | 2U << 12));
    assert_int_equal(sets(), 1);
    assert_int_equal(rig.fake.sets[0].mask, 7U | 7U << 12);
    sleep_usec(30000);
    assert_int_equal(sets(), 1);
    assert_int_equal(show(0xff00ff, 0x00ffff), 0);
    WAIT_FOR(levels() == (5U | 6U << 12));
    assert_int_equal(sets(), 2);
    assert_int_equal(rig.fake.sets[1].mask, 4U << 12); /* that one alone */
}

/* Three mid-level duties: four wake-ups in a frame, 100 frames a second. A busy machine may have
 * less of both, never more. */
static void pulses_within_budget(void **state)
{
    uint64_t began = clock_now_usec();

    assert_int_equal(show(0x8080ff, 0xa0c0a0), 0);
    WAIT_FOR(sets() >= 60);
    size_t count = sets();
    uint64_t frames = (clock_now_usec() - began) / 10000 + 2;
    assert_true(count <= frames * 4);

    /* Blue of the nose is never off, bottom's red and blue go together. */
    pthread_mutex_lock(&rig.fake.lock);
    for (size_t i = 1; i < count; i++) {
        assert_int_equal(rig.fake.sets[i].mask & 4U, 0);
        assert_int_equal(rig.fake.sets[i].mask >> 12 & 1, rig.fake.sets[i].mask >> 14 & 1);
    }
    pthread_mutex_unlock(&rig.fake.lock);

    /* Asleep again as soon as nothing is left to do. */
    assert_int_equal(show(0xffffff, 0), 0);
    WAIT_FOR(levels() == 7U);
    count = sets();
    sleep_usec(30000);
    assert_int_equal(sets(), count);
}

static void is_dark_at_the_end(void **state)
{
    assert_int_equal(show(0xffffff, 0x808080), 0);
    WAIT_FOR(sets() >= 3);
    assert_null(rig.bank->ops->free(rig.bank));
    rig.bank = NULL;
    assert_int_equal(rig.fake.state, 0);
    assert_int_equal(rig.fake.frees, 1);
}

static void unused_bank_ends_as_well(void **state)
{
    assert_null(rig.bank->ops->free(rig.bank));
    rig.bank = NULL;
    assert_int_equal(rig.fake.frees, 1);
}

/* The error is told by the next call, the lines are left alone meanwhile, and nothing is stuck. */
static void failing_lines_are_told_and_tried_again(void **state)
{
    fails_from_now_on(3);
    assert_int_equal(show(0x808080, 0x404040), 0);
    WAIT_FOR(sets() == 4);
    sleep_usec(30000);
    assert_int_equal(sets(), 4);
    WAIT_FOR(show(0x808080, 0x404041) == -EIO);
    WAIT_FOR(sets() >= 5);
    fails_from_now_on(-1);
    WAIT_FOR(show(0xffffff, 0) == 0);
    WAIT_FOR(levels() == 7U);
}

/* Handing over never waits for the thread, which sleeps most of the time. */
static void showing_does_not_block(void **state)
{
    uint64_t longest = 0, began = clock_now_usec();
    unsigned quick = 0;

    for (unsigned i = 0; i < 2000; i++) {
        uint64_t before = clock_now_usec(), took;

        assert_int_equal(show(0x010101 * (i & 0xff), 0x808080), 0);
        took = clock_now_usec() - before;
        longest = took > longest ? took : longest;
        quick += took < 1000;
    }
    assert_true(quick >= 1990); /* the machine may have had better to do now and then */
    assert_true(longest <= clock_now_usec() - began);
}

#define PWM_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PWM_TEST(saturated_is_set_once),
        PWM_TEST(pulses_within_budget),
        PWM_TEST(is_dark_at_the_end),
        PWM_TEST(unused_bank_ends_as_well),
        PWM_TEST(failing_lines_are_told_and_tried_again),
        PWM_TEST(showing_does_not_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
