/*
 * libgpiod 1.x. Its lines belong to their chip; it knows no request, so that ours is a bulk of
 * lines. It always writes the whole bulk, so that the levels are kept here.
 */
#include "body/lines-gpiod.h"

#include <errno.h>
#include <fcntl.h>
#include <gpiod.h>

#include "base/clock.h"

struct gpio_request {
    struct gpiod_line_bulk bulk;
    int levels[LINES_MAX];
};

static int gpiod1_open(struct gpiod_chip **ret, const char *path)
{
    *ret = gpiod_chip_open(path);
    return *ret ? 0 : -errno;
}

static int gpiod1_describe(struct gpiod_chip *chip, struct gpio_chip_info *ret)
{
    snprintf(ret->name, sizeof(ret->name), "%s", gpiod_chip_name(chip));
    snprintf(ret->label, sizeof(ret->label), "%s", gpiod_chip_label(chip));
    ret->lines = gpiod_chip_num_lines(chip);
    return 0;
}

static int gpiod1_find(struct gpiod_chip *chip, const char *name, unsigned *ret)
{
    struct gpiod_line *line = gpiod_chip_find_line(chip, name);

    if (!line)
        return -errno;
    *ret = gpiod_line_offset(line);
    return 0;
}

static int gpiod1_is_used(struct gpiod_chip *chip, unsigned offset, char ret_holder[GPIO_NAME_MAX])
{
    struct gpiod_line *line = gpiod_chip_get_line(chip, offset);
    if (!line)
        return -errno;

    const char *holder = gpiod_line_consumer(line);
    snprintf(ret_holder, GPIO_NAME_MAX, "%s", holder ? holder : "");
    return gpiod_line_is_used(line);
}

static struct gpiod_line_request_config config_of(const struct gpio_order *order)
{
    static const int flags[] = {
        [BIAS_AS_IS] = 0,
        [BIAS_PULL_UP] = GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_UP,
        [BIAS_PULL_DOWN] = GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_DOWN,
    };

    return (struct gpiod_line_request_config){
        .consumer = GPIO_CONSUMER,
        .request_type = order->output  ? GPIOD_LINE_REQUEST_DIRECTION_OUTPUT
                        : order->edges ? GPIOD_LINE_REQUEST_EVENT_BOTH_EDGES
                                       : GPIOD_LINE_REQUEST_DIRECTION_INPUT,
        .flags = order->output ? 0 : flags[order->bias],
    };
}

static int gpiod1_fd(struct gpio_request *request)
{
    return gpiod_line_event_get_fd(gpiod_line_bulk_get_line(&request->bulk, 0));
}

static void gpiod1_release(struct gpio_request *request)
{
    gpiod_line_release_bulk(&request->bulk);
    free(request);
}

static int gpiod1_request(struct gpio_request **ret, struct gpiod_chip *chip,
                          const struct gpio_order *order)
{
    const struct gpiod_line_request_config config = config_of(order);
    _cleanup_(freep) struct gpio_request *request = calloc(1, sizeof(*request));
    unsigned offsets[LINES_MAX];

    if (!request)
        return -ENOMEM;
    for (unsigned i = 0; i < order->count; i++) {
        offsets[i] = order->offsets[i];
        request->levels[i] = order->levels >> i & 1U;
    }
    if (gpiod_chip_get_lines(chip, offsets, order->count, &request->bulk) < 0 ||
        gpiod_line_request_bulk(&request->bulk, &config, request->levels) < 0)
        return -errno;

    if (order->edges && fcntl(gpiod1_fd(request), F_SETFL, O_NONBLOCK) < 0) {
        int r = -errno;
        gpiod_line_release_bulk(&request->bulk);
        return r;
    }
    *ret = request;
    request = NULL;
    return 0;
}

static int gpiod1_set(struct gpio_request *request, unsigned mask, unsigned levels)
{
    int wanted[LINES_MAX];

    for (unsigned i = 0; i < gpiod_line_bulk_num_lines(&request->bulk); i++)
        wanted[i] = mask & 1U << i ? (int)(levels >> i & 1U) : request->levels[i];
    if (gpiod_line_set_value_bulk(&request->bulk, wanted) < 0)
        return -errno;
    memcpy(request->levels, wanted, sizeof(wanted));
    return 0;
}

static int gpiod1_get(struct gpio_request *request)
{
    int level = gpiod_line_get_value(gpiod_line_bulk_get_line(&request->bulk, 0));
    return level < 0 ? -errno : level;
}

static int gpiod1_read(struct gpio_request *request, struct gpio_edge ret[GPIO_EDGES])
{
    struct gpiod_line_event events[GPIO_EDGES];
    int n = gpiod_line_event_read_fd_multiple(gpiod1_fd(request), events, GPIO_EDGES);

    if (n < 0)
        return -errno;
    for (int i = 0; i < n; i++) {
        ret[i].level = events[i].event_type == GPIOD_LINE_EVENT_RISING_EDGE;
        ret[i].usec = clock_timespec_usec(&events[i].ts);
    }
    return n;
}

const struct gpio_library gpio_library = {
    .folder = "/dev",
    .open = gpiod1_open,
    .close = gpiod_chip_close,
    .describe = gpiod1_describe,
    .find = gpiod1_find,
    .is_used = gpiod1_is_used,
    .request = gpiod1_request,
    .release = gpiod1_release,
    .set = gpiod1_set,
    .get = gpiod1_get,
    .fd = gpiod1_fd,
    .read = gpiod1_read,
};
