/*
 * driver = class: LEDs that the kernel drives, as files below /sys/class/leds. A LED is either one
 * of the multicolor class or three of a single colour.
 */
#include "body/leds-class.h"

#include <errno.h>
#include <fcntl.h>

#include "base/parse.h"
#include "body/led-keys.h"

#define ROOT         "/sys/class/leds"
#define CHANNELS_MAX 8   /* of a multicolor LED: a few have white or amber as well */
#define TEXT_MAX     128 /* CHANNELS_MAX numbers */

/* A file that shows one LED or one colour of it: as many numbers as it has channels. */
struct class_file {
    int fd; /* -1: there is none */
    size_t channels;
    enum led_color colors[CHANNELS_MAX]; /* LED_COLORS: a colour we do not mix */
    unsigned full;                       /* the highest number */
    char shown[TEXT_MAX];                /* "": unsure */
};

struct class_bank {
    struct led_bank bank; /* first: the bank is this struct */
    struct class_file files[LED_COUNT][LED_COLORS];
};

/* Where a LED's files are being opened, and whom to tell what is wrong. */
struct opener {
    const char *root, *name;
    struct body_fault *fault;
};

/* ---- showing ---- */

/* Lamps that are but on and off keep the hue. */
static unsigned number_of(const struct class_file *file, const struct led_light *light,
                          enum led_color color)
{
    if (color == LED_COLORS)
        return 0;
    return file->full == 1 ? light_to_hue(light) >> color & 1
                           : light_to_steps(led_light_of(light, color), file->full);
}

static int write_text(int fd, const char *text)
{
    ssize_t n = pwrite(fd, text, strlen(text), 0);

    return n < 0 ? -errno : 0;
}

static int show_file(struct class_file *file, const struct led_light *light)
{
    char text[TEXT_MAX] = "";
    size_t n = 0;
    int r;

    for (size_t i = 0; i < file->channels; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%u", i > 0 ? " " : "",
                              number_of(file, light, file->colors[i]));
    if (streq(text, file->shown))
        return 0;
    r = write_text(file->fd, text);
    memcpy(file->shown, r < 0 ? "" : text, r < 0 ? 1 : sizeof(text));
    return r;
}

static int show(struct led_bank *bank, const struct led_light lights[LED_COUNT])
{
    struct class_bank *class = (struct class_bank *)bank;
    int result = 0;

    for (unsigned i = 0; i < LED_COUNT * LED_COLORS; i++) {
        struct class_file *file = &class->files[i / LED_COLORS][i % LED_COLORS];
        int r = file->fd < 0 ? 0 : show_file(file, &lights[i / LED_COLORS]);

        result = result < 0 ? result : r;
    }
    return result;
}

/* ---- opening ---- */

static int explain(const struct opener *opener, const char *file, int error)
{
    const char *root = opener->root, *name = opener->name;

    if (error == -ENOENT)
        return body_fault_set(opener->fault, error, "gpio-missing",
                              "%s/%s/%s is not there: [leds] names a LED that the kernel does not "
                              "have",
                              root, name, file);
    if (error == -EACCES || error == -EPERM || error == -EROFS)
        return body_fault_set(opener->fault, error, "gpio-denied",
                              "%s/%s/%s may not be written: let a udev rule give it to the group "
                              "gpio",
                              root, name, file);
    return body_fault_set(opener->fault, error, "gpio-failed", "%s/%s/%s: %s", root, name, file,
                          strerror(-error));
}

