/*
 * A rabbit's body for the test machine, on the lines of a gpio-sim chip: its motor lines turn the
 * daemon's own simulated ears, whose encoders pull the encoder lines; a press of the button bounces
 * as a real one does; the colours of the LEDs are what an eye sees of their lines, which may be
 * pulsed. To be seen and touched by the commands of the daemon's bench (body/bench.h) on a socket
 * of its own.
 *
 *   gpio-rabbit [--bridge NAME] [--bounce MS] [--marks FILE] [--persist] [--seed NUMBER]
 *               CHIP SOCKET
 *
 * CHIP was made by vm-gpio, which orders its lines as below. NAME is in-in, in-in-en or
 * phase-enable (the lines forward and enable). --marks writes "LINE LEVEL" to a file, as the
 * kernel's trace_marker, right before an encoder changes. --persist makes outputs keep their level
 * when nobody holds them any more, as on a Raspberry Pi. A chip that is unplugged is waited for.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include "base/clock.h"
#include "base/parse.h"
#include "body/bench.h"

#define CONFIG       "/sys/kernel/config/gpio-sim"
#define PERSIST      "/sys/module/gpio_sim/parameters/persist" /* tests/vm/prepare */
#define FIRST_LED    7
#define FIRST_ENABLE (FIRST_LED + LED_LINES)
#define LED_LINES    (3 * LED_COUNT)
#define LINES        (FIRST_ENABLE + EAR_COUNT)
#define LOOK_USEC    USEC_PER_MSEC
#define REPLUG_USEC  (50 * USEC_PER_MSEC)
#define LOOKS_A_LED  3
#define GLANCE       100 /* looks at the LEDs that an eye takes together */
#define LOOKS_A_BIAS 16
#define EDGE_LOOKS   15 /* a slow machine does not crowd edges as no ear does */
#define BOUNCES      4  /* an even number: the last one is what the finger wants */
#define BOUNCE_MSEC  20
#define BOUNCE_LIMIT 50

/* Where on the chip a motor's lines are; they count 1, 2 and 4 in its levels. */
static const int motor_lines[EAR_COUNT][3] = {{0, 1, FIRST_ENABLE}, {2, 3, FIRST_ENABLE + 1}};

static const struct {
    int line;
    enum line role;
} inputs[] = {{4, LINE_LEFT_ENCODER}, {5, LINE_RIGHT_ENCODER}, {6, LINE_BUTTON}};

#define INPUTS ARRAY_SIZE(inputs)

/* What a motor does, by its levels: forward, backward, brakes, coasts, or what must never be. */
static const struct {
    const char *name, *acts;
} bridges[] = {
    {"in-in", "b+-!b+-!"},
    {"in-in-en", "ccccb+-!"},
    {"phase-enable", "bbbb-+-+"},
};

struct settings {
    const char *chip, *socket, *acts;
    int bounce_msec, seed, marks;
    bool persist;
};

struct input {
    bool level;
    unsigned owed; /* edges that are still to be shown, after a while in which this program slept */
    unsigned rest; /* looks until the next one */
};

struct machine {
    const struct settings *settings;
    sd_event *event;
    sd_event_source *look, *bounce;

    bool plugged;
    int values[LINES], pulls[LINES];
    unsigned levels[EAR_COUNT]; /* of the motors' lines */
    struct input inputs[INPUTS];
    unsigned bounces; /* still to come */

    unsigned looks, glances;
    unsigned lit[LED_LINES]; /* in how many glances */

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

static int write_word(const char *path, const char *word)
{
    _cleanup_(closep) int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, word, strlen(word)) < 0)
        return -errno;
    return 0;
}

