#include "rabbit/sleep.h"

#include <errno.h>

#include "base/log.h"
#include "base/message-id.h"
#include "base/state.h"

#define STATE_FILE   "sleep"
#define STATE_HEADER "nabaztagd-sleep 1\n"
#define STATE_ASLEEP STATE_HEADER "asleep\n"
#define STATE_AWAKE  STATE_HEADER "awake\n"

#define PAUSE_USEC (10 * USEC_PER_SEC) /* between two attempts to bring the ears down */

struct sleep {
    const struct sleep_listener *listener;
    void *userdata;
    const char *directory;
    bool asleep;
    uint64_t rested_usec; /* from then on the ears may be sent down again */
    bool disturbed;       /* and have to be */
};

/* ---- the state file ---- */

static bool read_state(const char *directory)
{
    _cleanup_(freep) char *text = NULL;
    int r = state_read(directory, STATE_FILE, &text);

    if (r == 0)
        r = state_check(text, STATE_HEADER);
    if (r == 0 && !streq(text, STATE_ASLEEP) && !streq(text, STATE_AWAKE))
        r = -EBADMSG;
    if (r < 0 && r != -ENOENT)
        log_event(LOG_WARNING, MESSAGE_STATE_FAILED, NULL,
                  "Cannot read from %s/" STATE_FILE " whether the rabbit sleeps (%s): it is awake",
                  directory, state_explain(r).what);
    return r == 0 && streq(text, STATE_ASLEEP);
}

static void write_state(const struct sleep *sleep)
{
    int r = state_write(sleep->directory, STATE_FILE, sleep->asleep ? STATE_ASLEEP : STATE_AWAKE);
    const struct state_trouble trouble = state_explain(r);

    if (r < 0)
        log_event(LOG_WARNING, MESSAGE_STATE_FAILED, NULL,
                  "Cannot keep in %s/" STATE_FILE " that the rabbit is %s: %s; %s",
                  sleep->directory, sleep->asleep ? "asleep" : "awake", trouble.what,
                  trouble.remedy);
}

/* ---- sleeping ---- */

bool sleep_is_asleep(const struct sleep *sleep)
{
    return sleep->asleep;
}

static void rest_until(struct sleep *sleep, uint64_t usec)
{
    sleep->rested_usec = usec;
    sleep->disturbed = false;
}

static void droop(struct sleep *sleep, uint64_t now_usec)
{
    rest_until(sleep, now_usec + PAUSE_USEC);
    sleep->listener->on_droop(sleep->userdata);
}

void sleep_set(struct sleep *sleep, bool asleep, uint64_t now_usec)
{
    if (sleep->asleep != asleep) {
        sleep->asleep = asleep;
        rest_until(sleep, now_usec + PAUSE_USEC);
        if (sleep->directory)
            write_state(sleep);
        sleep->listener->on_changed(asleep, sleep->userdata);
    } else if (asleep) {
        droop(sleep, now_usec);
    }
}

void sleep_disturb(struct sleep *sleep, uint64_t now_usec)
{
    sleep->disturbed = sleep->asleep;
    sleep_tick(sleep, now_usec);
}

uint64_t sleep_deadline(const struct sleep *sleep)
{
    return sleep->disturbed ? sleep->rested_usec : USEC_NEVER;
}

void sleep_tick(struct sleep *sleep, uint64_t now_usec)
{
    if (now_usec >= sleep_deadline(sleep))
        droop(sleep, now_usec);
}

/* ---- life ---- */

int sleep_new(struct sleep **ret, const char *directory, const struct sleep_listener *listener,
              void *userdata)
{
    struct sleep *sleep = calloc(1, sizeof(*sleep));

    if (!sleep)
        return -ENOMEM;
    sleep->directory = directory;
    sleep->listener = listener;
    sleep->userdata = userdata;
    sleep->asleep = directory && read_state(directory);
    *ret = sleep;
    return 0;
}

struct sleep *sleep_free(struct sleep *sleep)
{
    free(sleep);
    return NULL;
}
