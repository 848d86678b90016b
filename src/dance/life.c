#include "dance/life.h"

#include <assert.h>
#include <errno.h>

#include "dance/ears.h"
#include "dance/player.h"
#include "dance/taichi.h"
#include "violet/animation.h"

#define ROTATION_SECONDS 16 /* more than 15 of a clock that counts whole ones */
#define TAICHI_DRAWN_MAX 127

#define NOT_A_COLOR 0x1000000

/* Tai-chis are for a rabbit that is awake and has a platform; the pause begins anew with both. */
#define NO_TAICHI (LIFE_AWAY | LIFE_ASLEEP)

struct life {
    struct body *body;
    random_source random;
    void *userdata;
    unsigned pauses; /* of enum life_pause */

    struct ambient_value services[AMBIENT_SERVICES]; /* in the order in which they came */
    size_t count, at;                                /* `at`: the one that is shown */
    uint64_t shown_usec;                             /* since when it is */
    uint64_t began_usec;                             /* of its animation */
    unsigned nose, base;
    uint32_t lit[LED_COUNT]; /* as we set them last, or NOT_A_COLOR */
    uint64_t change_usec;    /* when something else is to be seen */

    bool is_remembered; /* the pair of ears */
    bool is_due;        /* they go there when they come to rest */
    unsigned ears[EAR_COUNT];

    unsigned often; /* the tai-chi, as sent */
    uint64_t taichi_usec;
    struct player *player;
    uint8_t taichi[TAICHI_SIZE];
};

static bool is_shown(const struct life *life)
{
    return life->pauses == 0 && !player_is_running(life->player);
}

/* ---- what is seen ---- */

static void light(struct life *life, enum led_index led, uint32_t color)
{
    if (life->lit[led] == color)
        return;
    life->lit[led] = color;
    body_led_set(life->body, led, color);
}

/* Keeps the earliest of what changes by itself. */
static void note_left(struct life *life, uint64_t left, uint64_t now_usec)
{
    if (left != USEC_NEVER)
        life->change_usec = usec_earlier(life->change_usec, now_usec + left);
}

static void show_service(struct life *life, uint64_t now_usec)
{
    uint32_t colors[ANIMATION_LED_COUNT] = {0};
    uint64_t left = USEC_NEVER;

    if (life->count > 0)
        animation_show(life->services[life->at].service, life->services[life->at].value,
                       now_usec - life->began_usec, colors, &left);
    for (unsigned i = 0; i < ANIMATION_LED_COUNT; i++)
        light(life, (enum led_index)(LED_LEFT + i), colors[i]);
    note_left(life, left, now_usec);
}

/* Nose and base go by the clock alone. */
static void show_others(struct life *life, uint64_t now_usec)
{
    uint64_t left;

    light(life, LED_NOSE, animation_nose(life->nose, now_usec, &left));
    note_left(life, left, now_usec);
    light(life, LED_BOTTOM, animation_base(life->base, now_usec, &left));
    note_left(life, left, now_usec);
}

static uint64_t rotation_usec(const struct life *life)
{
    if (life->count < 2)
        return USEC_NEVER;
    return (life->shown_usec / USEC_PER_SEC + ROTATION_SECONDS) * USEC_PER_SEC;
}

static void begin_service(struct life *life, size_t at, uint64_t now_usec)
{
    life->at = at;
    life->shown_usec = life->began_usec = now_usec;
}

static void show(struct life *life, uint64_t now_usec)
{
    life->change_usec = USEC_NEVER;
    if (!is_shown(life))
        return;
    if (now_usec >= rotation_usec(life))
        begin_service(life, (life->at + 1) % life->count, now_usec);
    life->change_usec = rotation_usec(life);
    show_service(life, now_usec);
    show_others(life, now_usec);
}

/* Everything anew, since somebody else had the LEDs. */
static void show_anew(struct life *life, uint64_t now_usec)
{
    for (enum led_index i = 0; i < LED_COUNT; i++)
        life->lit[i] = NOT_A_COLOR;
    if (life->count > 0)
        begin_service(life, life->at, now_usec);
    show(life, now_usec);
}

