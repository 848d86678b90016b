/*
 * The encoder wheel of one ear: finds the gap among the times of the holes (gpio.md, sections 1.1
 * and 2.4). Pure; a part of struct ear. Main thread.
 *
 * 17 holes, and between the holes 13 and 14 a gap as wide as four. How long the gap takes differs
 * from ear to ear and is learnt by ear_wheel_home().
 */
#ifndef NABAZTAGD_BODY_EAR_WHEEL_H
#define NABAZTAGD_BODY_EAR_WHEEL_H

#include "body/body.h"

/* Starts as all zeros. */
struct ear_wheel {
    unsigned counts; /* of this run */
    uint64_t counted_usec;
    uint64_t intervals[EAR_POSITIONS]; /* the last ones between counts of this run, oldest first */
    uint64_t boundary_usec;            /* longer is the gap; 0: not learnt yet */
};

/* `position` on the wheel, 0–16, whatever whole turns are in it. */
int ear_wheel_hole(int position);

/* A run begins: what was seen before does not go on. */
void ear_wheel_start(struct ear_wheel *wheel);

/* A hole came by. */
void ear_wheel_count(struct ear_wheel *wheel, uint64_t usec);

/* The hole that just came by in `direction`, or -1 as long as the gap is not plain among the last
 * 17 intervals. Learns how long the gap takes. */
int ear_wheel_home(struct ear_wheel *wheel, int direction);

/* What ear_wheel_read() needs is learnt. */
bool ear_wheel_is_learnt(const struct ear_wheel *wheel);
/* The run went forward from rest, and this was its 17th hole: which one is it? -1 if the gap was
 * not plain. */
int ear_wheel_read(const struct ear_wheel *wheel);

#endif
