/* Windows that double, and a random source that keeps inside them. */
#include "helper.h"

#include "base/backoff.h"
#include "base/clock.h"

struct roll {
    uint64_t low, high;
};

static uint64_t note(uint64_t low, uint64_t high, void *userdata)
{
    *(struct roll *)userdata = (struct roll){low, high};
    return low;
}

static void test_windows(void **state)
{
    static const struct {
        struct backoff backoff;
        uint64_t low, highs[6];
    } cases[] = {
        {{.low_usec = 5, .high_usec = 34, .max_usec = 900}, 5, {34, 68, 136, 272, 544, 900}},
        {{.low_usec = 0, .high_usec = 1, .max_usec = 8}, 0, {1, 2, 4, 8, 8, 8}},
        {{.low_usec = 0, .high_usec = 3, .max_usec = 7}, 0, {3, 6, 7, 7, 7, 7}},
        {{.low_usec = 2, .high_usec = 50, .max_usec = 9}, 2, {9, 9, 9, 9, 9, 9}},
        {{.low_usec = 0, .high_usec = 1, .max_usec = 16, .step = 3}, 0, {8, 16, 16, 16, 16, 16}},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct backoff backoff = cases[i].backoff;

        for (size_t n = 0; n < ARRAY_SIZE(cases[i].highs); n++) {
            struct roll roll;
            uint64_t delay = backoff_next(&backoff, note, &roll);

            assert_int_equal(delay, cases[i].low);
            assert_int_equal(roll.low, cases[i].low);
            assert_int_equal(roll.high, cases[i].highs[n]);
        }
    }
}

/* A lower end above the window is the window's end: never longer than asked for. */
static void test_window_is_never_upside_down(void **state)
{
    struct backoff backoff = {.low_usec = 100, .high_usec = 10, .max_usec = 40};
    struct roll roll;

    assert_int_equal(backoff_next(&backoff, note, &roll), 10);
    assert_int_equal(backoff_next(&backoff, note, &roll), 20);
    assert_int_equal(backoff_next(&backoff, note, &roll), 40);
}

static void test_does_not_overflow(void **state)
{
    struct backoff backoff = {.high_usec = 1, .max_usec = UINT64_MAX / 4};
    struct roll roll = {0, 0};

    for (unsigned i = 0; i < 1000; i++)
        backoff_next(&backoff, note, &roll);
    assert_int_equal(roll.high, UINT64_MAX / 4);
}

static void test_starts_anew(void **state)
{
    struct backoff backoff = {.high_usec = 10, .max_usec = 1000};
    struct roll roll;

    for (unsigned i = 0; i < 5; i++)
        backoff_next(&backoff, note, &roll);
    backoff.step = 0;
    backoff_next(&backoff, note, &roll);
    assert_int_equal(roll.high, 10);
}

static void test_random_numbers(void **state)
{
    bool seen[4] = {false};

    for (unsigned i = 0; i < 1000; i++) {
        uint64_t value = random_between(7, 10, NULL);

        assert_in_range(value, 7, 10);
        seen[value - 7] = true;
    }
    for (unsigned i = 0; i < 4; i++)
        assert_true(seen[i]);
    assert_int_equal(random_between(5, 5, NULL), 5);
    assert_int_equal(random_between(6, 5, NULL), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_window_is_never_upside_down),
        cmocka_unit_test(test_does_not_overflow),
        cmocka_unit_test(test_starts_anew),
        cmocka_unit_test(test_random_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
