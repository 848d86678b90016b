#include "ear-rig.h"

/* The last one rolls on by more than a whole hole after every stop: it cannot be put on a hole,
 * only be known. */
static const struct {
    double speed;
    bool coasts, noise, misses;
} conditions[] = {
    {.speed = 90},
    {.speed = 90, .coasts = true},
    {.speed = 90, .noise = true},
    {.speed = 90, .coasts = true, .noise = true},
    {.speed = 120, .noise = true},
    {.speed = 52, .coasts = true},
    {.speed = 120, .coasts = true, .noise = true, .misses = true},
};

static void homes_from_anywhere(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(conditions); i++) {
        for (uint64_t seed = 0; seed < 40; seed++) {
            struct rig *rig =
                rig_new(seed, conditions[i].speed, conditions[i].coasts, conditions[i].noise);
            assert_int_equal(ear_position(rig->ear), -1);
            assert_int_equal(ear_state(rig->ear), EAR_UNKNOWN);
            ear_home(rig->ear, rig->now);
            rig_settle(rig);
            assert_at(rig, 0, conditions[i].misses);
            assert_int_equal(rig->rests, 1);
            rig_free(rig);
        }
    }
}

/* A new ear on a model that rests in `hole`, or in the dark right after it or before it. */
static struct rig *rig_on(int hole, int beside)
{
    struct rig *rig = rig_new((uint64_t)hole, 90, false, false);
    struct ear_model_edge e;

    ear_model_turn(rig->model, hole - (int)ear_model_hole(rig->model));
    while (ear_model_advance(rig->model, rig->now += 20 * USEC_PER_SEC, &e))
        ;
    assert_int_equal(ear_model_hole(rig->model), hole);
    ear_model_drive(rig->model, beside);
    while (beside && !ear_model_level(rig->model))
        ear_model_advance(rig->model, rig->now += 10 * USEC_PER_MSEC, &e);
    ear_model_drive(rig->model, 0);
    rig_renew(rig);
    return rig;
}

static void homes_from_every_position(void **state)
{
    for (int hole = 0; hole < EAR_POSITIONS; hole++) {
        for (int beside = -1; beside <= 1; beside++) {
            struct rig *rig = rig_on(hole, beside);
            assert_int_equal(ear_model_level(rig->model), beside != 0);
            ear_home(rig->ear, rig->now);
            rig_settle(rig);
            assert_at(rig, 0, false);
            assert_int_equal(rig->rests, 1);
            assert_int_equal(rig->reversals, 0);
            rig_free(rig);

            /* Held at first: the second try homes backward. */
            rig = rig_on(hole, beside);
            set_fault(rig, EAR_FAULT_STALL);
            ear_home(rig->ear, rig->now);
            rig_until(rig, false);
            set_fault(rig, EAR_FAULT_NONE);
            uint64_t stopped = rig->now;
            rig_until(rig, true);
            assert_true(rig->now - stopped == USEC_PER_SEC);
            rig_settle(rig);
            assert_at(rig, 0, false);
            assert_int_equal(rig->last_direction, -1);
            rig_free(rig);
        }
    }
}

/* Taken over from somebody who left it turning: it may still roll when it is to be homed, and that
 * is no reason to know less of it afterwards. */
static void homes_what_still_rolls(void **state)
{
    for (uint64_t seed = 0; seed < 1500; seed++) {
        struct rig *rig = rig_new(seed, 90, seed % 3 > 0, seed % 3 > 1);
        struct ear_model_edge e;

        ear_model_drive(rig->model, seed % 2 ? 1 : -1);
        rig->now += draw(rig, 3 * USEC_PER_SEC);
        while (ear_model_advance(rig->model, rig->now, &e))
            ;
        ear_model_drive(rig->model, 0);
        rig_renew(rig);
        ear_seize(rig->ear, rig->now);
        ear_home(rig->ear, rig->now);
        rig_settle(rig);
        assert_at(rig, 0, false);
        rig_free(rig);
    }
}

