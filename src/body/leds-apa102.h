/*
 * The bits of a chain of APA102 (or SK9822) LEDs. Pure, any thread.
 */
#ifndef NABAZTAGD_BODY_LEDS_APA102_H
#define NABAZTAGD_BODY_LEDS_APA102_H

#include "base/util.h"

#define APA102_CHAIN_MAX \
    16 /* a longer one would keep the loop busy for over 10 ms on slow boards */
#define APA102_FRAME_MAX (4 * (APA102_CHAIN_MAX + 2) + 1)

/* `colors`: red, green, blue of each LED of the chain. Returns the number of bytes. */
size_t apa102_frame(const uint8_t colors[][3], size_t count, uint8_t ret[APA102_FRAME_MAX]);

#endif
