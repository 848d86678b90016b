/*
 * A small rabbit of text: its ears as they stand, its LEDs in their colours. Pure.
 */
#ifndef NABAZTAGD_CTL_DRAWING_H
#define NABAZTAGD_CTL_DRAWING_H

#include "base/util.h"

#define DRAWING_EARS 2 /* left, right */
#define DRAWING_LEDS 5 /* nose, left, middle, right, bottom */

struct drawing {
    int ears[DRAWING_EARS]; /* 0–16, -1: unknown */
    uint32_t leds[DRAWING_LEDS];
    bool asleep;
};

/* An LED that is lit is a disc with its colour beside the rabbit, so that colours are never all
 * there is to see. */
void drawing_print(FILE *out, const struct drawing *drawing, bool colors);

#endif
