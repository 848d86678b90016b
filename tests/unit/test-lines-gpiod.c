#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "body/gpio-map.h"
#include "helper.h"

#define CHIPS    10
#define REQUESTS 8

/* A libgpiod of its own: chips are rows of this table, devices files in a folder. */
struct gpiod_chip {
    const char *name, *label;
    int error;     /* of opening it */
    unsigned used; /* lines that somebody holds, */
    const char *holder;
    int request_error; /* of requesting any line of it */
    unsigned open;
};

struct gpio_request {
    struct gpiod_chip *chip;
    struct gpio_order order;
    unsigned levels, sets, mask; /* of the last set */
    int set_error, level;        /* level: what an input reads, or -errno */
    int fd;

    struct gpio_edge queue[3 * GPIO_EDGES];
    unsigned count, taken;
    bool endless;
    int error; /* of reading edges */
};

static struct {
    struct gpiod_chip chips[CHIPS];
    struct gpio_request *requests[REQUESTS]; /* in their order */
    unsigned made, released;
} world;

static int fake_open(struct gpiod_chip **ret, const char *path)
{
    _cleanup_(freep) char *device = realpath(path, NULL);
    const char *name = device ? strrchr(device, '/') + 1 : "";

    for (unsigned i = 0; i < CHIPS; i++) {
        struct gpiod_chip *chip = &world.chips[i];
        if (!chip->name || !streq(chip->name, name))
            continue;
        if (chip->error)
            return chip->error;
        chip->open++;
        *ret = chip;
        return 0;
    }
    return -ENOENT;
}

static void fake_close(struct gpiod_chip *chip)
{
    assert_true(chip->open > 0);
    chip->open--;
}

static int fake_describe(struct gpiod_chip *chip, struct gpio_chip_info *ret)
{
    snprintf(ret->name, sizeof(ret->name), "%s", chip->name);
    snprintf(ret->label, sizeof(ret->label), "%s", chip->label);
    ret->lines = 32;
    return 0;
}

/* Lines are called a to z. */
static int fake_find(struct gpiod_chip *chip, const char *name, unsigned *ret)
{
    if (strlen(name) != 1 || *name < 'a' || *name > 'z')
        return -ENOENT;
    *ret = (unsigned)(*name - 'a');
    return 0;
}

static int fake_is_used(struct gpiod_chip *chip, unsigned offset, char ret_holder[GPIO_NAME_MAX])
{
    snprintf(ret_holder, GPIO_NAME_MAX, "%s", chip->holder ? chip->holder : "");
    return chip->used >> offset & 1U;
}

static int fake_request(struct gpio_request **ret, struct gpiod_chip *chip,
                        const struct gpio_order *order)
{
    if (chip->request_error)
        return chip->request_error;
    struct gpio_request *request = calloc(1, sizeof(*request));
    assert_non_null(request);
    *request = (struct gpio_request){
        .chip = chip, .order = *order, .levels = order->levels, .fd = eventfd(0, EFD_NONBLOCK)};
    assert_true(request->fd >= 0 && world.made < REQUESTS);
    world.requests[world.made++] = request;
    *ret = request;
    return 0;
}

static void fake_release(struct gpio_request *request)
{
    world.released++;
    close(request->fd);
    free(request);
}

static int fake_set(struct gpio_request *request, unsigned mask, unsigned levels)
{
    request->sets++;
    if (request->set_error)
        return request->set_error;
    request->mask = mask;
    request->levels = (request->levels & ~mask) | (levels & mask);
    return 0;
}

static int fake_get(struct gpio_request *request)
{
    return request->level;
}

static int fake_fd(struct gpio_request *request)
{
    return request->fd;
}

static int fake_read(struct gpio_request *request, struct gpio_edge ret[GPIO_EDGES])
{
    int n = 0;
    uint64_t ignored;

    if (request->error)
        return request->error;
    while (request->taken < request->count && n < GPIO_EDGES)
        ret[n++] = request->queue[request->taken++];
    if (request->endless)
        ret[n++] = (struct gpio_edge){.level = true, .usec = clock_now_usec()};
    else if (request->taken == request->count)
        assert_int_equal(read(request->fd, &ignored, sizeof(ignored)), sizeof(ignored));
    return n ? n : -EAGAIN;
}

/* ---- the world and a set of lines in it ---- */

struct rig {
    char *folder;
    struct gpio_library library;
    sd_event *event;
    struct lines *lines;
    struct body_fault fault;

