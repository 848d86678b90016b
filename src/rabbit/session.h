/*
 * The session: what to do next when a login succeeds, is rejected, fails or is lost. A pure
 * transition table and the few counters beside it: no I/O, no clock, no randomness of its own, so
 * every retry can be tested on virtual time. Owned by struct login, which carries out the actions;
 * main thread.
 */
#ifndef NABAZTAGD_RABBIT_SESSION_H
#define NABAZTAGD_RABBIT_SESSION_H

#include "base/backoff.h"
#include "base/timing.h"
#include "base/util.h"

enum session_state {
    SESSION_IDLE,     /* not configured, or told to stop */
    SESSION_LOGIN,    /* a login is under way */
    SESSION_ONLINE,   /* bound */
    SESSION_REPORT,   /* rejected: the hook is being told, registration follows */
    SESSION_PAUSE,    /* waiting before the registration */
    SESSION_REGISTER, /* a registration is under way */
    SESSION_TELL,     /* the hook is being told, a back-off follows */
    SESSION_PARK,     /* the hook is being told of a conflict, the longest back-off follows */
    SESSION_WAIT,     /* backing off */
    SESSION_STATE_COUNT,
};

enum session_event {
    /* What happens outside. */
    EVENT_START,               /* begin, or begin anew after a change of configuration */
    EVENT_STOP,                /* nothing to do any more */
    EVENT_TIMER,               /* the delay asked for is over */
    EVENT_ONLINE,              /* bound */
    EVENT_REJECTED,            /* SASL not-authorized */
    EVENT_REFUSED,             /* the server does not want us for another reason */
    EVENT_FAILED,              /* network, TLS or stream trouble, before or after login */
    EVENT_REPORTED,            /* the hook answered, failed to, or there is none */
    EVENT_REGISTERED,          /* the server confirmed the registration */
    EVENT_REGISTER_GET_FAILED, /* no registration form was to be had */
    EVENT_REGISTER_SET_FAILED, /* the form was refused */
    EVENT_CONFLICT,            /* the form was refused because the account exists */
    EVENT_REGISTER_LOST,       /* the form was sent, what became of it is not known */
    EVENT_REGISTER_ASKED,      /* a person wants it registered now */

    /* What session_handle() makes of some of them, looking at passwords and quota. */
    EVENT_LOGIN_DUE,    /* start or timer, a password is known */
    EVENT_REGISTER_DUE, /* start or timer, none is known, or a registration was what we waited for
                         */
    EVENT_QUOTA_EXHAUSTED,   /* as before, but there were too many registrations lately */
    EVENT_REJECTED_REPLAY,   /* rejected with a pending password: not news to anybody, register it
                                again */
    EVENT_REJECTED_FOR_GOOD, /* rejected, and registering is not allowed */
    EVENT_PENDING_USELESS,   /* the pending password can neither log in nor be registered, a stored
                                one is left to try */
    SESSION_EVENT_COUNT,
};

enum session_action {
    ACTION_NONE,
    ACTION_LOGIN,         /* connect and log in with step.password */
    ACTION_REGISTER,      /* connect and register */
    ACTION_ANNOUNCE,      /* online: promote a pending password, greet the world */
    ACTION_REPORT_LOGIN,  /* tell the hook FailureLogin, EVENT_REPORTED follows */
    ACTION_REPORT_GET,    /* FailureRegister1 */
    ACTION_REPORT_SET,    /* FailureRegister2 */
    ACTION_PROMOTE,       /* the pending password is the stored one now; then as ACTION_LOGIN */
    ACTION_FALL_BACK,     /* drop the pending password; then as ACTION_LOGIN */
    ACTION_PAUSE,         /* EVENT_TIMER after step.delay_usec, registration follows */
    ACTION_WAIT_NETWORK,  /* the same after trouble with the network */
    ACTION_WAIT_REJECTED, /* after a refusal */
    ACTION_WAIT_LONGEST,  /* a person has to act first */
    ACTION_WAIT_QUOTA,    /* until a registration is allowed again */
    ACTION_CLOSE,         /* end whatever is under way */
};

/* Which password to log in with. */
enum session_password { PASSWORD_NONE, PASSWORD_CONFIGURED, PASSWORD_PENDING, PASSWORD_STORED };

/* What is known and allowed at the moment an event is handled. */
struct session_facts {
    bool configured, stored, pending; /* passwords that are known */
    bool may_register;
    /* The server registers no rabbit that has a password, and the hook is what takes that away: a
     * rejected pending password is news to it. */
    bool hook_clears;
};

struct session_step {
    enum session_action action;
    enum session_password password; /* for the actions that log in */
    uint64_t delay_usec;            /* for the actions that wait */
};

struct session;

int session_new(struct session **ret, const struct timing *timing, random_source random,
                void *userdata);
struct session *session_free(struct session *session);

/* Moves on. `now_usec` is any clock that does not run backward. Events that mean nothing now change
 * nothing. */
struct session_step session_handle(struct session *session, enum session_event event,
                                   const struct session_facts *facts, uint64_t now_usec);

enum session_state session_state(const struct session *session);

/* The password a login would use with these facts. */
enum session_password session_choose_password(const struct session_facts *facts);

/* The bare table, for tests and the curious: *ret_next is the state after `event` in `state`. */
enum session_action session_transition(enum session_state state, enum session_event event,
                                       enum session_state *ret_next);

const char *session_state_name(enum session_state state);

#endif
