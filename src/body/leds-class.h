/*
 * The LED driver `class` on files that are somewhere else than usual: for tests. Main thread.
 */
#ifndef NABAZTAGD_BODY_LEDS_CLASS_H
#define NABAZTAGD_BODY_LEDS_CLASS_H

#include "body/leds.h"

/* `root` has a folder for each LED, as /sys/class/leds. Returns 0 or -errno with *fault. */
int leds_class_new(struct led_bank **ret, const char *root, const struct config *config,
                   struct body_fault *fault);

#endif
