/* driver = apa102: a chain of LEDs with their own PWM, on two lines. */
#include "body/leds-apa102.h"

#include <errno.h>

#include "body/led-keys.h"
#include "body/led-shift.h"

#define APA102_BRIGHTEST (0xe0 | 31)

struct apa102_bank {
    struct led_bank bank; /* first: the bank is this struct */
    struct lines *lines;
    int places[LED_COUNT]; /* in the chain; -1: there is no such LED */
    enum led_color colors[LED_COUNT][LED_COLORS];
    size_t count;
    uint8_t sent[APA102_FRAME_MAX];
    bool unsure; /* of what the chain has got */
};

/*
 * 32 zero bits begin a frame. Each LED passes the bits on half a clock later, so that as many half
 * clocks have to follow the last LED; an SK9822 shows nothing until it has seen 32 zero bits more.
 * With all-zero bits there the first LED behind the chain takes them for no colour.
 */
size_t apa102_frame(const uint8_t colors[][3], size_t count, uint8_t ret[APA102_FRAME_MAX])
{
    size_t n = 4;

    memset(ret, 0, APA102_FRAME_MAX);
    for (size_t i = 0; i < count; i++) {
        ret[n++] = APA102_BRIGHTEST;
        ret[n++] = colors[i][LED_BLUE];
        ret[n++] = colors[i][LED_GREEN];
        ret[n++] = colors[i][LED_RED];
    }
    return n + 5;
}

/* A frame is hundreds of calls, so it is not sent twice. */
static int send_frame(struct apa102_bank *apa, const uint8_t frame[APA102_FRAME_MAX], size_t size)
{
    int r;

    if (!apa->unsure && memcmp(frame, apa->sent, size) == 0)
        return 0;
    r = led_shift(apa->lines, LED_BUS_DATA, LED_BUS_CLOCK, frame, size);
    apa->unsure = r < 0;
    memcpy(apa->sent, frame, size);
    return r;
}

static int show(struct led_bank *bank, const struct led_light lights[LED_COUNT])
{
    struct apa102_bank *apa = (struct apa102_bank *)bank;
    uint8_t colors[APA102_CHAIN_MAX][LED_COLORS] = {{0}}, frame[APA102_FRAME_MAX];

    for (enum led_index i = 0; i < LED_COUNT; i++)
        for (unsigned place = 0; apa->places[i] >= 0 && place < LED_COLORS; place++)
            colors[apa->places[i]][place] =
                (uint8_t)light_to_steps(led_light_of(&lights[i], apa->colors[i][place]), 255);
    size_t size = apa102_frame((const uint8_t(*)[LED_COLORS])colors, apa->count, frame);
    return send_frame(apa, frame, size);
}

static struct led_bank *bank_free(struct led_bank *bank)
{
    struct apa102_bank *apa = (struct apa102_bank *)bank;

    lines_free(apa->lines);
    free(apa);
    return NULL;
}

static int find_places(const struct config *config, int ret[LED_COUNT],
                       struct config_problems *problems)
{
    return led_numbers(config, "its place in the chain", 1, APA102_CHAIN_MAX, ret, problems);
}

static int wants(const struct config *config, struct line_want wants[LINES_MAX],
                 struct config_problems *problems)
{
    int places[LED_COUNT], r = led_bus_wants(config, LED_BUS_CLOCK + 1, wants, problems);

    if (find_places(config, places, problems) < 0)
        r = -EINVAL;
    return r < 0 ? r : LED_BUS_CLOCK + 1;
}

static int open(struct led_bank **ret, const struct config *config, struct lines *lines,
                struct body_fault *fault)
{
    static const struct led_bank_ops ops = {.show = show, .free = bank_free};
    struct apa102_bank *apa = calloc(1, sizeof(*apa));

    if (!apa)
        return body_fault_set(fault, -ENOMEM, "gpio-failed", "there is no memory for the LEDs");
    apa->bank.ops = &ops;
    apa->lines = lines;
    apa->unsure = true;
    find_places(config, apa->places, NULL);
    for (enum led_index i = 0; i < LED_COUNT; i++) {
        for (unsigned place = 0; place < LED_COLORS; place++)
            apa->colors[i][place] = led_color_at(config, i, place);
        if (apa->places[i] >= (int)apa->count)
            apa->count = (size_t)apa->places[i] + 1;
    }
    *ret = &apa->bank;
    return 0;
}

extern const struct led_driver led_driver_apa102;

const struct led_driver led_driver_apa102 = {.name = "apa102", .wants = wants, .open = open};
