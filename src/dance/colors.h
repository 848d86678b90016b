/*
 * The colours a program has chosen: what PL and CL leave for the choreographies and streaming
 * dances after them (protocol.md, sections 3.5 and 7.3). A plain struct of the caller's, passed by
 * value. Pure; any thread.
 */
#ifndef NABAZTAGD_DANCE_COLORS_H
#define NABAZTAGD_DANCE_COLORS_H

#include "violet/palette.h"

struct colors {
    uint32_t list[PALETTE_COLORS];
    bool is_random; /* no palette was chosen: streaming dances take one after the other */
};

/* PL. Above 7, and for programs without PL: random mode, in which choreographies have palette 0.
 * What CL changed before is forgotten. */
void colors_choose(struct colors *colors, uint32_t palette);

/* CL; `index` as program_color() returns it. */
void colors_change(struct colors *colors, unsigned index, uint32_t color);

#endif
