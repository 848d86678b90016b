/*
 * An ear on its model, on a virtual clock. The motor is watched all the time, whatever a test is
 * about: it never runs for over 15 s in one go, over 30 s in any 60, is never told anything twice,
 * and never reversed within 100 ms; no test ends with a motor on.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "body/ear-model.h"
#include "body/ear.h"

#define RUNS    512
#define CHATTER 16

struct rig {
    struct ear *ear;
    struct ear_model *model;
    uint64_t now, random;
    bool noise; /* the encoder chatters at every flank */

    struct {
        bool level;
        uint64_t usec;
    } chatter[CHATTER]; /* still to come, the last one first */
    size_t chattering;

    int motor, last_direction;
    struct {
        uint64_t from, to;
    } ran[RUNS]; /* a ring */
    uint64_t longest_run;
    unsigned runs, reversals, holes;

    unsigned rests, reads, strays;
    bool homes_when_broken; /* at once, in the callback's wake */
};

static inline uint64_t draw(struct rig *rig, uint64_t below)
{
    rig->random = rig->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (rig->random >> 33) % below;
}

static inline void check_duty(struct rig *rig)
{
    uint64_t window = rig->now - 60 * USEC_PER_SEC, sum = 0;

    for (size_t i = 0; i < RUNS; i++) {
        uint64_t from = rig->ran[i].from > window ? rig->ran[i].from : window;
        if (rig->ran[i].to > from)
            sum += rig->ran[i].to - from;
    }
    assert_true(sum <= 30 * USEC_PER_SEC);
}

static inline void on_motor(int direction, void *userdata)
{
    struct rig *rig = userdata;

    assert_int_not_equal(direction, rig->motor);
    assert_true(direction == 0 || rig->motor == 0);
    rig->motor = direction;
    ear_model_drive(rig->model, direction);
    if (direction == 0) {
        uint64_t ran = rig->now - rig->ran[rig->runs % RUNS].from;
        assert_true(ran <= 15 * USEC_PER_SEC);
        rig->longest_run = ran > rig->longest_run ? ran : rig->longest_run;
        rig->ran[rig->runs % RUNS].to = rig->now;
        check_duty(rig);
        return;
    }
    if (direction == -rig->last_direction) {
        assert_true(rig->now - rig->ran[rig->runs % RUNS].to >= 100 * USEC_PER_MSEC);
        rig->reversals++;
    }
    rig->runs++;
    rig->ran[rig->runs % RUNS].from = rig->ran[rig->runs % RUNS].to = rig->now;
    rig->last_direction = direction;
}

static inline void on_rest(bool read, void *userdata)
{
    struct rig *rig = userdata;

    assert_int_equal(rig->motor, 0);
    rig->rests++;
    rig->reads += read;
}

static inline void on_stray(void *userdata)
{
    struct rig *rig = userdata;

    assert_int_equal(rig->motor, 0);
    assert_false(ear_busy(rig->ear));
    rig->strays++;
}

/* A new ear on the model as it is. */
static inline void rig_renew(struct rig *rig)
{
    static const struct ear_listener listener = {
        .on_motor = on_motor, .on_rest = on_rest, .on_stray = on_stray};

    ear_free(rig->ear);
    assert_int_equal(ear_new(&rig->ear, ear_model_level(rig->model), &listener, rig), 0);
}

static inline struct rig *rig_new(uint64_t seed, double speed, bool coasts, bool noise)
{
    struct ear_model_traits traits = {.speed = speed, .coasts = coasts};

    struct rig *rig = calloc(1, sizeof(*rig));
    assert_non_null(rig);
    rig->noise = noise;
    rig->random = seed;
    rig->now = 1000 * USEC_PER_SEC;
    assert_int_equal(ear_model_new(&rig->model, seed, &traits, rig->now), 0);
    rig_renew(rig);
    return rig;
}

static inline void rig_free(struct rig *rig)
{
    assert_int_equal(rig->motor, 0);
    ear_free(rig->ear);
    ear_model_free(rig->model);
    free(rig);
}

