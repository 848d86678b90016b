/*
 * One ear: turns commands and the edges of its encoder into motor directions (gpio.md,
 * section 2.4). A deterministic state machine without I/O or clock: struct body owns it, brings
 * edges and time, and drives the motor. Main thread.
 *
 * The encoder shows no direction, so the ear remembers on which side of its hole it is: then a
 * falling edge after a change of direction is known to be the same hole again. The gap in the wheel
 * is learnt, never assumed.
 *
 * The motor stops 2.5 s after the last hole, at the cap of its move, after 15 s in one go whatever
 * was commanded meanwhile, and when it has run for 30 s of the last 60. In the last two cases the
 * ear knows where it is and goes on by itself, as it does with a command that comes while there is
 * no room for it: it is busy until then, and the latest command counts. ear_stop() ends the
 * waiting.
 *
 * A bad encoder (more than 50 edges in a second, those closer than 10 ms counted as one, or a hand
 * that never rests for 2 s in 2 min) makes the ear broken, and so does an ear that does not turn
 * either way. Its edges then mean nothing until ear_home().
 */
#ifndef NABAZTAGD_BODY_EAR_H
#define NABAZTAGD_BODY_EAR_H

#include "body/body.h"

/* Positions of ear_go() are below this in size: two extra turns. */
#define EAR_TARGETS (3 * EAR_POSITIONS)

struct ear;

struct ear_listener {
    /* Drive the motor: 1 forward, -1 backward, 0 brake. Never called from 1 to -1 or back without a
     * 0 between. */
    void (*on_motor)(int direction, void *userdata);
    /* The ear came to rest, or broke. `read`: it was a hand that moved it, and its position is
     * known again. */
    void (*on_rest)(bool read, void *userdata);
    /* At rest the ear moved, too little for a hand; told 2 s later, once, since the position is
     * unknown from then on. May be NULL. */
    void (*on_stray)(void *userdata);
};

/* A new ear rests at an unknown position; `level` is its encoder's (true in the dark). */
int ear_new(struct ear **ret, bool level, const struct ear_listener *listener, void *userdata);
/* Stops the motor when it runs. Accepts NULL, returns NULL. */
struct ear *ear_free(struct ear *ear);

/* The motor's lines were taken, and switched off, at `usec`: whoever had them may have left it
 * running either way, so it brakes before it runs. Not while it runs for us. */
void ear_seize(struct ear *ear, uint64_t usec);

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
/* Brakes at once and forgets what was to be done, waiting included. */
void ear_stop(struct ear *ear, uint64_t now_usec);

enum ear_state ear_state(const struct ear *ear);
/* 0–16, or -1 while unknown. */
int ear_position(const struct ear *ear);
/* Something is still going on: the motor, its run-out, a planned move, a hand. */
bool ear_busy(const struct ear *ear);
/* A hand turns it, or its position is read after one has. */
bool ear_in_hand(const struct ear *ear);

#endif
