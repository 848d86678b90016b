/*
 * For tests of what the body does over time: the simulated body on a virtual clock, whatever brings
 * time to a dancer as struct events does, and a record of what the body is told, and when. A test
 * that includes this is linked with --wrap for the functions below (see meson.build).
 */
#ifndef NABAZTAGD_TESTS_UNIT_DANCE_RIG_H
#define NABAZTAGD_TESTS_UNIT_DANCE_RIG_H

#include "helper.h"
#include "virtual-loop.h"

#include "body/body.h"
#include "body/leds-sim.h"
#include "body/lines-sim.h"

#define MSEC         USEC_PER_MSEC
#define RECORDS_MAX  4096
#define RECORD_CHARS 48

static struct lines_sim *rig_lines;
static struct leds_sim *rig_leds;

int __real_lines_sim_new(struct lines_sim **ret, sd_event *event, uint64_t seed);
int __wrap_lines_sim_new(struct lines_sim **ret, sd_event *event, uint64_t seed);
int __real_leds_sim_new(struct leds_sim **ret);
int __wrap_leds_sim_new(struct leds_sim **ret);
int __real_body_ear_go(struct body *body, enum ear_index ear, unsigned position, enum ear_way way);
int __wrap_body_ear_go(struct body *body, enum ear_index ear, unsigned position, enum ear_way way);
void __real_body_led_set(struct body *body, enum led_index led, uint32_t color);
void __wrap_body_led_set(struct body *body, enum led_index led, uint32_t color);

int __wrap_lines_sim_new(struct lines_sim **ret, sd_event *event, uint64_t seed)
{
    int r = __real_lines_sim_new(ret, event, 1);

    rig_lines = *ret;
    return r;
}

int __wrap_leds_sim_new(struct leds_sim **ret)
{
    int r = __real_leds_sim_new(ret);

    rig_leds = *ret;
    return r;
}

/* ---- the record ---- */

static struct {
    uint64_t since_usec; /* from where its times count */
    size_t count, dropped;
    struct record {
        uint64_t usec;
        char text[RECORD_CHARS]; /* "led nose ff0000", "ear 0 to 10 forward" */
    } list[RECORDS_MAX];
    unsigned refused;         /* ear orders that the body did not take */
    unsigned ear_orders;      /* those recorded */
    uint32_t told[LED_COUNT]; /* the colours of the LEDs, as told last */
} rig_record;

static inline void rig_begin_record(void)
{
    rig_record.since_usec = loop.now_usec;
    rig_record.count = rig_record.dropped = 0;
    rig_record.refused = rig_record.ear_orders = 0;
}

static inline void rig_note(const char *text)
{
    struct record *record = &rig_record.list[rig_record.count];

    if (rig_record.count == RECORDS_MAX) {
        rig_record.dropped++;
        return;
    }
    rig_record.count++;
    record->usec = loop.now_usec - rig_record.since_usec;
    snprintf(record->text, sizeof(record->text), "%s", text);
}

int __wrap_body_ear_go(struct body *body, enum ear_index ear, unsigned position, enum ear_way way)
{
    static const char *const ways[] = {"forward", "backward", "the shortest way"};
    int r = __real_body_ear_go(body, ear, position, way);
    char text[RECORD_CHARS];

    snprintf(text, sizeof(text), "ear %u to %u %s", ear, position, ways[way]);
    rig_note(text);
    rig_record.refused += r < 0;
    rig_record.ear_orders++;
    return r;
}

void __wrap_body_led_set(struct body *body, enum led_index led, uint32_t color)
{
    char text[RECORD_CHARS];

    __real_body_led_set(body, led, color);
    rig_record.told[led] = color;
    snprintf(text, sizeof(text), "led %s %06x", led_name(led), color);
    rig_note(text);
}

/* ---- the rig ---- */

struct rig {
    struct config *config;
    sd_event *event;
    struct body *body;
    uint64_t settled_usec; /* when the ears came to rest last */

