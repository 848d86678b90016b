#include "body/board.h"

#include <errno.h>

#include "base/parse.h"
#include "body/leds.h"
#include "body/motor.h"

#define LED_DRIVERS_MAX 15 /* whose names are suggested */

/* One line of the body and the key that names it. */
struct part {
    const char *section, *key, *what;
    size_t offset;  /* of the key's value in struct config */
    int ear;        /* -1: of none */
    unsigned motor; /* the MOTOR_LINE of a bridge; 0: an input */
};

#define AT(field) offsetof(struct config, field)

static const struct part parts[LINE_COUNT] = {
    [LINE_LEFT_FORWARD] = {"ear-left", "forward", "the left ear's motor, forward",
                           AT(ears[0].forward), 0, MOTOR_LINE_FORWARD},
    [LINE_LEFT_BACKWARD] = {"ear-left", "backward", "the left ear's motor, backward",
                            AT(ears[0].backward), 0, MOTOR_LINE_BACKWARD},
    [LINE_LEFT_PHASE] = {"ear-left", "phase", "the left ear's motor, phase", AT(ears[0].phase), 0,
                         MOTOR_LINE_PHASE},
    [LINE_LEFT_ENABLE] = {"ear-left", "enable", "the left ear's motor, enable", AT(ears[0].enable),
                          0, MOTOR_LINE_ENABLE},
    [LINE_RIGHT_FORWARD] = {"ear-right", "forward", "the right ear's motor, forward",
                            AT(ears[1].forward), 1, MOTOR_LINE_FORWARD},
    [LINE_RIGHT_BACKWARD] = {"ear-right", "backward", "the right ear's motor, backward",
                             AT(ears[1].backward), 1, MOTOR_LINE_BACKWARD},
    [LINE_RIGHT_PHASE] = {"ear-right", "phase", "the right ear's motor, phase", AT(ears[1].phase),
                          1, MOTOR_LINE_PHASE},
    [LINE_RIGHT_ENABLE] = {"ear-right", "enable", "the right ear's motor, enable",
                           AT(ears[1].enable), 1, MOTOR_LINE_ENABLE},
    [LINE_LEFT_ENCODER] = {"ear-left", "encoder", "the left ear's encoder", AT(ears[0].encoder), 0,
                           0},
    [LINE_RIGHT_ENCODER] = {"ear-right", "encoder", "the right ear's encoder", AT(ears[1].encoder),
                            1, 0},
    [LINE_BUTTON] = {"button", "line", "the button", AT(button.line), -1, 0},
};

static const char *text_of(const struct config *config, const struct part *part)
{
    return *(char *const *)((const char *)config + part->offset);
}

/* The first line that is configured for the ear, or NULL: then there is no such ear. */
static const struct part *ear_part(const struct config *config, int ear)
{
    for (size_t i = 0; i < LINE_COUNT; i++)
        if (parts[i].ear == ear && text_of(config, &parts[i]))
            return &parts[i];
    return NULL;
}

/* The ear's bridge has that line, or has no say in it. */
static bool bridge_has(const struct config *config, const struct part *part)
{
    return part->motor == 0 ||
           (motor_lines(board_bridge(config, (size_t)part->ear)) & part->motor) != 0;
}

bool board_is_sim(const struct config *config)
{
    return streq(config->body.board, "sim");
}

enum bridge board_bridge(const struct config *config, size_t ear)
{
    return board_is_sim(config) ? BRIDGE_IN_IN : config->ears[ear].bridge;
}

size_t board_wants(const struct config *config, struct line_want wants[LINE_COUNT])
{
    for (size_t i = 0; i < LINE_COUNT; i++) {
        const char *text = text_of(config, &parts[i]);
        bool is_sim = board_is_sim(config);

        wants[i] = (struct line_want){.output = parts[i].motor != 0};
        if ((is_sim || (text && line_spec_parse(text, &wants[i].spec) == 0)) &&
            bridge_has(config, &parts[i]))
            wants[i].what = parts[i].what;
    }
    return LINE_COUNT;
}

int board_name(const struct config *config, char **ret)
{
    const char *board = config->body.board, *slash = strrchr(board, '/');
    const char *name = slash ? slash + 1 : board;
    size_t length = strlen(name), end = length > 5 ? length - 5 : 0;

    if (board_is_sim(config))
        return strdup_to(ret, "simulated body");
    if (slash && end > 0 && streq(name + end, ".conf"))
        length = end;
    *ret = strndup(name, length);
    return *ret ? 0 : -ENOMEM;
}

/* ---- the bridges ---- */

/* A key that is not set has no place in a file, so one that is set is blamed for it. */
static void check_part(const struct config *config, const struct part *part,
                       struct config_problems *problems)
{
    const struct part *set = ear_part(config, part->ear);
    bool is_set = text_of(config, part), belongs = bridge_has(config, part);
    const char *bridge = motor_bridge_name(board_bridge(config, (size_t)part->ear));

    if (!set || is_set == belongs)
        return;
    if (is_set)
        config_blame(config, problems, part->section, part->key,
                     "expected none, because of bridge = %s", bridge);
    else if (part->motor)
        config_blame(config, problems, set->section, set->key,
                     "expected `%s` as well, because of bridge = %s", part->key, bridge);
    else
        config_blame(config, problems, set->section, set->key,
                     "expected `%s` as well; without it nobody knows where the ear is", part->key);
}

