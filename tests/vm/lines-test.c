/*
 * The real lines (body/lines.h) on gpio-sim chips, run in the test machine as root:
 *
 *   lines-test [TEST]
 *
 * vm-gpio has made the chips `nabsim` and `nabsim2`. Nothing here may wait for an edge: whatever
 * blocks is killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/gpio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "body/lines.h"

#include <cmocka.h>

#define CHIP       "nabsim"
#define OTHER      "nabsim2"
#define CONFIG     "/sys/kernel/config/gpio-sim"
#define LIMIT_SECS 20
#define NOBODY     65534
#define EDGES_MAX  400

enum { MOTOR = 0, SECOND_MOTOR = 1, ENCODER = 4, OTHER_ENCODER = 5, BUTTON = 6, LED = 7 };

/* ---- the other side of the lines ---- */

static int open_word(int flags, const char *format, va_list arguments) _printf_(2, 0);

static int open_word(int flags, const char *format, va_list arguments)
{
    char path[256];

    vsnprintf(path, sizeof(path), format, arguments);
    int fd = open(path, flags | O_CLOEXEC);
    if (fd < 0)
        fail_msg("%s: %s", path, strerror(errno));
    return fd;
}

static void read_word(char word[64], const char *format, ...) _printf_(2, 3);
static void write_word(const char *word, const char *format, ...) _printf_(2, 3);

static void read_word(char word[64], const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    _cleanup_(closep) int fd = open_word(O_RDONLY, format, arguments);
    va_end(arguments);
    ssize_t n = read(fd, word, 63);
    assert_true(n > 0);
    word[n] = '\0';
    word[strcspn(word, "\n")] = '\0';
}

static void write_word(const char *word, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    _cleanup_(closep) int fd = open_word(O_WRONLY, format, arguments);
    va_end(arguments);
    assert_int_equal(write(fd, word, strlen(word)), strlen(word));
}

static void name_of(const char *chip, char ret[64])
{
    read_word(ret, CONFIG "/%s/bank0/chip_name", chip);
}

static bool value(const char *chip, int line)
{
    char device[64], name[64], word[64];

    read_word(device, CONFIG "/%s/dev_name", chip);
    name_of(chip, name);
    read_word(word, "/sys/devices/platform/%s/%s/sim_gpio%d/value", device, name, line);
    return streq(word, "1");
}

static void pull(const char *chip, int line, bool up)
{
    char device[64], name[64];

    read_word(device, CONFIG "/%s/dev_name", chip);
    name_of(chip, name);
    write_word(up ? "pull-up" : "pull-down", "/sys/devices/platform/%s/%s/sim_gpio%d/pull", device,
               name, line);
}

static void plug(const char *chip, bool in)
{
    char live[64];

    read_word(live, CONFIG "/%s/live", chip);
    if (streq(live, "1") != in)
        write_word(in ? "1" : "0", CONFIG "/%s/live", chip);
}

/* ---- a set of lines and its listener ---- */

struct edge {
    unsigned line;
    bool level;
    uint64_t usec;
};

struct rig {
    sd_event *event;
    struct lines *lines;
    struct body_fault fault;

    struct edge edges[EDGES_MAX];
    size_t count;
    unsigned losses;
    bool free_when_lost;
};

static void on_edge(unsigned line, bool level, uint64_t usec, void *userdata)
{
    struct rig *rig = userdata;

    assert_true(rig->count < EDGES_MAX);
    rig->edges[rig->count++] = (struct edge){line, level, usec};
}

static void on_lost(const struct body_fault *fault, void *userdata)
{
    struct rig *rig = userdata;

    rig->losses++;
    rig->fault = *fault;
    if (rig->free_when_lost)
        rig->lines = lines_free(rig->lines);
}

static int rig_open(struct rig *rig, const struct line_want *wants, size_t count)
{
    int r = lines_gpiod_new(&rig->lines, rig->event, CHIP, wants, count, &rig->fault);

    if (r == 0) {
        rig->lines->listener = (struct lines_listener){.on_edge = on_edge, .on_lost = on_lost};
        rig->lines->userdata = rig;
    }
    return r;
}

static void must_open(struct rig *rig, const struct line_want *wants, size_t count)
{
    int r = rig_open(rig, wants, count);
    if (r < 0)
        fail_msg("%s", rig->fault.text);
}

static void must_fail(struct rig *rig, const struct line_want *wants, size_t count, int error,
                      const char *cause)
{
    assert_int_equal(rig_open(rig, wants, count), error);
    assert_null(rig->lines);
    assert_string_equal(rig->fault.cause, cause);
    print_message("%s\n", rig->fault.text);
}

