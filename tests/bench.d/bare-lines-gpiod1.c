#include <gpiod.h>

#include "bare-lines.h"

static struct gpiod_line *motor, *encoder;

int bare_lines_open(const char *chip_path, unsigned output, unsigned input)
{
    struct gpiod_chip *chip = gpiod_chip_open(chip_path);

    if (!chip)
        return -1;
    motor = gpiod_chip_get_line(chip, output);
    encoder = gpiod_chip_get_line(chip, input);
    if (!motor || gpiod_line_request_output(motor, "bare", 0) < 0)
        return -1;
    if (!encoder || gpiod_line_request_both_edges_events(encoder, "bare") < 0)
        return -1;
    return gpiod_line_event_get_fd(encoder);
}

void bare_lines_set(bool level)
{
    gpiod_line_set_value(motor, level);
}

bool bare_lines_fell(void)
{
    struct gpiod_line_event event;

    return gpiod_line_event_read(encoder, &event) == 0 &&
           event.event_type == GPIOD_LINE_EVENT_FALLING_EDGE;
}
