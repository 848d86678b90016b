#include "dance/player.h"

#include <errno.h>

#include "base/limits.h"
#include "dance/ears.h"
#include "violet/choreography.h"

#define DICE_MAX 29

struct player {
    struct body *body;
    struct choreography choreography;
    struct choreography_action next;
    bool is_last; /* there is no next: it ends at due_usec */
    bool is_running, is_complete;
    uint64_t began_usec, due_usec;

    struct colors colors;
    unsigned drawn;
    bool has_moved; /* an ear, at least once */
    struct {
        bool is_sent, is_backward;
        unsigned target; /* where it was sent last */
    } ears[EAR_COUNT];
};

/* ---- the opcodes ---- */

static void set_all(struct player *player, uint32_t color)
{
    for (enum led_index i = 0; i < LED_COUNT; i++)
        body_led_set(player->body, i, color);
}

static void do_led(struct player *player, const struct choreography_action *action)
{
    body_led_set(player->body, (enum led_index)action->led, action->color);
}

static void do_leds(struct player *player, const struct choreography_action *action)
{
    set_all(player, action->color);
}

static void do_palette(struct player *player, const struct choreography_action *action)
{
    body_led_set(player->body, (enum led_index)action->led,
                 player->colors.list[action->number % PALETTE_COLORS]);
}

static void note_target(struct player *player, unsigned ear, unsigned target)
{
    player->has_moved = true;
    player->ears[ear].is_sent = true;
    player->ears[ear].target = target;
}

static void do_ear(struct player *player, const struct choreography_action *action)
{
    ears_go(player->body, (enum ear_index)action->ear, action->number,
            action->is_backward ? EAR_BACKWARD : EAR_FORWARD);
    note_target(player, action->ear, action->number % EAR_POSITIONS);
}

static void do_advance(struct player *player, const struct choreography_action *action)
{
    enum ear_index ear = (enum ear_index)action->ear;
    unsigned from =
        player->ears[ear].is_sent ? player->ears[ear].target : ears_position(player->body, ear);

    note_target(
        player, ear,
        ears_advance(player->body, ear, from, action->number, player->ears[ear].is_backward));
}

static void do_direction(struct player *player, const struct choreography_action *action)
{
    player->ears[action->ear].is_backward = action->is_backward;
}

static void do_wait(struct player *player, const struct choreography_action *action)
{
    if (!body_ears_settled(player->body))
        choreography_again(&player->choreography);
}

/* NULL: nothing is to be done. */
static void (*const deeds[])(struct player *player, const struct choreography_action *action) = {
    [CHOREOGRAPHY_FRAME] = NULL,
    [CHOREOGRAPHY_LED] = do_led,
    [CHOREOGRAPHY_LEDS] = do_leds,
    [CHOREOGRAPHY_OFF] = do_led,
    [CHOREOGRAPHY_PALETTE] = do_palette,
    [CHOREOGRAPHY_EAR] = do_ear,
    [CHOREOGRAPHY_TUNE] = NULL,
    [CHOREOGRAPHY_ADVANCE] = do_advance,
    [CHOREOGRAPHY_DIRECTION] = do_direction,
    [CHOREOGRAPHY_WAIT] = do_wait,
    [CHOREOGRAPHY_GUARD] = NULL,
};

/* ---- time ---- */

static unsigned dice(void *userdata)
{
    return ((const struct player *)userdata)->drawn;
}

static void look_ahead(struct player *player)
{
    uint64_t usec;

    player->is_last = !choreography_next(&player->choreography, dice, player, &player->next);
    usec = player->is_last ? choreography_end_usec(&player->choreography) : player->next.usec;
    if (usec > LIMIT_CHOREOGRAPHY_USEC) {
        player->is_last = true;
        usec = LIMIT_CHOREOGRAPHY_USEC;
    }
    player->due_usec = player->began_usec + usec;
}

static void end(struct player *player, bool is_complete)
{
    player->is_running = false;
    player->is_complete = is_complete;
    player->due_usec = USEC_NEVER;
}

static void step(struct player *player)
{
    if (player->is_last) {
        end(player, true);
        return;
    }
    if (deeds[player->next.what])
        deeds[player->next.what](player, &player->next);
    look_ahead(player);
}

int player_start(struct player *player, const uint8_t *data, size_t size,
                 const struct player_options *options, uint64_t now_usec)
{
    int r;

    player_stop(player);
    r = choreography_start(&player->choreography, data, size);
    if (r < 0)
        return r;
    player->colors = options->colors;
    player->drawn = (unsigned)options->random(0, DICE_MAX, options->userdata);
    player->has_moved = player->is_complete = false;
    memset(player->ears, 0, sizeof(player->ears));
    player->is_running = true;
    player->began_usec = now_usec;
    body_leds_hold(player->body);
    set_all(player, 0);
    look_ahead(player);
    player_tick(player, now_usec);
    body_leds_release(player->body);
    return 0;
}

void player_stop(struct player *player)
{
    if (!player->is_running)
        return;
    end(player, false);
    if (player->has_moved && !body_ears_settled(player->body))
        body_stop(player->body);
}

bool player_is_running(const struct player *player)
{
    return player->is_running;
}

bool player_is_complete(const struct player *player)
{
    return player->is_complete;
}

uint64_t player_deadline(const struct player *player)
{
    return player->due_usec;
}

void player_tick(struct player *player, uint64_t now_usec)
{
    body_leds_hold(player->body);
    for (unsigned i = 0; i < LIMIT_CHOREOGRAPHY_TURN && now_usec >= player->due_usec; i++)
        step(player);
    body_leds_release(player->body);
}

/* ---- life ---- */

int player_new(struct player **ret, struct body *body)
{
    struct player *player = calloc(1, sizeof(*player));

    if (!player)
        return -ENOMEM;
    player->body = body;
    player->due_usec = USEC_NEVER;
    *ret = player;
    return 0;
}

struct player *player_free(struct player *player)
{
    free(player);
    return NULL;
}