static void hide(struct life *life)
{
    for (enum led_index i = 0; i < LED_COUNT; i++)
        if (i != LED_BOTTOM)
            body_led_set(life->body, i, 0);
}

/* ---- services ---- */

static size_t find(const struct life *life, unsigned service)
{
    size_t i = 0;

    while (i < life->count && life->services[i].service != service)
        i++;
    return i;
}

static void remove_service(struct life *life, size_t at, uint64_t now_usec)
{
    life->count--;
    memmove(&life->services[at], &life->services[at + 1],
            (life->count - at) * sizeof(life->services[0]));
    if (at < life->at)
        life->at--;
    else if (at == life->at)
        begin_service(life, at < life->count ? at : 0, now_usec);
}

static void remove_services(struct life *life, unsigned services, uint64_t now_usec)
{
    for (size_t i = life->count; i-- > 0;)
        if (services & 1U << life->services[i].service)
            remove_service(life, i, now_usec);
}

static void put_service(struct life *life, struct ambient_value value, uint64_t now_usec)
{
    size_t at = find(life, value.service);
    bool is_new = at == life->count;

    if (at == AMBIENT_SERVICES)
        return;
    if (is_new) {
        life->count++;
        begin_service(life, at, now_usec);
    } else if (at == life->at && life->services[at].value != value.value)
        life->began_usec = now_usec;
    life->services[at] = value;
}

static void apply_services(struct life *life, const struct ambient *ambient, uint64_t now_usec)
{
    unsigned removed = ambient->removed;

    if (ambient->is_full)
        removed = ~0U;
    for (size_t i = 0; i < ambient->count && ambient->is_full; i++)
        removed &= ~(1U << ambient->shown[i].service);
    remove_services(life, removed, now_usec);
    for (size_t i = 0; i < ambient->count; i++)
        put_service(life, ambient->shown[i], now_usec);
}

/* ---- ears ---- */

static bool is_homing(const struct life *life)
{
    for (enum ear_index i = 0; i < EAR_COUNT; i++)
        if (body_ear_state(life->body, i) == EAR_HOMING)
            return true;
    return false;
}

void life_restore_ears(struct life *life)
{
    for (enum ear_index i = 0; i < EAR_COUNT; i++)
        ears_go(life->body, i, life->is_remembered ? life->ears[i] : 0, EAR_FORWARD);
    life->is_remembered = life->is_due = false;
}

/* As soon as nothing is in the way. */
static void try_ears(struct life *life)
{
    if (life->is_due && !(life->pauses & LIFE_ASLEEP) && !is_homing(life))
        life_restore_ears(life);
}

static void remember(struct life *life, unsigned left, unsigned right)
{
    life->is_remembered = true;
    life->ears[EAR_LEFT] = left;
    life->ears[EAR_RIGHT] = right;
}

static void apply_ears(struct life *life, const int ears[2])
{
    unsigned left = (unsigned)ears[0], right = (unsigned)ears[1];

    if (ears[0] == AMBIENT_UNCHANGED || ears[1] == AMBIENT_UNCHANGED)
        return;
    if (life->is_remembered && life->ears[EAR_LEFT] == left && life->ears[EAR_RIGHT] == right)
        return;
    remember(life, left, right);
    life->is_due = true;
    try_ears(life);
}

/* What the platform wants stands above where a hand left them. */
void life_on_ears_moved(struct life *life, unsigned left, unsigned right)
{
    if (!(life->pauses & (LIFE_AWAY | LIFE_ASLEEP)) && !life->is_due)
        remember(life, left, right);
}

void life_on_ears_settled(struct life *life)
{
    try_ears(life);
}

/* ---- tai-chi ---- */

static void plan_taichi(struct life *life, uint64_t now_usec)
{
    uint64_t delay = USEC_NEVER;

    if (life->often != 0 && !(life->pauses & NO_TAICHI))
        delay = animation_taichi_delay(life->often,
                                       (unsigned)life->random(0, TAICHI_DRAWN_MAX, life->userdata));
    life->taichi_usec = delay == USEC_NEVER ? USEC_NEVER : now_usec + delay;
}

