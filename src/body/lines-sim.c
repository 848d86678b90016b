#include "body/lines-sim.h"

#include <errno.h>
#include <time.h>

#include "base/clock.h"

/* Edges wait here for the event loop; beyond this they are lost, as in the kernel's queue. */
#define QUEUE_MAX 256

struct edge {
    enum line line;
    bool level;
    uint64_t usec;
};

struct lines_sim {
    struct lines lines; /* first: the back end is this struct */
    sd_event_source *timer;
    struct ear_model *ears[EAR_COUNT];
    int motors[EAR_COUNT];
    bool pressed;

    struct edge queue[QUEUE_MAX];
    size_t queued;

    const struct lines_sim_watcher *watcher;
    void *userdata;
};

static const enum line encoder_lines[EAR_COUNT] = {LINE_LEFT_ENCODER, LINE_RIGHT_ENCODER};

static const struct {
    enum line forward, backward;
} motor_lines[EAR_COUNT] = {
    {LINE_LEFT_FORWARD, LINE_LEFT_BACKWARD},
    {LINE_RIGHT_FORWARD, LINE_RIGHT_BACKWARD},
};

/* ---- time ---- */

static void enqueue(struct lines_sim *sim, enum line line, bool level, uint64_t usec)
{
    if (sim->queued < QUEUE_MAX)
        sim->queue[sim->queued++] = (struct edge){.line = line, .level = level, .usec = usec};
}

static void advance_ear(struct lines_sim *sim, enum ear_index ear, uint64_t now_usec)
{
    unsigned hole = ear_model_hole(sim->ears[ear]);
    struct ear_model_edge edge;

    while (ear_model_advance(sim->ears[ear], now_usec, &edge)) {
        if (!edge.silent)
            enqueue(sim, encoder_lines[ear], edge.level, edge.usec);
        if (edge.hole != hole && sim->watcher)
            sim->watcher->on_hole(ear, edge.hole, edge.usec, sim->userdata);
        hole = edge.hole;
    }
}

static uint64_t advance(struct lines_sim *sim)
{
    uint64_t now = clock_now_usec();

    for (enum ear_index i = 0; i < EAR_COUNT; i++)
        advance_ear(sim, i, now);
    return now;
}

static int arm(struct lines_sim *sim)
{
    uint64_t next = sim->queued ? 0 : USEC_NEVER;

    for (enum ear_index i = 0; i < EAR_COUNT; i++) {
        uint64_t usec = ear_model_next_usec(sim->ears[i]);
        next = usec < next ? usec : next;
    }
    if (next == USEC_NEVER)
        return sd_event_source_set_enabled(sim->timer, SD_EVENT_OFF);

    int r = sd_event_source_set_time(sim->timer, next);
    return r < 0 ? r : sd_event_source_set_enabled(sim->timer, SD_EVENT_ONESHOT);
}

/* A handler may set lines, which may bring further edges. */
static void deliver(struct lines_sim *sim)
{
    for (size_t i = 0; i < sim->queued; i++) {
        struct edge edge = sim->queue[i];
        if (sim->lines.listener.on_edge)
            sim->lines.listener.on_edge(edge.line, edge.level, edge.usec, sim->lines.userdata);
    }
    sim->queued = 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct lines_sim *sim = userdata;

    advance(sim);
    deliver(sim);
    return arm(sim);
}

/* ---- the back end ---- */

static int direction_of(enum ear_index ear, int direction, unsigned mask, unsigned levels)
{
    bool forward = direction > 0, backward = direction < 0;

    if (mask & 1U << motor_lines[ear].forward)
        forward = levels & 1U << motor_lines[ear].forward;
    if (mask & 1U << motor_lines[ear].backward)
        backward = levels & 1U << motor_lines[ear].backward;
    return forward && backward ? -EINVAL : forward - backward;
}

static int lines_sim_set(struct lines *lines, unsigned mask, unsigned levels)
{
    struct lines_sim *sim = (struct lines_sim *)lines;
    int directions[EAR_COUNT];

    for (enum ear_index i = 0; i < EAR_COUNT; i++) {
        directions[i] = direction_of(i, sim->motors[i], mask, levels);
        if (directions[i] == -EINVAL)
            return -EINVAL;
    }

    uint64_t now = advance(sim);
    for (enum ear_index i = 0; i < EAR_COUNT; i++) {
        if (directions[i] == sim->motors[i])
            continue;
        sim->motors[i] = directions[i];
        ear_model_drive(sim->ears[i], directions[i]);
        if (sim->watcher)
            sim->watcher->on_motor(i, directions[i], now, sim->userdata);
    }
    return arm(sim);
}