static void loses_no_count(void **state)
{
    unsigned reversals = 0;

    for (size_t i = 0; i < ARRAY_SIZE(conditions); i++) {
        for (uint64_t seed = 0; seed < 12; seed++) {
            struct rig *rig =
                rig_new(seed, conditions[i].speed, conditions[i].coasts, conditions[i].noise);
            uint64_t random = seed * 7919 + i;
            for (unsigned move = 0; move < 25; move++) {
                random = random * UINT64_C(6364136223846793005) + 1;
                int target = (int)(random >> 40) % 17;
                rig_go(rig, target, (enum ear_way)((random >> 33) % 3));
                assert_at(rig, target, conditions[i].misses);
            }
            reversals += rig->reversals;
            rig_free(rig);
        }
    }
    assert_true(reversals > 300);
}

/* New orders come while the ear still moves, brakes or rolls out: it ends where the last one said.
 */
static void obeys_the_last_order(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(conditions); i++) {
        struct rig *rig =
            rig_new(i, conditions[i].speed, conditions[i].coasts, conditions[i].noise);
        uint64_t random = i;
        int target = 0;
        for (unsigned round = 0; round < 25; round++) {
            for (unsigned order = 0; order < 4; order++) {
                random = random * UINT64_C(6364136223846793005) + 1;
                target = (int)(random >> 40) % 17;
                assert_int_equal(
                    ear_go(rig->ear, target, (enum ear_way)((random >> 33) % 3), rig->now), 0);
                rig_run(rig, (random >> 20) % (700 * USEC_PER_MSEC));
            }
            rig_settle(rig);
            assert_at(rig, target, conditions[i].misses);
        }
        rig_free(rig);
    }
}

/* The rows of `ear_moves` in vectors.json; no result there is no motor here. */
static void moves_as_the_original(void **state)
{
    static const struct {
        int position, target;
        enum ear_way way;
        int motor;
        unsigned holes;
    } rows[] = {
        {0, 10, EAR_FORWARD, 1, 10},   {10, 0, EAR_FORWARD, 1, 7},  {0, 10, EAR_BACKWARD, -1, 7},
        {5, 3, EAR_FORWARD, 1, 15},    {5, 3, EAR_BACKWARD, -1, 2}, {0, 17, EAR_FORWARD, 1, 17},
        {0, 20, EAR_FORWARD, 1, 20},   {3, 37, EAR_FORWARD, 1, 34}, {0, -5, EAR_BACKWARD, -1, 5},
        {3, -17, EAR_BACKWARD, -1, 3}, {7, 7, EAR_FORWARD, 0, 0},
    };
    struct rig *rig = rig_homed(4);

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        rig_go(rig, rows[i].position, EAR_FORWARD);
        rig->holes = rig->runs = 0;
        rig_go(rig, rows[i].target, rows[i].way);
        assert_int_equal(rig->holes, rows[i].holes);
        assert_int_equal(rig->runs, rows[i].motor != 0);
        if (rows[i].motor)
            assert_int_equal(rig->last_direction, rows[i].motor);
        int expected = rows[i].target % 17;
        assert_int_equal(ear_position(rig->ear), expected < 0 ? expected + 17 : expected);
    }
    rig_free(rig);
}

static void shortest_way(void **state)
{
    static const struct {
        int from, to, direction;
    } rows[] = {{0, 8, 1}, {0, 9, -1}, {16, 0, 1}, {0, 16, -1}, {3, 12, -1}, {12, 3, 1}};
    struct rig *rig = rig_homed(9);

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        rig_go(rig, rows[i].from, EAR_FORWARD);
        rig_go(rig, rows[i].to, EAR_SHORTEST);
        assert_int_equal(rig->last_direction, rows[i].direction);
        assert_int_equal(ear_model_hole(rig->model), rows[i].to);
    }
    rig_free(rig);
}

static void refuses_what_is_out_of_range(void **state)
{
    struct rig *rig = rig_homed(9);

    assert_int_equal(ear_go(rig->ear, EAR_TARGETS, EAR_FORWARD, rig->now), -ERANGE);
    assert_int_equal(ear_go(rig->ear, -EAR_TARGETS, EAR_BACKWARD, rig->now), -ERANGE);
    assert_false(ear_busy(rig->ear));
    rig_go(rig, EAR_TARGETS - 1, EAR_FORWARD);
    assert_int_equal(ear_position(rig->ear), 16);
    assert_int_equal(ear_model_hole(rig->model), 16);
    rig_free(rig);
}