/* Up to 7 ms of chatter that ends at `level`. */
static inline void begin_chatter(struct rig *rig, bool level)
{
    uint64_t usec = rig->now, steps[CHATTER];
    size_t count = 2 * draw(rig, CHATTER / 2 + 1);

    for (size_t i = 0; i < count; i++)
        steps[i] = usec += 20 + draw(rig, 430);
    for (size_t i = 0; i < count; i++) {
        rig->chatter[i].level = i % 2 ? !level : level;
        rig->chatter[i].usec = steps[count - 1 - i];
    }
    rig->chattering = count;
}

static inline void edge(struct rig *rig, bool level)
{
    ear_edge(rig->ear, level, rig->now, rig->now);
}

static inline void deliver(struct rig *rig, const struct ear_model_edge *e)
{
    rig->now = e->usec;
    rig->holes += !e->level;
    if (e->silent)
        return;
    edge(rig, e->level);
    if (rig->noise)
        begin_chatter(rig, e->level);
}

static inline uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* One thing happens, at `until` at the latest. */
static inline void rig_step(struct rig *rig, uint64_t until)
{
    uint64_t next = earlier(until, ear_deadline(rig->ear));
    struct ear_model_edge e;

    if (rig->chattering)
        next = earlier(next, rig->chatter[rig->chattering - 1].usec);
    if (next < rig->now)
        next = rig->now;

    if (ear_model_advance(rig->model, next, &e)) {
        deliver(rig, &e);
    } else {
        rig->now = next;
        if (rig->chattering && rig->chatter[rig->chattering - 1].usec <= next)
            edge(rig, rig->chatter[--rig->chattering].level);
    }
    if (rig->now >= ear_deadline(rig->ear)) {
        ear_tick(rig->ear, rig->now);
        assert_true(ear_deadline(rig->ear) > rig->now);
    }
    if (rig->homes_when_broken && ear_state(rig->ear) == EAR_BROKEN)
        ear_home(rig->ear, rig->now);
}

static inline void rig_run(struct rig *rig, uint64_t usec)
{
    uint64_t until = rig->now + usec;

    while (rig->now < until)
        rig_step(rig, until);
}

/* Runs until the ear has come to rest and a second more, so that what rolls out has done so. */
static inline void rig_settle(struct rig *rig)
{
    uint64_t until = rig->now + 300 * USEC_PER_SEC;

    while (ear_busy(rig->ear) && rig->now < until)
        rig_step(rig, until);
    assert_false(ear_busy(rig->ear));
    rig_run(rig, 1500 * USEC_PER_MSEC);
    assert_false(ear_busy(rig->ear));
}

/* Until the motor is on, or off. */
static inline void rig_until(struct rig *rig, bool on)
{
    uint64_t until = rig->now + 120 * USEC_PER_SEC;

    while ((rig->motor != 0) != on && rig->now < until)
        rig_step(rig, until);
    assert_int_equal(rig->motor != 0, on);
}

static inline void rig_go(struct rig *rig, int position, enum ear_way way)
{
    assert_int_equal(ear_go(rig->ear, position, way, rig->now), 0);
    rig_settle(rig);
}

static inline void rig_home(struct rig *rig)
{
    ear_home(rig->ear, rig->now);
    rig_settle(rig);
    assert_int_equal(ear_state(rig->ear), EAR_RESTING);
    assert_int_equal(ear_position(rig->ear), 0);
    assert_int_equal(ear_model_hole(rig->model), 0);
}

static inline struct rig *rig_homed(uint64_t seed)
{
    struct rig *rig = rig_new(seed, 90, false, false);
    rig_home(rig);
    return rig;
}

/* The ear knows where it is, and that is where it was sent. One that `misses` rolls on by more than
 * a whole hole after every stop: it cannot be put on a hole, only be known. */
static inline void assert_at(struct rig *rig, int target, bool misses)
{
    assert_int_equal(ear_state(rig->ear), EAR_RESTING);
    assert_int_equal(ear_position(rig->ear), ear_model_hole(rig->model));
    if (!misses)
        assert_int_equal(ear_position(rig->ear), target % EAR_POSITIONS);
    else
        assert_in_range((ear_position(rig->ear) - target % EAR_POSITIONS + 17 + 1) % 17, 0, 2);
}

static inline void set_fault(struct rig *rig, enum ear_fault fault)
{
    if (ear_model_set_fault(rig->model, fault))
        edge(rig, ear_model_level(rig->model));
}
