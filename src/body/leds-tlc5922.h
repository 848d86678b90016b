/*
 * The bits of a TLC5922: 16 channels whose brightness is a current of 7 bits, its dot correction.
 * Pure, any thread.
 */
#ifndef NABAZTAGD_BODY_LEDS_TLC5922_H
#define NABAZTAGD_BODY_LEDS_TLC5922_H

#include "base/util.h"

#define TLC5922_CHANNELS 16
#define TLC5922_FULL     127
#define TLC5922_BYTES    14

/* Channel 15 first, the highest bit of each first. */
void tlc5922_frame(const uint8_t levels[TLC5922_CHANNELS], uint8_t ret[TLC5922_BYTES]);

#endif
