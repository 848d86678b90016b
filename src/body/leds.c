#include "body/leds.h"

#include <errno.h>
#include <time.h>

#include "base/clock.h"

#define FRAME_USEC (20 * USEC_PER_MSEC)

/* One LED: `from` at `began_usec` to what `color` is, at `ends_usec`. No fade: the latter is 0. */
struct led {
    uint32_t color;
    struct led_light from;
    uint64_t began_usec, ends_usec;
};

struct leds {
    struct led_bank *bank; /* NULL: nobody shows them */
    leds_watcher on_error;
    void *userdata;
    sd_event_source *frames;
    uint64_t frame_usec; /* when the next frame of a fade is due, or the last one was */
    unsigned brightness;
    bool dark;
    uint16_t clarity_from; /* a fade into or out of the dark, as those of struct led */
    uint64_t dark_began_usec, dark_ends_usec;
    struct led leds[LED_COUNT];
    struct led_light shown[LED_COUNT];
    bool unsure;   /* what is shown is not known */
    unsigned held; /* nothing new is shown as long as anybody holds it */
    bool is_late;  /* there is something to be shown then */
};

/* ---- the light of a moment ---- */

static struct led_light goal_of(const struct leds *leds, enum led_index led)
{
    return light_from_color(leds->leds[led].color, leds->brightness);
}

static uint16_t between(uint16_t from, uint16_t to, uint64_t part, uint64_t whole)
{
    return (uint16_t)((from * (whole - part) + to * part) / whole);
}

static struct led_light light_now(const struct leds *leds, enum led_index index, uint64_t now_usec)
{
    const struct led *led = &leds->leds[index];
    struct led_light goal = goal_of(leds, index), from = led->from;

    if (now_usec >= led->ends_usec)
        return goal;

    uint64_t part = now_usec - led->began_usec, whole = led->ends_usec - led->began_usec;
    return (struct led_light){.red = between(from.red, goal.red, part, whole),
                              .green = between(from.green, goal.green, part, whole),
                              .blue = between(from.blue, goal.blue, part, whole)};
}

/* What of the LEDs' light is to be seen: none of it in the dark. */
static uint16_t clarity_now(const struct leds *leds, uint64_t now_usec)
{
    uint16_t goal = leds->dark ? 0 : LIGHT_FULL;

    if (now_usec >= leds->dark_ends_usec)
        return goal;
    return between(leds->clarity_from, goal, now_usec - leds->dark_began_usec,
                   leds->dark_ends_usec - leds->dark_began_usec);
}

static struct led_light dimmed(struct led_light light, uint16_t clarity)
{
    return (struct led_light){.red = between(0, light.red, clarity, LIGHT_FULL),
                              .green = between(0, light.green, clarity, LIGHT_FULL),
                              .blue = between(0, light.blue, clarity, LIGHT_FULL)};
}

static bool is_fading(const struct leds *leds, uint64_t now_usec)
{
    for (enum led_index i = 0; i < LED_COUNT && !leds->dark; i++)
        if (now_usec < leds->leds[i].ends_usec)
            return true;
    return now_usec < leds->dark_ends_usec;
}

/* ---- showing ---- */

static int show(struct leds *leds, uint64_t now_usec)
{
    struct led_light lights[LED_COUNT];

    for (enum led_index i = 0; i < LED_COUNT; i++)
        lights[i] = dimmed(light_now(leds, i, now_usec), clarity_now(leds, now_usec));
    if (!leds->bank || (!leds->unsure && memcmp(lights, leds->shown, sizeof(lights)) == 0))
        return 0;

    int r = leds->bank->ops->show(leds->bank, lights);
    leds->unsure = r < 0;
    memcpy(leds->shown, lights, sizeof(lights));
    return r;
}

/* The next frame keeps its time: orders in the midst of a fade may be frequent. */
static int arm(struct leds *leds, uint64_t now_usec)
{
    int r;

    if (!leds->bank || !is_fading(leds, now_usec))
        return sd_event_source_set_enabled(leds->frames, SD_EVENT_OFF);
    if (leds->frame_usec <= now_usec)
        leds->frame_usec = now_usec + FRAME_USEC;
    r = sd_event_source_set_time(leds->frames, leds->frame_usec);
    return r < 0 ? r : sd_event_source_set_enabled(leds->frames, SD_EVENT_ONESHOT);
}

