/* Whatever is commanded and whatever fails, in whatever phase: the motor keeps to its limits (the
 * rig looks after that all the time), and the ear ends in a state that makes sense. */
#include "ear-rig.h"

enum stage {
    NEW,
    AT_REST,
    HOMING,
    MOVING,
    READING,
    SETTLING,
    RETRYING, /* it did not turn, and waits for its second try */
    WAITING,  /* the motor has had its share */
    TURNED,   /* by a hand, a moment ago */
    BROKEN,
    STAGES,
};

/* Moves until there is no room for another. */
static void use_up(struct rig *rig)
{
    for (unsigned i = 0; i < 20; i++) {
        assert_int_equal(ear_go(rig->ear, 34 + 9, EAR_FORWARD, rig->now), 0);
        rig_run(rig, USEC_PER_SEC);
        if (!rig->motor)
            return;
        rig_settle(rig);
    }
    fail();
}

static void enter_stage(struct rig *rig, enum stage stage)
{
    if (stage != NEW && stage != HOMING)
        rig_home(rig);
    if (stage == HOMING)
        ear_home(rig->ear, rig->now);
    if (stage == MOVING || stage == RETRYING || stage == BROKEN)
        assert_int_equal(ear_go(rig->ear, 12, EAR_FORWARD, rig->now), 0);
    if (stage == SETTLING)
        assert_int_equal(ear_go(rig->ear, 3, EAR_FORWARD, rig->now), 0);
    if (stage == READING || stage == TURNED)
        ear_model_turn(rig->model, 5);
    if (stage == READING)
        rig_until(rig, true);
    if (stage == RETRYING || stage == BROKEN)
        set_fault(rig, EAR_FAULT_STALL);
    if (stage == RETRYING || stage == SETTLING)
        rig_until(rig, false);
    if (stage == HOMING || stage == MOVING || stage == READING || stage == TURNED)
        rig_run(rig, 1500 * USEC_PER_MSEC);
    if (stage == WAITING)
        use_up(rig);
    if (stage == BROKEN)
        rig_settle(rig);
    set_fault(rig, EAR_FAULT_NONE);
}

static const struct {
    enum ear_state state;
    bool motor;
} stages[STAGES] = {
    [NEW] = {EAR_UNKNOWN, false},     [AT_REST] = {EAR_RESTING, false},
    [HOMING] = {EAR_HOMING, true},    [MOVING] = {EAR_MOVING, true},
    [READING] = {EAR_HOMING, true},   [SETTLING] = {EAR_MOVING, false},
    [RETRYING] = {EAR_HOMING, false}, [WAITING] = {EAR_MOVING, false},
    [TURNED] = {EAR_UNKNOWN, false},  [BROKEN] = {EAR_BROKEN, false},
};

static struct rig *rig_in(enum stage stage, uint64_t seed)
{
    struct rig *rig = rig_new(seed, 90, false, false);

    enter_stage(rig, stage);
    assert_int_equal(ear_state(rig->ear), stages[stage].state);
    assert_int_equal(rig->motor != 0, stages[stage].motor);
    return rig;
}

/* ---- every command in every phase ---- */

enum command { GO, HOME, READ, STOP, COMMANDS };

static int command(struct rig *rig, enum command command)
{
    if (command == GO)
        return ear_go(rig->ear, 7, EAR_BACKWARD, rig->now);
    if (command == HOME)
        ear_home(rig->ear, rig->now);
    else if (command == READ)
        ear_read(rig->ear, rig->now);
    else
        ear_stop(rig->ear, rig->now);
    return 0;
}

#define LOST   (-1) /* at rest, unknown */
#define BROKE  (-2) /* broken */
#define HERE   (-3) /* at rest wherever it is, known */
#define TARGET (-4) /* where use_up() sent it */