static void apply_taichi(struct life *life, int often, uint64_t now_usec)
{
    bool was_off = life->taichi_usec == USEC_NEVER;

    if (often == AMBIENT_UNCHANGED)
        return;
    life->often = (unsigned)often;
    if (often == 0 || was_off)
        plan_taichi(life, now_usec);
}

static void begin_taichi(struct life *life, uint64_t now_usec)
{
    const struct player_options options = {.random = life->random, .userdata = life->userdata};
    unsigned positions[EAR_COUNT];
    size_t size;
    int r;

    for (enum ear_index i = 0; i < EAR_COUNT; i++)
        positions[i] = ears_position(life->body, i);
    size = taichi_write(life->taichi, (unsigned)life->random(0, 1, life->userdata), positions);
    plan_taichi(life, now_usec);
    r = player_start(life->player, life->taichi, size, &options, now_usec);
    assert(r == 0);
    (void)r;
}

bool life_is_playing(const struct life *life)
{
    return player_is_running(life->player);
}

void life_interrupt(struct life *life, uint64_t now_usec)
{
    if (!player_is_running(life->player))
        return;
    player_stop(life->player);
    show_anew(life, now_usec);
}

/* ---- pauses ---- */

void life_suspend(struct life *life, enum life_pause why)
{
    if (life->pauses & why)
        return;
    player_stop(life->player);
    life->pauses |= why;
    life->change_usec = USEC_NEVER;
    if (life->pauses == LIFE_AWAY) /* alone: otherwise the LEDs have another owner */
        hide(life);
}

void life_resume(struct life *life, enum life_pause why, uint64_t now_usec)
{
    if (!(life->pauses & why))
        return;
    life->pauses &= ~(unsigned)why;
    if (why & NO_TAICHI)
        plan_taichi(life, now_usec);
    if (why == LIFE_ASLEEP && life->is_remembered)
        life->is_due = true;
    try_ears(life);
    if (is_shown(life))
        show_anew(life, now_usec);
}

bool life_is_suspended(const struct life *life, unsigned whys)
{
    return life->pauses & whys;
}

void life_apply(struct life *life, const struct ambient *ambient, uint64_t now_usec)
{
    apply_services(life, ambient, now_usec);
    if (ambient->nose != AMBIENT_UNCHANGED)
        life->nose = (unsigned)ambient->nose;
    if (ambient->base != AMBIENT_UNCHANGED)
        life->base = (unsigned)ambient->base;
    apply_taichi(life, ambient->taichi, now_usec);
    apply_ears(life, ambient->ears);
    show(life, now_usec);
}

/* ---- time ---- */

uint64_t life_deadline(const struct life *life)
{
    if (player_is_running(life->player))
        return player_deadline(life->player);
    if (life->pauses != 0)
        return USEC_NEVER;
    return usec_earlier(life->change_usec, life->taichi_usec);
}

void life_tick(struct life *life, uint64_t now_usec)
{
    if (now_usec < life_deadline(life))
        return;
    if (player_is_running(life->player)) {
        player_tick(life->player, now_usec);
        if (!player_is_running(life->player))
            show_anew(life, now_usec);
    } else if (now_usec >= life->taichi_usec)
        begin_taichi(life, now_usec);
    else
        show(life, now_usec);
}

/* ---- life ---- */

int life_new(struct life **ret, struct body *body, random_source random, void *userdata)
{
    struct life *life = calloc(1, sizeof(*life));
    int r = life ? player_new(&life->player, body) : -ENOMEM;

    if (r < 0) {
        free(life);
        return r;
    }
    life->body = body;
    life->random = random;
    life->userdata = userdata;
    life->pauses = LIFE_AWAY;
    life->base = ANIMATION_BASE_VIOLET;
    life->change_usec = life->taichi_usec = USEC_NEVER;
    *ret = life;
    return 0;
}

struct life *life_free(struct life *life)
{
    if (!life)
        return NULL;
    player_free(life->player);
    free(life);
    return NULL;
}