static void must_say(const struct rig *rig, const char *text)
{
    if (!strstr(rig->fault.text, text))
        fail_msg("\"%s\" is not in: %s", text, rig->fault.text);
}

static void close_rig(struct rig *rig)
{
    rig->lines = lines_free(rig->lines);
    rig->count = 0;
}

/* All edges there are by now: the loop finds nothing to do any more. */
static void settle(struct rig *rig)
{
    while (sd_event_run(rig->event, 50 * USEC_PER_MSEC) > 0)
        ;
}

static void wait_for(struct rig *rig, size_t count)
{
    while (rig->count < count)
        assert_true(sd_event_run(rig->event, 2 * USEC_PER_SEC) > 0);
}

static struct line_want want(const char *spec, bool output)
{
    struct line_want want = {.what = output ? "an output" : "an input", .output = output};

    assert_int_equal(line_spec_parse(spec, &want.spec), 0);
    return want;
}

static int set_up(void **state)
{
    struct rig *rig = calloc(1, sizeof(*rig));

    alarm(LIMIT_SECS);
    if (!rig)
        return -ENOMEM;
    *state = rig;
    return sd_event_new(&rig->event);
}

/* Whatever a test did to the chips is undone. */
static int tear_down(void **state)
{
    struct rig *rig = *state;

    close_rig(rig);
    sd_event_unref(rig->event);
    free(rig);
    plug(CHIP, true);
    plug(OTHER, true);
    for (int i = 0; i <= LED; i++)
        pull(CHIP, i, false);
    return 0;
}

/* ---- tests ---- */

static void test_names(void **state)
{
    struct rig *rig = *state;
    char device[64], specs[4][LINE_SPEC_NAME_MAX];

    name_of(CHIP, device);
    snprintf(specs[0], sizeof(specs[0]), CHIP ":led-nose-red");
    snprintf(specs[1], sizeof(specs[1]), "%.20s:led-nose-red", device);
    snprintf(specs[2], sizeof(specs[2]), "/dev/%.20s:%d", device, LED);
    snprintf(specs[3], sizeof(specs[3]), "%d", LED);
    for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
        struct line_want led = want(specs[i], true);
        must_open(rig, &led, 1);
        assert_false(value(CHIP, LED));
        assert_int_equal(lines_set(rig->lines, 1, 1), 0);
        assert_true(value(CHIP, LED));
        assert_int_equal(lines_set(rig->lines, 1, 0), 0);
        assert_false(value(CHIP, LED));
        close_rig(rig);
    }
}

static void test_outputs(void **state)
{
    struct rig *rig = *state;
    const struct line_want wants[] = {
        want("led-nose-red", true),        want("led-nose-green,active-low", true),
        want(OTHER ":led-nose-red", true), {.what = NULL},
        want(OTHER ":8,active-low", true),
    };

    pull(CHIP, LED, true);
    must_open(rig, wants, ARRAY_SIZE(wants));
    assert_false(value(CHIP, LED));
    assert_true(value(CHIP, LED + 1));
    assert_false(value(OTHER, LED));
    assert_true(value(OTHER, LED + 1));

    assert_int_equal(lines_set(rig->lines, 0x1f, 0x1f), 0);
    assert_true(value(CHIP, LED));
    assert_false(value(CHIP, LED + 1));
    assert_true(value(OTHER, LED));
    assert_false(value(OTHER, LED + 1));

    /* What is not in the mask stays. */
    assert_int_equal(lines_set(rig->lines, 1 << 4, 0), 0);
    assert_int_equal(lines_set(rig->lines, 1 << 0, 0), 0);
    assert_false(value(CHIP, LED));
    assert_false(value(CHIP, LED + 1));
    assert_true(value(OTHER, LED));
    assert_true(value(OTHER, LED + 1));
    assert_int_equal(lines_get(rig->lines, 0), -EINVAL);
    assert_int_equal(lines_get(rig->lines, 3), -EINVAL);
}

static void test_inputs(void **state)
{
    struct rig *rig = *state;
    const struct line_want wants[] = {want("ear-left-enc", false), want("button,active-low", false),
                                      want(OTHER ":ear-left-enc", false)};

    pull(OTHER, ENCODER, true);
    must_open(rig, wants, ARRAY_SIZE(wants));
    assert_int_equal(lines_get(rig->lines, 0), 0);
    assert_int_equal(lines_get(rig->lines, 1), 1);
    assert_int_equal(lines_get(rig->lines, 2), 1);
    pull(CHIP, ENCODER, true);
    pull(CHIP, BUTTON, true);
    pull(OTHER, ENCODER, false);
    assert_int_equal(lines_get(rig->lines, 0), 1);
    assert_int_equal(lines_get(rig->lines, 1), 0);
    assert_int_equal(lines_get(rig->lines, 2), 0);
}

