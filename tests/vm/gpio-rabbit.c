/*
 * A rabbit's body for the test machine, on the lines of a gpio-sim chip: its motor lines turn the
 * daemon's own simulated ears, whose encoders pull the encoder lines; a press of the button bounces
 * as a real one does; what the LED lines show is looked at 50 times a second. To be seen and
 * touched by the commands of the daemon's bench (body/bench.h) on a socket of its own.
 *
 *   gpio-rabbit [--bounce MS] [--persist] [--seed NUMBER] CHIP SOCKET
 *
 * CHIP was made by vm-gpio, which orders its lines as enum line does. --persist makes lines keep
 * their level when nobody holds them, as on a Raspberry Pi. A chip that is unplugged is waited for.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include "base/clock.h"
#include "base/parse.h"
#include "body/bench.h"

#define CONFIG       "/sys/kernel/config/gpio-sim"
#define MOTORS       4 /* the first lines */
#define BODY_LINES   7 /* these, the encoders and the button */
#define FIRST_LED    BODY_LINES
#define LINES        (FIRST_LED + 3 * LED_COUNT)
#define LOOK_USEC    USEC_PER_MSEC
#define REPLUG_USEC  (50 * USEC_PER_MSEC)
#define LOOKS_A_LED  20
#define BOUNCES      4 /* an even number: the last one is what the finger wants */
#define BOUNCE_MSEC  20
#define BOUNCE_LIMIT 50

/* What the first lines of the chip are. */
static const enum line roles[BODY_LINES] = {
    LINE_LEFT_FORWARD, LINE_LEFT_BACKWARD, LINE_RIGHT_FORWARD, LINE_RIGHT_BACKWARD,
    LINE_LEFT_ENCODER, LINE_RIGHT_ENCODER, LINE_BUTTON,
};

struct settings {
    const char *chip, *socket;
    int bounce_msec, seed;
    bool persist;
};

struct machine {
    const struct settings *settings;
    sd_event *event;
    sd_event_source *look, *bounce;

    bool plugged;
    int values[LINES], pulls[BODY_LINES];
    unsigned motors; /* bit n: level of line n */
    unsigned looks;
    unsigned bounces; /* still to come */

    struct lines_sim *sim;
    struct lines *lines;
    struct leds_sim *leds;
    struct bench *bench;
};

/* ---- the chip ---- */

static int read_word(char word[64], const char *format, ...) _printf_(2, 3);

