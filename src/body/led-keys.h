/*
 * What LED drivers share when they look through [leds]: where each LED is, the order of its
 * colours, and complaints that name file and line. Pure, main thread. `problems` may be NULL
 * everywhere.
 */
#ifndef NABAZTAGD_BODY_LED_KEYS_H
#define NABAZTAGD_BODY_LED_KEYS_H

#include "body/leds.h"

enum led_color { LED_RED, LED_GREEN, LED_BLUE, LED_COLORS };

uint16_t led_light_of(const struct led_light *light, enum led_color color);

bool led_is_set(const struct config *config, enum led_index led);

/* Which colour is at the first, second, third place of a LED: where a LED of order rgb has red,
 * green, blue. */
enum led_color led_color_at(const struct config *config, enum led_index led, unsigned place);

/* At least one LED must be set. Returns 0 or -EINVAL. */
int led_keys_check(const struct config *config, struct config_problems *problems);

/* ---- three lines a LED ---- */

#define LED_LINES (LED_COUNT * LED_COLORS)

/* Line n is colour n % LED_COLORS of LED n / LED_COLORS; as led_driver.wants. */
int led_lines_wants(const struct config *config, struct line_want wants[LINES_MAX],
                    struct config_problems *problems);

/* Bits of the lines that there are. */
unsigned led_lines_mask(const struct config *config);

/* ---- a chip behind a few lines ---- */

/* The keys data, clock, mode, latch, and their lines in the set. */
enum led_bus { LED_BUS_DATA, LED_BUS_CLOCK, LED_BUS_MODE, LED_BUS_LATCH, LED_BUS_COUNT };

/* The first `count` of them must be set, the others must not. Returns 0 or -EINVAL. */
int led_bus_wants(const struct config *config, unsigned count, struct line_want wants[LINES_MAX],
                  struct config_problems *problems);

/*
 * The number that each LED is set to, -1 where it is not set: from it on `width` places of
 * [0, size) are the LED's and no other's. `what` is what a number is ("its place in the chain").
 * Returns 0 or -EINVAL.
 */
int led_numbers(const struct config *config, const char *what, unsigned width, unsigned size,
                int ret[LED_COUNT], struct config_problems *problems);

#endif