    struct gpio_edge edges[4 * GPIO_EDGES];
    unsigned line; /* of the last edge */
    unsigned count, losses, timers;
    bool keeps; /* the lines that are lost */
};

static void on_edge(unsigned line, bool level, uint64_t usec, void *userdata)
{
    struct rig *rig = userdata;

    rig->line = line;
    rig->edges[rig->count % ARRAY_SIZE(rig->edges)] = (struct gpio_edge){level, usec};
    rig->count++;
}

static void on_lost(const struct body_fault *fault, void *userdata)
{
    struct rig *rig = userdata;

    rig->losses++;
    rig->fault = *fault;
    if (!rig->keeps)
        rig->lines = lines_free(rig->lines);
}

static void add_chip(struct rig *rig, unsigned index, const char *name, const char *label)
{
    world.chips[index] = (struct gpiod_chip){.name = name, .label = label};
    free(folder_write(rig->folder, name, ""));
}

static int set_up(void **state)
{
    struct rig *rig = calloc(1, sizeof(*rig));
    assert_non_null(rig);
    memset(&world, 0, sizeof(world));
    rig->folder = folder_new();
    rig->library = (struct gpio_library){
        .folder = rig->folder,
        .open = fake_open,
        .close = fake_close,
        .describe = fake_describe,
        .find = fake_find,
        .is_used = fake_is_used,
        .request = fake_request,
        .release = fake_release,
        .set = fake_set,
        .get = fake_get,
        .fd = fake_fd,
        .read = fake_read,
    };
    add_chip(rig, 0, "gpiochip0", "soc");
    add_chip(rig, 1, "gpiochip10", "far");
    add_chip(rig, 2, "gpiochip2", "expander");
    free(folder_write(rig->folder, "gpio-other", ""));
    assert_true(sd_event_new(&rig->event) >= 0);
    *state = rig;
    return 0;
}

/* Nothing is left open or held, whatever went wrong. */
static int tear_down(void **state)
{
    struct rig *rig = *state;

    lines_free(rig->lines);
    assert_int_equal(world.made, world.released);
    for (unsigned i = 0; i < CHIPS; i++)
        assert_int_equal(world.chips[i].open, 0);
    sd_event_unref(rig->event);
    folder_remove(rig->folder);
    free(rig);
    return 0;
}

static struct line_want want(const char *what, bool output, const char *spec)
{
    struct line_want want = {.what = what, .output = output};

    assert_int_equal(line_spec_parse(spec, &want.spec), 0);
    return want;
}

static int open_lines(struct rig *rig, const char *chip, const struct line_want *wants,
                      size_t count)
{
    int r = lines_gpiod_new_with(&rig->lines, &rig->library, rig->event, chip, wants, count,
                                 &rig->fault);

    if (r == 0) {
        rig->lines->listener = (struct lines_listener){.on_edge = on_edge, .on_lost = on_lost};
        rig->lines->userdata = rig;
    }
    return r;
}

static void must_fail(struct rig *rig, const char *chip, const struct line_want *wants,
                      size_t count, int error, const char *cause, const char *text)
{
    assert_int_equal(open_lines(rig, chip, wants, count), error);
    assert_null(rig->lines);
    assert_string_equal(rig->fault.cause, cause);
    assert_string_equal(rig->fault.text, text);
    assert_int_equal(world.made, world.released);
}

static void settle(struct rig *rig)
{
    while (sd_event_run(rig->event, 0) > 0)
        ;
}

/* ---- where lines are ---- */

static void test_grouping(void **state)
{
    struct rig *rig = *state;
    const struct line_want wants[] = {
        want("an encoder", false, "f,active-low,pull-up"),
        want("a motor", true, "c"),
        want("a lamp", true, "expander:3,active-low"),
        {.what = NULL},
        want("a button", false, "gpiochip2:7"),
        want("another motor", true, "soc:9,active-low"),
    };

    assert_int_equal(open_lines(rig, "soc", wants, ARRAY_SIZE(wants)), 0);
    assert_int_equal(world.made, 4);

    const struct gpio_order *order = &world.requests[0]->order;
    assert_true(order->output && !order->edges);
    assert_ptr_equal(world.requests[0]->chip, &world.chips[0]);
    assert_int_equal(order->count, 2);
    assert_int_equal(order->offsets[0], 2);
    assert_int_equal(order->offsets[1], 9);
    assert_int_equal(order->levels, 2);

    order = &world.requests[1]->order;
    assert_true(order->output);
    assert_ptr_equal(world.requests[1]->chip, &world.chips[2]);
    assert_int_equal(order->count, 1);
    assert_int_equal(order->offsets[0], 3);
    assert_int_equal(order->levels, 1);

    order = &world.requests[2]->order;
    assert_true(!order->output && order->edges);
    assert_int_equal(order->count, 1);
    assert_int_equal(order->offsets[0], 5);
    assert_int_equal(order->bias, BIAS_PULL_UP);
    assert_ptr_equal(world.requests[3]->chip, &world.chips[2]);
    assert_int_equal(world.requests[3]->order.offsets[0], 7);
    assert_int_equal(world.requests[3]->order.bias, BIAS_AS_IS);
    assert_int_equal(world.chips[0].open + world.chips[1].open + world.chips[2].open, 2);
}