static void unplug(struct machine *machine)
{
    for (int i = 0; i < LINES; i++) {
        closep(&machine->values[i]);
        closep(&machine->pulls[i]);
        machine->values[i] = machine->pulls[i] = -1;
    }
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
    for (int i = 0; r >= 0 && i < LINES; i++) {
        r = machine->values[i] = open_line(device, chip, i, "value", O_RDONLY);
        if (r >= 0)
            r = machine->pulls[i] = open_line(device, chip, i, "pull", O_WRONLY);
    }
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

static void line_pull(struct machine *machine, int line, bool up)
{
    const char *pull = up ? "pull-up" : "pull-down";

    if (machine->plugged && pwrite(machine->pulls[line], pull, strlen(pull), 0) < 0)
        unplug(machine);
}

/* ---- from the body to the lines ---- */

static bool true_level(struct machine *machine, size_t input)
{
    /* The button connects its line to ground. */
    if (inputs[input].role == LINE_BUTTON)
        return lines_sim_pressed(machine->sim) == machine->bounces % 2;
    return lines_get(machine->lines, inputs[input].role) > 0;
}

static void pull_input(struct machine *machine, size_t input)
{
    line_pull(machine, inputs[input].line, machine->inputs[input].level);
}

static void pull_button(struct machine *machine)
{
    machine->inputs[INPUTS - 1].level = true_level(machine, INPUTS - 1);
    pull_input(machine, INPUTS - 1);
}

static void mark(const struct machine *machine, size_t input)
{
    if (machine->settings->marks >= 0)
        dprintf(machine->settings->marks, "%d %d\n", inputs[input].line,
                machine->inputs[input].level);
}

static void look_at_input(struct machine *machine, size_t i)
{
    struct input *input = &machine->inputs[i];

    if (input->rest > 0) {
        input->rest--;
    } else if (input->owed > 0) {
        input->owed--;
        input->level = !input->level;
        input->rest = EDGE_LOOKS;
        mark(machine, i);
        pull_input(machine, i);
    }
    /* Whoever requests an input with a bias pulls it as well, but not as hard as a body does. */
    if (machine->looks % LOOKS_A_BIAS == 0 && line_value(machine, inputs[i].line) != input->level)
        pull_input(machine, i);
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
    pull_button(machine);
    return machine->bounces > 0 ? arm_bounce(machine) : 0;
}

static void on_edge(unsigned line, bool level, uint64_t usec, void *userdata)
{
    struct machine *machine = userdata;

    for (size_t i = 0; i < INPUTS - 1; i++)
        if (inputs[i].role == line)
            machine->inputs[i].owed++;
    if (line != LINE_BUTTON)
        return;
    if (machine->settings->bounce_msec > 0) {
        machine->bounces = BOUNCES;
        arm_bounce(machine);
    }
    pull_button(machine);
}

/* Whatever was here before may have left other levels. */
static void pull_all(struct machine *machine)
{
    for (enum ear_index i = 0; i < EAR_COUNT; i++)
        for (int j = 0; j < 3; j++)
            line_pull(machine, motor_lines[i][j], false);
    for (size_t i = 0; i < INPUTS; i++) {
        machine->inputs[i].level = true_level(machine, i);
        pull_input(machine, i);
    }
}

/* ---- from the lines to the body ---- */

static unsigned motor_levels(struct machine *machine, enum ear_index ear)
{
    unsigned levels = 0;

    for (int i = 0; i < 3; i++)
        levels |= (unsigned)line_value(machine, motor_lines[ear][i]) << i;
    return machine->plugged ? levels : 0;
}

static void drive(struct machine *machine, enum ear_index ear, char act)
{
    static const enum line forward[] = {LINE_LEFT_FORWARD, LINE_RIGHT_FORWARD};
    static const enum line backward[] = {LINE_LEFT_BACKWARD, LINE_RIGHT_BACKWARD};
    unsigned levels = act == '+' ? 1U << forward[ear] : act == '-' ? 1U << backward[ear] : 0;

    if (act == '!')
        fprintf(stderr, "both lines of the %s motor are high\n", ear_name(ear));
    lines_sim_set_coasting(machine->sim, ear, act == 'c');
    lines_set(machine->lines, 1U << forward[ear] | 1U << backward[ear], levels);
}

static void look_at_motor(struct machine *machine, enum ear_index ear)
{
    const char *acts = machine->settings->acts;
    unsigned levels = motor_levels(machine, ear);

    /* The lines are read one after the other, while they may change. */
    if (acts[levels] == '!')
        levels = motor_levels(machine, ear);
    if (levels == machine->levels[ear])
        return;

    machine->levels[ear] = levels;
    drive(machine, ear, acts[levels]);
}

/* The part of the time in which a line was lit. */
static uint16_t light_of(struct machine *machine, int line)
{
    return (uint16_t)(machine->lit[line] * (uint32_t)LIGHT_FULL / GLANCE);
}

static void show_leds(struct machine *machine)
{
    struct led_bank *bank = leds_sim_bank(machine->leds);
    struct led_light lights[LED_COUNT];

    for (int i = 0; i < LED_COUNT; i++)
        lights[i] = (struct led_light){.red = light_of(machine, 3 * i),
                                       .green = light_of(machine, 3 * i + 1),
                                       .blue = light_of(machine, 3 * i + 2)};
    bank->ops->show(bank, lights);
    memset(machine->lit, 0, sizeof(machine->lit));
    machine->glances = 0;
}

static void look_at_leds(struct machine *machine)
{
    for (int i = 0; i < LED_LINES; i++)
        machine->lit[i] += line_value(machine, FIRST_LED + i);
    if (++machine->glances == GLANCE)
        show_leds(machine);
}

static int on_look(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct machine *machine = userdata;

    if (!machine->plugged)
        plug(machine);
    for (enum ear_index i = 0; i < EAR_COUNT; i++)
        look_at_motor(machine, i);
    for (size_t i = 0; i < INPUTS; i++)
        look_at_input(machine, i);
    if (machine->looks % LOOKS_A_LED == 0)
        look_at_leds(machine);
    machine->looks++;

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

    r = write_word(PERSIST, settings->persist ? "Y" : "N");
    if (r >= 0)
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

static int parse_bridge(const char *name, const char **ret)
{
    for (size_t i = 0; i < ARRAY_SIZE(bridges); i++)
        if (streq(bridges[i].name, name)) {
            *ret = bridges[i].acts;
            return 0;
        }
    return -EINVAL;
}

static bool parse_arguments(struct settings *ret, int argc, char **argv)
{
    static const struct option options[] = {
        {"bridge", required_argument, NULL, 'm'}, {"bounce", required_argument, NULL, 'b'},
        {"marks", required_argument, NULL, 'k'},  {"persist", no_argument, NULL, 'p'},
        {"seed", required_argument, NULL, 's'},   {NULL, 0, NULL, 0},
    };
    int option, r = 0;

    *ret = (struct settings){
        .acts = bridges[0].acts, .bounce_msec = BOUNCE_MSEC, .seed = 1, .marks = -1};
    while (r >= 0 && (option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
        if (option == 'm')
            r = parse_bridge(optarg, &ret->acts);
        else if (option == 'b')
            r = parse_int(optarg, 0, BOUNCE_LIMIT, &ret->bounce_msec);
        else if (option == 'k')
            r = ret->marks = open(optarg, O_WRONLY | O_CLOEXEC);
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
        fprintf(stderr, "gpio-rabbit [OPTION…] CHIP SOCKET: see its source\n");
        return 2;
    }
    /* A body does not wait for a processor. */
    sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){.sched_priority = 1});
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
