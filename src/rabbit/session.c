#include "rabbit/session.h"

#include <assert.h>
#include <errno.h>

#define REGISTRATIONS_MAX 16

struct session {
    enum session_state state;
    struct timing timing;
    random_source random;
    void *userdata;

    struct backoff network, rejected;
    unsigned rejections; /* since the back-offs were last reset */
    bool replaying;      /* the registration under way repeats one that was cut short */
    uint64_t online_since_usec;
    uint64_t
        registered_usec[REGISTRATIONS_MAX]; /* when the last registrations began, newest first */
    unsigned registered_count;
    enum session_password password; /* of the login under way */
};

struct transition {
    enum session_state next;
    enum session_action action;
};

/* A cell that is not listed means: look at `anywhere`. */
static const struct transition table[SESSION_STATE_COUNT][SESSION_EVENT_COUNT] = {
    [SESSION_LOGIN] =
        {
            [EVENT_ONLINE] = {SESSION_ONLINE, ACTION_ANNOUNCE},
            [EVENT_REJECTED] = {SESSION_REPORT, ACTION_REPORT_LOGIN},
            [EVENT_REJECTED_REPLAY] = {SESSION_PAUSE, ACTION_PAUSE},
            [EVENT_REJECTED_FOR_GOOD] = {SESSION_TELL, ACTION_REPORT_LOGIN},
            [EVENT_PENDING_USELESS] = {SESSION_LOGIN, ACTION_FALL_BACK},
            [EVENT_REFUSED] = {SESSION_WAIT, ACTION_WAIT_REJECTED},
            [EVENT_FAILED] = {SESSION_WAIT, ACTION_WAIT_NETWORK},
        },
    [SESSION_ONLINE] =
        {
            [EVENT_REFUSED] = {SESSION_WAIT, ACTION_WAIT_REJECTED},
            [EVENT_FAILED] = {SESSION_WAIT, ACTION_WAIT_NETWORK},
        },
    [SESSION_REPORT] =
        {
            [EVENT_REPORTED] = {SESSION_PAUSE, ACTION_PAUSE},
        },
    [SESSION_REGISTER] =
        {
            [EVENT_REGISTERED] = {SESSION_LOGIN, ACTION_PROMOTE},
            [EVENT_CONFLICT] = {SESSION_PARK, ACTION_REPORT_SET},
            [EVENT_PENDING_USELESS] = {SESSION_LOGIN, ACTION_FALL_BACK},
            [EVENT_REGISTER_GET_FAILED] = {SESSION_TELL, ACTION_REPORT_GET},
            [EVENT_REGISTER_SET_FAILED] = {SESSION_TELL, ACTION_REPORT_SET},
            [EVENT_REGISTER_LOST] = {SESSION_WAIT, ACTION_WAIT_NETWORK},
            [EVENT_REFUSED] = {SESSION_WAIT, ACTION_WAIT_REJECTED},
            [EVENT_FAILED] = {SESSION_WAIT, ACTION_WAIT_NETWORK},
        },
    [SESSION_TELL] =
        {
            [EVENT_REPORTED] = {SESSION_WAIT, ACTION_WAIT_REJECTED},
        },
    [SESSION_PARK] =
        {
            [EVENT_REPORTED] = {SESSION_WAIT, ACTION_WAIT_LONGEST},
        },
};

/* What an event does in every state whose row has nothing to say about it; events not listed change
 * nothing. */
static const struct transition anywhere[SESSION_EVENT_COUNT] = {
    [EVENT_STOP] = {SESSION_IDLE, ACTION_CLOSE},
    [EVENT_LOGIN_DUE] = {SESSION_LOGIN, ACTION_LOGIN},
    [EVENT_REGISTER_DUE] = {SESSION_REGISTER, ACTION_REGISTER},
    [EVENT_QUOTA_EXHAUSTED] = {SESSION_WAIT, ACTION_WAIT_QUOTA},
};

enum session_action session_transition(enum session_state state, enum session_event event,
                                       enum session_state *ret_next)
{
    const struct transition *transition = &table[state][event];