static void test_set_and_get(void **state)
{
    struct rig *rig = *state;
    const struct line_want wants[] = {
        want("an encoder", false, "f,active-low"), want("a motor", true, "c"),
        want("a lamp", true, "expander:3,active-low"), want("another motor", true, "9,active-low")};

    assert_int_equal(open_lines(rig, "soc", wants, ARRAY_SIZE(wants)), 0);
    struct gpio_request *motors = world.requests[0], *lamp = world.requests[1];

    assert_int_equal(lines_set(rig->lines, 0xe, 0xa), 0);
    assert_int_equal(motors->sets, 1);
    assert_int_equal(motors->levels, 1);
    assert_int_equal(lamp->sets, 1);
    assert_int_equal(lamp->levels, 1);

    assert_int_equal(lines_set(rig->lines, 1 << 3, 0), 0);
    assert_int_equal(motors->mask, 2);
    assert_int_equal(motors->levels, 3);
    assert_int_equal(lamp->sets, 1);

    /* The one that fails is told, the other one is set all the same. */
    motors->set_error = -ENODEV;
    assert_int_equal(lines_set(rig->lines, 0xe, 4), -ENODEV);
    assert_int_equal(lamp->levels, 0);

    assert_int_equal(lines_get(rig->lines, 0), 1);
    world.requests[2]->level = 1;
    assert_int_equal(lines_get(rig->lines, 0), 0);
    world.requests[2]->level = -EIO;
    assert_int_equal(lines_get(rig->lines, 0), -EIO);
    assert_int_equal(lines_get(rig->lines, 1), -EINVAL);
    assert_int_equal(lines_get(rig->lines, 31), -EINVAL);
}

static void test_names_of_chips(void **state)
{
    struct rig *rig = *state;
    char path[256];

    snprintf(path, sizeof(path), "%s/gpiochip10", rig->folder);
    const char *const names[] = {"far", "gpiochip10", path};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        const struct line_want lamp = want("a lamp", true, "1");
        assert_int_equal(open_lines(rig, names[i], &lamp, 1), 0);
        assert_ptr_equal(world.requests[i]->chip, &world.chips[1]);
        rig->lines = lines_free(rig->lines);
    }
}

/* ---- faults ---- */

static void test_missing_chip(void **state)
{
    struct rig *rig = *state;
    const struct line_want lamp = want("a lamp", true, "1");

    must_fail(rig, "none", &lamp, 1, -ENOENT, "gpio-missing",
              "there is no GPIO chip none for a lamp (line 1), only gpiochip0 (soc), gpiochip2 "
              "(expander), gpiochip10 (far): correct [gpio] chip");
    must_fail(rig, "/dev/none", &lamp, 1, -ENOENT, "gpio-missing",
              "there is no GPIO chip /dev/none for a lamp (line 1): plug it in, or correct [gpio] "
              "chip");
    must_fail(rig, NULL, &lamp, 1, -EINVAL, "gpio-missing",
              "on which GPIO chip is line 1 (a lamp)? Set [gpio] chip");
}

static void test_same_label(void **state)
{
    struct rig *rig = *state;
    const struct line_want lamp = want("a lamp", true, "1");
    char path[256];

    world.chips[2].label = "soc";
    must_fail(rig, "soc", &lamp, 1, -ENOTUNIQ, "gpio-missing",
              "2 GPIO chips are called soc, which a lamp is on: write its path instead");

    /* A link to a chip is no other chip. */
    snprintf(path, sizeof(path), "%s/gpiochip1", rig->folder);
    assert_int_equal(symlink("gpiochip10", path), 0);
    const char *const names[] = {"far", "gpiochip1", path};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        assert_int_equal(open_lines(rig, names[i], &lamp, 1), 0);
        assert_ptr_equal(world.requests[i]->chip, &world.chips[1]);
        rig->lines = lines_free(rig->lines);
    }
    must_fail(rig, "none", &lamp, 1, -ENOENT, "gpio-missing",
              "there is no GPIO chip none for a lamp (line 1), only gpiochip0 (soc), gpiochip2 "
              "(soc), gpiochip10 (far): correct [gpio] chip");
}

