/* driver = gpio: each colour of each LED is a line that is on or off. */
#include <errno.h>

#include "body/led-keys.h"

struct gpio_bank {
    struct led_bank bank; /* first: the bank is this struct */
    struct lines *lines;
    unsigned mask, lit;
    bool unsure; /* of what is lit */
};

static int show(struct led_bank *bank, const struct led_light lights[LED_COUNT])
{
    struct gpio_bank *gpio = (struct gpio_bank *)bank;
    unsigned lit = 0;
    int r = 0;

    for (enum led_index i = 0; i < LED_COUNT; i++)
        lit |= light_to_hue(&lights[i]) << i * LED_COLORS;
    lit &= gpio->mask;
    if (gpio->unsure || lit != gpio->lit)
        r = lines_set(gpio->lines, gpio->mask, lit);
    gpio->unsure = r < 0;
    gpio->lit = lit;
    return r;
}

static struct led_bank *bank_free(struct led_bank *bank)
{
    struct gpio_bank *gpio = (struct gpio_bank *)bank;

    lines_free(gpio->lines);
    free(gpio);
    return NULL;
}

static int open(struct led_bank **ret, const struct config *config, struct lines *lines,
                struct body_fault *fault)
{
    static const struct led_bank_ops ops = {.show = show, .free = bank_free};
    struct gpio_bank *gpio = calloc(1, sizeof(*gpio));

    if (!gpio)
        return body_fault_set(fault, -ENOMEM, "gpio-failed", "there is no memory for the LEDs");
    *gpio = (struct gpio_bank){
        .bank = {&ops}, .lines = lines, .mask = led_lines_mask(config), .unsure = true};
    *ret = &gpio->bank;
    return 0;
}

extern const struct led_driver led_driver_gpio;

const struct led_driver led_driver_gpio = {.name = "gpio", .wants = led_lines_wants, .open = open};
