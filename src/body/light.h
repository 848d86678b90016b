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

#endif
