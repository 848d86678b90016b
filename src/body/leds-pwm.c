/*
 * driver = pwm: lines as with gpio, dimmed by switching them on and off 100 times a second. A
 * thread of its own does that, in real time when it is allowed, and sleeps as long as every channel
 * is fully on or off. The bank is main's; the lines are the thread's alone while it runs.
 */
#include <assert.h>
#include <errno.h>
#include <sys/prctl.h>
#include <time.h>

#include "base/clock.h"
#include "base/priority.h"
#include "base/thread.h"
#include "body/led-keys.h"
#include "body/pwm-schedule.h"

static_assert(LED_LINES == PWM_CHANNELS, "each line is a channel");

struct pwm_bank {
    struct led_bank bank; /* first: the bank is this struct */
    struct lines *lines;
    unsigned mask;
    pthread_t thread;

    pthread_mutex_t lock; /* for what follows, up to the empty line */
    pthread_cond_t news;
    struct pwm_schedule schedule;
    bool fresh; /* the thread has not taken it yet */
    bool quit;
    int error; /* of the lines, not yet told */

    struct pwm_player player; /* from here on all is the thread's */
    unsigned lit;
    bool unsure; /* of what is lit */
};

/* ---- the thread ---- */

static void be_punctual(void)
{
    if (priority_raise(PRIORITY_PWM) < 0)
        prctl(PR_SET_TIMERSLACK, 1);
}

static void sleep_until(uint64_t usec)
{
    const struct timespec until = clock_timespec(usec);

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
        ;
}

/* Between two frames: takes the newest schedule, and waits for one while there is nothing to do.
 * Returns false at the end. */
static bool await_frame(struct pwm_bank *pwm)
{
    bool quit;

    pthread_mutex_lock(&pwm->lock);
    while (!pwm->quit && !pwm->fresh && pwm->player.schedule.count == 0)
        pthread_cond_wait(&pwm->news, &pwm->lock);
    quit = pwm->quit;
    if (pwm->fresh)
        pwm_player_take(&pwm->player, &pwm->schedule, clock_now_usec());
    pwm->fresh = false;
    pthread_mutex_unlock(&pwm->lock);
    return !quit;
}

/* Lines that fail are left alone until there is something else to show. */
static void fail(struct pwm_bank *pwm, int error)
{
    pthread_mutex_lock(&pwm->lock);
    pwm->error = error;
    pthread_mutex_unlock(&pwm->lock);
    pwm->player = (struct pwm_player){.schedule = {.count = 0}};
}

/* Sets what changes alone: on many chips each line costs. */
static void light(struct pwm_bank *pwm, unsigned lit)
{
    unsigned changed = pwm->unsure ? pwm->mask : (lit ^ pwm->lit) & pwm->mask;
    int r = changed ? lines_set(pwm->lines, changed, lit & changed) : 0;

    pwm->unsure = r < 0;
    pwm->lit = lit;
    if (r < 0)
        fail(pwm, r);
}

static void *run(void *userdata)
{
    struct pwm_bank *pwm = userdata;
    uint64_t wake_usec;

    be_punctual();
    while (await_frame(pwm))
        do {
            light(pwm, pwm_player_step(&pwm->player, clock_now_usec(), &wake_usec));
            if (pwm->player.schedule.count > 0)
                sleep_until(wake_usec);
        } while (!pwm_player_is_between(&pwm->player));
    return NULL;
}

/* ---- main ---- */

static void make_schedule(const struct pwm_bank *pwm, const struct led_light lights[LED_COUNT],
                          struct pwm_schedule *ret)
{
    uint8_t duties[PWM_CHANNELS] = {0};

    for (unsigned i = 0; i < PWM_CHANNELS; i++)
        if (pwm->mask >> i & 1)
            duties[i] = (uint8_t)light_to_steps(
                led_light_of(&lights[i / LED_COLORS], i % LED_COLORS), PWM_LEVELS);
    pwm_schedule_make(ret, duties);
}

/* Returns what became of the lines since the last call. */
static int show(struct led_bank *bank, const struct led_light lights[LED_COUNT])
{
    struct pwm_bank *pwm = (struct pwm_bank *)bank;
    struct pwm_schedule schedule;
    int r;

    make_schedule(pwm, lights, &schedule);
    pthread_mutex_lock(&pwm->lock);
    r = pwm->error;
    pwm->error = 0;
    pwm->schedule = schedule;
    pwm->fresh = true;
    pthread_cond_signal(&pwm->news);
    pthread_mutex_unlock(&pwm->lock);
    return r;
}

/* Here the LEDs are darkened first: a pulse may be on right now. */
static struct led_bank *bank_free(struct led_bank *bank)
{
    struct pwm_bank *pwm = (struct pwm_bank *)bank;

    pthread_mutex_lock(&pwm->lock);
    pwm->quit = true;
    pthread_cond_signal(&pwm->news);
    pthread_mutex_unlock(&pwm->lock);
    pthread_join(pwm->thread, NULL);
    lines_set(pwm->lines, pwm->mask, 0);
    lines_free(pwm->lines);
    pthread_cond_destroy(&pwm->news);
    pthread_mutex_destroy(&pwm->lock);
    free(pwm);
    return NULL;
}

/* Whoever keeps the thread waiting for the lock, gets its priority meanwhile. */
static void make_lock(struct pwm_bank *pwm)
{
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
    pthread_mutex_init(&pwm->lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
    pthread_cond_init(&pwm->news, NULL);
}

static int open(struct led_bank **ret, const struct config *config, struct lines *lines,
                struct body_fault *fault)
{
    static const struct led_bank_ops ops = {.show = show, .free = bank_free};
    struct pwm_bank *pwm = calloc(1, sizeof(*pwm));

    if (!pwm)
        return body_fault_set(fault, -ENOMEM, "gpio-failed", "there is no memory for the LEDs");
    pwm->bank.ops = &ops;
    pwm->lines = lines;
    pwm->mask = led_lines_mask(config);
    pwm->unsure = true;
    make_lock(pwm);

    int r = thread_start(&pwm->thread, "pwm", run, pwm);
    if (r < 0) {
        pthread_cond_destroy(&pwm->news);
        pthread_mutex_destroy(&pwm->lock);
        free(pwm);
        return body_fault_set(fault, r, "gpio-failed", "there is no thread for the LEDs: %s",
                              strerror(-r));
    }
    *ret = &pwm->bank;
    return 0;
}

extern const struct led_driver led_driver_pwm;

const struct led_driver led_driver_pwm = {.name = "pwm", .wants = led_lines_wants, .open = open};
