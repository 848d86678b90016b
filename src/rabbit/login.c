#include "rabbit/login-parts.h"

#include <errno.h>
#include <stdarg.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/message-id.h"
#include "base/state.h"
#include "web/report.h"

/* How long after an unreadable state or password file we look again. */
#define RELOAD_USEC (60 * USEC_PER_SEC)

/* One event of this account for the journal. */
static void say(struct login *login, int level, const char *id, const char *cause,
                const char *format, ...) _printf_(5, 6);
static void say(struct login *login, int level, const char *id, const char *cause,
                const char *format, ...)
{
    const char *jid = account_jid(login->account);
    const struct log_field fields[] = {{"NAB_JID", jid}, {"NAB_CAUSE", cause}, {NULL, NULL}};
    char text[LIMIT_LOG_TEXT];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    log_event(level, id, fields, "%s %s", jid, text);
}

/* What a person has to do about it differs with these. */
static const char *message_of(const struct failure *failure)
{
    static const char *const ids[] = {
        [FAILURE_REJECTED] = MESSAGE_LOGIN_REJECTED,
        [FAILURE_REGISTER_GET] = MESSAGE_REGISTER_FAILED,
        [FAILURE_REGISTER_SET] = MESSAGE_REGISTER_FAILED,
        [FAILURE_REGISTER_CONFLICT] = MESSAGE_CONFLICT,
    };

    if (after_prefix(failure->cause, "cert-"))
        return MESSAGE_CERTIFICATE;
    return failure->kind < ARRAY_SIZE(ids) && ids[failure->kind] ? ids[failure->kind]
                                                                 : MESSAGE_LOGIN_FAILED;
}

/* The same trouble again and again is told once, until we have been online. */
static void say_failure(struct login *login, const struct failure *failure)
{
    bool known = streq(login->last_cause, failure->cause);
    bool online = session_state(login->session) == SESSION_ONLINE;
    const char *id = online ? MESSAGE_LOST : message_of(failure);

    snprintf(login->last_cause, sizeof(login->last_cause), "%s", failure->cause);
    snprintf(login->trouble, sizeof(login->trouble), "%s", failure->text);
    login->failure = *failure;
    login->failure_usec = clock_real_usec();
    say(login, known ? LOG_DEBUG : LOG_WARNING, id, failure->cause, "%s: %s",
        online ? "went offline" : "is not online", failure->text);
}

static void say_state_failure(struct login *login, const char *what, int error)
{
    const struct state_trouble trouble = state_explain(error);

    snprintf(login->trouble, sizeof(login->trouble), "%s %s: %s", account_place(login->account),
             what, trouble.what);
    say(login, LOG_ERR, MESSAGE_STATE_FAILED, "state-failed",
        "keeps its password in %s, which %s: %s; %s", account_place(login->account), what,
        trouble.what, trouble.remedy);
}

static void tell(struct login *login, enum story story)
{
    login->listener.on_story(story, login->userdata);
}

static void set_timer(struct login *login, uint64_t delay_usec)
{
    sd_event_source_set_time(login->timer, clock_now_usec() + delay_usec);
    sd_event_source_set_enabled(login->timer, SD_EVENT_ONESHOT);
}

static void stop_waiting(struct login *login)
{
    sd_event_source_set_enabled(login->timer, SD_EVENT_OFF);
    login->report = http_cancel(login->report);
}

/* Orders */

static void act_login(struct login *login, const struct session_step *step)
{
    login_connect(login, ORDER_LOGIN, account_password(login->account, step->password), false);
    tell(login, STORY_CONNECTING);
}

static void act_register(struct login *login, const struct session_step *step)
{
    bool had_pending = account_facts(login->account).pending, fresh;
    const char *password;
    int r = account_prepare_registration(login->account, &password, &fresh);

    if (r < 0) {
        say_state_failure(login, "cannot be written", r);
        login_handle(login, EVENT_REFUSED);
        return;
    }
    login->pending_is_new = fresh && !had_pending;
    login_connect(login, ORDER_REGISTER, password, fresh);
    tell(login, STORY_REGISTERING);
}

static void promote(struct login *login)
{
    int r = account_promote(login->account);

    if (r < 0)
        say_state_failure(login, "cannot be written", r);
}

static void act_announce(struct login *login, const struct session_step *step)
{
    promote(login);
    *login->last_cause = *login->trouble = '\0';
    say(login, LOG_INFO, MESSAGE_ONLINE, NULL, "is online");
    tell(login, STORY_ONLINE);
}

