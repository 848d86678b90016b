/* The thread in true time, as short as can be. */
#include "helper.h"

#include <pthread.h>
#include <unistd.h>

#include "base/clock.h"
#include "body/guard.h"

#define MSEC          USEC_PER_MSEC
#define PATIENCE_USEC (10 * USEC_PER_SEC)

struct motors {
    struct guard *guard;
    pthread_mutex_t lock;
    unsigned begun, stopped;
    uint64_t stopped_usec;
    useconds_t takes_usec; /* to stop */
};

static void count(struct motors *motors, unsigned *what)
{
    pthread_mutex_lock(&motors->lock);
    motors->stopped_usec = clock_now_usec();
    ++*what;
    pthread_mutex_unlock(&motors->lock);
}

static unsigned counted(struct motors *motors, const unsigned *what)
{
    unsigned number;

    pthread_mutex_lock(&motors->lock);
    number = *what;
    pthread_mutex_unlock(&motors->lock);
    return number;
}

static void on_stop(void *userdata)
{
    struct motors *motors = userdata;

    count(motors, &motors->begun);
    usleep(motors->takes_usec);
    count(motors, &motors->stopped);
}

static void wait_for(struct motors *motors, const unsigned *what)
{
    uint64_t end = clock_now_usec() + PATIENCE_USEC;

    while (counted(motors, what) == 0) {
        assert_true(clock_now_usec() < end);
        usleep(1000);
    }
}

static int set_up(void **state)
{
    struct motors *motors = calloc(1, sizeof(*motors));

    assert_non_null(motors);
    pthread_mutex_init(&motors->lock, NULL);
    *state = motors;
    return guard_new(&motors->guard, on_stop, motors);
}

static int tear_down(void **state)
{
    struct motors *motors = *state;

    guard_free(motors->guard);
    pthread_mutex_destroy(&motors->lock);
    free(motors);
    return 0;
}

static void test_nobody_comes(void **state)
{
    struct motors *motors = *state;
    uint64_t expected = clock_now_usec() + 20 * MSEC;

    assert_false(guard_has_stopped(motors->guard));
    guard_expect(motors->guard, expected);
    wait_for(motors, &motors->stopped);
    assert_true(motors->stopped_usec >= expected + GUARD_GRACE_USEC);
    assert_true(guard_has_stopped(motors->guard));
    assert_false(guard_has_stopped(motors->guard)); /* told once */

    motors->stopped = 0;
    guard_expect(motors->guard, 0); /* late already */
    wait_for(motors, &motors->stopped);
    assert_int_equal(motors->begun, 2);
}

/* As edges put it off, and then the ear rests. */
static void test_comes_in_time(void **state)
{
    struct motors *motors = *state;

    for (unsigned i = 0; i < 70; i++) {
        guard_expect(motors->guard, clock_now_usec() + 300 * MSEC);
        usleep(10000);
    }
    guard_expect(motors->guard, USEC_NEVER);
    assert_false(guard_has_stopped(motors->guard));
    assert_int_equal(counted(motors, &motors->begun), 0);
}

/* Lines are given back after this: nobody may be using them. */
static void test_waits_for_the_end(void **state)
{
    struct motors *motors = *state;

    motors->takes_usec = 50000;
    guard_expect(motors->guard, 0);
    wait_for(motors, &motors->begun);
    guard_expect(motors->guard, USEC_NEVER);
    assert_int_equal(counted(motors, &motors->stopped), 1);
}

static void test_none(void **state)
{
    guard_expect(NULL, 0);
    assert_false(guard_has_stopped(NULL));
    assert_null(guard_free(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nobody_comes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_comes_in_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_waits_for_the_end, set_up, tear_down),
        cmocka_unit_test(test_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
