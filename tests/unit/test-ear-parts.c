/* The pure parts of an ear: encoder, wheel, and what the motor may do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "body/ear-encoder.h"
#include "body/ear-motor.h"
#include "body/ear-wheel.h"

#define MSEC USEC_PER_MSEC
#define SEC  USEC_PER_SEC

/* ---- encoder ---- */

static void hole_counts_after_10_ms_of_dark(void **state)
{
    static const struct {
        uint64_t dark_usec;
        enum ear_edge edge;
    } rows[] = {{1, EAR_EDGE_CHATTER},
                {9999, EAR_EDGE_CHATTER},
                {10000, EAR_EDGE_COUNT},
                {800000, EAR_EDGE_COUNT}};

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct ear_encoder encoder = {.level = false};
        assert_int_equal(ear_encoder_edge(&encoder, false, 100 * SEC), EAR_EDGE_NONE);
        assert_int_equal(ear_encoder_edge(&encoder, true, 101 * SEC), EAR_EDGE_RISE);
        assert_int_equal(ear_encoder_edge(&encoder, true, 101 * SEC + 5), EAR_EDGE_NONE);
        assert_int_equal(ear_encoder_edge(&encoder, false, 101 * SEC + rows[i].dark_usec),
                         rows[i].edge);
    }
}

/* Evenly so many edges a second, for 3 s: is the encoder bad? */
static bool is_bad_at(unsigned rate)
{
    struct ear_encoder encoder = {.level = false};
    uint64_t usec = 100 * SEC, step = SEC / rate;
    bool bad = false;

    for (unsigned i = 0; i < 3 * rate; i++)
        bad |= ear_encoder_edge(&encoder, i % 2 == 0, usec + i * step) == EAR_EDGE_BAD;
    return bad;
}

static void over_50_edges_a_second_are_bad(void **state)
{
    static const unsigned good[] = {1, 10, 14, 40, 50}, bad[] = {52, 60, 100, 1000, 20000};

    for (size_t i = 0; i < ARRAY_SIZE(good); i++)
        assert_false(is_bad_at(good[i]));
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_true(is_bad_at(bad[i]));
}

/* 9 ms of it at every flank of the fastest ear. */
static void chatter_at_flanks_is_not_bad(void **state)
{
    struct ear_encoder encoder = {.level = false};
    uint64_t usec = 100 * SEC;

    for (unsigned flank = 0; flank < 1000; flank++) {
        bool level = flank % 2 == 0;
        for (unsigned i = 0; i <= 30; i++)
            assert_int_not_equal(
                ear_encoder_edge(&encoder, i % 2 == 0 ? level : !level, usec + i * 300),
                EAR_EDGE_BAD);
        usec += 70 * MSEC;
    }
}

static void quiet_encoder_is_good_again(void **state)
{
    struct ear_encoder encoder = {.level = false};
    uint64_t usec = 100 * SEC;
    enum ear_edge edge = EAR_EDGE_NONE;

    for (unsigned i = 0; i < 80; i++)
        edge = ear_encoder_edge(&encoder, i % 2 == 0, usec += 10 * MSEC);
    assert_int_equal(edge, EAR_EDGE_BAD);
    assert_int_equal(ear_encoder_edge(&encoder, true, usec + SEC), EAR_EDGE_RISE);
}

/* ---- wheel ---- */

/* The holes of a turn from `hole` on, in ms a hole and the gap; the last one is `hole` again. */
static void turn_wheel(struct ear_wheel *wheel, int hole, int direction, uint64_t normal,
                       uint64_t gap, unsigned counts)
{
    uint64_t usec = 100 * SEC;

    ear_wheel_start(wheel);
    for (unsigned i = 0; i < counts; i++) {
        ear_wheel_count(wheel, usec);
        int next = ear_wheel_hole(hole + direction);
        bool over_gap = (hole == 13 && next == 14) || (hole == 14 && next == 13);
        usec += (over_gap ? gap : normal) * MSEC;
        hole = next;
    }
}