static int read_word(char word[64], const char *format, ...)
{
    char path[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(path, sizeof(path), format, arguments);
    va_end(arguments);

    _cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    ssize_t n = read(fd, word, 63);
    if (n < 0)
        return -errno;
    word[n] = '\0';
    word[strcspn(word, "\n")] = '\0';
    return 0;
}

static int open_line(const char *device, const char *chip, int line, const char *what, int mode)
{
    char path[256];

    snprintf(path, sizeof(path), "/sys/devices/platform/%s/%s/sim_gpio%d/%s", device, chip, line,
             what);
    int fd = open(path, mode | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static void unplug(struct machine *machine)
{
    for (int i = 0; i < LINES; i++)
        if (machine->values[i] >= 0)
            close(machine->values[i]);
    for (int i = 0; i < BODY_LINES; i++)
        if (machine->pulls[i] >= 0)
            close(machine->pulls[i]);
    memset(machine->values, -1, sizeof(machine->values));
    memset(machine->pulls, -1, sizeof(machine->pulls));
    machine->plugged = false;
}

/* Returns 0 or -errno; -ENOENT or -ENODEV while the chip is not there. */
static int plug(struct machine *machine)
{
    const char *name = machine->settings->chip;
    char live[64], device[64], chip[64];

    int r = read_word(live, CONFIG "/%s/live", name);
    if (r >= 0 && !streq(live, "1"))
        r = -ENODEV;
    if (r >= 0)
        r = read_word(device, CONFIG "/%s/dev_name", name);
    if (r >= 0)
        r = read_word(chip, CONFIG "/%s/bank0/chip_name", name);
    for (int i = 0; r >= 0 && i < LINES; i++)
        r = machine->values[i] = open_line(device, chip, i, "value", O_RDONLY);
    for (int i = 0; r >= 0 && i < BODY_LINES; i++)
        r = machine->pulls[i] = open_line(device, chip, i, "pull", O_WRONLY);
    if (r < 0) {
        unplug(machine);
        return r;
    }
    machine->plugged = true;
    return 0;
}

static bool line_value(struct machine *machine, int line)
{
    char level = '0';

    if (machine->plugged && pread(machine->values[line], &level, 1, 0) != 1)
        unplug(machine);
    return level == '1';
}

static void line_pull(struct machine *machine, enum line line, bool up)
{
    const char *pull = up ? "pull-up" : "pull-down";

    if (machine->plugged && pwrite(machine->pulls[line], pull, strlen(pull), 0) < 0)
        unplug(machine);
}

/* ---- from the body to the lines ---- */

/* The button connects its line to ground. */
static void pull_button(struct machine *machine, bool pressed)
{
    line_pull(machine, BODY_LINES - 1, !pressed);
}

static int arm_bounce(struct machine *machine)
{
    uint64_t pause_usec = (uint64_t)machine->settings->bounce_msec * USEC_PER_MSEC / BOUNCES;
    int r = sd_event_source_set_time_relative(machine->bounce, pause_usec);
    return r < 0 ? r : sd_event_source_set_enabled(machine->bounce, SD_EVENT_ONESHOT);
}

static int on_bounce(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct machine *machine = userdata;

    machine->bounces--;
    pull_button(machine, lines_sim_pressed(machine->sim) ^ (machine->bounces % 2));
    return machine->bounces > 0 ? arm_bounce(machine) : 0;
}

static void press(struct machine *machine, bool pressed)
{
    pull_button(machine, pressed);
    if (machine->settings->bounce_msec == 0)
        return;
    machine->bounces = BOUNCES;
    arm_bounce(machine);
}

static void on_edge(unsigned line, bool level, uint64_t usec, void *userdata)
{
    if (line == LINE_BUTTON)
        press(userdata, level);
    for (int i = MOTORS; i < BODY_LINES - 1; i++)
        if (roles[i] == line)
            line_pull(userdata, i, level);
}

static void pull_all(struct machine *machine)
{
    for (int i = MOTORS; i < BODY_LINES - 1; i++)
        line_pull(machine, i, lines_get(machine->lines, roles[i]));
    pull_button(machine, lines_sim_pressed(machine->sim));
    /* Nothing drives the motors of a chip that is new. */
    for (int i = 0; i < MOTORS; i++)
        line_pull(machine, i, false);
}

/* ---- from the lines to the body ---- */

static unsigned motor_levels(struct machine *machine)
{
    unsigned levels = 0;

    for (int i = 0; i < MOTORS; i++)
        levels |= (unsigned)line_value(machine, i) << i;
    return machine->plugged ? levels : 0;
}

static bool is_shorted(unsigned levels)
{
    return (levels & 3U) == 3U || (levels & 12U) == 12U;
}

static void drive(struct machine *machine, unsigned levels)
{
    unsigned mask = 0, driven = 0;

    for (int i = 0; i < MOTORS; i++) {
        mask |= 1U << roles[i];
        driven |= (levels >> i & 1U) << roles[i];
    }
    lines_set(machine->lines, mask, driven);
}

static void look_at_motors(struct machine *machine)
{
    unsigned levels = motor_levels(machine);

    /* The lines are read one after the other, while they may change. */
    if (is_shorted(levels))
        levels = motor_levels(machine);
    if (levels == machine->motors)
        return;

    for (int i = 0; machine->settings->persist && i < MOTORS; i++)
        if ((levels ^ machine->motors) & 1U << i)
            line_pull(machine, i, levels & 1U << i);
    machine->motors = levels;
    if (is_shorted(levels)) {
        fprintf(stderr, "both lines of a motor are high: %x\n", levels);
        levels = 0;
    }
    drive(machine, levels);
}

static void look_at_leds(struct machine *machine)
{
    struct led_bank *bank = leds_sim_bank(machine->leds);
    uint32_t colors[LED_COUNT] = {0};
    struct led_light lights[LED_COUNT];

    for (int i = 0; i < 3 * LED_COUNT; i++)
        colors[i / 3] = colors[i / 3] << 8 | (line_value(machine, FIRST_LED + i) ? 0xff : 0);
    for (int i = 0; i < LED_COUNT; i++)
        lights[i] = light_from_color(colors[i], 100);
    bank->ops->show(bank, lights);
}

static int on_look(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct machine *machine = userdata;

    if (!machine->plugged && plug(machine) >= 0)
        pull_all(machine);
    look_at_motors(machine);
    if (machine->looks++ % LOOKS_A_LED == 0)
        look_at_leds(machine);

    uint64_t pause_usec = machine->plugged ? LOOK_USEC : REPLUG_USEC;
    int r = sd_event_source_set_time_relative(source, pause_usec);
    return r < 0 ? r : sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* ---- the whole ---- */

static int add_events(struct machine *machine)
{
    sd_event *event = machine->event;
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);

    /* Their handler NULL ends the loop. */
    int r = sd_event_add_signal(event, NULL, SIGTERM, NULL, NULL);
    if (r >= 0)
        r = sd_event_add_signal(event, NULL, SIGINT, NULL, NULL);
    if (r >= 0)
        r = sd_event_add_time(event, &machine->bounce, CLOCK_MONOTONIC, 0, 1, on_bounce, machine);
    if (r >= 0)
        r = sd_event_source_set_enabled(machine->bounce, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_event_add_time(event, &machine->look, CLOCK_MONOTONIC, 0, 1, on_look, machine);
    return r;
}

static int set_up(struct machine *machine, const struct settings *settings)
{
    *machine = (struct machine){.settings = settings};
    memset(machine->values, -1, sizeof(machine->values));
    memset(machine->pulls, -1, sizeof(machine->pulls));

    int r = sd_event_new(&machine->event);
    if (r >= 0)
        r = lines_sim_new(&machine->sim, machine->event, (uint64_t)settings->seed);
    if (r < 0)
        return r;
    machine->lines = lines_sim_lines(machine->sim);
    machine->lines->listener.on_edge = on_edge;
    machine->lines->userdata = machine;

    r = plug(machine);
    if (r >= 0)
        r = leds_sim_new(&machine->leds);
    if (r >= 0)
        r = bench_new(&machine->bench, machine->event, settings->socket, machine->sim,
                      machine->leds);
    if (r >= 0)
        r = add_events(machine);
    if (r >= 0)
        pull_all(machine);
    return r;
}

static void tear_down(struct machine *machine)
{
    bench_free(machine->bench);
    if (machine->leds)
        leds_sim_bank(machine->leds)->ops->free(leds_sim_bank(machine->leds));
    if (machine->lines)
        machine->lines->ops->free(machine->lines);
    sd_event_source_disable_unref(machine->look);
    sd_event_source_disable_unref(machine->bounce);
    sd_event_unref(machine->event);
    unplug(machine);
}

static bool parse_arguments(struct settings *ret, int argc, char **argv)
{
    static const struct option options[] = {
        {"bounce", required_argument, NULL, 'b'},
        {"persist", no_argument, NULL, 'p'},
        {"seed", required_argument, NULL, 's'},
        {NULL, 0, NULL, 0},
    };
    int option, r = 0;

    *ret = (struct settings){.bounce_msec = BOUNCE_MSEC, .seed = 1};
    while (r >= 0 && (option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
        if (option == 'b')
            r = parse_int(optarg, 0, BOUNCE_LIMIT, &ret->bounce_msec);
        else if (option == 's')
            r = parse_int(optarg, 0, INT32_MAX, &ret->seed);
        else if (option == 'p')
            ret->persist = true;
        else
            r = -EINVAL;
    }
    if (r < 0 || argc - optind != 2)
        return false;
    ret->chip = argv[optind];
    ret->socket = argv[optind + 1];
    return true;
}

int main(int argc, char **argv)
{
    struct settings settings;
    struct machine machine;

    if (!parse_arguments(&settings, argc, argv)) {
        fprintf(stderr,
                "gpio-rabbit [--bounce MS] [--persist] [--seed NUMBER] CHIP SOCKET: see its "
                "source\n");
        return 2;
    }
    int r = set_up(&machine, &settings);
    if (r >= 0) {
        sd_notify(0, "READY=1");
        r = sd_event_loop(machine.event);
    }
    tear_down(&machine);
    if (r < 0)
        fprintf(stderr, "gpio-rabbit: %s\n", strerror(-r));
    return r < 0;
}
