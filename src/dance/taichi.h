/*
 * The tai-chi: a choreography of our own making, in place of the original's. Each ear goes four
 * holes away and comes back, then both together, while the LEDs breathe slowly. It takes less than
 * half a minute and leaves the ears where they were. Pure; any thread.
 */
#ifndef NABAZTAGD_DANCE_TAICHI_H
#define NABAZTAGD_DANCE_TAICHI_H

#include "base/util.h"

#define TAICHI_SIZE 768 /* room for it */

/* Writes it, beginning with this ear, for ears that stand at these positions (0–16). Returns its
 * size. */
size_t taichi_write(uint8_t ret[TAICHI_SIZE], unsigned first_ear, const unsigned positions[2]);

#endif
