/*
 * Light as physics counts it: twice the number is twice the light. Colours as people write them are
 * its power of 1/2.2 (gamma). Pure, any thread.
 */
#ifndef NABAZTAGD_BODY_LIGHT_H
#define NABAZTAGD_BODY_LIGHT_H

#include "base/util.h"

#define LIGHT_FULL UINT16_MAX

/* One RGB LED; 0 is dark. */
struct led_light {
    uint16_t red, green, blue;
};

/* One channel of a colour, 0–255, to light and back. Exact both ways; only 0 is dark. */
uint16_t light_decode(uint8_t value);
uint8_t light_encode(uint16_t light);

/* 0xrrggbb at `percent` of its brightness as seen. */
struct led_light light_from_color(uint32_t color, unsigned percent);

/* For lamps with `steps` steps above dark: the nearest one, but only 0 is dark. */
unsigned light_to_steps(uint16_t light, unsigned steps);

/* For lamps that are on or off: which to light, so that the hue stays (bit 0 red, 1 green, 2 blue).
 * Those with half of the brightest one's light or more. */
unsigned light_to_hue(const struct led_light *light);

#endif
