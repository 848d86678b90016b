/*
 * Clocks bits into a chip over two output lines. A chip of that kind has no limits of time, so it
 * does not matter when the sender is interrupted. Used by LED drivers, main thread.
 */
#ifndef NABAZTAGD_BODY_LED_SHIFT_H
#define NABAZTAGD_BODY_LED_SHIFT_H

#include "body/lines.h"

/* The highest bit of each byte first; a bit counts when the clock rises, and the clock stays high
 * after the last one. `data` and `clock` are indices of lines. Returns 0 or -errno. */
int led_shift(struct lines *lines, unsigned data, unsigned clock, const uint8_t *bytes,
              size_t size);

#endif
