/* 10,000 random moves of either ear, hence their suite of their own: not one count is lost. */
#include "ear-rig.h"

#define MOVES 10000
#define EARS  50 /* so many different ones make these moves */

/* Orders come while the ear moves, brakes, rolls out, or waits for its share. */
static int send_somewhere(struct rig *rig)
{
    bool far = draw(rig, 8) == 0;
    int target = (int)draw(rig, far ? EAR_TARGETS : EAR_POSITIONS);

    assert_int_equal(ear_go(rig->ear, target, (enum ear_way)draw(rig, 3), rig->now), 0);
    return target;
}

/* Turns take 3 to 7 s; one that takes under 3.6 and coasts cannot be put on a hole. */
static unsigned move_one(uint64_t seed)
{
    bool coasts = seed & 1, noise = seed & 2;
    double speed = 52 + (double)(seed * 29 % 69);
    bool misses = coasts && speed > 100;
    struct rig *rig = rig_new(seed, speed, coasts, noise);

    for (unsigned move = 0; move < MOVES / EARS; move++) {
        int target = send_somewhere(rig);
        if (draw(rig, 4) == 0) {
            rig_run(rig, draw(rig, 3000 * USEC_PER_MSEC));
            target = send_somewhere(rig);
        }
        rig_settle(rig);
        assert_at(rig, target, misses);
    }
    unsigned reversals = rig->reversals;
    rig_free(rig);
    return reversals;
}

static void loses_no_count(uint64_t first)
{
    unsigned reversals = 0;

    for (uint64_t i = 0; i < EARS; i++)
        reversals += move_one(first + i);
    assert_true(reversals > MOVES / 4);
}

static void left_loses_no_count(void **state)
{
    loses_no_count(0);
}

static void right_loses_no_count(void **state)
{
    loses_no_count(1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(left_loses_no_count),
        cmocka_unit_test(right_loses_no_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