static void test_denied(void **state)
{
    struct rig *rig = *state;
    const struct line_want lamp = want("a lamp", true, "1");
    char text[256];

    world.chips[2].error = -EACCES;
    assert_int_equal(open_lines(rig, "soc", &lamp, 1), 0);
    rig->lines = lines_free(rig->lines);

    snprintf(text, sizeof(text),
             "no permission to use %s/gpiochip2 for a lamp: it must belong to the group gpio, and "
             "the daemon's user to that group",
             rig->folder);
    must_fail(rig, "expander", &lamp, 1, -EACCES, "gpio-denied", text);
    snprintf(text, sizeof(text), "%s/gpiochip2", rig->folder);
    world.chips[2].error = -EPERM;
    assert_int_equal(open_lines(rig, text, &lamp, 1), -EACCES);
    assert_string_equal(rig->fault.cause, "gpio-denied");
}

static void test_range(void **state)
{
    struct rig *rig = *state;
    const struct line_want offset = want("a lamp", true, "32"), name = want("a key", false, "zz"),
                           last = want("a lamp", true, "31");

    must_fail(rig, "gpiochip0", &offset, 1, -ERANGE, "gpio-range",
              "soc has no line 32 for a lamp: its lines are 0 to 31");
    must_fail(rig, "gpiochip0", &name, 1, -ERANGE, "gpio-range",
              "soc has no line called zz for a key: gpioinfo shows the names it has");
    assert_int_equal(open_lines(rig, "soc", &last, 1), 0);
}

static void test_twice(void **state)
{
    struct rig *rig = *state;
    const struct line_want wants[] = {
        want("a lamp", true, "soc:b"), {.what = NULL}, want("a key", false, "1,active-low")};
    const struct line_want good[] = {want("a lamp", true, "soc:b"),
                                     want("a key", false, "expander:1")};

    must_fail(rig, "gpiochip0", wants, ARRAY_SIZE(wants), -EEXIST, "gpio-twice",
              "line 1 of soc is wanted twice, for a lamp and for a key: correct one");
    assert_int_equal(open_lines(rig, "gpiochip0", good, ARRAY_SIZE(good)), 0);
}

/* Nothing was requested when the last line is found to be held. */
static void test_busy(void **state)
{
    struct rig *rig = *state;
    const struct line_want wants[] = {want("a motor", true, "0"), want("a lamp", true, "2"),
                                      want("a key", false, "expander:5")};

    world.chips[2].used = 1 << 5;
    world.chips[2].holder = "gpio-keys";
    must_fail(rig, "soc", wants, ARRAY_SIZE(wants), -EBUSY, "gpio-busy",
              "line 5 of expander (a key) is held by gpio-keys: stop that, or choose another line");
    assert_int_equal(world.made, 0);

    world.chips[2].holder = "nabaztagd";
    assert_int_equal(open_lines(rig, "soc", wants, ARRAY_SIZE(wants)), -EALREADY);
    assert_non_null(strstr(rig->fault.text, "held by another nabaztagd"));
    world.chips[2].holder = NULL;
    assert_int_equal(open_lines(rig, "soc", wants, ARRAY_SIZE(wants)), -EBUSY);
    assert_non_null(strstr(rig->fault.text, "held by somebody without a name"));
}

/* Whoever only looks touches nothing. */
static void test_look(void **state)
{
    struct rig *rig = *state;
    const struct line_want key = want("a key", false, "expander:5"),
                           lost = want("a key", false, "island:5");
    struct gpio_look look;

    assert_int_equal(gpio_map_look(&rig->library, NULL, &key, &look), 0);
    assert_string_equal(look.chip.name, "gpiochip2");
    world.chips[2].used = 1 << 5;
    world.chips[2].holder = "nabaztagd";
    assert_int_equal(gpio_map_look(&rig->library, NULL, &key, &look), -EALREADY);
    assert_string_equal(look.fault.cause, "gpio-busy");
    assert_int_equal(gpio_map_look(&rig->library, NULL, &lost, &look), -ENOENT);
    assert_string_equal(look.chip.name, "");
    assert_string_equal(look.fault.cause, "gpio-missing");
    assert_int_equal(world.made, 0);
}

