/*
 * One ear: turns commands and the edges of its encoder into motor directions (gpio.md,
 * section 2.4). A deterministic state machine without I/O or clock: struct body owns it, brings
 * edges and time, and drives the motor. Main thread.
 *
 * The encoder shows no direction, so the ear remembers on which side of its hole it is: then a
 * falling edge after a change of direction is known to be the same hole again. The gap in the wheel
 * is learnt, never assumed.
 */
#ifndef NABAZTAGD_BODY_EAR_H
#define NABAZTAGD_BODY_EAR_H

#include "body/body.h"

/* Positions of ear_go() are below this in size: two extra turns are the most that fit the longest
 * run. */
#define EAR_TARGETS (3 * EAR_POSITIONS)

struct ear;

struct ear_listener {
    /* Drive the motor: 1 forward, -1 backward, 0 brake. Never called from 1 to -1 or back without a
     * 0 between. */
    void (*on_motor)(int direction, void *userdata);
    /* The ear came to rest, or broke. `read`: it was a hand that moved it, and its position is
     * known again. */
    void (*on_rest)(bool read, void *userdata);
};

/* A new ear rests at an unknown position; `level` is its encoder's (true in the dark). */
int ear_new(struct ear **ret, bool level, const struct ear_listener *listener, void *userdata);
/* Stops the motor when it runs. Accepts NULL, returns NULL. */
struct ear *ear_free(struct ear *ear);

/* An edge of the encoder at `usec`, handled at `now_usec`. */
void ear_edge(struct ear *ear, bool level, uint64_t usec, uint64_t now_usec);

/* Call ear_tick() at this time, or (USEC_NEVER) not at all. It changes with every call of the
 * others. */
uint64_t ear_deadline(const struct ear *ear);
void ear_tick(struct ear *ear, uint64_t now_usec);

/*
 * Sends the ear to `position` modulo 17. Forward, each whole 17 in it is an extra turn; backward as
 * well, and below zero each whole 17 short of it (protocol.md, section 5). Returns 0, -ERANGE, or
 * -EIO when the ear is broken.
 */
int ear_go(struct ear *ear, int position, enum ear_way way, uint64_t now_usec);
/* Finds the position anew and goes to 0. Heals a broken ear. */
void ear_home(struct ear *ear, uint64_t now_usec);
/* Reads the position by one whole turn that ends where it began. */
void ear_read(struct ear *ear, uint64_t now_usec);
/* Brakes at once and forgets what was to be done. */
void ear_stop(struct ear *ear, uint64_t now_usec);

enum ear_state ear_state(const struct ear *ear);
/* 0–16, or -1 while unknown. */
int ear_position(const struct ear *ear);
/* Something is still going on: the motor, its run-out, a planned move, a hand. */
bool ear_busy(const struct ear *ear);

#endif