/* The violet dialect logs in on the stream on which it has registered. */
static void act_promote(struct login *login, const struct session_step *step)
{
    promote(login);
    say(login, LOG_NOTICE, MESSAGE_REGISTERED, NULL, "is registered");
    if (config_is_violet(login->config))
        tell(login, STORY_CONNECTING);
    else
        act_login(login, step);
}

static void act_fall_back(struct login *login, const struct session_step *step)
{
    account_drop_pending(login->account);
    act_login(login, step);
}

/* Reports */

static void on_reported(const struct http_answer *answer, void *userdata)
{
    struct login *login = userdata;
    const char *reason = report_reason_name(login->report_reason);

    login->report = NULL;
    if (answer->error)
        say(login, LOG_WARNING, MESSAGE_REPORT_FAILED, "hook-failed",
            "could not report %s to the hook: %s; going on without it", reason, answer->error);
    else
        say(login, LOG_NOTICE, MESSAGE_REPORTED, NULL, "reported %s to the hook", reason);
    login_handle(login, EVENT_REPORTED);
}

int login_report_details(const struct login *login, struct report_details *ret)
{
    const struct config *config = login->config;
    bool may_be_near;
    const char *url = login->account ? servers_hook(login->servers, config, &may_be_near) : NULL;

    if (!url)
        return -ENOENT;
    *ret = (struct report_details){
        .url = url,
        .may_be_near = may_be_near,
        .serial = login->serial,
        .domain = login_domain(login),
        .version = config->rabbit.version,
        .timeout_usec = config->report.timeout_usec,
    };
    return 0;
}

static void report(struct login *login, enum report_reason reason)
{
    struct report_details details;
    int r;

    tell(login, STORY_REJECTED);
    login->report_reason = reason;
    login->report = http_cancel(login->report);
    if (login_report_details(login, &details) < 0) {
        login_handle(login, EVENT_REPORTED);
        return;
    }
    r = report_send(&login->report, login->http, &details, reason, on_reported, login);
    if (r < 0)
        on_reported(&(struct http_answer){.error = strerror(-r)}, login);
}

static void act_report_login(struct login *login, const struct session_step *step)
{
    report(login, REPORT_LOGIN);
}

static void act_report_get(struct login *login, const struct session_step *step)
{
    report(login, REPORT_REGISTER_GET);
}

static void act_report_set(struct login *login, const struct session_step *step)
{
    report(login, REPORT_REGISTER_SET);
}

/* Waiting */

static void act_wait(struct login *login, const struct session_step *step)
{
    set_timer(login, step->delay_usec);
    tell(login, step->action == ACTION_WAIT_NETWORK ? STORY_WAITING : STORY_REJECTED);
}

static void act_wait_quota(struct login *login, const struct session_step *step)
{
    snprintf(login->trouble, sizeof(login->trouble), "it has registered %u times lately",
             login->timing.registrations);
    say(login, LOG_WARNING, MESSAGE_REGISTER_FAILED, "register-wait",
        "%s; the next time is in %u min", login->trouble,
        (unsigned)(step->delay_usec / USEC_PER_MIN) + 1);
    act_wait(login, step);
}

static void act_close(struct login *login, const struct session_step *step)
{
    stop_waiting(login);
    servers_forget(login->servers);
    link_abort(login->link);
    tell(login, STORY_NONE);
}

void login_handle(struct login *login, enum session_event event)
{
    static void (*const acts[])(struct login *, const struct session_step *) = {
        [ACTION_LOGIN] = act_login,
        [ACTION_REGISTER] = act_register,
        [ACTION_ANNOUNCE] = act_announce,
        [ACTION_REPORT_LOGIN] = act_report_login,
        [ACTION_REPORT_GET] = act_report_get,
        [ACTION_REPORT_SET] = act_report_set,
        [ACTION_PROMOTE] = act_promote,
        [ACTION_FALL_BACK] = act_fall_back,
        [ACTION_PAUSE] = act_wait,
        [ACTION_WAIT_NETWORK] = act_wait,
        [ACTION_WAIT_REJECTED] = act_wait,
        [ACTION_WAIT_LONGEST] = act_wait,
        [ACTION_WAIT_QUOTA] = act_wait_quota,
        [ACTION_CLOSE] = act_close,
    };
    const struct session_facts facts = account_facts(login->account);
    bool was_online = session_state(login->session) == SESSION_ONLINE;
    struct session_step step = session_handle(login->session, event, &facts, clock_now_usec());

    if (was_online && session_state(login->session) != SESSION_ONLINE) {
        servers_forget(login->servers); /* as the original, which begins anew */
        login->listener.on_offline(login->userdata);
    }
    if (step.action != ACTION_NONE)
        acts[step.action](login, &step);
}