/* Between looking and requesting anything may happen. */
static void test_failing_requests(void **state)
{
    static const struct {
        int error;
        const char *cause, *text;
    } cases[] = {
        {-EBUSY, "gpio-busy",
         "line 5 of expander (a key) is held by somebody without a name: stop that, or choose "
         "another line"},
        {-ENODEV, "gpio-lost",
         "the GPIO chip expander with line 5 (a key) is gone: plug it in again"},
        {-EPERM, "gpio-denied",
         "no permission to use expander for a key: it must belong to the group gpio, and the "
         "daemon's user to that group"},
        {-EIO, "gpio-failed", "line 5 of expander (a key) cannot be used: Input/output error"},
    };
    struct rig *rig = *state;
    const struct line_want wants[] = {want("a key", false, "expander:5"),
                                      want("a motor", true, "0"), want("a lamp", true, "2")};

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        world.chips[2].request_error = cases[i].error;
        int error = cases[i].error == -EPERM ? -EACCES : cases[i].error;
        must_fail(rig, "soc", wants, ARRAY_SIZE(wants), error, cases[i].cause, cases[i].text);
        assert_int_equal(world.made, i + 1);
    }
}

static void test_too_many_chips(void **state)
{
    static const char *const names[CHIPS] = {"gpiochip0", "gpiochip1", "gpiochip2",
                                             "gpiochip3", "gpiochip4", "gpiochip5",
                                             "gpiochip6", "gpiochip7", "gpiochip8"};
    struct rig *rig = *state;
    struct line_want wants[GPIO_CHIPS_MAX + 1];
    char spec[32];

    for (unsigned i = 0; i < ARRAY_SIZE(wants); i++) {
        add_chip(rig, i, names[i], names[i]);
        snprintf(spec, sizeof(spec), "%s:0", names[i]);
        wants[i] = want("a lamp", true, spec);
    }
    assert_int_equal(open_lines(rig, NULL, wants, ARRAY_SIZE(wants)), -EMFILE);
    assert_string_equal(rig->fault.cause, "gpio-failed");
    assert_int_equal(open_lines(rig, NULL, wants, GPIO_CHIPS_MAX), 0);
}

/* ---- edges ---- */

static struct gpio_request *watch(struct rig *rig, const char *spec, bool level)
{
    const struct line_want wants[] = {want("a lamp", true, "2"), want("a key", false, spec)};

    world.made = world.released = 0;
    assert_int_equal(open_lines(rig, "soc", wants, ARRAY_SIZE(wants)), 0);
    world.requests[1]->level = level;
    return world.requests[1];
}

static void enqueue(struct gpio_request *request, bool level, uint64_t usec)
{
    request->queue[request->count++] = (struct gpio_edge){level, usec};
    eventfd_write(request->fd, 1);
}

static void test_edges(void **state)
{
    struct rig *rig = *state;
    struct gpio_request *key = watch(rig, "5,active-low", true);

    enqueue(key, true, 1000);
    enqueue(key, false, 3000);
    settle(rig);
    assert_int_equal(rig->count, 2);
    assert_int_equal(rig->line, 1);
    assert_false(rig->edges[0].level);
    assert_int_equal(rig->edges[0].usec, 1000);
    assert_true(rig->edges[1].level);
    assert_int_equal(rig->edges[1].usec, 3000);

    /* Awake for nothing. */
    eventfd_write(key->fd, 1);
    settle(rig);
    assert_int_equal(rig->count, 2);
    assert_int_equal(rig->losses, 0);
}

/* A batch as large as the kernel's queue: the level decides, now; what is older comes too late. */
static void test_overflow(void **state)
{
    struct rig *rig = *state;
    uint64_t begin = clock_now_usec(), old = begin - USEC_PER_SEC;
    struct gpio_request *key = watch(rig, "5", false);

    key->level = 1;
    for (unsigned i = 0; i < GPIO_EDGES; i++)
        enqueue(key, i % 2 == 0, old + i);
    enqueue(key, true, old + 100);
    enqueue(key, false, clock_now_usec() + USEC_PER_SEC);
    settle(rig);
    assert_int_equal(rig->count, GPIO_EDGES + 2);
    assert_true(rig->edges[GPIO_EDGES].level);
    assert_in_range(rig->edges[GPIO_EDGES].usec, begin, clock_now_usec());
    assert_false(rig->edges[GPIO_EDGES + 1].level);
}

