#include "helper.h"

#include "body/pwm-schedule.h"

/* ---- schedules ---- */

static unsigned usec_of(unsigned duty)
{
    return duty * (unsigned)PWM_PERIOD_USEC / PWM_LEVELS;
}

/* For how long of a frame a channel is lit. */
static unsigned lit_usec(const struct pwm_schedule *schedule, unsigned channel)
{
    unsigned usec = 0;

    if (schedule->count == 0)
        return schedule->average >> channel & 1 ? (unsigned)PWM_PERIOD_USEC : 0;
    for (size_t i = 0; i < schedule->count; i++) {
        unsigned until =
            i + 1 < schedule->count ? schedule->edges[i + 1].usec : (unsigned)PWM_PERIOD_USEC;
        if (schedule->edges[i].lit >> channel & 1)
            usec += until - schedule->edges[i].usec;
    }
    return usec;
}

static size_t distinct_pulses(const uint8_t duties[PWM_CHANNELS])
{
    bool seen[PWM_LEVELS + 1] = {false};
    size_t n = 0;

    for (unsigned i = 0; i < PWM_CHANNELS; i++) {
        n += duties[i] > 0 && duties[i] < PWM_LEVELS && !seen[duties[i]];
        seen[duties[i]] = true;
    }
    return n;
}

static void check_schedule(const uint8_t duties[PWM_CHANNELS])
{
    struct pwm_schedule schedule;
    size_t pulses = distinct_pulses(duties);

    pwm_schedule_make(&schedule, duties);
    assert_int_equal(schedule.count, pulses > 0 ? pulses + 1 : 0);
    for (size_t i = 0; i < schedule.count; i++) {
        assert_true(i == 0 ? schedule.edges[i].usec == 0
                           : schedule.edges[i].usec > schedule.edges[i - 1].usec);
        assert_true(schedule.edges[i].usec < PWM_PERIOD_USEC);
    }
    assert_int_equal(schedule.average >> PWM_CHANNELS, 0);
    for (unsigned i = 0; i < PWM_CHANNELS; i++) {
        assert_int_equal(lit_usec(&schedule, i), usec_of(duties[i]));
        assert_int_equal(schedule.average >> i & 1, duties[i] > PWM_LEVELS / 2);
    }
}

static void every_duty_is_exact(void **state)
{
    for (unsigned duty = 0; duty <= PWM_LEVELS; duty++)
        for (unsigned channel = 0; channel < PWM_CHANNELS; channel++) {
            uint8_t duties[PWM_CHANNELS] = {0};

            duties[channel] = (uint8_t)duty;
            check_schedule(duties);
            memset(duties, (int)duty, sizeof(duties));
            check_schedule(duties);
            duties[channel] = PWM_LEVELS;
            check_schedule(duties);
        }
}

static void every_pair_is_exact(void **state)
{
    for (unsigned a = 0; a <= PWM_LEVELS; a++)
        for (unsigned b = 0; b <= PWM_LEVELS; b++) {
            uint8_t duties[PWM_CHANNELS] = {[3] = (uint8_t)a, [14] = (uint8_t)b};

            check_schedule(duties);
        }
}

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 16;
}

static void combinations_are_exact(void **state)
{
    uint32_t seed = 5922;

    for (unsigned n = 0; n < 20000; n++) {
        uint8_t duties[PWM_CHANNELS] = {0};
        unsigned channels = next_random(&seed) % (PWM_CHANNELS + 1);

        for (unsigned i = 0; i < channels; i++)
            duties[i] = (uint8_t)(next_random(&seed) % (PWM_LEVELS + 1));
        check_schedule(duties);
    }
}

static void known_list(void **state)
{
    const uint8_t duties[PWM_CHANNELS] = {16, 0, 64, 1, 16, 33};
    static const struct pwm_edge edges[] = {{0, 0x3d}, {156, 0x35}, {2500, 0x24}, {5156, 0x04}};
    struct pwm_schedule schedule;

    pwm_schedule_make(&schedule, duties);
    assert_int_equal(schedule.count, ARRAY_SIZE(edges));
    for (size_t i = 0; i < ARRAY_SIZE(edges); i++) {
        assert_int_equal(schedule.edges[i].usec, edges[i].usec);
        assert_int_equal(schedule.edges[i].lit, edges[i].lit);
    }
    assert_int_equal(schedule.average, 0x24);
}

/* ---- the player, in virtual time ---- */

