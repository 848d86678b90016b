/*
 * The simulated rabbit's LEDs: a bank that keeps what is shown and tells a watcher of it. Owned by
 * struct leds, as every bank; the bench looks at it. Main thread.
 */
#ifndef NABAZTAGD_BODY_LEDS_SIM_H
#define NABAZTAGD_BODY_LEDS_SIM_H

#include "body/leds.h"

struct leds_sim;

int leds_sim_new(struct leds_sim **ret);
struct led_bank *leds_sim_bank(struct leds_sim *sim);

/* 0xrrggbb. */
uint32_t leds_sim_shown(const struct leds_sim *sim, enum led_index led);

/* One watcher, called for each LED whose shown colour changed; NULL for none. */
typedef void (*leds_sim_watcher)(enum led_index led, uint32_t color, void *userdata);
void leds_sim_watch(struct leds_sim *sim, leds_sim_watcher on_led, void *userdata);

#endif
