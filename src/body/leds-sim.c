#include "body/leds-sim.h"

#include <errno.h>

struct leds_sim {
    struct leds_driver driver; /* first: the driver is this struct */
    uint32_t shown[LED_COUNT];
    leds_sim_watcher on_led;
    void *userdata;
};

static int leds_sim_show(struct leds_driver *driver, const uint32_t colors[LED_COUNT])
{
    struct leds_sim *sim = (struct leds_sim *)driver;

    for (enum led_index i = 0; i < LED_COUNT; i++) {
        if (sim->shown[i] == colors[i])
            continue;
        sim->shown[i] = colors[i];
        if (sim->on_led)
            sim->on_led(i, colors[i], sim->userdata);
    }
    return 0;
}

static struct leds_driver *leds_sim_free(struct leds_driver *driver)
{
    free(driver);
    return NULL;
}

int leds_sim_new(struct leds_sim **ret)
{
    static const struct leds_ops ops = {.show = leds_sim_show, .free = leds_sim_free};

    struct leds_sim *sim = calloc(1, sizeof(*sim));
    if (!sim)
        return -ENOMEM;
    sim->driver.ops = &ops;
    *ret = sim;
    return 0;
}

struct leds_driver *leds_sim_driver(struct leds_sim *sim)
{
    return &sim->driver;
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
