#include "body/lines-gpiod.h"

#include <assert.h>
#include <errno.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "body/gpio-map.h"

/*
 * A line that chatters without end shall not keep the loop from its timers, which stop motors: so
 * often it is looked at, then not before the time is over. Ears and fingers stay far below.
 */
#define STORM_USEC  (100 * USEC_PER_MSEC)
#define STORM_LOOKS 100

struct lines_gpiod;

struct gpio_line {
    struct lines_gpiod *set;
    bool output, active_low;
    enum line_bias bias;

    unsigned bit; /* outputs: in the request of their chip */

    struct gpio_request *request; /* inputs: each has its own */
    sd_event_source *source;
    bool told;          /* the physical level that was told last, */
    uint64_t told_usec; /* and of when it was */
};

struct lines_gpiod {
    struct lines lines; /* first: the back end is this struct */
    struct gpio_map map;
    struct gpio_request *outputs[GPIO_CHIPS_MAX];
    size_t count;
    struct gpio_line list[LINES_MAX];
};

/* ---- edges ---- */

static int fault_of(struct gpio_line *line, int error, struct body_fault *ret)
{
    return gpio_map_fault(&line->set->map, &line->set->map.places[line - line->set->list], error,
                          ret);
}

/* The listener may free the set. */
static void lose(struct gpio_line *line, int error)
{
    struct lines_gpiod *set = line->set;
    struct body_fault fault;

    for (size_t i = 0; i < set->count; i++)
        sd_event_source_set_enabled(set->list[i].source, SD_EVENT_OFF);
    fault_of(line, error, &fault);
    if (set->lines.listener.on_lost)
        set->lines.listener.on_lost(&fault, set->lines.userdata);
}

/* Time never goes back: an edge from before was told already, by the level that it led to. */
static void tell(struct gpio_line *line, bool level, uint64_t usec)
{
    struct lines *lines = &line->set->lines;

    if (usec < line->told_usec)
        return;
    line->told = level;
    line->told_usec = usec;
    if (lines->listener.on_edge)
        lines->listener.on_edge((unsigned)(line - line->set->list), level != line->active_low, usec,
                                lines->userdata);
}

/* Edges were lost, perhaps the last one: what counts is the level. */
static int catch_up(struct gpio_line *line)
{
    uint64_t now = clock_now_usec();
    int level = line->set->map.library->get(line->request);

    if (level >= 0 && level != line->told)
        tell(line, level, now);
    return level < 0 ? level : 0;
}

static int take_edges(struct gpio_line *line)
{
    struct gpio_edge edges[GPIO_EDGES];
    int n = line->set->map.library->read(line->request, edges);

    for (int i = 0; i < n; i++)
        tell(line, edges[i].level, edges[i].usec);
    if (n == GPIO_EDGES)
        return catch_up(line);
    return n == -EAGAIN ? 0 : n;
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
    struct gpio_line *line = userdata;
    int r = revents & (EPOLLHUP | EPOLLERR) ? -ENODEV : take_edges(line);

    if (r < 0)
        lose(line, r);
    return 0;
}

/* ---- the back end ---- */

/* A chip that fails does not keep motors on another one from being stopped. */
static int lines_gpiod_set(struct lines *lines, unsigned mask, unsigned levels)
{
    struct lines_gpiod *set = (struct lines_gpiod *)lines;
    unsigned masks[GPIO_CHIPS_MAX] = {0}, values[GPIO_CHIPS_MAX] = {0};
    int result = 0;

    for (size_t i = 0; i < set->count; i++) {
        const struct gpio_line *line = &set->list[i];
        unsigned chip = set->map.places[i].chip;
        if (!line->output || !(mask & 1U << i))
            continue;
        masks[chip] |= 1U << line->bit;
        values[chip] |= (unsigned)((levels >> i & 1U) != line->active_low) << line->bit;
    }
    for (unsigned i = 0; i < set->map.chip_count; i++) {
        int r = masks[i] ? set->map.library->set(set->outputs[i], masks[i], values[i]) : 0;
        result = r < 0 ? r : result;
    }
    return result;
}

static int lines_gpiod_get(struct lines *lines, unsigned line)
{
    struct lines_gpiod *set = (struct lines_gpiod *)lines;

    if (line >= set->count || !set->list[line].request)
        return -EINVAL;
    int level = set->map.library->get(set->list[line].request);
    return level < 0 ? level : level != set->list[line].active_low;
}

