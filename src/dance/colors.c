#include "dance/colors.h"

void colors_choose(struct colors *colors, uint32_t palette)
{
    colors->is_random = palette >= PALETTE_COUNT;
    for (unsigned i = 0; i < PALETTE_COLORS; i++)
        colors->list[i] = palette_color(colors->is_random ? 0 : palette, i);
}

void colors_change(struct colors *colors, unsigned index, uint32_t color)
{
    colors->list[index % PALETTE_COLORS] = color & 0xffffff;
}