static void wheel_finds_every_hole(void **state)
{
    for (int direction = -1; direction <= 1; direction += 2) {
        for (int first = 0; first < EAR_POSITIONS; first++) {
            for (unsigned counts = 18; counts < 40; counts++) {
                struct ear_wheel wheel = {0};
                turn_wheel(&wheel, first, direction, 200, 800, counts);
                int last = ear_wheel_hole(first + direction * (int)(counts - 1));
                assert_int_equal(ear_wheel_home(&wheel, direction), last);
                assert_true(ear_wheel_is_learnt(&wheel));
            }
        }
    }
}

static void wheel_needs_a_whole_turn(void **state)
{
    for (unsigned counts = 0; counts < 18; counts++) {
        struct ear_wheel wheel = {0};
        turn_wheel(&wheel, 3, 1, 200, 800, counts);
        assert_int_equal(ear_wheel_home(&wheel, 1), -1);
        assert_false(ear_wheel_is_learnt(&wheel));
    }
}

static void wheel_takes_no_stall_for_the_gap(void **state)
{
    static const struct {
        uint64_t normal, gap;
        bool found;
    } rows[] = {{200, 200, false},  {200, 299, false}, {200, 300, true}, {200, 1000, true},
                {200, 1001, false}, {350, 1400, true}, {150, 600, true}, {50, 5000, false}};

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct ear_wheel wheel = {0};
        turn_wheel(&wheel, 5, 1, rows[i].normal, rows[i].gap, 18);
        assert_int_equal(ear_wheel_home(&wheel, 1) >= 0, rows[i].found);
        assert_int_equal(ear_wheel_is_learnt(&wheel), rows[i].found);
    }
}

static void wheel_reads_every_hole(void **state)
{
    for (int at = 0; at < EAR_POSITIONS; at++) {
        struct ear_wheel wheel = {0};
        turn_wheel(&wheel, 0, 1, 200, 800, 18);
        assert_int_equal(ear_wheel_home(&wheel, 1), 0);
        turn_wheel(&wheel, ear_wheel_hole(at + 1), 1, 200, 800, 17);
        assert_int_equal(ear_wheel_read(&wheel), at);
    }
}

static void wheel_reads_no_stall(void **state)
{
    struct ear_wheel wheel = {0};

    turn_wheel(&wheel, 0, 1, 200, 800, 18);
    ear_wheel_home(&wheel, 1);
    turn_wheel(&wheel, 6, 1, 200, 800, 17);
    wheel.intervals[2] = 600 * MSEC; /* a second long one */
    assert_int_equal(ear_wheel_read(&wheel), -1);
    wheel.intervals[2] = 200 * MSEC;
    assert_true(ear_wheel_read(&wheel) >= 0);
    wheel.intervals[7] = 1600 * MSEC; /* the gap, held */
    assert_int_equal(ear_wheel_read(&wheel), -1);
}

static void hole_of_any_position(void **state)
{
    static const int rows[][2] = {{0, 0},   {16, 16}, {17, 0},  {37, 3},
                                  {-1, 16}, {-17, 0}, {-18, 16}};

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        assert_int_equal(ear_wheel_hole(rows[i][0]), rows[i][1]);
}

/* ---- motor ---- */

static uint64_t run_motor(struct ear_motor *motor, int direction, uint64_t from, uint64_t usec)
{
    ear_motor_start(motor, direction, from);
    ear_motor_stop(motor, from + usec);
    return from + usec;
}

static void one_run_is_15_s(void **state)
{
    struct ear_motor motor = {0};

    assert_true(ear_motor_when(&motor, 1, 40 * SEC, 5 * SEC) == 5 * SEC);
    ear_motor_start(&motor, 1, 5 * SEC);
    assert_int_equal(motor.drive, 1);
    assert_true(motor.limit_usec == 20 * SEC);
}

