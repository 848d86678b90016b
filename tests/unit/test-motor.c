/* Every bridge, every change of state, every order in which the lines of a set may change. */
#include "helper.h"

#include "body/motor.h"

#define STATES (MOTOR_BACKWARD + 1)
#define BOTH   (MOTOR_LINE_FORWARD | MOTOR_LINE_BACKWARD)

static const enum bridge bridges[] = {BRIDGE_IN_IN, BRIDGE_IN_IN_EN, BRIDGE_PHASE_ENABLE};

/* What the bridge does with these levels: the truth table of an H-bridge. */
static enum motor_state effect(enum bridge bridge, unsigned levels)
{
    bool enabled = bridge == BRIDGE_IN_IN || levels & MOTOR_LINE_ENABLE;

    assert_int_not_equal(levels & BOTH, BOTH);
    assert_int_equal(levels & ~motor_lines(bridge), 0);
    if (!enabled)
        return MOTOR_OFF;
    if (bridge == BRIDGE_PHASE_ENABLE)
        return levels & MOTOR_LINE_PHASE ? MOTOR_FORWARD : MOTOR_BACKWARD;
    return levels & MOTOR_LINE_FORWARD    ? MOTOR_FORWARD
           : levels & MOTOR_LINE_BACKWARD ? MOTOR_BACKWARD
                                          : MOTOR_BRAKE;
}

static bool turns(enum motor_state state)
{
    return state == MOTOR_FORWARD || state == MOTOR_BACKWARD;
}

/* Line by line from one set of levels to the next, in every order. */
static void change_in_any_order(enum bridge bridge, unsigned now, unsigned then)
{
    effect(bridge, now);
    for (unsigned line = 0; line < MOTOR_LINES; line++)
        if ((now ^ then) & 1U << line)
            change_in_any_order(bridge, now ^ 1U << line, then);
}

static unsigned levels_of(enum bridge bridge, enum motor_state state)
{
    unsigned sets[MOTOR_SETS_MAX];

    assert_int_equal(motor_sets(bridge, state, state, sets), 1);
    return sets[0];
}

static void states_do_what_they_say(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(bridges); i++) {
        enum bridge bridge = bridges[i];

        assert_int_equal(levels_of(bridge, MOTOR_OFF), 0);
        assert_int_equal(effect(bridge, levels_of(bridge, MOTOR_FORWARD)), MOTOR_FORWARD);
        assert_int_equal(effect(bridge, levels_of(bridge, MOTOR_BACKWARD)), MOTOR_BACKWARD);
        assert_false(turns(effect(bridge, levels_of(bridge, MOTOR_OFF))));
        assert_int_equal(effect(bridge, levels_of(bridge, MOTOR_BRAKE)),
                         bridge == BRIDGE_PHASE_ENABLE ? MOTOR_OFF : MOTOR_BRAKE);
    }
}

static void changes_never_short_the_bridge(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(bridges); i++)
        for (enum motor_state from = 0; from < STATES; from++)
            for (enum motor_state to = 0; to < STATES; to++) {
                unsigned sets[MOTOR_SETS_MAX], now = levels_of(bridges[i], from);
                size_t count = motor_sets(bridges[i], from, to, sets);

                assert_in_range(count, 1, MOTOR_SETS_MAX);
                for (size_t n = 0; n < count; n++) {
                    change_in_any_order(bridges[i], now, sets[n]);
                    now = sets[n];
                }
                assert_int_equal(now, levels_of(bridges[i], to));
            }
}

static void reversing_lets_the_motor_go(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(bridges); i++) {
        unsigned sets[MOTOR_SETS_MAX];

        assert_int_equal(motor_sets(bridges[i], MOTOR_FORWARD, MOTOR_BACKWARD, sets), 2);
        assert_false(turns(effect(bridges[i], sets[0])));
        assert_int_equal(motor_sets(bridges[i], MOTOR_BACKWARD, MOTOR_FORWARD, sets), 2);
        assert_false(turns(effect(bridges[i], sets[0])));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_do_what_they_say),
        cmocka_unit_test(changes_never_short_the_bridge),
        cmocka_unit_test(reversing_lets_the_motor_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