static void every_command_in_every_phase(void **state)
{
    static const int ends[STAGES][COMMANDS] = {
        [NEW] = {7, 0, 0, LOST},       [AT_REST] = {7, 0, 0, 0},
        [HOMING] = {7, 0, 0, LOST},    [MOVING] = {7, 0, 12, HERE},
        [READING] = {7, 0, 5, LOST},   [SETTLING] = {7, 0, 3, 3},
        [RETRYING] = {7, 0, 12, LOST}, [WAITING] = {7, 0, TARGET, HERE},
        [TURNED] = {7, 0, 5, LOST},    [BROKEN] = {BROKE, 0, BROKE, BROKE},
    };

    for (enum stage stage = 0; stage < STAGES; stage++) {
        for (enum command c = 0; c < COMMANDS; c++) {
            struct rig *rig = rig_in(stage, stage * 10 + c);
            int end = ends[stage][c];
            assert_int_equal(command(rig, c), end == BROKE && c == GO ? -EIO : 0);
            if (c == STOP)
                assert_int_equal(rig->motor, 0);
            unsigned runs = rig->runs;
            rig_settle(rig);
            if (c == STOP)
                assert_int_equal(rig->runs, runs);
            if (end == LOST || end == BROKE) {
                assert_int_equal(ear_state(rig->ear), end == LOST ? EAR_UNKNOWN : EAR_BROKEN);
                assert_int_equal(ear_position(rig->ear), -1);
            } else {
                assert_int_equal(ear_state(rig->ear), EAR_RESTING);
                assert_int_equal(ear_position(rig->ear), ear_model_hole(rig->model));
                if (end >= 0)
                    assert_int_equal(ear_position(rig->ear), end);
                if (end == TARGET)
                    assert_int_equal(ear_position(rig->ear), 9);
            }
            rig_free(rig);
        }
    }
}

/* Any four commands, any time apart, and then one that can be checked. */
static void random_commands(void **state)
{
    for (uint64_t seed = 0; seed < 400; seed++) {
        struct rig *rig = rig_in(seed % STAGES, seed);
        for (unsigned i = 0; i < 4; i++) {
            command(rig, (enum command)draw(rig, COMMANDS));
            rig_run(rig, draw(rig, 1500 * USEC_PER_MSEC));
        }
        ear_home(rig->ear, rig->now);
        assert_int_equal(ear_go(rig->ear, 4, EAR_FORWARD, rig->now), 0);
        rig_settle(rig);
        assert_at(rig, 4, false);
        rig_free(rig);
    }
}

/* ---- every fault in every phase ---- */

/* Ends broken when the motor was to run, and is healed by home; otherwise it notices at the next
 * order. */
static void every_fault_in_every_phase(void **state)
{
    for (enum ear_fault fault = EAR_FAULT_STALL; fault < EAR_FAULT_COUNT; fault++) {
        for (enum stage stage = 0; stage < STAGES; stage++) {
            for (uint64_t moment = 0; moment < 6; moment++) {
                struct rig *rig = rig_in(stage, moment);
                rig_run(rig, moment * 53 * USEC_PER_MSEC);
                set_fault(rig, fault);
                rig_settle(rig);
                int r =
                    ear_go(rig->ear, (ear_model_hole(rig->model) + 8) % 17, EAR_FORWARD, rig->now);
                assert_int_equal(r == -EIO, ear_state(rig->ear) == EAR_BROKEN);
                rig_settle(rig);
                assert_int_equal(ear_state(rig->ear), EAR_BROKEN);
                assert_int_equal(ear_position(rig->ear), -1);
                set_fault(rig, EAR_FAULT_NONE);
                rig_home(rig);
                rig_free(rig);
            }
        }
    }
}

/* As a listener may that wants its ear back: each time it breaks it is homed at once. */
static void homed_the_moment_it_breaks(void **state)
{
    for (enum ear_fault fault = EAR_FAULT_STALL; fault < EAR_FAULT_COUNT; fault++) {
        struct rig *rig = rig_in(AT_REST, 3);
        set_fault(rig, fault);
        rig->homes_when_broken = true;
        unsigned runs = rig->runs;
        assert_int_equal(ear_go(rig->ear, 8, EAR_BACKWARD, rig->now), 0);
        rig_run(rig, 100 * USEC_PER_SEC);
        assert_true(rig->runs > runs + 6);
        set_fault(rig, EAR_FAULT_NONE);
        rig_settle(rig);
        assert_at(rig, 0, false);
        rig_free(rig);
    }
}