static void unknown_ear_homes_first(void **state)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct rig *rig = rig_new(seed, 90, false, false);
        assert_int_equal(ear_go(rig->ear, 12, EAR_BACKWARD, rig->now), 0);
        assert_int_equal(ear_state(rig->ear), EAR_HOMING);
        rig_settle(rig);
        assert_int_equal(ear_position(rig->ear), 12);
        assert_int_equal(ear_model_hole(rig->model), 12);
        assert_int_equal(rig->rests, 1);
        rig_free(rig);
    }
}

static void homing_ear_goes_afterwards(void **state)
{
    struct rig *rig = rig_new(6, 90, false, false);

    ear_home(rig->ear, rig->now);
    rig_run(rig, USEC_PER_SEC);
    rig_go(rig, 5, EAR_FORWARD);
    assert_int_equal(ear_model_hole(rig->model), 5);
    assert_int_equal(ear_position(rig->ear), 5);
    rig_free(rig);
}

/* The ear is held for a while in its homing turn: the long interval must not be taken for the gap.
 */
static void stall_is_no_gap(void **state)
{
    static const uint64_t held[] = {300, 600, 900, 1500, 2000};

    for (uint64_t seed = 0; seed < 25; seed++) {
        for (size_t i = 0; i < ARRAY_SIZE(held); i++) {
            struct rig *rig = rig_new(seed, 90, false, false);
            ear_home(rig->ear, rig->now);
            rig_run(rig, 1200 * USEC_PER_MSEC + seed * 100 * USEC_PER_MSEC);
            ear_model_set_fault(rig->model, EAR_FAULT_STALL);
            rig_run(rig, held[i] * USEC_PER_MSEC);
            ear_model_set_fault(rig->model, EAR_FAULT_NONE);
            rig_settle(rig);
            assert_int_equal(ear_position(rig->ear), 0);
            assert_int_equal(ear_model_hole(rig->model), 0);

            /* Nor did it spoil what was learnt about the gap: a reading needs that. */
            ear_model_turn(rig->model, 5);
            rig_run(rig, 2 * USEC_PER_SEC);
            rig_settle(rig);
            assert_int_equal(ear_position(rig->ear), 5);
            assert_int_equal(rig->reads, 1);
            rig_free(rig);
        }
    }
}

/* Whatever fails, whenever: the motor stops 2.5 s after the last count, tries once, and is left
 * alone. */
static void faults_stop_the_motor(void **state)
{
    for (enum ear_fault fault = EAR_FAULT_STALL; fault < EAR_FAULT_COUNT; fault++) {
        for (uint64_t moment = 0; moment < 30; moment++) {
            struct rig *rig = rig_homed(moment);
            rig->rests = rig->runs = 0;
            assert_int_equal(
                ear_go(rig->ear, 34, moment % 2 ? EAR_FORWARD : EAR_BACKWARD, rig->now), 0);
            rig_run(rig, moment * 83 * USEC_PER_MSEC);
            uint64_t since = rig->now;
            set_fault(rig, fault);
            rig->longest_run = 0;
            while (rig->motor)
                rig_run(rig, USEC_PER_MSEC);
            assert_true(rig->now - since <= 2502 * USEC_PER_MSEC);
            assert_int_equal(ear_position(rig->ear), -1);
            int tried = rig->last_direction;
            rig_settle(rig);
            assert_int_equal(rig->last_direction, -tried);
            assert_int_equal(rig->runs, 2);
            assert_int_equal(rig->rests, 1);
            assert_int_equal(ear_state(rig->ear), EAR_BROKEN);
            assert_int_equal(ear_position(rig->ear), -1);
            assert_true(rig->longest_run <= moment * 83 * USEC_PER_MSEC + 2502 * USEC_PER_MSEC);

            /* Left alone until it is homed. */
            assert_int_equal(ear_go(rig->ear, 3, EAR_FORWARD, rig->now), -EIO);
            ear_read(rig->ear, rig->now);
            rig_run(rig, 10 * USEC_PER_SEC);
            assert_int_equal(rig->runs, 2);
            set_fault(rig, EAR_FAULT_NONE);
            rig_home(rig);
            rig_free(rig);
        }
    }
}