static void test_bias(void **state)
{
    struct rig *rig = *state;
    const struct line_want wants[] = {want("ear-left-enc,pull-up", false),
                                      want("ear-right-enc,pull-down", false),
                                      want("button,active-low,pull-up", false)};

    pull(CHIP, OTHER_ENCODER, true);
    for (int edges = 0; edges < 2; edges++) {
        sd_event *event = edges ? rig->event : NULL;
        assert_int_equal(
            lines_gpiod_new(&rig->lines, event, CHIP, wants, ARRAY_SIZE(wants), &rig->fault), 0);
        assert_true(value(CHIP, ENCODER));
        assert_false(value(CHIP, OTHER_ENCODER));
        assert_true(value(CHIP, BUTTON));
        assert_int_equal(lines_get(rig->lines, 0), 1);
        assert_int_equal(lines_get(rig->lines, 1), 0);
        assert_int_equal(lines_get(rig->lines, 2), 0);
        close_rig(rig);
        for (int i = ENCODER; i <= BUTTON; i++)
            pull(CHIP, i, i == OTHER_ENCODER);
    }
}

static void test_edges(void **state)
{
    struct rig *rig = *state;
    const struct line_want wants[] = {want("led-nose-red", true), want("ear-left-enc", false),
                                      want("button,active-low", false)};
    uint64_t times[11];

    must_open(rig, wants, ARRAY_SIZE(wants));
    times[0] = clock_now_usec();
    for (unsigned i = 0; i < 10; i++) {
        pull(CHIP, i < 6 ? ENCODER : BUTTON, i % 2 == 0);
        wait_for(rig, i + 1);
        times[i + 1] = clock_now_usec();
    }
    settle(rig);
    assert_int_equal(rig->count, 10);
    for (unsigned i = 0; i < 10; i++) {
        assert_int_equal(rig->edges[i].line, i < 6 ? 1 : 2);
        assert_int_equal(rig->edges[i].level, i < 6 ? i % 2 == 0 : i % 2 == 1);
        assert_in_range(rig->edges[i].usec, times[i], times[i + 1]);
    }
    assert_int_equal(rig->losses, 0);
}

/* The kernel's time of an edge, not that of looking at it. */
static void test_late_edges(void **state)
{
    struct rig *rig = *state;
    const struct line_want wants[] = {want("ear-left-enc", false)};

    must_open(rig, wants, ARRAY_SIZE(wants));
    for (unsigned i = 0; i < 8; i++) {
        pull(CHIP, ENCODER, i % 2 == 0);
        usleep(5000);
    }
    uint64_t now = clock_now_usec();
    settle(rig);
    assert_int_equal(rig->count, 8);
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(rig->edges[i].level, i % 2 == 0);
    for (unsigned i = 1; i < 8; i++)
        assert_in_range(rig->edges[i].usec - rig->edges[i - 1].usec, 4000, 100000);
    assert_true(rig->edges[7].usec < now);
}

static void flood(struct rig *rig, unsigned edges, bool active_low)
{
    const struct line_want wants[] = {
        want(active_low ? "ear-left-enc,active-low" : "ear-left-enc", false),
        want("button", false)};
    bool up = edges % 2;

    pull(CHIP, ENCODER, false);
    must_open(rig, wants, ARRAY_SIZE(wants));
    for (unsigned i = 0; i < edges; i++) {
        pull(CHIP, ENCODER, i % 2 == 0);
        usleep(2000); /* faster ones become one in the kernel */
    }
    settle(rig);
    assert_in_range(rig->count, 16, edges < 20 ? edges : 20);
    assert_int_equal(rig->edges[rig->count - 1].level, up != active_low);
    for (size_t i = 1; i < rig->count; i++)
        assert_true(rig->edges[i].usec >= rig->edges[i - 1].usec);
    assert_int_equal(lines_get(rig->lines, 0), up != active_low);

    /* And it goes on as before. */
    size_t before = rig->count;
    pull(CHIP, ENCODER, !up);
    wait_for(rig, before + 1);
    settle(rig);
    assert_int_equal(rig->count, before + 1);
    assert_int_equal(rig->edges[before].level, up == active_low);
    close_rig(rig);
}