static void brakes_before_it_turns_back(void **state)
{
    struct ear_motor motor = {0};
    uint64_t now = run_motor(&motor, -1, 500 * SEC, SEC);

    assert_int_equal(motor.drive, 0);
    assert_int_equal(motor.direction, -1);
    assert_true(ear_motor_when(&motor, -1, SEC, now) == now);
    assert_true(ear_motor_when(&motor, 1, SEC, now) == now + 100 * MSEC);
    assert_true(ear_motor_when(&motor, 1, SEC, now + 40 * MSEC) == now + 100 * MSEC);
    assert_true(ear_motor_when(&motor, 1, SEC, now + 200 * MSEC) == now + 200 * MSEC);
}

static void half_a_minute_in_any_minute(void **state)
{
    struct ear_motor motor = {0};

    /* 10 s from 100, 8 from 115, 7 from 130: 25 of them at 137. */
    run_motor(&motor, 1, 100 * SEC, 10 * SEC);
    run_motor(&motor, 1, 115 * SEC, 8 * SEC);
    uint64_t now = run_motor(&motor, 1, 130 * SEC, 7 * SEC);
    assert_true(ear_motor_when(&motor, 1, 5 * SEC, now) == now);
    assert_true(ear_motor_when(&motor, 1, 6 * SEC, now) == 161 * SEC);
    assert_true(ear_motor_when(&motor, 1, 15 * SEC, now) == 170 * SEC);
    assert_true(ear_motor_when(&motor, 1, 15 * SEC, 172 * SEC) == 172 * SEC);

    /* What is left is the limit of a run, with whatever goal. */
    ear_motor_start(&motor, 1, now);
    assert_true(motor.limit_usec == now + 5 * SEC);
    ear_motor_stop(&motor, now + 5 * SEC);
    now += 5 * SEC;
    assert_true(ear_motor_when(&motor, 1, 1, now) == 160 * SEC + 1);
    assert_true(ear_motor_when(&motor, 1, 12 * SEC, now) == 160 * SEC + 15 * SEC + 2 * SEC);
}

/* As many runs as its pauses let into a minute: none is forgotten too early. */
static void many_short_runs_add_up(void **state)
{
    struct ear_motor motor = {0};
    uint64_t now = 1000 * SEC;

    /* 400 of every 1000 ms are not half of the time, 2000 of every 2600 are more. */
    for (unsigned i = 0; i < 1000; i++) {
        assert_true(ear_motor_when(&motor, 1, 400 * MSEC, now) == now);
        now = run_motor(&motor, 1, now, 400 * MSEC) + EAR_PAUSE_USEC;
    }

    for (unsigned i = 0; i < 1000; i++) {
        uint64_t start = ear_motor_when(&motor, 1, 2 * SEC, now);
        now = run_motor(&motor, 1, start, 2 * SEC) + EAR_PAUSE_USEC;
    }
    /* 15 runs each time, and the next one when the first of them has left the minute. */
    assert_in_range(now / SEC, 2000 + 62 * 1000 / 15 - 30, 2000 + 62 * 1000 / 15 + 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hole_counts_after_10_ms_of_dark),
        cmocka_unit_test(over_50_edges_a_second_are_bad),
        cmocka_unit_test(chatter_at_flanks_is_not_bad),
        cmocka_unit_test(quiet_encoder_is_good_again),
        cmocka_unit_test(wheel_finds_every_hole),
        cmocka_unit_test(wheel_needs_a_whole_turn),
        cmocka_unit_test(wheel_takes_no_stall_for_the_gap),
        cmocka_unit_test(wheel_reads_every_hole),
        cmocka_unit_test(wheel_reads_no_stall),
        cmocka_unit_test(hole_of_any_position),
        cmocka_unit_test(one_run_is_15_s),
        cmocka_unit_test(brakes_before_it_turns_back),
        cmocka_unit_test(half_a_minute_in_any_minute),
        cmocka_unit_test(many_short_runs_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