/* From the link */

static void on_stage(enum stage stage, void *userdata)
{
    struct login *login = userdata;

    login->stage = stage;
    log_debug("%s: stage %s", account_jid(login->account), stage_name(stage));
}

static void on_registered(void *userdata)
{
    login_handle(userdata, EVENT_REGISTERED);
}

static void on_online(const char *jid, void *userdata)
{
    struct login *login = userdata;

    login_handle(login, EVENT_ONLINE);
    login->listener.on_online(jid, login->userdata);
}

static void on_stanza(xmpp_stanza_t *stanza, void *userdata)
{
    struct login *login = userdata;

    login->listener.on_stanza(stanza, login->userdata);
}

/* A pending password that the server refused, or never saw, is of no use to the next attempt. */
static void settle_pending(struct login *login, const struct failure *failure)
{
    bool refused =
        failure->kind == FAILURE_REGISTER_SET || failure->kind == FAILURE_REGISTER_CONFLICT;

    if (refused || (login->pending_is_new && !failure->submitted))
        account_drop_pending(login->account);
}

void login_on_ended(const struct failure *failure, void *userdata)
{
    static const enum session_event events[] = {
        [FAILURE_NONE] = EVENT_FAILED,
        [FAILURE_NETWORK] = EVENT_FAILED,
        [FAILURE_REJECTED] = EVENT_REJECTED,
        [FAILURE_REFUSED] = EVENT_REFUSED,
        [FAILURE_REGISTER_GET] = EVENT_REGISTER_GET_FAILED,
        [FAILURE_REGISTER_SET] = EVENT_REGISTER_SET_FAILED,
        [FAILURE_REGISTER_CONFLICT] = EVENT_CONFLICT,
    };
    struct login *login = userdata;
    bool registering = session_state(login->session) == SESSION_REGISTER;
    enum session_event event = events[failure->kind];

    say_failure(login, failure);
    if (registering)
        settle_pending(login, failure);
    if (registering && failure->submitted && event == EVENT_FAILED)
        event = EVENT_REGISTER_LOST;
    login_handle(login, event);
}

static void on_closed(void *userdata)
{
    struct login *login = userdata;

    login->listener.on_closed(login->userdata);
}

/* Beginning */

static void begin(struct login *login)
{
    struct session_facts facts;
    int r = account_load(login->account, login->config);

    login->unreadable = r < 0;
    if (r < 0) {
        /* Without knowing the password, registering would only lock us out. */
        say_state_failure(login, "cannot be read", r);
        set_timer(login, RELOAD_USEC);
        tell(login, STORY_WAITING);
        return;
    }
    facts = account_facts(login->account);
    if (session_choose_password(&facts) == PASSWORD_NONE && !facts.may_register)
        say(login, LOG_NOTICE, MESSAGE_NOT_CONFIGURED, "not-configured",
            "has no password and may not register; set [account] password-file or register = yes "
            "in %s",
            login->config_path);
    login_handle(login, EVENT_START);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct login *login = userdata;

    if (login->unreadable)
        begin(login);
    else
        login_handle(login, EVENT_TIMER);
    return 0;
}

static void forget(struct login *login, const struct config *config, const char *missing)
{
    if (login->account)
        login_handle(login, EVENT_STOP);
    login->account = account_free(login->account);
    login->config = config;
    login->missing = missing;
    *login->last_cause = *login->trouble = '\0';
    servers_forget(login->servers);
}

void login_stop(struct login *login, const struct config *config, const char *missing)
{
    forget(login, config, missing);
    tell(login, STORY_NONE);
}

int login_start(struct login *login, const struct config *config, const char *serial)
{
    int r = strdup_to(&login->serial, serial);

    forget(login, config, "[account] jid");
    if (r < 0 || !config->account.jid) {
        log_event(LOG_NOTICE, MESSAGE_NOT_CONFIGURED,
                  (struct log_field[]){{"NAB_CAUSE", "not-configured"}, {NULL, NULL}},
                  "Not configured: set [account] jid in %s", login->config_path);
        tell(login, STORY_NONE);
        return r;
    }
    r = account_new(&login->account, config, login->serial, state_directory());
    /* There the account's name is the rabbit's serial, and the hook has to say the same. */
    if (r == 0 && config_is_violet(config))
        r = strdup_to(&login->serial, account_local(login->account));
    if (r == 0)
        begin(login);
    return r;
}