    /* What dances, and how it is brought time. */
    void *dancer;
    uint64_t (*deadline)(const void *dancer);
    void (*tick)(void *dancer, uint64_t now_usec);
    void (*on_settled)(void *dancer, uint64_t now_usec); /* may be NULL */
    unsigned ticks;

    uint64_t random_low, random_high; /* of the last draw */
    unsigned draws;
    uint64_t seed; /* 0: draws give `fixed`, within their bounds */
    uint64_t fixed;
};

static inline uint64_t rig_random(uint64_t low, uint64_t high, void *userdata)
{
    struct rig *rig = userdata;

    assert_true(low <= high);
    rig->random_low = low;
    rig->random_high = high;
    rig->draws++;
    if (rig->seed == 0)
        return rig->fixed < low ? low : rig->fixed > high ? high : rig->fixed;
    rig->seed ^= rig->seed >> 12;
    rig->seed ^= rig->seed << 25;
    rig->seed ^= rig->seed >> 27;
    return low + (rig->seed * UINT64_C(2685821657736338717) >> 32) % (high - low + 1);
}

static inline void rig_on_settled(void *userdata)
{
    struct rig *rig = userdata;

    rig->settled_usec = loop.now_usec;
    if (rig->on_settled && rig->dancer)
        rig->on_settled(rig->dancer, loop.now_usec);
}

/* One thing happens, not after `until_usec`. */
static inline bool rig_turn(struct rig *rig, uint64_t until_usec)
{
    uint64_t due, deadline = rig->dancer ? rig->deadline(rig->dancer) : USEC_NEVER;

    loop_next(&due);
    if (deadline > until_usec || deadline > due)
        return loop_turn(until_usec);
    if (deadline > loop.now_usec)
        loop.now_usec = deadline;
    rig->ticks++;
    rig->tick(rig->dancer, loop.now_usec);
    return true;
}

static inline void rig_run(struct rig *rig, uint64_t usec)
{
    uint64_t until = loop.now_usec + usec;

    while (rig_turn(rig, until))
        ;
    loop.now_usec = until;
}

/* Until the ears rest. */
static inline void rig_settle(struct rig *rig)
{
    for (unsigned i = 0; !body_ears_settled(rig->body); i++) {
        assert_true(i < 1000000);
        assert_true(rig_turn(rig, USEC_NEVER - 1));
    }
}

static inline void rig_expect_still(const struct rig *rig)
{
    for (enum ear_index i = 0; i < EAR_COUNT; i++)
        assert_int_equal(lines_sim_motor(rig_lines, i), 0);
}

/* What is to be seen is what the body was told. */
static inline void rig_expect_leds(uint32_t nose, uint32_t left, uint32_t middle, uint32_t right,
                                   uint32_t bottom)
{
    const uint32_t expected[LED_COUNT] = {nose, left, middle, right, bottom};

    for (enum led_index i = 0; i < LED_COUNT; i++)
        assert_int_equal(leds_sim_shown(rig_leds, i), expected[i]);
}

/* A body whose ears are homed. */
static inline struct rig *rig_new(void)
{
    static const struct body_listener listener = {.on_ears_settled = rig_on_settled};
    struct rig *rig = calloc(1, sizeof(*rig));

    assert_non_null(rig);
    rig->config = config_from("[body]\nboard = sim\nbrightness = 100\n");
    assert_true(sd_event_new(&rig->event) >= 0);
    assert_int_equal(body_new(&rig->body, rig->event, rig->config, &listener, rig, NULL), 0);
    rig_settle(rig);
    rig_run(rig, USEC_PER_SEC);
    for (enum ear_index i = 0; i < EAR_COUNT; i++)
        assert_int_equal(body_ear_position(rig->body, i), 0);
    return rig;
}

static inline void rig_free(struct rig *rig)
{
    body_free(rig->body);
    sd_event_unref(rig->event);
    config_free(rig->config);
    free(rig);
}

#endif
