#include "body/pwm-schedule.h"

static unsigned channels_with(const uint8_t duties[PWM_CHANNELS], unsigned duty)
{
    unsigned channels = 0;

    for (unsigned i = 0; i < PWM_CHANNELS; i++)
        if (duties[i] == duty)
            channels |= 1U << i;
    return channels;
}

void pwm_schedule_make(struct pwm_schedule *ret, const uint8_t duties[PWM_CHANNELS])
{
    unsigned full = channels_with(duties, PWM_LEVELS), off[PWM_LEVELS], pulsed = 0;

    *ret = (struct pwm_schedule){.average = full};
    for (unsigned duty = 1; duty < PWM_LEVELS; duty++) {
        off[duty] = channels_with(duties, duty);
        pulsed |= off[duty];
        if (duty > PWM_LEVELS / 2)
            ret->average |= off[duty];
    }
    if (pulsed == 0)
        return;
    ret->edges[ret->count++] = (struct pwm_edge){.lit = full | pulsed};
    for (unsigned duty = 1; duty < PWM_LEVELS; duty++) {
        if (!off[duty])
            continue;
        pulsed &= ~off[duty];
        ret->edges[ret->count++] = (struct pwm_edge){
            .usec = duty * (unsigned)PWM_PERIOD_USEC / PWM_LEVELS, .lit = full | pulsed};
    }
}

static uint64_t due(const struct pwm_player *player)
{
    return player->frame_usec + player->schedule.edges[player->next].usec;
}

void pwm_player_take(struct pwm_player *player, const struct pwm_schedule *schedule,
                     uint64_t now_usec)
{
    if (player->schedule.count == 0)
        player->frame_usec = now_usec;
    player->schedule = *schedule;
    player->next = 0;
}

bool pwm_player_is_between(const struct pwm_player *player)
{
    return player->next == 0;
}

/* Shows the average for the length of a frame. */
static void give_up_frame(struct pwm_player *player, uint64_t now_usec)
{
    player->frame_usec = now_usec + PWM_PERIOD_USEC;
    player->next = 0;
    player->lit = player->schedule.average;
}

static void pass_edge(struct pwm_player *player, uint64_t now_usec)
{
    if (player->next == 0)
        player->frame_usec = now_usec; /* a pulse is to be as long as it should, not as early */
    player->lit = player->schedule.edges[player->next].lit;
    if (++player->next < player->schedule.count)
        return;
    player->next = 0;
    player->frame_usec += PWM_PERIOD_USEC;
}

unsigned pwm_player_step(struct pwm_player *player, uint64_t now_usec, uint64_t *ret_wake_usec)
{
    *ret_wake_usec = USEC_NEVER;
    if (player->schedule.count == 0)
        return player->lit = player->schedule.average;
    if (now_usec > due(player) + PWM_LATE_USEC)
        give_up_frame(player, now_usec);
    else if (now_usec >= due(player))
        do
            pass_edge(player, now_usec);
        while (player->next != 0 && now_usec >= due(player));
    *ret_wake_usec = due(player);
    return player->lit;
}