static int lines_sim_get(struct lines *lines, unsigned line)
{
    struct lines_sim *sim = (struct lines_sim *)lines;

    if (line == LINE_BUTTON)
        return sim->pressed;
    for (enum ear_index i = 0; i < EAR_COUNT; i++)
        if (line == encoder_lines[i])
            return ear_model_level(lines_sim_ear(sim, i));
    return -EINVAL;
}

static struct lines *lines_sim_free(struct lines *lines)
{
    struct lines_sim *sim = (struct lines_sim *)lines;

    for (enum ear_index i = 0; i < EAR_COUNT; i++)
        ear_model_free(sim->ears[i]);
    sd_event_source_disable_unref(sim->timer);
    free(sim);
    return NULL;
}

static int set_up(struct lines_sim *sim, sd_event *event, uint64_t seed)
{
    uint64_t now = clock_now_usec();

    for (enum ear_index i = 0; i < EAR_COUNT; i++) {
        int r = ear_model_new(&sim->ears[i], seed + i, NULL, now);
        if (r < 0)
            return r;
    }

    int r = sd_event_add_time(event, &sim->timer, CLOCK_MONOTONIC, 0, 1, on_timer, sim);
    if (r < 0)
        return r;
    r = sd_event_source_set_priority(sim->timer, LINES_PRIORITY_EDGES);
    return r < 0 ? r : arm(sim);
}

int lines_sim_new(struct lines_sim **ret, sd_event *event, uint64_t seed)
{
    static const struct lines_ops ops = {
        .set = lines_sim_set, .get = lines_sim_get, .free = lines_sim_free};

    struct lines_sim *sim = calloc(1, sizeof(*sim));
    if (!sim)
        return -ENOMEM;
    sim->lines.ops = &ops;

    int r = set_up(sim, event, seed);
    if (r < 0) {
        lines_sim_free(&sim->lines);
        return r;
    }
    *ret = sim;
    return 0;
}

struct lines *lines_sim_lines(struct lines_sim *sim)
{
    return &sim->lines;
}

/* ---- the bench's side ---- */

void lines_sim_watch(struct lines_sim *sim, const struct lines_sim_watcher *watcher, void *userdata)
{
    sim->watcher = watcher;
    sim->userdata = userdata;
}

void lines_sim_press(struct lines_sim *sim, bool pressed)
{
    if (pressed == sim->pressed)
        return;

    uint64_t now = clock_now_usec();
    sim->pressed = pressed;
    enqueue(sim, LINE_BUTTON, pressed, now);
    if (sim->watcher)
        sim->watcher->on_button(pressed, now, sim->userdata);
    arm(sim);
}

void lines_sim_turn(struct lines_sim *sim, enum ear_index ear, int holes)
{
    advance(sim);
    ear_model_turn(sim->ears[ear], holes);
    arm(sim);
}

void lines_sim_set_fault(struct lines_sim *sim, enum ear_index ear, enum ear_fault fault)
{
    uint64_t now = advance(sim);

    if (ear_model_set_fault(sim->ears[ear], fault))
        enqueue(sim, encoder_lines[ear], ear_model_level(sim->ears[ear]), now);
    arm(sim);
}

void lines_sim_set_coasting(struct lines_sim *sim, enum ear_index ear, bool coasts)
{
    advance(sim);
    ear_model_set_coasting(sim->ears[ear], coasts);
    arm(sim);
}

const struct ear_model *lines_sim_ear(struct lines_sim *sim, enum ear_index ear)
{
    if (!ear_model_at_rest(sim->ears[ear])) {
        advance(sim);
        arm(sim);
    }
    return sim->ears[ear];
}

int lines_sim_motor(const struct lines_sim *sim, enum ear_index ear)
{
    return sim->motors[ear];
}

bool lines_sim_pressed(const struct lines_sim *sim)
{
    return sim->pressed;
}
