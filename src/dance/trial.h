/*
 * The trial: moves each part of the body in turn, so that a person sees what works. A state machine
 * without a clock; struct rabbit owns it and brings time and the news that the ears rest. Main
 * thread.
 */
#ifndef NABAZTAGD_DANCE_TRIAL_H
#define NABAZTAGD_DANCE_TRIAL_H

#include "body/body.h"

enum trial_part {
    TRIAL_EARS = 1 << 0, /* each a turn forward and one back */
    TRIAL_LEDS = 1 << 1, /* each red, green and blue */
};

struct trial;

int trial_new(struct trial **ret, struct body *body);
/* Stops nothing: the body may be gone already. Accepts NULL, returns NULL. */
struct trial *trial_free(struct trial *trial);

/* `parts`: of enum trial_part. One that still runs is stopped first. */
void trial_start(struct trial *trial, unsigned parts, uint64_t now_usec);
/* The ears stop, the LEDs are as they were before. */
void trial_stop(struct trial *trial);

bool trial_is_running(const struct trial *trial);
/* The last one came to its end. */
bool trial_is_complete(const struct trial *trial);

/* To be called whenever the ears may have come to rest. */
void trial_on_ears_settled(struct trial *trial, uint64_t now_usec);

/* Call trial_tick() at this time, or (USEC_NEVER) not at all. */
uint64_t trial_deadline(const struct trial *trial);
void trial_tick(struct trial *trial, uint64_t now_usec);

#endif
