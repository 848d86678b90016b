/*
 * THE GPIO interface: a set of output and input lines of one body. Owned by struct body, main
 * thread.
 *
 * A back end is one `struct lines_ops`; lines-sim.c is the simulated rabbit and always built. Upper
 * modules of this floor (ear, button, leds) never see a chip: they know lines by the roles below.
 */
#ifndef NABAZTAGD_BODY_LINES_H
#define NABAZTAGD_BODY_LINES_H

#include "base/util.h"

/* What a line is for. Motors: two inputs of the bridge (IN/IN); both 0 is brake, both 1 never
 * happens. */
enum line {
    LINE_LEFT_FORWARD,
    LINE_LEFT_BACKWARD,
    LINE_RIGHT_FORWARD,
    LINE_RIGHT_BACKWARD,
    LINE_LEFT_ENCODER,
    LINE_RIGHT_ENCODER,
    LINE_BUTTON,
    LINE_COUNT,
};

/* Called in the main thread for every edge of an input; `usec` is the kernel's CLOCK_MONOTONIC time
 * of the edge. */
typedef void (*lines_edge_handler)(enum line line, bool level, uint64_t usec, void *userdata);

/*
 * Priorities in the event loop, lower first, above all ordinary sources. Edges come before the
 * timers that act on them, so that a late loop sees what happened in the order in which it
 * happened.
 */
#define LINES_PRIORITY_EDGES  (-20)
#define LINES_PRIORITY_MOTORS (-10)

struct lines;

/* `level` is logical: true is the active side (motor driven, button pressed); an encoder is true in
 * the dark (HIGH). */
struct lines_ops {
    /* Sets several outputs in one call: bit n of `mask` selects enum line n, bit n of `levels` is
     * its level. */
    int (*set)(struct lines *lines, unsigned mask, unsigned levels);
    /* The level of an input now: 0, 1 or -errno. */
    int (*get)(struct lines *lines, enum line line);
    struct lines *(*free)(struct lines *lines);
};

/* The common head of every back end's own struct. */
struct lines {
    const struct lines_ops *ops;
    lines_edge_handler on_edge;
    void *userdata;
};

#endif