static struct pwm_player start(const uint8_t duties[PWM_CHANNELS], uint64_t now)
{
    struct pwm_player player = {.schedule = {.count = 0}};
    struct pwm_schedule schedule;

    pwm_schedule_make(&schedule, duties);
    pwm_player_take(&player, &schedule, now);
    return player;
}

/* Steps through `usec`, waking in time; returns the number of wake-ups. */
static unsigned count_wakes(struct pwm_player *player, uint64_t now, uint64_t usec)
{
    unsigned wakes = 0;

    for (uint64_t end = now + usec; now < end; wakes++) {
        uint64_t wake;

        pwm_player_step(player, now, &wake);
        assert_true(wake > now);
        now = wake;
    }
    return wakes;
}

static void wakes_within_budget(void **state)
{
    struct pwm_player three = start((uint8_t[PWM_CHANNELS]){10, 20, 30, 10, 64}, 777);
    struct pwm_player nine =
        start((uint8_t[PWM_CHANNELS]){1, 8, 15, 22, 29, 36, 43, 50, 57, 57, 64, 0}, 777);
    struct pwm_player all =
        start((uint8_t[PWM_CHANNELS]){1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, 777);

    assert_int_equal(count_wakes(&three, 777, USEC_PER_SEC), 400);
    assert_int_equal(count_wakes(&nine, 777, USEC_PER_SEC), 1000);
    assert_int_equal(count_wakes(&all, 777, USEC_PER_SEC), 1600);
}

static void saturated_never_wakes(void **state)
{
    struct pwm_player player = start((uint8_t[PWM_CHANNELS]){64, 0, 64}, 5);
    uint64_t wake;

    assert_int_equal(pwm_player_step(&player, 5, &wake), 5);
    assert_true(wake == USEC_NEVER);
    assert_true(pwm_player_is_between(&player));
}

static void in_time_it_follows_the_list(void **state)
{
    struct pwm_player player = start((uint8_t[PWM_CHANNELS]){16, 64, 32}, 1000);
    uint64_t wake;

    for (uint64_t frame = 1000; frame < 101000; frame += PWM_PERIOD_USEC) {
        assert_true(pwm_player_is_between(&player));
        assert_int_equal(pwm_player_step(&player, frame, &wake), 7);
        assert_int_equal(wake, frame + 2500);
        assert_int_equal(pwm_player_step(&player, frame + 2499, &wake), 7); /* too early */
        assert_int_equal(pwm_player_step(&player, frame + 2500, &wake), 6);
        assert_false(pwm_player_is_between(&player));
        assert_int_equal(wake, frame + 5000);
        assert_int_equal(pwm_player_step(&player, frame + 5000, &wake), 2);
        assert_int_equal(wake, frame + PWM_PERIOD_USEC);
    }
}

static void late_frame_shows_the_average(void **state)
{
    static const uint64_t lates[] = {5001, 9999, 10000, 14999, 3600 * USEC_PER_SEC + 1};

    for (size_t i = 0; i < ARRAY_SIZE(lates); i++) {
        struct pwm_player player = start((uint8_t[PWM_CHANNELS]){1, 32, 33, 64}, 1000);
        uint64_t now = 1000 + lates[i], wake, next;

        assert_int_equal(pwm_player_step(&player, now, &wake), 0xc);
        assert_true(pwm_player_is_between(&player));
        assert_int_equal(wake, now + PWM_PERIOD_USEC);

        /* The next frame is an ordinary one. */
        assert_int_equal(pwm_player_step(&player, wake, &next), 0xf);
        assert_int_equal(next, wake + 156);
    }
}

/* In the midst of a frame as well. */
static void late_edge_shows_the_average(void **state)
{
    struct pwm_player player = start((uint8_t[PWM_CHANNELS]){1, 32, 33, 64}, 1000);
    uint64_t wake;

    assert_int_equal(pwm_player_step(&player, 1000, &wake), 0xf);
    assert_int_equal(wake, 1156);
    assert_int_equal(pwm_player_step(&player, 6157, &wake), 0xc);
    assert_int_equal(wake, 16157);
}

/* Up to 5 ms: pulses keep their length, and frames their distance from then on. */
static void a_little_late_is_made_up_for_by_nothing(void **state)
{
    struct pwm_player player = start((uint8_t[PWM_CHANNELS]){1, 32, 63, 64}, 0);
    uint64_t wake;

    assert_int_equal(pwm_player_step(&player, 5000, &wake), 0xf);
    assert_int_equal(wake, 5156);

    /* Two edges are due: one change. */
    assert_int_equal(pwm_player_step(&player, 10000, &wake), 0xc);
    assert_int_equal(wake, 14843);

    /* Over the frame's end: that is told first, the new frame at once afterwards. */
    assert_int_equal(pwm_player_step(&player, 17000, &wake), 0x8);
    assert_true(pwm_player_is_between(&player));
    assert_int_equal(wake, 15000);
    assert_int_equal(pwm_player_step(&player, 17000, &wake), 0xf);
    assert_int_equal(wake, 17156);
}

/* However late the wake-ups: what is lit for half of a frame or less is never lit longer than that
 * and the lateness of the wake-up that ended it; what is dark never, what is full always. */
static void lateness_never_flashes(void **state)
{
    uint32_t seed = 1;

    for (unsigned run = 0; run < 200; run++) {
        uint8_t duties[PWM_CHANNELS];
        uint64_t now = 12345, wake, since[PWM_CHANNELS] = {0};
        unsigned lit = 0, late = 0, pulses[PWM_CHANNELS] = {0};

        for (unsigned i = 0; i < PWM_CHANNELS; i++)
            duties[i] = (uint8_t)(next_random(&seed) % (PWM_LEVELS + 1));
        duties[0] = 5;
        struct pwm_player player = start(duties, now);
        for (unsigned n = 0; n < 1000; n++) {
            unsigned before = lit;

            lit = pwm_player_step(&player, now, &wake);
            for (unsigned i = 0; i < PWM_CHANNELS; i++) {
                bool is = lit >> i & 1, was = before >> i & 1;

                if (is && !was)
                    since[i] = now;
                if (duties[i] == 0 || duties[i] == PWM_LEVELS)
                    assert_int_equal(is, duties[i] > 0);
                else if (was && duties[i] <= PWM_LEVELS / 2)
                    assert_true(now - since[i] <= usec_of(duties[i]) + (is ? 0 : late));
                pulses[i] += is && !was;
            }
            late = next_random(&seed) % (next_random(&seed) % 8 ? 100 : 30000);
            now = (wake > now ? wake : now) + late;
        }
        for (unsigned i = 0; i < PWM_CHANNELS; i++)
            assert_true(duties[i] == 0 || pulses[i] > 0); /* nothing gets lost, either */
    }
}

static void new_schedules_keep_the_beat(void **state)
{
    struct pwm_player player = start((uint8_t[PWM_CHANNELS]){16}, 1000);
    struct pwm_schedule schedule;
    uint64_t wake;

    pwm_player_step(&player, 1000, &wake);
    pwm_player_step(&player, 3500, &wake);
    assert_int_equal(wake, 11000);
    pwm_schedule_make(&schedule, (uint8_t[PWM_CHANNELS]){32});
    pwm_player_take(&player, &schedule, 9000);
    assert_int_equal(pwm_player_step(&player, 11000, &wake), 1);
    assert_int_equal(wake, 16000);
    pwm_player_step(&player, 16000, &wake);

    /* After a rest there is a new beat, and no lateness. */
    pwm_schedule_make(&schedule, (uint8_t[PWM_CHANNELS]){64});
    pwm_player_take(&player, &schedule, 20000);
    assert_int_equal(pwm_player_step(&player, 21000, &wake), 1);
    assert_true(wake == USEC_NEVER);
    pwm_schedule_make(&schedule, (uint8_t[PWM_CHANNELS]){16});
    pwm_player_take(&player, &schedule, 7654321);
    assert_int_equal(pwm_player_step(&player, 7654321, &wake), 1);
    assert_int_equal(wake, 7654321 + 2500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_duty_is_exact),
        cmocka_unit_test(every_pair_is_exact),
        cmocka_unit_test(combinations_are_exact),
        cmocka_unit_test(known_list),
        cmocka_unit_test(wakes_within_budget),
        cmocka_unit_test(saturated_never_wakes),
        cmocka_unit_test(in_time_it_follows_the_list),
        cmocka_unit_test(late_frame_shows_the_average),
        cmocka_unit_test(late_edge_shows_the_average),
        cmocka_unit_test(a_little_late_is_made_up_for_by_nothing),
        cmocka_unit_test(lateness_never_flashes),
        cmocka_unit_test(new_schedules_keep_the_beat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