/* ---- the limits of a run ---- */

/* New goals straight ahead, so that it never has to stop for any of them. */
static void new_goals_make_no_longer_run(void **state)
{
    for (uint64_t every = 100; every <= 2300; every += 440) {
        for (int direction = 0; direction < 2; direction++) {
            struct rig *rig = rig_in(AT_REST, every);
            enum ear_way way = direction ? EAR_FORWARD : EAR_BACKWARD;
            for (unsigned i = 0; i < 60; i++) {
                assert_int_equal(ear_go(rig->ear, 50, way, rig->now), 0);
                rig_run(rig, every * USEC_PER_MSEC);
            }
            if (every >= 540)
                assert_true(rig->longest_run > 14 * USEC_PER_SEC);
            rig_settle(rig);
            assert_at(rig, 50, false);
            rig_free(rig);
        }
    }
}

static void new_goals_hide_no_stall(void **state)
{
    struct rig *rig = rig_in(MOVING, 3);

    set_fault(rig, EAR_FAULT_STALL);
    uint64_t stalled = rig->now;
    while (rig->motor) {
        assert_int_equal(ear_go(rig->ear, 50, EAR_FORWARD, rig->now), 0);
        rig_run(rig, 500 * USEC_PER_MSEC);
    }
    assert_true(rig->now - stalled <= 3000 * USEC_PER_MSEC);
    assert_int_equal(ear_position(rig->ear), -1);
    rig_settle(rig);
    assert_int_equal(ear_state(rig->ear), EAR_BROKEN);
    rig_free(rig);
}

/* Two turns and 16 holes take a slow belt 21 s: it arrives in two runs. */
static void long_way_on_a_slow_belt(void **state)
{
    static const enum ear_way ways[] = {EAR_FORWARD, EAR_BACKWARD};

    for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
        struct rig *rig = rig_new(i, 52, i == 1, false);
        rig_home(rig);
        rig_run(rig, 60 * USEC_PER_SEC);
        rig->runs = rig->holes = 0;
        rig_go(rig, i ? 34 + 1 : 34 + 16, ways[i]);
        assert_at(rig, i ? 1 : 16, false);
        assert_true(rig->longest_run == 15 * USEC_PER_SEC);
        assert_int_equal(rig->runs, 2);
        assert_in_range(rig->holes, 50, 51);
        rig_free(rig);
    }
}

/* Homing needs more room than the short move that it comes into: it does not fail for that. */
static void homing_has_a_whole_run(void **state)
{
    struct rig *rig = rig_new(4, 60, false, false);

    enter_stage(rig, WAITING);
    ear_stop(rig->ear, rig->now);
    assert_int_equal(ear_go(rig->ear, ear_position(rig->ear) + 1, EAR_FORWARD, rig->now), 0);
    assert_int_not_equal(rig->motor, 0);
    unsigned reversals = rig->reversals;
    rig_home(rig);
    assert_int_equal(rig->reversals, reversals);
    rig_free(rig);
}

/* So slow that it cannot be right: its own cap stops the move, and it still knows where it is. */
static void too_slow_is_not_driven_on(void **state)
{
    struct rig *rig = rig_new(5, 36, false, false);

    ear_home(rig->ear, rig->now);
    rig_settle(rig);
    rig_run(rig, 60 * USEC_PER_SEC);
    int from = ear_position(rig->ear);
    assert_int_equal(from, ear_model_hole(rig->model));
    rig->runs = 0;
    rig->longest_run = 0;
    rig_go(rig, 16, EAR_FORWARD);
    assert_int_equal(rig->runs, 1);
    assert_int_equal(rig->longest_run, 9400 * USEC_PER_MSEC);
    assert_int_equal(ear_state(rig->ear), EAR_RESTING);
    assert_int_equal(ear_position(rig->ear), ear_model_hole(rig->model));
    assert_int_not_equal(ear_position(rig->ear), 16);
    rig_free(rig);
}