static void test_overflow(void **state)
{
    static const unsigned edges[] = {16, 17, 18, 199, 200};

    for (size_t i = 0; i < ARRAY_SIZE(edges); i++)
        flood(*state, edges[i], i % 2);
    flood(*state, 199, true);
}

/* A body that comes and goes leaves nothing open, not even where it cannot be had. */
static void test_again_and_again(void **state)
{
    struct rig *rig = *state, other = {.event = rig->event};
    const struct line_want held = want(OTHER ":0", true);
    const struct line_want wants[] = {want("ear-left-fwd", true), want("ear-left-enc", false),
                                      want("button", false), want(OTHER ":0", true)};
    const struct rlimit few = {40, 40};

    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    for (int i = 0; i < 50; i++) {
        must_open(rig, wants, ARRAY_SIZE(wants));
        close_rig(rig);
        must_open(&other, &held, 1);
        assert_int_equal(rig_open(rig, wants, ARRAY_SIZE(wants)), -EALREADY);
        close_rig(&other);
    }
}

static void test_without_edges(void **state)
{
    struct rig *rig = *state;
    const struct line_want wants[] = {want("ear-left-enc", false), want("led-nose-red", true)};

    assert_int_equal(lines_gpiod_new(&rig->lines, NULL, CHIP, wants, 2, NULL), 0);
    pull(CHIP, ENCODER, true);
    assert_int_equal(lines_get(rig->lines, 0), 1);
    assert_int_equal(lines_set(rig->lines, 2, 2), 0);
    assert_true(value(CHIP, LED));
}

/* A running motor of another daemon goes on running, and what is free is not touched. */
static void test_busy(void **state)
{
    struct rig *rig = *state, other = {.event = rig->event};
    const struct line_want motor = want("ear-left-fwd", true);
    const struct line_want wants[] = {want("ear-left-rev", true), want("ear-left-fwd", true),
                                      want(OTHER ":0", true)};

    pull(CHIP, SECOND_MOTOR, true);
    pull(OTHER, 0, true);
    must_open(&other, &motor, 1);
    assert_int_equal(lines_set(other.lines, 1, 1), 0);
    for (size_t i = 1; i <= ARRAY_SIZE(wants); i++) {
        if (i < 2)
            continue;
        must_fail(rig, wants, i, -EALREADY, "gpio-busy");
        must_say(rig, "line 0 of nabsim (an output) is held by another nabaztagd");
        assert_true(value(CHIP, MOTOR));
        assert_true(value(CHIP, SECOND_MOTOR));
        assert_true(value(OTHER, 0));
    }
    close_rig(&other);
    must_open(rig, wants, ARRAY_SIZE(wants));
    assert_false(value(CHIP, SECOND_MOTOR));
    assert_false(value(OTHER, 0));
    pull(OTHER, 0, false);
}

static void test_held_by_somebody(void **state)
{
    struct rig *rig = *state;
    const struct line_want wants[] = {want("ear-left-fwd", true), want("button", false)};
    struct gpiohandle_request request = {
        .lineoffsets = {BUTTON},
        .flags = GPIOHANDLE_REQUEST_INPUT,
        .consumer_label = "gpio-keys",
        .lines = 1,
    };
    char path[96], name[64];

    pull(CHIP, MOTOR, true);
    name_of(CHIP, name);
    snprintf(path, sizeof(path), "/dev/%s", name);
    _cleanup_(closep) int fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(ioctl(fd, GPIO_GET_LINEHANDLE_IOCTL, &request), 0);
    must_fail(rig, wants, ARRAY_SIZE(wants), -EBUSY, "gpio-busy");
    must_say(rig, "line 6 of nabsim (an input) is held by gpio-keys");
    assert_true(value(CHIP, MOTOR));
    close(request.fd);
    must_open(rig, wants, ARRAY_SIZE(wants));
}

static void test_denied(void **state)
{
    struct rig *rig = *state;
    struct line_want led = want("led-nose-red", true);
    char device[64], text[LINE_SPEC_NAME_MAX];

    name_of(CHIP, device);
    snprintf(text, sizeof(text), "/dev/%.20s:1", device);
    struct line_want by_path = want(text, true);

    assert_int_equal(setgroups(0, NULL), 0);
    assert_int_equal(setegid(NOBODY), 0);
    assert_int_equal(seteuid(NOBODY), 0);
    int r = rig_open(rig, &led, 1);
    int q = rig_open(rig, &by_path, 1);
    assert_int_equal(seteuid(0), 0);
    assert_int_equal(setegid(0), 0);
    assert_int_equal(r, -EACCES);
    assert_int_equal(q, -EACCES);
    assert_string_equal(rig->fault.cause, "gpio-denied");
    print_message("%s\n", rig->fault.text);
    snprintf(text, sizeof(text), "/dev/%.20s ", device);
    must_say(rig, text);
    must_say(rig, "group gpio");
}