/* Held by a hand at first, the retry the other way finds the position, and the order is carried
 * out. */
static void retry_heals(void **state)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct rig *rig = rig_homed(seed);
        assert_int_equal(ear_go(rig->ear, 10, seed % 2 ? EAR_FORWARD : EAR_BACKWARD, rig->now), 0);
        rig_run(rig, (300 + 40 * seed) * USEC_PER_MSEC);
        set_fault(rig, EAR_FAULT_STALL);
        rig_run(rig, 3 * USEC_PER_SEC);
        assert_int_equal(rig->motor, 0);
        set_fault(rig, EAR_FAULT_NONE);
        rig_settle(rig);
        assert_int_equal(ear_state(rig->ear), EAR_RESTING);
        assert_int_equal(ear_position(rig->ear), 10);
        assert_int_equal(ear_model_hole(rig->model), 10);
        rig_free(rig);
    }
}

static void stop_is_at_once(void **state)
{
    for (uint64_t moment = 0; moment < 60; moment++) {
        struct rig *rig = rig_new(moment, 90, moment % 2, false);
        bool homed = moment % 3;
        if (homed)
            rig_home(rig);
        assert_int_equal(ear_go(rig->ear, 25, EAR_FORWARD, rig->now), 0);
        rig_run(rig, moment * 37 * USEC_PER_MSEC);
        ear_stop(rig->ear, rig->now);
        assert_int_equal(rig->motor, 0);
        unsigned runs = rig->runs;
        rig_settle(rig);
        assert_int_equal(rig->runs, runs);
        assert_int_equal(ear_position(rig->ear), homed ? (int)ear_model_hole(rig->model) : -1);

        /* And it still counts from there. */
        rig_go(rig, 8, EAR_SHORTEST);
        assert_int_equal(ear_model_hole(rig->model), 8);
        rig_free(rig);
    }
}

static void freed_ear_stops(void **state)
{
    struct rig *rig = rig_new(1, 90, false, false);

    ear_home(rig->ear, rig->now);
    rig_run(rig, USEC_PER_SEC);
    assert_int_not_equal(rig->motor, 0);
    rig->ear = ear_free(rig->ear);
    rig_free(rig);
}

static void reads_what_a_hand_set(void **state)
{
    for (int start = 0; start < 17; start++) {
        for (int turn = -20; turn <= 20; turn++) {
            if (turn >= -2 && turn <= 2)
                continue;
            struct rig *rig = rig_homed((uint64_t)start);
            rig_go(rig, start, EAR_FORWARD);
            rig->rests = rig->holes = rig->runs = 0;
            ear_model_turn(rig->model, turn);
            rig_run(rig, 1500 * USEC_PER_MSEC);
            assert_int_equal(ear_position(rig->ear), -1);
            assert_int_equal(rig->runs, 0);
            assert_true(ear_in_hand(rig->ear));
            while (rig->runs == 0)
                rig_run(rig, 100 * USEC_PER_MSEC);
            assert_true(ear_in_hand(rig->ear)); /* while it reads */
            rig_settle(rig);
            assert_false(ear_in_hand(rig->ear));
            int expected = ((start + turn) % 17 + 17) % 17;
            assert_int_equal(ear_position(rig->ear), expected);
            assert_int_equal(ear_model_hole(rig->model), expected);
            assert_int_equal(rig->runs, 1);
            assert_int_equal(rig->last_direction, 1);
            assert_int_equal(rig->reads, 1);
            assert_int_equal(rig->rests, 1);
            assert_int_equal(rig->strays, 0);
            rig_free(rig);
        }
    }
}

/* One or two holes are no hand, but the position is no longer sure: that is told once, and the next
 * order finds it anew. */
