/* driver = tlc5922: the chip of the original rabbit (TLC5922), on four lines. */
#include "body/leds-tlc5922.h"

#include <errno.h>

#include "body/led-keys.h"
#include "body/led-shift.h"

/* Its channels of dot correction; those that are no LED's stay dark. */
struct tlc5922_bank {
    struct led_bank bank; /* first: the bank is this struct */
    struct lines *lines;
    int channels[LED_COUNT]; /* the first of three; -1: there is no such LED */
    enum led_color colors[LED_COUNT][LED_COLORS];
    uint8_t sent[TLC5922_BYTES];
    bool unsure; /* of what the chip has got */
};

void tlc5922_frame(const uint8_t levels[TLC5922_CHANNELS], uint8_t ret[TLC5922_BYTES])
{
    unsigned bit = 0;

    memset(ret, 0, TLC5922_BYTES);
    for (unsigned channel = TLC5922_CHANNELS; channel-- > 0;)
        for (unsigned mask = 0x40; mask; mask >>= 1, bit++)
            if (levels[channel] & mask)
                ret[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
}

/* The latch takes over what was clocked in, when it rises; `mode` says into which register. */
static int send(struct lines *lines, bool mode, const uint8_t *bytes, size_t size)
{
    const unsigned clock = 1U << LED_BUS_CLOCK, latch = 1U << LED_BUS_LATCH;
    int r = lines_set(lines, 1U << LED_BUS_MODE | clock | latch, mode ? 1U << LED_BUS_MODE : 0);

    if (r >= 0)
        r = led_shift(lines, LED_BUS_DATA, LED_BUS_CLOCK, bytes, size);
    if (r >= 0)
        r = lines_set(lines, clock, 0);
    if (r >= 0)
        r = lines_set(lines, latch, latch);
    return r < 0 ? r : lines_set(lines, latch, 0);
}

static int send_levels(struct tlc5922_bank *tlc, const uint8_t levels[TLC5922_CHANNELS])
{
    uint8_t frame[TLC5922_BYTES];
    int r;

    tlc5922_frame(levels, frame);
    if (!tlc->unsure && memcmp(frame, tlc->sent, sizeof(frame)) == 0)
        return 0;
    r = send(tlc->lines, true, frame, sizeof(frame));
    tlc->unsure = r < 0;
    memcpy(tlc->sent, frame, sizeof(frame));
    return r;
}

static int show(struct led_bank *bank, const struct led_light lights[LED_COUNT])
{
    struct tlc5922_bank *tlc = (struct tlc5922_bank *)bank;
    uint8_t levels[TLC5922_CHANNELS] = {0};

    for (enum led_index i = 0; i < LED_COUNT; i++)
        for (int place = 0; tlc->channels[i] >= 0 && place < LED_COLORS; place++)
            levels[tlc->channels[i] + place] = (uint8_t)light_to_steps(
                led_light_of(&lights[i], tlc->colors[i][place]), TLC5922_FULL);
    return send_levels(tlc, levels);
}

static struct led_bank *bank_free(struct led_bank *bank)
{
    struct tlc5922_bank *tlc = (struct tlc5922_bank *)bank;

    lines_free(tlc->lines);
    free(tlc);
    return NULL;
}

static int find_channels(const struct config *config, int ret[LED_COUNT],
                         struct config_problems *problems)
{
    return led_numbers(config, "the first of its three channels", LED_COLORS, TLC5922_CHANNELS, ret,
                       problems);
}

static int wants(const struct config *config, struct line_want wants[LINES_MAX],
                 struct config_problems *problems)
{
    int channels[LED_COUNT], r = led_bus_wants(config, LED_BUS_COUNT, wants, problems);

    if (find_channels(config, channels, problems) < 0)
        r = -EINVAL;
    return r < 0 ? r : LED_BUS_COUNT;
}

/* Without power the chip has forgotten all: no current first, then every channel on for good. */
static int start(struct tlc5922_bank *tlc)
{
    static const uint8_t dark[TLC5922_CHANNELS] = {0}, on[] = {0xff, 0xff};
    int r = send_levels(tlc, dark);

    return r < 0 ? r : send(tlc->lines, false, on, sizeof(on));
}

static int open(struct led_bank **ret, const struct config *config, struct lines *lines,
                struct body_fault *fault)
{
    static const struct led_bank_ops ops = {.show = show, .free = bank_free};
    struct tlc5922_bank *tlc = calloc(1, sizeof(*tlc));

    if (!tlc)
        return body_fault_set(fault, -ENOMEM, "gpio-failed", "there is no memory for the LEDs");
    tlc->bank.ops = &ops;
    tlc->lines = lines;
    tlc->unsure = true;
    find_channels(config, tlc->channels, NULL);
    for (enum led_index i = 0; i < LED_COUNT; i++)
        for (unsigned place = 0; place < LED_COLORS; place++)
            tlc->colors[i][place] = led_color_at(config, i, place);

    int r = start(tlc);
    if (r < 0) {
        free(tlc);
        return body_fault_set(fault, r, "gpio-failed", "the LEDs' lines cannot be set: %s",
                              strerror(-r));
    }
    *ret = &tlc->bank;
    return 0;
}

extern const struct led_driver led_driver_tlc5922;

const struct led_driver led_driver_tlc5922 = {.name = "tlc5922", .wants = wants, .open = open};