static struct lines *lines_gpiod_free(struct lines *lines)
{
    struct lines_gpiod *set = (struct lines_gpiod *)lines;

    for (size_t i = 0; i < set->count; i++) {
        sd_event_source_disable_unref(set->list[i].source);
        if (set->list[i].request)
            set->map.library->release(set->list[i].request);
    }
    for (unsigned i = 0; i < set->map.chip_count; i++)
        if (set->outputs[i])
            set->map.library->release(set->outputs[i]);
    gpio_map_clear(&set->map);
    free(set);
    return NULL;
}

/* ---- requests ---- */

/* All of a chip's outputs, inactive. */
static int request_outputs(struct lines_gpiod *set, unsigned chip, struct body_fault *fault)
{
    struct gpio_order order = {.output = true};
    struct gpio_line *first = NULL;

    for (size_t i = 0; i < set->count; i++) {
        struct gpio_line *line = &set->list[i];
        if (!line->output || set->map.places[i].chip != chip)
            continue;
        first = first ? first : line;
        line->bit = order.count++;
        order.offsets[line->bit] = set->map.places[i].offset;
        order.levels |= (unsigned)line->active_low << line->bit;
    }
    if (!first)
        return 0;
    int r = set->map.library->request(&set->outputs[chip], set->map.chips[chip].handle, &order);
    return r < 0 ? fault_of(first, r, fault) : 0;
}

static int watch(struct gpio_line *line, sd_event *event)
{
    int fd = line->set->map.library->fd(line->request);
    int r = sd_event_add_io(event, &line->source, fd, EPOLLIN, on_io, line);

    if (r >= 0)
        r = sd_event_source_set_priority(line->source, LINES_PRIORITY_EDGES);
    if (r >= 0)
        r = sd_event_source_set_ratelimit(line->source, STORM_USEC, STORM_LOOKS);
    return r < 0 ? r : 0;
}

static int request_input(struct gpio_line *line, sd_event *event, struct body_fault *fault)
{
    const struct gpio_map *map = &line->set->map;
    const struct gpio_place *place = &map->places[line - line->set->list];
    struct gpio_order order = {
        .offsets = {place->offset}, .count = 1, .edges = event, .bias = line->bias};

    int r = map->library->request(&line->request, map->chips[place->chip].handle, &order);
    if (r == 0 && event)
        r = watch(line, event);
    return r < 0 ? fault_of(line, r, fault) : 0;
}

static int request_all(struct lines_gpiod *set, sd_event *event, struct body_fault *fault)
{
    int r = 0;

    for (unsigned i = 0; r == 0 && i < set->map.chip_count; i++)
        r = request_outputs(set, i, fault);
    for (size_t i = 0; r == 0 && i < set->count; i++)
        if (set->map.places[i].what && !set->list[i].output)
            r = request_input(&set->list[i], event, fault);
    return r;
}

int lines_gpiod_new_with(struct lines **ret, const struct gpio_library *library, sd_event *event,
                         const char *chip, const struct line_want *wants, size_t count,
                         struct body_fault *ret_fault)
{
    static const struct lines_ops ops = {
        .set = lines_gpiod_set, .get = lines_gpiod_get, .free = lines_gpiod_free};

    assert(count <= LINES_MAX);
    struct lines_gpiod *set = calloc(1, sizeof(*set));
    if (!set)
        return body_fault_set(ret_fault, -ENOMEM, "gpio-failed", "%s", strerror(ENOMEM));
    set->lines.ops = &ops;
    set->count = count;
    for (size_t i = 0; i < count; i++)
        set->list[i] = (struct gpio_line){
            .set = set,
            .output = wants[i].what && wants[i].output,
            .active_low = wants[i].spec.active_low,
            .bias = wants[i].spec.bias,
        };

    int r = gpio_map_fill(&set->map, library, chip, wants, count, ret_fault);
    if (r == 0)
        r = request_all(set, event, ret_fault);
    if (r < 0) {
        lines_gpiod_free(&set->lines);
        return r;
    }
    *ret = &set->lines;
    return 0;
}

int lines_gpiod_new(struct lines **ret, sd_event *event, const char *chip,
                    const struct line_want *wants, size_t count, struct body_fault *ret_fault)
{
    return lines_gpiod_new_with(ret, &gpio_library, event, chip, wants, count, ret_fault);
}
