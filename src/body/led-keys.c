#include "body/led-keys.h"

#include <errno.h>

#include "base/parse.h"

uint16_t led_light_of(const struct led_light *light, enum led_color color)
{
    const uint16_t channels[LED_COLORS] = {light->red, light->green, light->blue};

    return channels[color];
}

/* ---- the keys of the LEDs ---- */

static size_t count_words(char *const *words)
{
    size_t n = 0;

    while (words[n])
        n++;
    return n;
}

bool led_is_set(const struct config *config, enum led_index led)
{
    return config->leds.at[led][0];
}

/* The key has one word for all LEDs, or one for each. */
enum led_color led_color_at(const struct config *config, enum led_index led, unsigned place)
{
    const char *word = config->leds.order;

    if (strlen(word) > LED_COLORS)
        for (enum led_index i = 0; i < led; i++) {
            word += LED_COLORS;
            word += strspn(word, " \t");
        }
    return word[place] == 'r' ? LED_RED : word[place] == 'g' ? LED_GREEN : LED_BLUE;
}

int led_keys_check(const struct config *config, struct config_problems *problems)
{
    for (enum led_index i = 0; i < LED_COUNT; i++)
        if (led_is_set(config, i))
            return 0;
    config_blame(config, problems, "leds", "driver",
                 "expected none, or one LED at least: nose, left, middle, right or bottom");
    return -EINVAL;
}

/* ---- three lines a LED ---- */

static const char *const line_names[LED_COUNT][LED_COLORS] = {
    {"the nose LED's red", "the nose LED's green", "the nose LED's blue"},
    {"the left LED's red", "the left LED's green", "the left LED's blue"},
    {"the middle LED's red", "the middle LED's green", "the middle LED's blue"},
    {"the right LED's red", "the right LED's green", "the right LED's blue"},
    {"the bottom LED's red", "the bottom LED's green", "the bottom LED's blue"},
};

static int want_led(const struct config *config, enum led_index led, struct line_want *wants,
                    struct config_problems *problems)
{
    char *const *words = config->leds.at[led];
    int r = 0;

    if (count_words(words) != LED_COLORS) {
        config_blame(config, problems, "leds", led_name(led),
                     "expected three lines: red, green and blue");
        return -EINVAL;
    }
    for (unsigned place = 0; place < LED_COLORS; place++) {
        enum led_color color = led_color_at(config, led, place);

        wants[color] = (struct line_want){.what = line_names[led][color], .output = true};
        if (line_spec_parse(words[place], &wants[color].spec) == 0)
            continue;
        config_blame(config, problems, "leds", led_name(led),
                     "expected a line such as GPIO17 or 17,active-low, not `%s`", words[place]);
        r = -EINVAL;
    }
    return r;
}

int led_lines_wants(const struct config *config, struct line_want wants[LINES_MAX],
                    struct config_problems *problems)
{
    int result = led_keys_check(config, problems);

    if (led_bus_wants(config, 0, wants, problems) < 0)
        result = -EINVAL;
    for (size_t i = 0; i < LED_COUNT; i++)
        if (led_is_set(config, (enum led_index)i) &&
            want_led(config, (enum led_index)i, wants + i * LED_COLORS, problems) < 0)
            result = -EINVAL;
    return result < 0 ? result : LED_LINES;
}

unsigned led_lines_mask(const struct config *config)
{
    unsigned mask = 0;

    for (enum led_index i = 0; i < LED_COUNT; i++)
        if (led_is_set(config, i))
            mask |= 7U << i * LED_COLORS;
    return mask;
}

/* ---- a chip behind a few lines ---- */

static const struct {
    const char *key, *what;
    size_t offset;
} bus_keys[LED_BUS_COUNT] = {
    [LED_BUS_DATA] = {"data", "the LEDs' data", offsetof(struct config, leds.data)},
    [LED_BUS_CLOCK] = {"clock", "the LEDs' clock", offsetof(struct config, leds.clock)},
    [LED_BUS_MODE] = {"mode", "the LEDs' mode", offsetof(struct config, leds.mode)},
    [LED_BUS_LATCH] = {"latch", "the LEDs' latch", offsetof(struct config, leds.latch)},
};

static const char *bus_line(const struct config *config, enum led_bus key)
{
    return *(char *const *)((const char *)config + bus_keys[key].offset);
}

static int want_bus_line(const struct config *config, enum led_bus key, bool needed,
                         struct line_want *want, struct config_problems *problems)
{
    const char *line = bus_line(config, key), *driver = config->leds.driver;

    if (line && needed) {
        *want = (struct line_want){.what = bus_keys[key].what, .output = true};
        return line_spec_parse(line, &want->spec);
    }
    if (!line && !needed)
        return 0;
    if (line)
        config_blame(config, problems, "leds", bus_keys[key].key,
                     "expected none, because of driver = %s", driver);
    else
        config_blame(config, problems, "leds", "driver",
                     "expected a line for `%s` as well, because %s needs it", bus_keys[key].key,
                     driver);
    return -EINVAL;
}

int led_bus_wants(const struct config *config, unsigned count, struct line_want wants[LINES_MAX],
                  struct config_problems *problems)
{
    int result = 0;

    memset(wants, 0, LINES_MAX * sizeof(*wants));
    for (enum led_bus i = 0; i < LED_BUS_COUNT; i++)
        if (want_bus_line(config, i, i < count, &wants[i], problems) < 0)
            result = -EINVAL;
    return result;
}

/* The LED before `led` that has one of its places, or -1. */
static int find_overlap(const int numbers[LED_COUNT], enum led_index led, unsigned width)
{
    for (enum led_index i = 0; i < led; i++)
        if (numbers[i] >= 0 && (unsigned)abs(numbers[i] - numbers[led]) < width)
            return (int)i;
    return -1;
}

int led_numbers(const struct config *config, const char *what, unsigned width, unsigned size,
                int ret[LED_COUNT], struct config_problems *problems)
{
    int result = led_keys_check(config, problems);

    for (enum led_index i = 0; i < LED_COUNT; i++) {
        char *const *words = config->leds.at[i];
        unsigned number;
        int other;

        ret[i] = -1;
        if (!led_is_set(config, i))
            continue;
        if (count_words(words) == 1 && parse_unsigned(words[0], 0, size - width, &number) == 0)
            ret[i] = (int)number;
        other = ret[i] < 0 ? -1 : find_overlap(ret, i, width);
        if (ret[i] >= 0 && other < 0)
            continue;
        result = -EINVAL;
        if (other < 0)
            config_blame(config, problems, "leds", led_name(i), "expected %s, from 0 to %u", what,
                         size - width);
        else
            config_blame(config, problems, "leds", led_name(i),
                         "expected %s to be of no other LED; %s is at %d", what,
                         led_name((enum led_index)other), ret[other]);
    }
    return result;
}