/* ---- the share of the motor ---- */

/* Without a rest for 20 minutes: the rig sees that it is never over the half, and everything is
 * done. */
static void endless_moves_take_their_time(void **state)
{
    struct rig *rig = rig_in(AT_REST, 8);
    uint64_t end = rig->now + 1200 * USEC_PER_SEC, moving = 0;
    unsigned runs = rig->runs;

    while (rig->now < end) {
        int target = (int)draw(rig, EAR_TARGETS);
        rig_go(rig, target, (enum ear_way)draw(rig, 3));
        assert_at(rig, target, false);
        moving++;
    }
    assert_true(moving > 60 && rig->runs > runs + 60);
    rig_free(rig);
}

static void endless_homing_takes_its_time(void **state)
{
    struct rig *rig = rig_in(NEW, 8);

    for (unsigned i = 0; i < 100; i++) {
        ear_home(rig->ear, rig->now);
        rig_run(rig, 3 * USEC_PER_SEC);
        ear_stop(rig->ear, rig->now);
    }
    rig_home(rig);
    rig_free(rig);
}

static void says_what_it_waits_for(void **state)
{
    struct rig *rig = rig_in(WAITING, 8);

    /* Known, moving, and the last of its orders counts. */
    assert_int_equal(ear_position(rig->ear), ear_model_hole(rig->model));
    assert_int_equal(ear_state(rig->ear), EAR_MOVING);
    assert_true(ear_deadline(rig->ear) - rig->now < 60 * USEC_PER_SEC);
    uint64_t since = rig->now;
    assert_int_equal(ear_go(rig->ear, 12, EAR_FORWARD, rig->now), 0);
    assert_int_equal(ear_go(rig->ear, 2, EAR_BACKWARD, rig->now), 0);
    assert_int_equal(rig->motor, 0);
    unsigned runs = rig->runs;
    rig_settle(rig);
    assert_at(rig, 2, false);
    assert_int_equal(rig->runs, runs + 1);
    assert_true(rig->now - since > 10 * USEC_PER_SEC);
    rig_free(rig);
}

/* Moved by a hand meanwhile, or crept: the order is carried out all the same. */
static void moved_while_it_waits(void **state)
{
    for (int turn = -6; turn <= 6; turn++) {
        struct rig *rig = rig_in(WAITING, 8);
        ear_model_turn(rig->model, turn);
        rig_run(rig, 3 * USEC_PER_SEC);
        if (turn)
            assert_int_equal(ear_position(rig->ear), -1);
        rig_settle(rig);
        assert_at(rig, 9, false);
        rig_free(rig);
    }
}

/* The same when it waits in the middle of a move that its share cut short. */
static void moved_in_the_middle_of_a_move(void **state)
{
    for (int turn = -6; turn <= 6; turn++) {
        struct rig *rig = rig_in(AT_REST, 8);
        do {
            assert_int_equal(ear_go(rig->ear, 34 + 9, EAR_FORWARD, rig->now), 0);
            rig_run(rig, 500 * USEC_PER_MSEC);
            if (!rig->motor)
                rig_run(rig, 1500 * USEC_PER_MSEC);
        } while (rig->motor);
        assert_int_equal(ear_state(rig->ear), EAR_MOVING);
        ear_model_turn(rig->model, turn);
        rig_settle(rig);
        assert_at(rig, 9, false);
        rig_free(rig);
    }
}

/* ---- a bad encoder ---- */

/* `rate` edges a second for `usec`, on top of what the ear does. */
static void disturb_encoder(struct rig *rig, unsigned rate, uint64_t usec)
{
    bool level = ear_model_level(rig->model);

    for (uint64_t i = 0; i < rate * usec / USEC_PER_SEC; i++) {
        rig_run(rig, USEC_PER_SEC / rate);
        level = !level;
        edge(rig, level);
    }
    edge(rig, ear_model_level(rig->model));
}

