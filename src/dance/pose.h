/*
 * How the rabbit sits: asleep it is dark and its ears droop, awake its LEDs show what they are set
 * to and its ears stand up. Owned by nobody (no state); main thread.
 */
#ifndef NABAZTAGD_DANCE_POSE_H
#define NABAZTAGD_DANCE_POSE_H

#include "body/body.h"

#define POSE_FADE_USEC USEC_PER_SEC

/* Lights out in the course of `fade_usec`, and the ears down. */
void pose_sleep(struct body *body, uint64_t fade_usec);

/* The ears down where they have left their place, by the shortest way. */
void pose_droop(struct body *body);

/* Lights on and the ears homed. */
void pose_wake(struct body *body);

#endif
