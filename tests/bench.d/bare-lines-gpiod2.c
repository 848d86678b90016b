#include <gpiod.h>
#include <stddef.h>

#include "bare-lines.h"

static struct gpiod_line_request *motor, *encoder;
static struct gpiod_edge_event_buffer *events;
static unsigned motor_offset;

static struct gpiod_line_request *request(struct gpiod_chip *chip, unsigned offset,
                                          enum gpiod_line_direction direction,
                                          enum gpiod_line_edge edge)
{
    struct gpiod_line_settings *settings = gpiod_line_settings_new();
    struct gpiod_line_config *config = gpiod_line_config_new();
    struct gpiod_line_request *result = NULL;

    if (!settings || !config)
        return NULL;
    gpiod_line_settings_set_direction(settings, direction);
    gpiod_line_settings_set_edge_detection(settings, edge);
    if (gpiod_line_config_add_line_settings(config, &offset, 1, settings) == 0)
        result = gpiod_chip_request_lines(chip, NULL, config);
    gpiod_line_config_free(config);
    gpiod_line_settings_free(settings);
    return result;
}

int bare_lines_open(const char *chip_path, unsigned output, unsigned input)
{
    struct gpiod_chip *chip = gpiod_chip_open(chip_path);

    if (!chip)
        return -1;
    motor_offset = output;
    motor = request(chip, output, GPIOD_LINE_DIRECTION_OUTPUT, GPIOD_LINE_EDGE_NONE);
    encoder = request(chip, input, GPIOD_LINE_DIRECTION_INPUT, GPIOD_LINE_EDGE_BOTH);
    events = gpiod_edge_event_buffer_new(1);
    return motor && encoder && events ? gpiod_line_request_get_fd(encoder) : -1;
}

void bare_lines_set(bool level)
{
    gpiod_line_request_set_value(motor, motor_offset,
                                 level ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE);
}

bool bare_lines_fell(void)
{
    if (gpiod_line_request_read_edge_events(encoder, events, 1) != 1)
        return false;
    return gpiod_edge_event_get_event_type(gpiod_edge_event_buffer_get_event(events, 0)) ==
           GPIOD_EDGE_EVENT_FALLING_EDGE;
}