    if (transition->action == ACTION_NONE)
        transition = &anywhere[event];
    *ret_next = transition->action == ACTION_NONE ? state : transition->next;
    return transition->action;
}

enum session_password session_choose_password(const struct session_facts *facts)
{
    if (facts->configured)
        return PASSWORD_CONFIGURED;
    if (facts->pending)
        return PASSWORD_PENDING;
    return facts->stored ? PASSWORD_STORED : PASSWORD_NONE;
}

/* When the oldest of the last `registrations` began, that is when the next one may: 0 means at
 * once. */
static uint64_t quota_delay(const struct session *session, uint64_t now_usec)
{
    unsigned allowed = session->timing.registrations;
    uint64_t again_usec;

    if (session->registered_count < allowed)
        return 0;
    again_usec = session->registered_usec[allowed - 1] + session->timing.registration_window_usec;
    return again_usec > now_usec ? again_usec - now_usec : 0;
}

static void count_registration(struct session *session, uint64_t now_usec)
{
    memmove(session->registered_usec + 1, session->registered_usec,
            sizeof(session->registered_usec) - sizeof(session->registered_usec[0]));
    session->registered_usec[0] = now_usec;
    if (session->registered_count < REGISTRATIONS_MAX)
        session->registered_count++;
}

static enum session_event refine_due(const struct session *session,
                                     const struct session_facts *facts, bool to_register,
                                     uint64_t now_usec)
{
    if (!to_register && session_choose_password(facts) != PASSWORD_NONE)
        return EVENT_LOGIN_DUE;
    if (!facts->may_register)
        return EVENT_STOP;
    return quota_delay(session, now_usec) > 0 ? EVENT_QUOTA_EXHAUSTED : EVENT_REGISTER_DUE;
}

static enum session_event refine_rejected(const struct session *session,
                                          const struct session_facts *facts)
{
    bool with_pending = session->password == PASSWORD_PENDING;

    if (facts->may_register)
        return with_pending && !facts->hook_clears ? EVENT_REJECTED_REPLAY : EVENT_REJECTED;
    return with_pending && facts->stored ? EVENT_PENDING_USELESS : EVENT_REJECTED_FOR_GOOD;
}

/* Turns what happened into what it means, given the passwords there are. */
static enum session_event refine(const struct session *session, enum session_event event,
                                 const struct session_facts *facts, uint64_t now_usec)
{
    if (event == EVENT_START)
        return refine_due(session, facts, false, now_usec);
    if (event == EVENT_REGISTER_ASKED)
        return refine_due(session, facts, true, now_usec);
    if (event == EVENT_TIMER && session->state == SESSION_PAUSE)
        return refine_due(session, facts, true, now_usec);
    if (event == EVENT_TIMER && session->state == SESSION_WAIT)
        return refine_due(session, facts, false, now_usec);
    if (event == EVENT_REJECTED)
        return refine_rejected(session, facts);
    if ((event == EVENT_CONFLICT || event == EVENT_REGISTER_GET_FAILED) && session->replaying &&
        facts->stored)
        return EVENT_PENDING_USELESS;
    return event;
}

static uint64_t draw(struct session *session, uint64_t low_usec, uint64_t high_usec)
{
    return session->random(low_usec, high_usec, session->userdata);
}

static uint64_t delay_of(struct session *session, enum session_action action, uint64_t now_usec)
{
    const struct timing *timing = &session->timing;

    if (action == ACTION_PAUSE && session->rejections <= 1)
        return draw(session, timing->report_pause_low_usec, timing->report_pause_high_usec);
    if (action == ACTION_PAUSE || action == ACTION_WAIT_REJECTED)
        return backoff_next(&session->rejected, session->random, session->userdata);
    if (action == ACTION_WAIT_NETWORK)
        return backoff_next(&session->network, session->random, session->userdata);
    if (action == ACTION_WAIT_LONGEST)
        return draw(session, timing->backoff_max_usec / 2, timing->backoff_max_usec);
    return action == ACTION_WAIT_QUOTA ? quota_delay(session, now_usec) : 0;
}