static void stray_is_told_and_rehomed(void **state)
{
    for (int turn = -2; turn <= 2; turn++) {
        if (turn == 0)
            continue;
        struct rig *rig = rig_homed(2);
        unsigned runs = rig->runs;
        ear_model_turn(rig->model, turn);
        rig_run(rig, 1900 * USEC_PER_MSEC);
        assert_int_equal(rig->strays, 0);
        rig_run(rig, 1000 * USEC_PER_MSEC);
        assert_int_equal(rig->strays, 1);
        assert_int_equal(ear_state(rig->ear), EAR_UNKNOWN);
        assert_true(ear_deadline(rig->ear) == USEC_NEVER);
        rig_run(rig, 20 * USEC_PER_SEC);
        assert_int_equal(rig->runs, runs);
        rig_go(rig, 6, EAR_FORWARD);
        assert_at(rig, 6, false);
        assert_int_equal(rig->reads, 0);
        assert_int_equal(rig->strays, 1);
        rig_free(rig);
    }
}

/* Out of the light is a stray as well, since the side is a guess then. */
static void edge_of_a_hole_is_a_stray(void **state)
{
    struct rig *rig = rig_homed(2);

    edge(rig, true);
    rig_run(rig, 3 * USEC_PER_SEC);
    assert_int_equal(rig->strays, 1);
    assert_int_equal(ear_position(rig->ear), -1);
    rig_free(rig);
}

/* A hole every 10 s, all night: never a hand, and told again only after it was put back. */
static void creeping_is_no_hand(void **state)
{
    struct rig *rig = rig_homed(2);
    unsigned runs = rig->runs;

    for (unsigned i = 0; i < 20; i++) {
        ear_model_turn(rig->model, 1);
        rig_run(rig, USEC_PER_SEC);
        assert_false(ear_in_hand(rig->ear));
        rig_run(rig, 9 * USEC_PER_SEC);
    }
    assert_int_equal(rig->strays, 1);
    assert_int_equal(rig->runs, runs);
    for (unsigned i = 0; i < 20; i++) {
        rig_go(rig, 10, EAR_SHORTEST);
        assert_at(rig, 10, false);
        ear_model_turn(rig->model, -1);
        rig_run(rig, 30 * USEC_PER_SEC);
        assert_int_equal(rig->strays, 2 + i);
    }
    assert_int_equal(rig->reads, 0);
    rig_free(rig);
}

/* An ear that did not know where it is has nothing to tell, nor one that was sent on meanwhile. */
static void stray_of_no_interest(void **state)
{
    struct rig *rig = rig_on(5, 0);
    ear_model_turn(rig->model, 1);
    rig_run(rig, 10 * USEC_PER_SEC);
    assert_int_equal(rig->strays, 0);

    rig_home(rig);
    ear_model_turn(rig->model, 1);
    rig_run(rig, 1500 * USEC_PER_MSEC);
    rig_go(rig, 3, EAR_FORWARD);
    assert_at(rig, 3, false);
    rig_run(rig, 10 * USEC_PER_SEC);
    assert_int_equal(rig->strays, 0);
    rig_free(rig);
}

/* A hand that never lets go never starts the motor; an order given meanwhile is carried out after
 * the reading. */
static void waits_for_the_hand(void **state)
{
    struct rig *rig = rig_homed(2);
    unsigned runs = rig->runs;

    for (unsigned i = 0; i < 30; i++) {
        ear_model_turn(rig->model, i % 2 ? -4 : 4);
        rig_run(rig, 2500 * USEC_PER_MSEC);
        assert_int_equal(rig->runs, runs);
    }
    assert_int_equal(ear_go(rig->ear, 9, EAR_FORWARD, rig->now), 0);
    assert_int_equal(rig->runs, runs);
    rig_settle(rig);
    assert_int_equal(ear_position(rig->ear), 9);
    assert_int_equal(ear_model_hole(rig->model), 9);
    assert_int_equal(rig->reads, 0);
    rig_free(rig);
}

