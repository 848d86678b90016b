/*
 * The eight palettes that programs choose from and choreographies take their colours from. Source:
 * the firmware's palette.mtl. Pure; any thread.
 */
#ifndef NABAZTAGD_VIOLET_PALETTE_H
#define NABAZTAGD_VIOLET_PALETTE_H

#include "base/util.h"

#define PALETTE_COUNT  8
#define PALETTE_COLORS 8 /* the last one is black */
#define PALETTE_RANDOM 7 /* palettes to choose from at random: not the black one */

/* Numbers above are taken modulo 8, as choreographies write theirs. */
uint32_t palette_color(unsigned palette, unsigned index);
const char *palette_name(unsigned palette);

#endif
