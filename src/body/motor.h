/*
 * The bridges that drive an ear's motor, as a table: which lines each has, and their levels.
 * Constant data, any thread.
 */
#ifndef NABAZTAGD_BODY_MOTOR_H
#define NABAZTAGD_BODY_MOTOR_H

#include "base/config.h"

enum motor_state {
    MOTOR_OFF,   /* all lines inactive */
    MOTOR_BRAKE, /* does not turn, and not easily either, where the bridge can do that */
    MOTOR_FORWARD,
    MOTOR_BACKWARD,
};

/* The lines of one motor, as bits from its forward line on: in the order of enum line. */
#define MOTOR_LINE_FORWARD  1U
#define MOTOR_LINE_BACKWARD 2U
#define MOTOR_LINE_PHASE    4U
#define MOTOR_LINE_ENABLE   8U
#define MOTOR_LINES         4

/* Which lines the bridge has. */
unsigned motor_lines(enum bridge bridge);

/* "in-in", … */
const char *motor_bridge_name(enum bridge bridge);

/*
 * The levels to write, one set after the other, to bring a motor from one state to another; returns
 * how many sets there are. The lines of a set may change in any order: both inputs are never
 * active, not even between two lines, and a motor that reverses is let go first.
 */
#define MOTOR_SETS_MAX 2
size_t motor_sets(enum bridge bridge, enum motor_state from, enum motor_state to,
                  unsigned ret_levels[MOTOR_SETS_MAX]);

#endif