/* Returns a descriptor or -errno. */
static int open_file(const struct opener *opener, const char *file, int flags)
{
    _cleanup_(freep) char *path = NULL;
    int fd;

    if (asprintf(&path, "%s/%s/%s", opener->root, opener->name, file) < 0) {
        path = NULL;
        return -ENOMEM;
    }
    fd = open(path, flags | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

/* The first line, or as much of it as has room. Returns 0 or -errno. */
static int read_file(const struct opener *opener, const char *file, char *ret, size_t size)
{
    _cleanup_(closep) int fd = open_file(opener, file, O_RDONLY);
    ssize_t n;

    if (fd < 0)
        return fd;
    n = read(fd, ret, size - 1);
    if (n < 0)
        return -errno;
    ret[n] = '\0';
    ret[strcspn(ret, "\n")] = '\0';
    return 0;
}

static int write_file(const struct opener *opener, const char *file, const char *text)
{
    _cleanup_(closep) int fd = open_file(opener, file, O_WRONLY);

    return fd < 0 ? fd : write_text(fd, text);
}

/* A trigger would go on changing the LED. It may be left alone, and then nobody needs the right to
 * write it, when there is none; a kernel without triggers lacks the file. */
static int drop_trigger(const struct opener *opener)
{
    char text[16] = "";
    int r = read_file(opener, "trigger", text, sizeof(text));

    if (r == -ENOENT || after_prefix(text, "[none]"))
        return 0;
    if (r >= 0)
        r = write_file(opener, "trigger", "none");
    return r < 0 ? explain(opener, "trigger", r) : 0;
}

static int read_full(const struct opener *opener, char text[TEXT_MAX], unsigned *ret)
{
    int r = read_file(opener, "max_brightness", text, TEXT_MAX);

    if (r >= 0)
        r = parse_unsigned(text, 1, INT32_MAX, ret);
    return r < 0 ? explain(opener, "max_brightness", r) : 0;
}

static int open_dark(const struct opener *opener, const char *name, struct class_file *file)
{
    static const struct led_light dark = {0};
    int r = open_file(opener, name, O_WRONLY);

    if (r >= 0) {
        file->fd = r;
        r = show_file(file, &dark);
    }
    return r < 0 ? explain(opener, name, r) : 0;
}

/* "green red blue": in the LED's own order. `at` has our colour for each that it says it has. */
static int read_channels(const struct opener *opener, const enum led_color at[LED_COLORS],
                         struct class_file *file)
{
    static const char *const names[LED_COLORS] = {"red", "green", "blue"};
    char text[TEXT_MAX], *rest = NULL;
    unsigned found = 0;
    int r = read_file(opener, "multi_index", text, sizeof(text));

    if (r < 0)
        return explain(opener, "multi_index", r);
    for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        if (file->channels == CHANNELS_MAX)
            return explain(opener, "multi_index", -E2BIG);
        file->colors[file->channels] = LED_COLORS;
        for (unsigned place = 0; place < LED_COLORS; place++)
            if (streq(word, names[place])) {
                file->colors[file->channels] = at[place];
                found |= 1U << place;
            }
        file->channels++;
    }
    if (found == 7)
        return 0;
    return body_fault_set(opener->fault, -EINVAL, "gpio-failed",
                          "%s/%s/multi_index lacks red, green or blue: [leds] needs a LED that has "
                          "all three",
                          opener->root, opener->name);
}

/* Dark before it is made bright, so that nothing flashes. */
static int open_multicolor(const struct opener *opener, const enum led_color at[LED_COLORS],
                           struct class_file *file)
{
    char full[TEXT_MAX];
    int r = drop_trigger(opener);

    if (r >= 0)
        r = read_full(opener, full, &file->full);
    if (r >= 0)
        r = read_channels(opener, at, file);
    if (r >= 0)
        r = open_dark(opener, "multi_intensity", file);
    if (r < 0)
        return r;
    r = write_file(opener, "brightness", full);
    return r < 0 ? explain(opener, "brightness", r) : 0;
}

static int open_single(const struct opener *opener, enum led_color color, struct class_file *file)
{
    char full[TEXT_MAX];
    int r = drop_trigger(opener);

    file->channels = 1;
    file->colors[0] = color;
    if (r >= 0)
        r = read_full(opener, full, &file->full);
    return r < 0 ? r : open_dark(opener, "brightness", file);
}

static int open_led(struct opener *opener, const struct config *config, enum led_index led,
                    struct class_file files[LED_COLORS])
{
    char *const *names = config->leds.at[led];
    enum led_color at[LED_COLORS];
    int r = 0;

    for (unsigned place = 0; place < LED_COLORS; place++)
        at[place] = led_color_at(config, led, place);
    opener->name = names[0];
    if (!names[1])
        return open_multicolor(opener, at, &files[0]);
    for (unsigned place = 0; r >= 0 && place < LED_COLORS; place++) {
        opener->name = names[place];
        r = open_single(opener, at[place], &files[place]);
    }
    return r;
}

static struct led_bank *bank_free(struct led_bank *bank)
{
    struct class_bank *class = (struct class_bank *)bank;

    for (unsigned i = 0; i < LED_COUNT * LED_COLORS; i++)
        closep(&class->files[i / LED_COLORS][i % LED_COLORS].fd);
    free(class);
    return NULL;
}

int leds_class_new(struct led_bank **ret, const char *root, const struct config *config,
                   struct body_fault *fault)
{
    static const struct led_bank_ops ops = {.show = show, .free = bank_free};
    struct opener opener = {.root = root, .fault = fault};
    struct class_bank *class = calloc(1, sizeof(*class));
    int r = 0;

    if (!class)
        return body_fault_set(fault, -ENOMEM, "gpio-failed", "there is no memory for the LEDs");
    class->bank.ops = &ops;
    for (unsigned i = 0; i < LED_COUNT * LED_COLORS; i++)
        class->files[i / LED_COLORS][i % LED_COLORS].fd = -1;
    for (enum led_index i = 0; r >= 0 && i < LED_COUNT; i++)
        if (led_is_set(config, i))
            r = open_led(&opener, config, i, class->files[i]);
    if (r < 0) {
        bank_free(&class->bank);
        return r;
    }
    *ret = &class->bank;
    return 0;
}

/* ---- the driver ---- */

static bool is_name(const char *word)
{
    return !strchr(word, '/') && !streq(word, ".") && !streq(word, "..");
}

/* The LED before `led` that has `name` already, or -1. Within one LED no word comes twice. */
static int find_user(const struct config *config, enum led_index led, const char *name)
{
    for (enum led_index i = 0; i < led; i++)
        for (char *const *word = config->leds.at[i]; *word; word++)
            if (streq(*word, name))
                return (int)i;
    return -1;
}

static int check_led(const struct config *config, enum led_index led,
                     struct config_problems *problems)
{
    char *const *words = config->leds.at[led];
    size_t count = 0;
    int r = 0;

    for (; words[count]; count++) {
        int user = find_user(config, led, words[count]);

        if (is_name(words[count]) && user < 0)
            continue;
        r = -EINVAL;
        if (user < 0)
            config_blame(config, problems, "leds", led_name(led),
                         "expected the name of a LED below " ROOT ", not `%s`", words[count]);
        else
            config_blame(config, problems, "leds", led_name(led),
                         "expected a LED of its own; %s has `%s`", led_name((enum led_index)user),
                         words[count]);
    }
    if (count == 0 || count == 1 || count == LED_COLORS)
        return r;
    config_blame(config, problems, "leds", led_name(led),
                 "expected one multicolor LED, or three LEDs: red, green and blue");
    return -EINVAL;
}

static int wants(const struct config *config, struct line_want lines[LINES_MAX],
                 struct config_problems *problems)
{
    int r = led_keys_check(config, problems);

    if (led_bus_wants(config, 0, lines, problems) < 0)
        r = -EINVAL;
    for (enum led_index i = 0; i < LED_COUNT; i++)
        if (check_led(config, i, problems) < 0)
            r = -EINVAL;
    return r;
}

static int open_bank(struct led_bank **ret, const struct config *config, struct lines *lines,
                     struct body_fault *fault)
{
    return leds_class_new(ret, ROOT, config, fault);
}

extern const struct led_driver led_driver_class;

const struct led_driver led_driver_class = {.name = "class", .wants = wants, .open = open_bank};
