/*
 * What ambient values look like: the animations of services, the nose, the pulse of the base, the
 * pauses of tai-chi. Source: the firmware's info.mtl and bottomled, OpenJabNab's firmware for the
 * colours of the base. Functions of time alone, which also say when they change next, so that a
 * player wakes for nothing else. Pure; any thread.
 */
#ifndef NABAZTAGD_VIOLET_ANIMATION_H
#define NABAZTAGD_VIOLET_ANIMATION_H

#include "base/util.h"

#define ANIMATION_LED_COUNT 3 /* left, middle, right */

#define ANIMATION_BASE_OFF    0
#define ANIMATION_BASE_VIOLET 5 /* unless somebody chooses another */

#define TAICHI_RARE  40
#define TAICHI_OFTEN 255

/*
 * The body's LEDs `usec` after a service's value began to be shown, and in *ret_left for how long
 * they stay so (USEC_NEVER: always). False, and dark, when there is no such value.
 */
bool animation_show(unsigned service, unsigned value, uint64_t usec,
                    uint32_t ret[ANIMATION_LED_COUNT], uint64_t *ret_left);

/* After so many µs it begins anew; 0: there is no such value. */
uint64_t animation_length(unsigned service, unsigned value);

/* One of the 16 colours. */
uint32_t animation_color(unsigned index);

/* The nose, for as many waiting messages (0, 1, 2 and more). */
uint32_t animation_nose(unsigned value, uint64_t usec, uint64_t *ret_left);

/* The base: 0 off, 1 blue, 2 green, 3 cyan, 4 red, 5 violet, 6 yellow, 7 white; others are off. */
uint32_t animation_base(unsigned color, uint64_t usec, uint64_t *ret_left);

/* The pause before the next tai-chi: 20 to 60 minutes when it is to be often, 40 to 120 usually, 2
 * to 6.3 hours when rare, by what was drawn; USEC_NEVER for value 0. */
uint64_t animation_taichi_delay(unsigned value, unsigned drawn);

#endif
