/*
 * What people say of one ear: a hole, so many holes on or back, home. No state; main thread.
 */
#ifndef NABAZTAGD_RABBIT_TURN_H
#define NABAZTAGD_RABBIT_TURN_H

#include "rabbit/command.h"

struct turn {
    bool is_relative;
    int holes; /* 0–16, or relative −16–16 */
};

/* "10"; "+3" forward, "-3" backward from where it is; "home" is 0. Returns 0, -EINVAL or -ERANGE.
 */
int turn_parse(const char *word, struct turn *ret);

/* Forward unless it is relative and below 0. An ear that does not know where it is counts from 0,
 * once it is homed. Returns as body_ear_go(). */
int turn_ear(struct body *body, enum ear_index ear, struct turn turn);

/* The commands about one ear: their only argument is such a word. */
enum command_result turn_run(struct command_call *call, enum ear_index ear);

#endif