static void bad_encoder_in_every_phase(void **state)
{
    static const unsigned rates[] = {60, 100, 400, 5000};

    for (enum stage stage = 0; stage < STAGES; stage++) {
        for (size_t i = 0; i < ARRAY_SIZE(rates); i++) {
            struct rig *rig = rig_in(stage, i);
            unsigned rests = rig->rests;
            disturb_encoder(rig, rates[i], 2500 * USEC_PER_MSEC);
            assert_int_equal(ear_state(rig->ear), EAR_BROKEN);
            assert_int_equal(ear_position(rig->ear), -1);
            assert_int_equal(rig->motor, 0);
            assert_false(ear_busy(rig->ear));
            assert_int_equal(rig->rests, rests + (stage != BROKEN));

            /* However long it goes on, there is nothing to wake up for. */
            for (unsigned edges = 0; edges < 5000; edges++) {
                rig_run(rig, 3 * USEC_PER_MSEC);
                edge(rig, edges % 2);
                assert_true(ear_deadline(rig->ear) == USEC_NEVER);
            }
            assert_int_equal(rig->motor, 0);
            assert_int_equal(rig->rests, rests + (stage != BROKEN));

            edge(rig, ear_model_level(rig->model));
            rig_home(rig);
            rig_free(rig);
        }
    }
}

/* Slow enough for a hand, but no hand is so patient. */
static void endless_hand_is_a_bad_encoder(void **state)
{
    struct rig *rig = rig_in(AT_REST, 2);
    unsigned runs = rig->runs;

    disturb_encoder(rig, 8, 110 * USEC_PER_SEC);
    assert_int_equal(ear_state(rig->ear), EAR_UNKNOWN);
    disturb_encoder(rig, 8, 15 * USEC_PER_SEC);
    assert_int_equal(ear_state(rig->ear), EAR_BROKEN);
    assert_true(ear_deadline(rig->ear) == USEC_NEVER);
    assert_int_equal(rig->runs, runs);
    rig_home(rig);
    rig_free(rig);
}

/* Counts that never fail to come, and never show a gap: the cap stops the motor, and since they
 * come without it as well there is no second try. */
static void endless_counts_end(void **state)
{
    struct rig *rig = rig_in(NEW, 2);

    set_fault(rig, EAR_FAULT_ENCODER);
    ear_home(rig->ear, rig->now);
    for (unsigned i = 0; ear_busy(rig->ear) && i < 1000; i++) {
        rig_run(rig, 150 * USEC_PER_MSEC);
        edge(rig, i % 2);
    }
    assert_int_equal(ear_state(rig->ear), EAR_BROKEN);
    assert_int_equal(rig->runs, 1);
    assert_true(rig->longest_run == 15 * USEC_PER_SEC);
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_in_every_phase),
        cmocka_unit_test(random_commands),
        cmocka_unit_test(every_fault_in_every_phase),
        cmocka_unit_test(homed_the_moment_it_breaks),
        cmocka_unit_test(new_goals_make_no_longer_run),
        cmocka_unit_test(new_goals_hide_no_stall),
        cmocka_unit_test(long_way_on_a_slow_belt),
        cmocka_unit_test(homing_has_a_whole_run),
        cmocka_unit_test(too_slow_is_not_driven_on),
        cmocka_unit_test(endless_moves_take_their_time),
        cmocka_unit_test(endless_homing_takes_its_time),
        cmocka_unit_test(says_what_it_waits_for),
        cmocka_unit_test(moved_while_it_waits),
        cmocka_unit_test(moved_in_the_middle_of_a_move),
        cmocka_unit_test(bad_encoder_in_every_phase),
        cmocka_unit_test(endless_hand_is_a_bad_encoder),
        cmocka_unit_test(endless_counts_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