int login_register(struct login *login)
{
    if (!login->account || login->unreadable)
        return -ENOENT;
    if (!account_facts(login->account).may_register)
        return -EPERM;
    if (session_state(login->session) == SESSION_ONLINE)
        return -EISCONN;
    *login->last_cause = *login->trouble = '\0';
    login_handle(login, EVENT_STOP);
    login_handle(login, EVENT_REGISTER_ASKED);
    return 0;
}

void login_reconfigure(struct login *login, const struct config *config)
{
    int r;

    login->config = config;
    r = login->account ? account_load(login->account, config) : 0;
    login->unreadable = r < 0; /* then it is looked for again before it is needed */
    if (r < 0)
        say_state_failure(login, "cannot be read", r);
}

void login_drop(struct login *login, const char *cause, const char *detail)
{
    struct failure failure = {.kind = FAILURE_NONE};

    failure_set(&failure, cause, detail ? "%s" : NULL, detail);
    link_abort(login->link);
    login_on_ended(&failure, login);
}

void login_close(struct login *login)
{
    stop_waiting(login);
    link_close(login->link);
}

int login_send(struct login *login, const char *text, size_t size)
{
    return link_send(login->link, text, size);
}

bool login_is_healthy(struct login *login)
{
    return link_is_healthy(login->link);
}

void login_status(const struct login *login, char *ret, size_t size)
{
    enum session_state state = session_state(login->session);

    if (!login->account)
        snprintf(ret, size, "not configured: set %s in %s", login->missing, login->config_path);
    else if ((login->unreadable && state != SESSION_ONLINE) || state == SESSION_WAIT)
        snprintf(ret, size, "%s waiting: %s", account_jid(login->account), login->trouble);
    else if (state == SESSION_IDLE)
        snprintf(ret, size,
                 "not configured: %s has no password; set [account] password-file or register = "
                 "yes in %s",
                 account_jid(login->account), login->config_path);
    else
        snprintf(ret, size, "%s %s", account_jid(login->account), session_state_name(state));
}

static const char *stage_of(const struct login *login)
{
    static const char *const names[SESSION_STATE_COUNT] = {
        [SESSION_IDLE] = "idle",  [SESSION_ONLINE] = "online", [SESSION_REPORT] = "report",
        [SESSION_PAUSE] = "wait", [SESSION_TELL] = "report",   [SESSION_PARK] = "report",
        [SESSION_WAIT] = "wait",
    };
    const char *name = names[session_state(login->session)];

    return name ? name : stage_name(login->stage);
}

struct login_view login_look(const struct login *login)
{
    return (struct login_view){
        .online = session_state(login->session) == SESSION_ONLINE,
        .stage = stage_of(login),
        .jid = login->account ? account_jid(login->account) : NULL,
        .serial = login->serial,
        .failure = &login->failure,
        .failure_usec = login->failure_usec,
    };
}

int login_new(struct login **ret, sd_event *event, const struct timing *timing, struct http *http,
              const char *config_path, const struct login_listener *listener, void *userdata)
{
    static const struct link_listener link_listener = {
        .on_stage = on_stage,
        .on_registered = on_registered,
        .on_online = on_online,
        .on_stanza = on_stanza,
        .on_ended = login_on_ended,
        .on_closed = on_closed,
    };
    struct login *login = calloc(1, sizeof(*login));
    int r;

    if (!login)
        return -ENOMEM;
    login->timing = *timing;
    login->http = http;
    login->config_path = config_path;
    login->missing = "[account] jid";
    login->listener = *listener;
    login->userdata = userdata;
    r = sd_event_add_time(event, &login->timer, CLOCK_MONOTONIC, USEC_NEVER, 50 * USEC_PER_MSEC,
                          on_timer, login);
    if (r >= 0)
        r = sd_event_source_set_enabled(login->timer, SD_EVENT_OFF);
    if (r >= 0)
        r = session_new(&login->session, timing, random_between, NULL);
    if (r >= 0)
        r = servers_new(&login->servers, http, login_on_found, login);
    if (r >= 0)
        r = link_new(&login->link, event, timing, &link_listener, login);
    if (r < 0) {
        login_free(login);
        return r;
    }
    *ret = login;
    return 0;
}

bool login_free(struct login *login)
{
    bool clean;

    if (!login)
        return true;
    stop_waiting(login);
    clean = link_free(login->link);
    sd_event_source_disable_unref(login->timer);
    session_free(login->session);
    servers_free(login->servers);
    account_free(login->account);
    free(login->serial);
    free(login);
    return clean;
}