static void test_range(void **state)
{
    struct rig *rig = *state;
    const struct line_want offset = want("24", true), name = want("ear-left", false);

    must_fail(rig, &offset, 1, -ERANGE, "gpio-range");
    must_say(rig, "nabsim has no line 24 for an output: its lines are 0 to 23");
    must_fail(rig, &name, 1, -ERANGE, "gpio-range");
    must_say(rig, "nabsim has no line called ear-left for an input");
}

static void test_twice(void **state)
{
    struct rig *rig = *state;
    char device[64], text[LINE_SPEC_NAME_MAX];

    name_of(CHIP, device);
    snprintf(text, sizeof(text), "/dev/%.20s:0", device);
    const struct line_want wants[] = {want("ear-left-fwd", true), want(text, false)};
    const struct line_want good[] = {want("0", true), want(OTHER ":0", true)};

    pull(CHIP, MOTOR, true);
    must_fail(rig, wants, ARRAY_SIZE(wants), -EEXIST, "gpio-twice");
    must_say(rig, "line 0 of nabsim is wanted twice, for an output and for an input");
    assert_true(value(CHIP, MOTOR));
    must_open(rig, good, ARRAY_SIZE(good));
}

static void test_missing(void **state)
{
    struct rig *rig = *state;
    const struct line_want label = want("gpio-none:1", true), path = want("/dev/gpiochip9:1", true),
                           no_chip = want("/dev/null:1", false);

    must_fail(rig, &label, 1, -ENOENT, "gpio-missing");
    must_say(rig, "there is no GPIO chip gpio-none for an output (line 1), only gpiochip");
    must_say(rig, "(nabsim)");
    must_say(rig, "(nabsim2)");
    must_fail(rig, &path, 1, -ENOENT, "gpio-missing");
    must_fail(rig, &no_chip, 1, -ENOENT, "gpio-missing");
}

static void test_unplugged(void **state)
{
    struct rig *rig = *state;
    const struct line_want wants[] = {want("ear-left-fwd", true), want("ear-left-enc", false),
                                      want("button", false), want(OTHER ":led-nose-red", true)};

    for (int i = 0; i < 2; i++) {
        rig->losses = 0;
        rig->free_when_lost = i;
        must_open(rig, wants, ARRAY_SIZE(wants));
        plug(CHIP, false);
        settle(rig);
        assert_int_equal(rig->losses, 1);
        assert_string_equal(rig->fault.cause, "gpio-lost");
        must_say(rig, "nabsim");
        if (rig->lines) {
            /* The other chip still does what it is told. */
            assert_int_equal(lines_set(rig->lines, 9, 9), -ENODEV);
            assert_true(value(OTHER, LED));
            assert_int_equal(lines_get(rig->lines, 1), -ENODEV);
        }
        close_rig(rig);
        must_fail(rig, wants, 1, -ENOENT, "gpio-missing");
        plug(CHIP, true);
        rig->free_when_lost = false;
        must_open(rig, wants, ARRAY_SIZE(wants));
        pull(CHIP, ENCODER, true);
        wait_for(rig, 1);
        assert_int_equal(lines_set(rig->lines, 1, 1), 0);
        assert_true(value(CHIP, MOTOR));
        close_rig(rig);
        pull(CHIP, ENCODER, false);
    }
}

static void test_outputs_unplugged(void **state)
{
    struct rig *rig = *state;
    const struct line_want led = want("led-nose-red", true);

    must_open(rig, &led, 1);
    plug(CHIP, false);
    settle(rig);
    assert_int_equal(rig->losses, 0);
    assert_int_equal(lines_set(rig->lines, 1, 1), -ENODEV);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(test_names),
        TEST(test_outputs),
        TEST(test_inputs),
        TEST(test_bias),
        TEST(test_edges),
        TEST(test_late_edges),
        TEST(test_overflow),
        TEST(test_without_edges),
        TEST(test_again_and_again),
        TEST(test_busy),
        TEST(test_held_by_somebody),
        TEST(test_denied),
        TEST(test_range),
        TEST(test_twice),
        TEST(test_missing),
        TEST(test_unplugged),
        TEST(test_outputs_unplugged),
    };

    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests_name("lines", tests, NULL, NULL);
}
