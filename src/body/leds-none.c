/* driver = none: there are no LEDs, or somebody else has them. */
#include "body/leds.h"

#include <errno.h>

static int show(struct led_bank *bank, const struct led_light lights[LED_COUNT])
{
    return 0;
}

static struct led_bank *bank_free(struct led_bank *bank)
{
    free(bank);
    return NULL;
}

static int wants(const struct config *config, struct line_want wants[LINES_MAX],
                 struct config_problems *problems)
{
    return 0;
}

static int open(struct led_bank **ret, const struct config *config, struct lines *lines,
                struct body_fault *fault)
{
    static const struct led_bank_ops ops = {.show = show, .free = bank_free};
    struct led_bank *bank = calloc(1, sizeof(*bank));

    if (!bank)
        return body_fault_set(fault, -ENOMEM, "gpio-failed", "there is no memory for the LEDs");
    bank->ops = &ops;
    *ret = bank;
    return 0;
}

extern const struct led_driver led_driver_none;

const struct led_driver led_driver_none = {.name = "none", .wants = wants, .open = open};
