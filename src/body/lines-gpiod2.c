/* libgpiod 2.x. */
#include "body/lines-gpiod.h"

#include <errno.h>
#include <fcntl.h>
#include <gpiod.h>

struct gpio_request {
    struct gpiod_line_request *lines;
    struct gpiod_edge_event_buffer *buffer; /* of inputs with edges */
    unsigned offsets[LINES_MAX];
};

static int gpiod2_open(struct gpiod_chip **ret, const char *path)
{
    *ret = gpiod_chip_open(path);
    return *ret ? 0 : -errno;
}

static int gpiod2_describe(struct gpiod_chip *chip, struct gpio_chip_info *ret)
{
    struct gpiod_chip_info *info = gpiod_chip_get_info(chip);
    if (!info)
        return -errno;

    snprintf(ret->name, sizeof(ret->name), "%s", gpiod_chip_info_get_name(info));
    snprintf(ret->label, sizeof(ret->label), "%s", gpiod_chip_info_get_label(info));
    ret->lines = (unsigned)gpiod_chip_info_get_num_lines(info);
    gpiod_chip_info_free(info);
    return 0;
}

static int gpiod2_find(struct gpiod_chip *chip, const char *name, unsigned *ret)
{
    int offset = gpiod_chip_get_line_offset_from_name(chip, name);

    if (offset < 0)
        return -errno;
    *ret = (unsigned)offset;
    return 0;
}

static int gpiod2_is_used(struct gpiod_chip *chip, unsigned offset, char ret_holder[GPIO_NAME_MAX])
{
    struct gpiod_line_info *info = gpiod_chip_get_line_info(chip, offset);
    if (!info)
        return -errno;

    const char *holder = gpiod_line_info_get_consumer(info);
    bool used = gpiod_line_info_is_used(info);
    snprintf(ret_holder, GPIO_NAME_MAX, "%s", holder ? holder : "");
    gpiod_line_info_free(info);
    return used;
}

static void gpiod2_release(struct gpio_request *request)
{
    if (request->lines)
        gpiod_line_request_release(request->lines);
    gpiod_edge_event_buffer_free(request->buffer);
    free(request);
}

static int gpiod2_fd(struct gpio_request *request)
{
    return gpiod_line_request_get_fd(request->lines);
}

static int configure(struct gpiod_line_config *config, struct gpiod_line_settings *settings,
                     const struct gpio_order *order)
{
    static const enum gpiod_line_bias biases[] = {
        [BIAS_AS_IS] = GPIOD_LINE_BIAS_AS_IS,
        [BIAS_PULL_UP] = GPIOD_LINE_BIAS_PULL_UP,
        [BIAS_PULL_DOWN] = GPIOD_LINE_BIAS_PULL_DOWN,
    };
    enum gpiod_line_value values[LINES_MAX];

    for (unsigned i = 0; i < order->count; i++)
        values[i] = order->levels >> i & 1U;
    if (order->output) {
        gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_OUTPUT);
    } else {
        gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_INPUT);
        gpiod_line_settings_set_bias(settings, biases[order->bias]);
    }
    if (order->edges)
        gpiod_line_settings_set_edge_detection(settings, GPIOD_LINE_EDGE_BOTH);
    int r = gpiod_line_config_add_line_settings(config, order->offsets, order->count, settings);
    if (r == 0 && order->output)
        r = gpiod_line_config_set_output_values(config, values, order->count);
    return r < 0 ? -errno : 0;
}

static int request_lines(struct gpio_request *request, struct gpiod_chip *chip,
                         const struct gpio_order *order)
{
    struct gpiod_request_config *name = gpiod_request_config_new();
    struct gpiod_line_config *config = gpiod_line_config_new();
    struct gpiod_line_settings *settings = gpiod_line_settings_new();
    int r = name && config && settings ? configure(config, settings, order) : -ENOMEM;

    if (r == 0) {
        gpiod_request_config_set_consumer(name, GPIO_CONSUMER);
        request->lines = gpiod_chip_request_lines(chip, name, config);
        r = request->lines ? 0 : -errno;
    }
    gpiod_line_settings_free(settings);
    gpiod_line_config_free(config);
    gpiod_request_config_free(name);
    return r;
}

static int gpiod2_request(struct gpio_request **ret, struct gpiod_chip *chip,
                          const struct gpio_order *order)
{
    struct gpio_request *request = calloc(1, sizeof(*request));
    if (!request)
        return -ENOMEM;
    memcpy(request->offsets, order->offsets, sizeof(request->offsets));

    int r = request_lines(request, chip, order);
    if (r == 0 && order->edges) {
        request->buffer = gpiod_edge_event_buffer_new(GPIO_EDGES);
        r = !request->buffer                                     ? -ENOMEM
            : fcntl(gpiod2_fd(request), F_SETFL, O_NONBLOCK) < 0 ? -errno
                                                                 : 0;
    }
    if (r < 0) {
        gpiod2_release(request);
        return r;
    }
    *ret = request;
    return 0;
}

static int gpiod2_set(struct gpio_request *request, unsigned mask, unsigned levels)
{
    enum gpiod_line_value values[LINES_MAX];
    unsigned offsets[LINES_MAX], count = 0;

    for (unsigned i = 0; i < LINES_MAX; i++) {
        if (!(mask & 1U << i))
            continue;
        offsets[count] = request->offsets[i];
        values[count++] = levels >> i & 1U;
    }
    int r = gpiod_line_request_set_values_subset(request->lines, count, offsets, values);
    return r < 0 ? -errno : 0;
}

static int gpiod2_get(struct gpio_request *request)
{
    int level = gpiod_line_request_get_value(request->lines, request->offsets[0]);
    return level < 0 ? -errno : level;
}

static int gpiod2_read(struct gpio_request *request, struct gpio_edge ret[GPIO_EDGES])
{
    int n = gpiod_line_request_read_edge_events(request->lines, request->buffer, GPIO_EDGES);

    if (n < 0)
        return -errno;
    for (int i = 0; i < n; i++) {
        struct gpiod_edge_event *event =
            gpiod_edge_event_buffer_get_event(request->buffer, (unsigned long)i);
        ret[i].level = gpiod_edge_event_get_event_type(event) == GPIOD_EDGE_EVENT_RISING_EDGE;
        ret[i].usec = gpiod_edge_event_get_timestamp_ns(event) / 1000;
    }
    return n;
}

const struct gpio_library gpio_library = {
    .folder = "/dev",
    .open = gpiod2_open,
    .close = gpiod_chip_close,
    .describe = gpiod2_describe,
    .find = gpiod2_find,
    .is_used = gpiod2_is_used,
    .request = gpiod2_request,
    .release = gpiod2_release,
    .set = gpiod2_set,
    .get = gpiod2_get,
    .fd = gpiod2_fd,
    .read = gpiod2_read,
};
