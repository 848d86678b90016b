#include "body/motor.h"

#define F MOTOR_LINE_FORWARD
#define B MOTOR_LINE_BACKWARD
#define P MOTOR_LINE_PHASE
#define E MOTOR_LINE_ENABLE

/* A bridge brakes when both its outputs are low: both inputs low while it is enabled. One with
 * PHASE and ENABLE does so when it is not enabled. */
static const struct {
    const char *name;
    unsigned lines;
    unsigned levels[MOTOR_BACKWARD + 1];
} bridges[] = {
    [BRIDGE_IN_IN] = {"in-in", F | B, {[MOTOR_FORWARD] = F, [MOTOR_BACKWARD] = B}},
    [BRIDGE_IN_IN_EN] = {"in-in-en",
                         F | B | E,
                         {[MOTOR_BRAKE] = E, [MOTOR_FORWARD] = F | E, [MOTOR_BACKWARD] = B | E}},
    [BRIDGE_PHASE_ENABLE] = {"phase-enable",
                             P | E,
                             {[MOTOR_FORWARD] = P | E, [MOTOR_BACKWARD] = E}},
};

unsigned motor_lines(enum bridge bridge)
{
    return bridges[bridge].lines;
}

const char *motor_bridge_name(enum bridge bridge)
{
    return bridges[bridge].name;
}

static bool drives(enum motor_state state)
{
    return state == MOTOR_FORWARD || state == MOTOR_BACKWARD;
}

size_t motor_sets(enum bridge bridge, enum motor_state from, enum motor_state to,
                  unsigned ret_levels[MOTOR_SETS_MAX])
{
    const unsigned *levels = bridges[bridge].levels;
    size_t n = 0;

    if (drives(from) && drives(to) && from != to)
        ret_levels[n++] = levels[MOTOR_BRAKE];
    ret_levels[n++] = levels[to];
    return n;
}
