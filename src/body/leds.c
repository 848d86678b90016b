#include "body/leds.h"

#include <errno.h>

struct leds {
    struct leds_driver *driver;
    unsigned brightness;
    uint32_t colors[LED_COUNT];
    uint32_t shown[LED_COUNT];
};

static uint32_t dim(uint32_t color, unsigned percent)
{
    uint32_t dimmed = 0;

    for (unsigned shift = 0; shift < 24; shift += 8)
        dimmed |= (((color >> shift & 0xff) * percent + 50) / 100) << shift;
    return dimmed;
}

static int update(struct leds *leds)
{
    uint32_t colors[LED_COUNT];

    for (unsigned i = 0; i < LED_COUNT; i++)
        colors[i] = dim(leds->colors[i], leds->brightness);
    if (memcmp(colors, leds->shown, sizeof(colors)) == 0)
        return 0;

    int r = leds->driver->ops->show(leds->driver, colors);
    if (r >= 0)
        memcpy(leds->shown, colors, sizeof(colors));
    return r;
}

int leds_set(struct leds *leds, enum led_index led, uint32_t color)
{
    leds->colors[led] = color & 0xffffff;
    return update(leds);
}

uint32_t leds_get(const struct leds *leds, enum led_index led)
{
    return leds->colors[led];
}

int leds_set_brightness(struct leds *leds, unsigned brightness)
{
    leds->brightness = brightness > 100 ? 100 : brightness;
    return update(leds);
}

int leds_new(struct leds **ret, struct leds_driver *driver, unsigned brightness)
{
    struct leds *leds = calloc(1, sizeof(*leds));
    if (!leds)
        return -ENOMEM;

    leds->driver = driver;
    leds->brightness = brightness > 100 ? 100 : brightness;

    /* Whatever a predecessor left on goes dark. */
    int r = driver->ops->show(driver, leds->shown);
    if (r < 0) {
        free(leds);
        return r;
    }
    *ret = leds;
    return 0;
}

struct leds *leds_free(struct leds *leds)
{
    if (!leds)
        return NULL;

    leds->driver->ops->show(leds->driver, (const uint32_t[LED_COUNT]){0});
    leds->driver->ops->free(leds->driver);
    free(leds);
    return NULL;
}