/* A long enough time online makes everything before it forgotten. */
static void leave_online(struct session *session, uint64_t now_usec)
{
    if (now_usec - session->online_since_usec < session->timing.online_reset_usec)
        return;
    session->network.step = 0;
    session->rejected.step = 0;
    session->rejections = 0;
}

/* Did the registration that ends with this event reach the server? Only such ones count. */
static bool was_submitted(enum session_event event)
{
    return event == EVENT_REGISTERED || event == EVENT_REGISTER_SET_FAILED ||
           event == EVENT_REGISTER_LOST || event == EVENT_CONFLICT ||
           event == EVENT_PENDING_USELESS;
}

static void keep_books(struct session *session, enum session_event event,
                       enum session_action action, uint64_t now_usec)
{
    if (event == EVENT_REJECTED || event == EVENT_REJECTED_REPLAY ||
        event == EVENT_REJECTED_FOR_GOOD) {
        session->rejections++;
        session->replaying = event == EVENT_REJECTED_REPLAY;
    }
    if (session->state == SESSION_REGISTER && was_submitted(event))
        count_registration(session, now_usec);
    if (action == ACTION_ANNOUNCE)
        session->online_since_usec = now_usec;
}

/* The fall-back after a conflict must not choose the pending password again, whatever the facts
 * still say. */
static enum session_password password_for(enum session_action action,
                                          const struct session_facts *facts)
{
    if (action == ACTION_FALL_BACK)
        return PASSWORD_STORED;
    if (action == ACTION_PROMOTE)
        return facts->configured ? PASSWORD_CONFIGURED : PASSWORD_STORED;
    return action == ACTION_LOGIN ? session_choose_password(facts) : PASSWORD_NONE;
}

struct session_step session_handle(struct session *session, enum session_event event,
                                   const struct session_facts *facts, uint64_t now_usec)
{
    struct session_step step;
    enum session_state next;

    event = refine(session, event, facts, now_usec);
    step = (struct session_step){.action = session_transition(session->state, event, &next)};
    if (step.action == ACTION_NONE)
        return step;
    if (session->state == SESSION_ONLINE && next != SESSION_ONLINE)
        leave_online(session, now_usec);
    keep_books(session, event, step.action, now_usec);
    session->state = next;
    step.delay_usec = delay_of(session, step.action, now_usec);
    step.password = password_for(step.action, facts);
    if (step.password != PASSWORD_NONE)
        session->password = step.password;
    return step;
}

enum session_state session_state(const struct session *session)
{
    return session->state;
}

const char *session_state_name(enum session_state state)
{
    static const char *const names[SESSION_STATE_COUNT] = {
        [SESSION_IDLE] = "idle",
        [SESSION_LOGIN] = "logging in",
        [SESSION_ONLINE] = "online",
        [SESSION_REPORT] = "rejected, reporting it",
        [SESSION_PAUSE] = "rejected, registering soon",
        [SESSION_REGISTER] = "registering",
        [SESSION_TELL] = "refused, reporting it",
        [SESSION_PARK] = "refused, reporting it",
        [SESSION_WAIT] = "waiting",
    };

    return names[state];
}

int session_new(struct session **ret, const struct timing *timing, random_source random,
                void *userdata)
{
    struct session *session = calloc(1, sizeof(*session));

    if (!session)
        return -ENOMEM;
    assert(timing->registrations > 0 && timing->registrations <= REGISTRATIONS_MAX);
    session->timing = *timing;
    session->random = random;
    session->userdata = userdata;
    session->network = (struct backoff){.low_usec = timing->network_usec / 4,
                                        .high_usec = timing->network_usec,
                                        .max_usec = timing->backoff_max_usec};
    session->rejected = (struct backoff){.low_usec = timing->rejected_low_usec,
                                         .high_usec = timing->rejected_high_usec,
                                         .max_usec = timing->backoff_max_usec};
    *ret = session;
    return 0;
}

struct session *session_free(struct session *session)
{
    free(session);
    return NULL;
}