static void check_ears(const struct config *config, struct config_problems *problems)
{
    for (size_t i = 0; i < LINE_COUNT; i++)
        if (parts[i].ear >= 0)
            check_part(config, &parts[i], problems);
}

/* ---- the lines ---- */

/* Somebody wants a line; the key is blamed when it cannot have it. */
struct claim {
    const struct line_want *want;
    const char *section, *key;
};

struct claims {
    struct claim list[LINE_COUNT + LINES_MAX];
    size_t count;
};

static const char *chip_of(const struct config *config, const struct line_spec *spec)
{
    return *spec->chip ? spec->chip : config->gpio.chip;
}

static bool same_line(const struct config *config, const struct line_spec *a,
                      const struct line_spec *b)
{
    return streq(a->line, b->line) && streq_ptr(chip_of(config, a), chip_of(config, b));
}

static void check_claim(const struct config *config, const struct claims *claims, size_t index,
                        struct config_problems *problems)
{
    const struct claim *claim = &claims->list[index];
    const struct line_spec *spec = &claim->want->spec;

    if (!chip_of(config, spec)) {
        config_blame(config, problems, claim->section, claim->key,
                     "expected CHIP:%s, because [gpio] chip is not set", spec->line);
        return;
    }
    for (size_t i = 0; i < index; i++) {
        if (!same_line(config, &claims->list[i].want->spec, spec))
            continue;
        config_blame(config, problems, claim->section, claim->key,
                     "expected a line of its own, not `%s`, which is %s", spec->line,
                     claims->list[i].want->what);
        return;
    }
}

static void add_claim(struct claims *claims, const struct line_want *want, const char *section,
                      const char *key)
{
    if (want->what)
        claims->list[claims->count++] =
            (struct claim){.want = want, .section = section, .key = key};
}

/* ---- the LEDs ---- */

static const struct {
    const char *key;
    size_t offset;
    bool is_list;
} led_keys[] = {
    {"nose", AT(leds.at[0]), true},   {"left", AT(leds.at[1]), true},
    {"middle", AT(leds.at[2]), true}, {"right", AT(leds.at[3]), true},
    {"bottom", AT(leds.at[4]), true}, {"data", AT(leds.data), false},
    {"clock", AT(leds.clock), false}, {"mode", AT(leds.mode), false},
    {"latch", AT(leds.latch), false},
};

static bool names_line(const struct config *config, const char *text, const struct line_spec *spec)
{
    struct line_spec named;

    return text && line_spec_parse(text, &named) == 0 && same_line(config, &named, spec);
}

/* The last of the keys that name the line: where it is named twice, the later one is wrong. */
static const char *led_key_of(const struct config *config, const struct line_spec *spec)
{
    for (size_t i = ARRAY_SIZE(led_keys); i-- > 0;) {
        const void *field = (const char *)config + led_keys[i].offset;

        if (!led_keys[i].is_list && names_line(config, *(char *const *)field, spec))
            return led_keys[i].key;
        for (char *const *word = led_keys[i].is_list ? *(char **const *)field : NULL; word && *word;
             word++)
            if (names_line(config, *word, spec))
                return led_keys[i].key;
    }
    return "driver";
}

static void report_driver(const struct config *config, struct config_problems *problems)
{
    const char *names[LED_DRIVERS_MAX + 1] = {NULL}, *name = config->leds.driver, *nearest;

    for (size_t i = 0; i < LED_DRIVERS_MAX && led_driver_table[i]; i++)
        names[i] = led_driver_table[i]->name;
    nearest = text_nearest(name, names);
    if (nearest)
        config_blame(config, problems, "leds", "driver",
                     "expected a driver that there is, not `%s`; did you mean `%s`?", name,
                     nearest);
    else
        config_blame(config, problems, "leds", "driver",
                     "expected a driver that there is, not `%s`; see nabaztagd.conf(5)", name);
}

/* ---- all of it ---- */

static void check_lines(const struct config *config, const struct led_driver *driver,
                        struct config_problems *problems)
{
    struct line_want body[LINE_COUNT], leds[LINES_MAX] = {{.what = NULL}};
    struct claims claims = {.count = 0};
    int count = driver ? driver->wants(config, leds, problems) : 0;

    board_wants(config, body);
    for (size_t i = 0; i < LINE_COUNT; i++)
        add_claim(&claims, &body[i], parts[i].section, parts[i].key);
    for (int i = 0; i < count; i++)
        add_claim(&claims, &leds[i], "leds", led_key_of(config, &leds[i].spec));
    for (size_t i = 0; i < claims.count; i++)
        check_claim(config, &claims, i, problems);
}

void board_check(const struct config *config, struct config_problems *problems)
{
    const struct led_driver *driver = led_driver_find(config->leds.driver);

    if (board_is_sim(config))
        return;
    if (!driver)
        report_driver(config, problems);
    if (!ear_part(config, 0) && !ear_part(config, 1) && !config->button.line &&
        streq(config->leds.driver, "none"))
        config_blame(config, problems, "body", "board",
                     "expected a board with an ear, the button or LEDs");
    check_ears(config, problems);
    check_lines(config, driver, problems);
}
