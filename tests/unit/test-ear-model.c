#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "body/ear-model.h"

static struct ear_model *make(uint64_t seed, bool coasts)
{
    struct ear_model_traits traits = {.speed = 90, .coasts = coasts};
    struct ear_model *model = NULL;

    assert_int_equal(ear_model_new(&model, seed, &traits, 0), 0);
    return model;
}

/* Lets time pass; returns how many edges there were. */
static unsigned pass(struct ear_model *model, uint64_t until_usec)
{
    struct ear_model_edge edge;
    unsigned edges = 0;

    while (ear_model_advance(model, until_usec, &edge))
        edges++;
    return edges;
}

static double hole_angle(unsigned hole)
{
    return 18.0 * (hole > 13 ? hole + 3 : hole);
}

static bool near(double a, double b, double tolerance)
{
    return fabs(a - b) <= tolerance;
}

static void starts_anywhere_but_repeatably(void **state)
{
    unsigned quarters[4] = {0};

    for (uint64_t seed = 0; seed < 200; seed++) {
        struct ear_model *a = make(seed, false), *b = make(seed, true);
        double angle = ear_model_angle(a);
        assert_true(angle >= 0 && angle < 360);
        assert_true(angle == ear_model_angle(b));
        assert_true(ear_model_at_rest(a));
        quarters[(unsigned)(angle / 90)]++;
        ear_model_free(a);
        ear_model_free(b);
    }
    for (unsigned i = 0; i < 4; i++)
        assert_in_range(quarters[i], 30, 70);
}

static void level_is_low_exactly_in_holes(void **state)
{
    for (uint64_t seed = 0; seed < 500; seed++) {
        struct ear_model *model = make(seed, false);
        double angle = ear_model_angle(model), nearest = 360;
        for (unsigned hole = 0; hole <= 17; hole++) {
            double center = hole == 17 ? 360 : hole_angle(hole);
            nearest = fmin(nearest, fabs(angle - center));
        }
        assert_int_equal(ear_model_level(model), nearest > 3.15);
        ear_model_free(model);
    }
}

/* One turn at full speed: the figures of gpio.md, section 1.1. */
static void turn_has_the_measured_times(void **state)
{
    struct ear_model *model = make(3, false);
    struct ear_model_edge edge;
    uint64_t falls[40], fell = 0;
    unsigned count = 0, gaps = 0;

    ear_model_drive(model, 1);
    pass(model, USEC_PER_SEC);
    while (count < 35 && ear_model_advance(model, 20 * USEC_PER_SEC, &edge)) {
        if (edge.level) {
            if (fell)
                assert_in_range(edge.usec - fell, 60000, 90000);
            continue;
        }
        fell = edge.usec;
        falls[count++] = fell;
    }
    assert_int_equal(count, 35);
    assert_in_range(falls[17] - falls[0], 3900000, 4150000);
    for (unsigned i = 1; i < 18; i++) {
        uint64_t interval = falls[i] - falls[i - 1];
        if (interval > 500000) {
            assert_in_range(interval, 740000, 870000);
            gaps++;
        } else {
            assert_in_range(interval, 180000, 220000);
        }
    }
    assert_int_equal(gaps, 1);
    ear_model_free(model);
}

static void holes_come_in_order(void **state)
{
    for (int direction = -1; direction <= 1; direction += 2) {
        struct ear_model *model = make(11, false);
        struct ear_model_edge edge;
        int hole = -1;

        ear_model_drive(model, direction);
        for (unsigned i = 0; i < 100; i++) {
            assert_true(ear_model_advance(model, 60 * USEC_PER_SEC, &edge));
            if (edge.level)
                continue;
            if (hole >= 0)
                assert_int_equal(edge.hole, (hole + direction + 17) % 17);
            hole = (int)edge.hole;
            assert_true(near(remainder(ear_model_angle(model) - hole_angle(edge.hole), 360),
                             direction * -3.15, 1e-6));
        }
        ear_model_free(model);
    }
}

/* First order: after one time constant 1 - 1/e of the speed. Rolled out: speed times time constant.
 */
static void inertia(void **state)
{
    static const struct {
        bool made_so, coasts;
        double low, high;
    } rows[] = {{false, false, 1.9, 2.5},
                {true, true, 11.5, 14.5},
                {true, false, 1.9, 2.5},
                {false, true, 11.5, 14.5}};

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct ear_model *model = make(1, rows[i].made_so);
        if (rows[i].coasts != rows[i].made_so)
            ear_model_set_coasting(model, rows[i].coasts);
        ear_model_drive(model, 1);
        pass(model, USEC_PER_SEC);
        double before = ear_model_angle(model);
        ear_model_drive(model, 0);
        assert_false(ear_model_at_rest(model));
        pass(model, 2 * USEC_PER_SEC);
        assert_true(ear_model_at_rest(model));
        double rolled = remainder(ear_model_angle(model) - before, 360);
        assert_true(rolled > rows[i].low && rolled < rows[i].high);
        ear_model_free(model);
    }
}