/* Shows the present, and goes on with it as long as something fades. */
static int update(struct leds *leds)
{
    leds->is_late = leds->held > 0;
    if (leds->is_late)
        return 0;

    uint64_t now = clock_now_usec();
    int r = show(leds, now), r_arm = arm(leds, now);

    return r < 0 ? r : r_arm;
}

static int on_frame(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct leds *leds = userdata;
    int r = update(leds);

    if (r < 0 && leds->on_error)
        leds->on_error(r, leds->userdata);
    return 0;
}

/* ---- what is to be shown ---- */

int leds_fade(struct leds *leds, enum led_index led, uint32_t color, uint64_t usec)
{
    uint64_t now = clock_now_usec();

    leds->leds[led] = (struct led){.color = color & 0xffffff,
                                   .from = light_now(leds, led, now),
                                   .began_usec = now,
                                   .ends_usec = usec > 0 ? now + usec : 0};
    return update(leds);
}

int leds_set(struct leds *leds, enum led_index led, uint32_t color)
{
    return leds_fade(leds, led, color, 0);
}

uint32_t leds_get(const struct leds *leds, enum led_index led)
{
    return leds->leds[led].color;
}

void leds_hold(struct leds *leds)
{
    leds->held++;
}

int leds_release(struct leds *leds)
{
    leds->held--;
    return leds->is_late ? update(leds) : 0;
}

static uint16_t rescale(uint16_t light, uint16_t old_full, uint16_t full)
{
    uint64_t scaled = old_full > 0 ? (uint64_t)light * full / old_full : 0;

    return scaled > full ? full : (uint16_t)scaled;
}

/* Where fades came from was dimmed as well. */
int leds_set_brightness(struct leds *leds, unsigned brightness)
{
    uint16_t old_full = light_from_color(0xffffff, leds->brightness).red, full;

    leds->brightness = brightness > 100 ? 100 : brightness;
    full = light_from_color(0xffffff, leds->brightness).red;
    for (enum led_index i = 0; i < LED_COUNT; i++) {
        struct led_light *from = &leds->leds[i].from;

        from->red = rescale(from->red, old_full, full);
        from->green = rescale(from->green, old_full, full);
        from->blue = rescale(from->blue, old_full, full);
    }
    return update(leds);
}

int leds_fade_dark(struct leds *leds, bool dark, uint64_t usec)
{
    uint64_t now = clock_now_usec();

    leds->clarity_from = clarity_now(leds, now);
    leds->dark_began_usec = now;
    leds->dark_ends_usec = usec > 0 ? now + usec : 0;
    leds->dark = dark;
    return update(leds);
}

int leds_set_dark(struct leds *leds, bool dark)
{
    return leds_fade_dark(leds, dark, 0);
}

/* ---- life ---- */

void leds_watch(struct leds *leds, leds_watcher on_error, void *userdata)
{
    leds->on_error = on_error;
    leds->userdata = userdata;
}

static void drop_bank(struct leds *leds)
{
    if (leds->bank)
        leds->bank->ops->free(leds->bank);
    leds->bank = NULL;
}

int leds_attach(struct leds *leds, struct led_bank *bank)
{
    drop_bank(leds);
    leds->bank = bank;
    leds->unsure = true;
    return update(leds);
}

int leds_new(struct leds **ret, sd_event *event, unsigned brightness)
{
    struct leds *leds = calloc(1, sizeof(*leds));
    int r;

    if (!leds)
        return -ENOMEM;
    leds->brightness = brightness > 100 ? 100 : brightness;
    r = sd_event_add_time(event, &leds->frames, CLOCK_MONOTONIC, 0, USEC_PER_MSEC, on_frame, leds);
    if (r >= 0)
        r = sd_event_source_set_enabled(leds->frames, SD_EVENT_OFF);
    if (r < 0) {
        leds_free(leds);
        return r;
    }
    *ret = leds;
    return 0;
}

struct leds *leds_free(struct leds *leds)
{
    if (!leds)
        return NULL;
    leds_set_dark(leds, true);
    drop_bank(leds);
    sd_event_source_disable_unref(leds->frames);
    free(leds);
    return NULL;
}

const struct led_driver *led_driver_find(const char *name)
{
    for (const struct led_driver *const *driver = led_driver_table; *driver; driver++)
        if (streq((*driver)->name, name))
            return *driver;
    return NULL;
}
