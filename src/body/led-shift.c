#include "body/led-shift.h"

/* The clock falls in the same call that sets the data: when a chip sees them one after the other,
 * no clock rises all the same. */
static int shift_bit(struct lines *lines, unsigned data, unsigned clock, bool bit)
{
    int r = lines_set(lines, 1U << data | 1U << clock, bit ? 1U << data : 0);

    return r < 0 ? r : lines_set(lines, 1U << clock, 1U << clock);
}

int led_shift(struct lines *lines, unsigned data, unsigned clock, const uint8_t *bytes, size_t size)
{
    int r = 0;

    for (size_t i = 0; r >= 0 && i < 8 * size; i++)
        r = shift_bit(lines, data, clock, bytes[i / 8] >> (7 - i % 8) & 1);
    return r < 0 ? r : 0;
}
