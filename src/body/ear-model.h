/*
 * The physics of one simulated ear: a gear motor, a belt and an encoder wheel of 20 pitches, 3 of
 * them without a hole (gpio.md, sections 1.1 and 2.4). Pure: time comes from the caller, chance
 * from a seed. Owned by struct lines_sim.
 *
 * Angles are degrees of the ear, 0 up; hole n of 0–13 is centred at 18 n, hole n of 14–16 at 18 (n
 * + 3).
 */
#ifndef NABAZTAGD_BODY_EAR_MODEL_H
#define NABAZTAGD_BODY_EAR_MODEL_H

#include "base/util.h"

enum ear_fault {
    EAR_FAULT_NONE,
    EAR_FAULT_STALL,   /* the motor cannot turn the ear */
    EAR_FAULT_ENCODER, /* the light is dead: dark for ever */
    EAR_FAULT_BELT,    /* the motor turns, the ear does not */
    EAR_FAULT_COUNT,
};

struct ear_model_traits {
    double speed; /* degrees per second at full drive; 90 is a healthy ear */
    bool coasts;  /* the bridge lets the motor roll out instead of braking it */
};

/* What happened when the wheel passed the edge of a hole. */
struct ear_model_edge {
    uint64_t usec;
    unsigned hole; /* the last one passed, from now on */
    bool level;    /* what the encoder says: true in the dark */
    bool silent;   /* the encoder did not change: it is dead */
};

struct ear_model;

/* An ear at rest at an angle chosen by `seed`. `traits` may be NULL for a healthy, braked ear. */
int ear_model_new(struct ear_model **ret, uint64_t seed, const struct ear_model_traits *traits,
                  uint64_t now_usec);
struct ear_model *ear_model_free(struct ear_model *model);

/*
 * Lets time pass until `until_usec`. Returns true at the first edge on the way, with the clock of
 * the model left there: call again until it returns false.
 */
bool ear_model_advance(struct ear_model *model, uint64_t until_usec, struct ear_model_edge *ret);

/* When to look at the model again: at its next edge, somewhat earlier, or (at rest) USEC_NEVER. */
uint64_t ear_model_next_usec(const struct ear_model *model);

/* These act at the time the model has reached: advance it to the present first. */
void ear_model_drive(struct ear_model *model, int direction);
void ear_model_set_coasting(struct ear_model *model, bool coasts); /* as in its traits */
void ear_model_turn(struct ear_model *model, int holes);
/* Returns whether the encoder's level changed. */
bool ear_model_set_fault(struct ear_model *model, enum ear_fault fault);

/* The truth. */
double ear_model_angle(const struct ear_model *model); /* 0 ≤ angle < 360 */
unsigned ear_model_hole(const struct ear_model *model);
bool ear_model_level(const struct ear_model *model);
bool ear_model_at_rest(const struct ear_model *model);

#endif