/* Chatter at rest, on a flank, is neither a hand nor a stray. */
static void chatter_at_rest_is_nothing(void **state)
{
    struct rig *rig = rig_homed(2);

    for (unsigned i = 0; i < 500; i++) {
        ear_edge(rig->ear, true, rig->now, rig->now);
        ear_edge(rig->ear, false, rig->now + 4000, rig->now + 4000);
        rig_run(rig, 20 * USEC_PER_MSEC);
    }
    assert_int_equal(ear_position(rig->ear), 0);
    assert_int_equal(rig->strays, 0);
    assert_true(ear_deadline(rig->ear) == USEC_NEVER);
    rig_go(rig, 4, EAR_BACKWARD);
    assert_int_equal(ear_model_hole(rig->model), 4);
    rig_free(rig);
}

/* The loop sleeps while the ear turns: edges come late, but with their time. It overshoots, and
 * comes back. */
static void late_loop_still_arrives(void **state)
{
    for (uint64_t late = 100; late <= 1500; late += 100) {
        struct rig *rig = rig_homed(late);
        struct ear_model_edge edges[64];
        size_t count = 0;

        assert_int_equal(ear_go(rig->ear, 3, EAR_FORWARD, rig->now), 0);
        uint64_t until = rig->now + 500 * USEC_PER_MSEC + late * USEC_PER_MSEC;
        while (count < 64 && ear_model_advance(rig->model, until, &edges[count]))
            count++;
        rig->now = until;
        for (size_t i = 0; i < count; i++)
            ear_edge(rig->ear, edges[i].level, edges[i].usec, rig->now);
        rig_settle(rig);
        assert_int_equal(ear_position(rig->ear), 3);
        assert_int_equal(ear_model_hole(rig->model), 3);
        assert_int_equal(ear_state(rig->ear), EAR_RESTING);
        rig_free(rig);
    }
}

/* An ear that rolls on for ever past its hole is corrected twice, not for ever. */
static void corrects_at_most_twice(void **state)
{
    struct rig *rig = rig_homed(2);
    uint64_t now = rig->now;

    /* Without the model: two more holes go by after every stop. */
    rig->runs = 0;
    assert_int_equal(ear_go(rig->ear, 2, EAR_FORWARD, now), 0);
    for (unsigned i = 0; i < 40 && ear_busy(rig->ear); i++) {
        for (unsigned hole = 0; hole < 4; hole++) {
            now += 40 * USEC_PER_MSEC;
            rig->now = now;
            ear_edge(rig->ear, true, now, now);
            now += 20 * USEC_PER_MSEC;
            rig->now = now;
            ear_edge(rig->ear, false, now, now);
        }
        now = rig->now = ear_busy(rig->ear) ? ear_deadline(rig->ear) : now;
        ear_tick(rig->ear, now);
    }
    assert_false(ear_busy(rig->ear));
    assert_int_equal(rig->runs, 3);
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(homes_from_anywhere),
        cmocka_unit_test(homes_from_every_position),
        cmocka_unit_test(homes_what_still_rolls),
        cmocka_unit_test(loses_no_count),
        cmocka_unit_test(obeys_the_last_order),
        cmocka_unit_test(moves_as_the_original),
        cmocka_unit_test(shortest_way),
        cmocka_unit_test(refuses_what_is_out_of_range),
        cmocka_unit_test(unknown_ear_homes_first),
        cmocka_unit_test(homing_ear_goes_afterwards),
        cmocka_unit_test(stall_is_no_gap),
        cmocka_unit_test(faults_stop_the_motor),
        cmocka_unit_test(retry_heals),
        cmocka_unit_test(stop_is_at_once),
        cmocka_unit_test(freed_ear_stops),
        cmocka_unit_test(reads_what_a_hand_set),
        cmocka_unit_test(stray_is_told_and_rehomed),
        cmocka_unit_test(edge_of_a_hole_is_a_stray),
        cmocka_unit_test(creeping_is_no_hand),
        cmocka_unit_test(stray_of_no_interest),
        cmocka_unit_test(waits_for_the_hand),
        cmocka_unit_test(chatter_at_rest_is_nothing),
        cmocka_unit_test(late_loop_still_arrives),
        cmocka_unit_test(corrects_at_most_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
