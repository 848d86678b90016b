/*
 * THE GPIO interface: a set of output and input lines, requested together and known by their index
 * in the list they were asked for with. Owned by whoever asked: struct body has the motors,
 * encoders and the button as one set (enum line), a LED driver has its own. Main thread, but a set
 * may be handed to one other thread that alone uses it.
 *
 * A back end is one `struct lines_ops`: lines-gpiod1.c or lines-gpiod2.c, of which meson compiles
 * the one for the installed libgpiod, and lines-sim.c, the simulated rabbit, which is always built.
 */
#ifndef NABAZTAGD_BODY_LINES_H
#define NABAZTAGD_BODY_LINES_H

#include <systemd/sd-event.h>

#include "base/line-spec.h"
#include "body/fault.h"

#define LINES_MAX 32 /* of one set: they are bits of an unsigned */

/*
 * The body's own set. Which lines there are depends on the bridge: IN/IN has forward and backward,
 * IN/IN/EN enable as well, PHASE/ENABLE phase and enable.
 */
enum line {
    LINE_LEFT_FORWARD,
    LINE_LEFT_BACKWARD,
    LINE_LEFT_PHASE,
    LINE_LEFT_ENABLE,
    LINE_RIGHT_FORWARD,
    LINE_RIGHT_BACKWARD,
    LINE_RIGHT_PHASE,
    LINE_RIGHT_ENABLE,
    LINE_LEFT_ENCODER,
    LINE_RIGHT_ENCODER,
    LINE_BUTTON,
    LINE_COUNT,
};

struct line_want {
    const char
        *what; /* for people, static: "the left ear's encoder"; NULL: there is no such line */
    bool output;
    struct line_spec spec;
};

/*
 * Priorities in the event loop, lower first, above all ordinary sources. Edges come before the
 * timers that act on them, so that a late loop sees what happened in the order in which it
 * happened.
 */
#define LINES_PRIORITY_EDGES  (-20)
#define LINES_PRIORITY_MOTORS (-10)

struct lines;

struct lines_listener {
    /*
     * An edge of input `line`; `usec` is the kernel's CLOCK_MONOTONIC time of it. Both edges of all
     * inputs are told, bounce included: whoever listens debounces.
     */
    void (*on_edge)(unsigned line, bool level, uint64_t usec, void *userdata);
    /*
     * The hardware is gone: nothing works any more but lines_ops.free, which may be called from
     * within. Told once, from the event loop.
     */
    void (*on_lost)(const struct body_fault *fault, void *userdata);
};

/* `level` is logical: true is the active side (motor driven, button pressed); an encoder is true in
 * the dark. */
struct lines_ops {
    /* Sets several outputs, in one call a chip: bit n of `mask` selects line n, bit n of `levels`
     * is its level. Returns 0 or -errno. */
    int (*set)(struct lines *lines, unsigned mask, unsigned levels);
    /* The level of an input now: 0, 1 or -errno. */
    int (*get)(struct lines *lines, unsigned line);
    /* Gives the lines back. Outputs are not changed first. Accepts NULL, returns NULL. */
    struct lines *(*free)(struct lines *lines);
};

/* The common head of every back end's own struct. */
struct lines {
    const struct lines_ops *ops;
    struct lines_listener listener; /* set by the owner at once; both may be NULL */
    void *userdata;
};

static inline int lines_set(struct lines *lines, unsigned mask, unsigned levels)
{
    return lines->ops->set(lines, mask, levels);
}

static inline int lines_get(struct lines *lines, unsigned line)
{
    return lines->ops->get(lines, line);
}

static inline struct lines *lines_free(struct lines *lines)
{
    return lines ? lines->ops->free(lines) : NULL;
}

/*
 * Requests lines from libgpiod: all or none. Outputs start inactive (0), and those of one chip are
 * requested before any input. `chip` is for specs that name none. With `event` NULL no edges are
 * told (outputs alone, or a look at levels). Returns 0, or -errno with *ret_fault filled in: a
 * missing chip, a line that is not there or asked for twice, a busy line (and who holds it), no
 * permission.
 */
int lines_gpiod_new(struct lines **ret, sd_event *event, const char *chip,
                    const struct line_want *wants, size_t count, struct body_fault *ret_fault);

#endif