static void prediction_is_the_next_edge(void **state)
{
    struct ear_model *model = make(5, false);
    struct ear_model_edge edge;
    unsigned edges = 0;

    assert_true(ear_model_next_usec(model) == USEC_NEVER);
    ear_model_drive(model, -1);
    for (unsigned i = 0; i < 200 && edges < 40; i++) {
        uint64_t next = ear_model_next_usec(model);
        assert_true(next != USEC_NEVER);
        if (!ear_model_advance(model, next, &edge))
            continue;
        assert_true(edge.usec == next);
        edges++;
    }
    assert_int_equal(edges, 40);
    ear_model_free(model);
}

static void faults(void **state)
{
    struct ear_model *model = make(8, false);
    struct ear_model_edge edge;

    ear_model_drive(model, 1);
    pass(model, USEC_PER_SEC);
    for (enum ear_fault fault = EAR_FAULT_STALL; fault < EAR_FAULT_COUNT; fault++) {
        ear_model_set_fault(model, fault);
        double angle = ear_model_angle(model);
        uint64_t now = fault * 10 * USEC_PER_SEC;
        if (fault != EAR_FAULT_ENCODER) {
            assert_int_equal(pass(model, now), 0);
            assert_true(ear_model_angle(model) == angle);
            assert_true(ear_model_next_usec(model) == USEC_NEVER);
        } else {
            assert_true(ear_model_level(model));
            while (ear_model_advance(model, now, &edge))
                assert_true(edge.silent && edge.level);
            assert_false(ear_model_angle(model) == angle);
        }
        ear_model_set_fault(model, EAR_FAULT_NONE);
        assert_true(pass(model, now + USEC_PER_SEC) > 2); /* it may be in the gap */
    }
    ear_model_free(model);
}

static void dead_light_is_an_edge_in_a_hole_only(void **state)
{
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct ear_model *model = make(seed, false);
        bool dark = ear_model_level(model);
        assert_int_equal(ear_model_set_fault(model, EAR_FAULT_ENCODER), !dark);
        assert_int_equal(ear_model_set_fault(model, EAR_FAULT_NONE), !dark);
        assert_int_equal(ear_model_level(model), dark);
        ear_model_free(model);
    }
}

static void hand_turns_by_holes(void **state)
{
    static const int turns[] = {1, -1, 4, -2, 17, -17, 30, -40, 0};
    struct ear_model *model = make(21, false);
    uint64_t now = 0;

    for (unsigned round = 0; round < 5; round++) {
        for (size_t i = 0; i < ARRAY_SIZE(turns); i++) {
            int expected = ((int)ear_model_hole(model) + turns[i]) % 17;
            expected = expected < 0 ? expected + 17 : expected;
            ear_model_turn(model, turns[i]);
            now += 20 * USEC_PER_SEC;
            pass(model, now);
            assert_true(ear_model_at_rest(model));
            assert_int_equal(ear_model_hole(model), expected);
            assert_true(near(
                remainder(ear_model_angle(model) - hole_angle((unsigned)expected), 360), 0, 1e-6));
            assert_false(ear_model_level(model));
        }
    }
    ear_model_free(model);
}

/* Also out of the dark, where the ear lies beside the hole it passed last, from either side. */
static void hand_turns_from_beside_a_hole(void **state)
{
    for (int direction = -1; direction <= 1; direction += 2) {
        for (uint64_t pause = 0; pause < 40; pause++) {
            struct ear_model *model = make(pause, true);
            uint64_t now = 2 * USEC_PER_SEC + pause * 100 * USEC_PER_MSEC;
            ear_model_drive(model, direction);
            pass(model, now);
            ear_model_drive(model, 0);
            pass(model, now += USEC_PER_SEC);
            unsigned expected = (ear_model_hole(model) + 3) % 17;
            double before = ear_model_angle(model);
            ear_model_turn(model, 3);
            pass(model, now + 10 * USEC_PER_SEC);
            assert_int_equal(ear_model_hole(model), expected);
            double moved = fmod(ear_model_angle(model) - before + 360, 360);
            assert_true(moved > 0 && moved <= 126 + 54);
            ear_model_free(model);
        }
    }
}

static void two_turns_add_up(void **state)
{
    struct ear_model *model = make(2, false);
    unsigned hole = ear_model_hole(model);

    ear_model_turn(model, 5);
    pass(model, 100 * USEC_PER_MSEC);
    ear_model_turn(model, -2);
    pass(model, 10 * USEC_PER_SEC);
    assert_int_equal(ear_model_hole(model), (hole + 3) % 17);
    ear_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_anywhere_but_repeatably),
        cmocka_unit_test(level_is_low_exactly_in_holes),
        cmocka_unit_test(turn_has_the_measured_times),
        cmocka_unit_test(holes_come_in_order),
        cmocka_unit_test(inertia),
        cmocka_unit_test(prediction_is_the_next_edge),
        cmocka_unit_test(faults),
        cmocka_unit_test(dead_light_is_an_edge_in_a_hole_only),
        cmocka_unit_test(hand_turns_by_holes),
        cmocka_unit_test(hand_turns_from_beside_a_hole),
        cmocka_unit_test(two_turns_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