static void test_full_but_nothing_lost(void **state)
{
    struct rig *rig = *state;
    struct gpio_request *key = watch(rig, "5", false);

    for (unsigned i = 0; i < GPIO_EDGES + 1; i++)
        enqueue(key, i % 2 == 0, 1000 + i);
    key->level = 0;
    settle(rig);
    assert_int_equal(rig->count, GPIO_EDGES + 1);
    for (unsigned i = 0; i < rig->count; i++)
        assert_int_equal(rig->edges[i].usec, 1000 + i);
}

/* A line that chatters as fast as one can look: motors are stopped and signals heard all the same.
 */
static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct rig *rig = userdata;

    rig->timers++;
    return 0;
}

static void test_storm(void **state)
{
    struct rig *rig = *state;
    sd_event_source *motors = NULL, *others = NULL;
    uint64_t begin = clock_now_usec(), due = begin + 20 * USEC_PER_MSEC;

    struct gpio_request *key = watch(rig, "5", false);
    assert_true(sd_event_add_time(rig->event, &motors, CLOCK_MONOTONIC, due, 1, on_timer, rig) >=
                0);
    assert_true(sd_event_source_set_priority(motors, LINES_PRIORITY_MOTORS) >= 0);
    assert_true(sd_event_add_time(rig->event, &others, CLOCK_MONOTONIC, due, 1, on_timer, rig) >=
                0);
    key->endless = true;
    eventfd_write(key->fd, 1);
    while (rig->timers < 2)
        assert_true(sd_event_run(rig->event, USEC_PER_SEC) > 0 && rig->count < 1000);
    assert_true(clock_now_usec() - begin < USEC_PER_SEC);

    /* It is heard again later. */
    unsigned before = rig->count;
    while (rig->count <= before + 1)
        assert_true(sd_event_run(rig->event, USEC_PER_SEC) > 0);
    sd_event_source_unref(motors);
    sd_event_source_unref(others);
}

static void test_without_edges(void **state)
{
    struct rig *rig = *state;
    const struct line_want wants[] = {want("a lamp", true, "2"), want("a key", false, "5")};

    assert_int_equal(lines_gpiod_new_with(&rig->lines, &rig->library, NULL, "soc", wants, 2, NULL),
                     0);
    assert_false(world.requests[1]->order.edges);
    world.requests[1]->level = 1;
    assert_int_equal(lines_get(rig->lines, 1), 1);
}

/* All lines hang up at once; that is told once, and then it is quiet. */
static void test_lost_and_kept(void **state)
{
    struct rig *rig = *state;
    const struct line_want wants[] = {want("a key", false, "5"), want("another", false, "6")};

    rig->keeps = true;
    assert_int_equal(open_lines(rig, "soc", wants, ARRAY_SIZE(wants)), 0);
    for (unsigned i = 0; i < ARRAY_SIZE(wants); i++) {
        world.requests[i]->error = -ENODEV;
        eventfd_write(world.requests[i]->fd, 1);
    }
    settle(rig);
    assert_int_equal(rig->losses, 1);
    assert_non_null(rig->lines);
}

static void test_lost(void **state)
{
    struct rig *rig = *state;
    struct gpio_request *key = watch(rig, "5", false);

    key->level = -ENODEV;
    for (unsigned i = 0; i < GPIO_EDGES; i++)
        enqueue(key, i % 2 == 0, 1000 + i);
    settle(rig);
    assert_int_equal(rig->losses, 1);
    assert_null(rig->lines);
    assert_string_equal(rig->fault.cause, "gpio-lost");
    assert_string_equal(rig->fault.text,
                        "the GPIO chip soc with line 5 (a key) is gone: plug it in again");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_grouping),
        TEST(test_set_and_get),
        TEST(test_names_of_chips),
        TEST(test_missing_chip),
        TEST(test_same_label),
        TEST(test_denied),
        TEST(test_range),
        TEST(test_twice),
        TEST(test_busy),
        TEST(test_look),
        TEST(test_failing_requests),
        TEST(test_too_many_chips),
        TEST(test_edges),
        TEST(test_overflow),
        TEST(test_full_but_nothing_lost),
        TEST(test_storm),
        TEST(test_lost),
        TEST(test_lost_and_kept),
        TEST(test_without_edges),
    };
    return cmocka_run_group_tests_name("lines-gpiod", tests, NULL, NULL);
}
