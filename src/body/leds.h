/*
 * The five RGB LEDs: colours as commanded, brightness, and the driver that shows them. Owned by
 * struct body, main thread. A driver is one `struct leds_ops`, one file each; leds-sim.c is the
 * simulated rabbit's.
 */
#ifndef NABAZTAGD_BODY_LEDS_H
#define NABAZTAGD_BODY_LEDS_H

#include "body/body.h"

struct leds_driver;

struct leds_ops {
    /* Shows all five colours, brightness applied. Returns 0 or -errno. Called only when one of them
     * changed. */
    int (*show)(struct leds_driver *driver, const uint32_t colors[LED_COUNT]);
    struct leds_driver *(*free)(struct leds_driver *driver);
};

/* The common head of every driver's own struct. */
struct leds_driver {
    const struct leds_ops *ops;
};

struct leds;

/* All dark. Takes the driver over when it succeeds. `brightness` in percent. */
int leds_new(struct leds **ret, struct leds_driver *driver, unsigned brightness);
/* Dark, and the driver freed. Accepts NULL, returns NULL. */
struct leds *leds_free(struct leds *leds);

/* Colours are 0xrrggbb. Returns 0 or the driver's -errno. */
int leds_set(struct leds *leds, enum led_index led, uint32_t color);
/* As commanded, not dimmed. */
uint32_t leds_get(const struct leds *leds, enum led_index led);
int leds_set_brightness(struct leds *leds, unsigned brightness);

#endif
