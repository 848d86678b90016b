#include "body/leds-sim.h"

#include <errno.h>

struct leds_sim {
    struct led_bank bank; /* first: the bank is this struct */
    uint32_t shown[LED_COUNT];
    leds_sim_watcher on_led;
    void *userdata;
};

static uint32_t color_of(struct led_light light)
{
    return (uint32_t)light_encode(light.red) << 16 | (uint32_t)light_encode(light.green) << 8 |
           light_encode(light.blue);
}

static int leds_sim_show(struct led_bank *bank, const struct led_light lights[LED_COUNT])
{
    struct leds_sim *sim = (struct leds_sim *)bank;

    for (enum led_index i = 0; i < LED_COUNT; i++) {
        uint32_t color = color_of(lights[i]);

        if (sim->shown[i] == color)
            continue;
        sim->shown[i] = color;
        if (sim->on_led)
            sim->on_led(i, color, sim->userdata);
    }
    return 0;
}

static struct led_bank *leds_sim_free(struct led_bank *bank)
{
    free(bank);
    return NULL;
}

int leds_sim_new(struct leds_sim **ret)
{
    static const struct led_bank_ops ops = {.show = leds_sim_show, .free = leds_sim_free};

    struct leds_sim *sim = calloc(1, sizeof(*sim));
    if (!sim)
        return -ENOMEM;
    sim->bank.ops = &ops;
    *ret = sim;
    return 0;
}

struct led_bank *leds_sim_bank(struct leds_sim *sim)
{
    return &sim->bank;
}

uint32_t leds_sim_shown(const struct leds_sim *sim, enum led_index led)
{
    return sim->shown[led];
}

void leds_sim_watch(struct leds_sim *sim, leds_sim_watcher on_led, void *userdata)
{
    sim->on_led = on_led;
    sim->userdata = userdata;
}
