#include "rabbit/violet.h"

#include <errno.h>

#include "base/clock.h"
#include "base/log.h"
#include "rabbit/interactive.h"
#include "rabbit/platform.h"
#include "rabbit/queries.h"
#include "rabbit/servers.h"
#include "xmpp/resources.h"
#include "xmpp/stanza.h"
#include "xmpp/violet-text.h"

#define MODE_EARS 3 /* where both are when interactive mode begins */
#define FIRST_IDS 2 /* taken by bind and session before a stream is ours */

struct violet {
    const struct config *config;
    struct violet_context context;
    sd_event_source *timer;
    uint64_t due_usec;

    struct platform *platform;
    char *domain; /* of the platform's servers; NULL: not known */
    struct resources *resources;
    struct queries *queries;
    struct interactive *interactive;
    int ears[EAR_COUNT]; /* where they rested last in interactive mode */
    char it_app[LIMIT_FOREIGN_TEXT];
    struct fetch *fetch; /* NULL: the platform's names are not known */
    sd_event *event;
};

static void arm_timer(struct violet *violet)
{
    uint64_t due =
        usec_earlier(platform_deadline(violet->platform), resources_deadline(violet->resources));

    if (due == violet->due_usec)
        return;
    violet->due_usec = due;
    if (due != USEC_NEVER)
        sd_event_source_set_time(violet->timer, due);
    sd_event_source_set_enabled(violet->timer, due == USEC_NEVER ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
}

/* ---- the session's resources ---- */

static int on_write(const char *text, size_t size, void *userdata)
{
    struct violet *violet = userdata;

    return login_send(violet->context.login, text, size);
}

static void want_resource(struct violet *violet)
{
    if (config_is_violet(violet->config))
        resources_want(violet->resources, platform_resource(violet->platform), clock_now_usec());
}

static void on_sources(xmpp_stanza_t *iq, void *userdata)
{
    struct violet *violet = userdata;

    platform_take_sources(violet->platform, iq, clock_now_usec());
    want_resource(violet);
}

static void on_bound_anew(void *userdata)
{
    struct violet *violet = userdata;

    router_rename(violet->context.router, resources_jid(violet->resources));
}

static void on_useless(const char *cause, const char *detail, void *userdata)
{
    struct violet *violet = userdata;

    login_drop(violet->context.login, cause, detail);
}

/* ---- the platform ---- */

static int on_tell(const char *to, const char *body, void *userdata)
{
    struct violet *violet = userdata;
    const struct violet_words words = {.argument = to, .body = body};
    _cleanup_(freep) char *text = NULL;

    if (config_is_violet(violet->config)) {
        int r = resources_tell(violet->resources, to, body, clock_now_usec());

        arm_timer(violet);
        return r;
    }
    text = violet_text(VIOLET_MESSAGE_PLAIN, &words);
    return text ? login_send(violet->context.login, text, strlen(text)) : -ENOMEM;
}

static void on_resource(const char *resource, void *userdata)
{
    want_resource(userdata);
}

static void on_reboot(void *userdata)
{
    struct violet *violet = userdata;

    log_info("The platform wants the rabbit to begin anew");
    body_home(events_context(violet->context.events).body);
    login_drop(violet->context.login, "eof", "the platform wants a new beginning");
}

/* ---- interactive mode ---- */

static void leave_mode(struct violet *violet)
{
    struct life *life = show_life(events_show(violet->context.events));

    interactive_stop(violet->interactive);
    if (!life_is_suspended(life, LIFE_INTERACTIVE))
        return;
    if (!events_is_asleep(violet->context.events)) /* otherwise they hang */
        life_restore_ears(life);
    life_resume(life, LIFE_INTERACTIVE, clock_now_usec());
}

/* The ears stand as the original's did then. */
static void enter_mode(struct violet *violet, const char *application)
{
    struct command_context context = events_context(violet->context.events);
    int r = interactive_start(violet->interactive, application);

    if (r < 0) {
        log_debug("Interactive mode does not begin: %s", strerror(-r));
        leave_mode(violet);
        return;
    }
    life_suspend(show_life(context.show), LIFE_INTERACTIVE);
    for (enum ear_index i = 0; i < EAR_COUNT; i++)
        body_ear_go(context.body, i, MODE_EARS, EAR_FORWARD);
}

/* Hands are not among what moves them here: they are told of at once. */
static void note_ears(struct violet *violet)
{
    struct body *body = events_context(violet->context.events).body;

    if (!interactive_application(violet->interactive) || !body_ears_settled(body))
        return;
    for (enum ear_index i = 0; i < EAR_COUNT; i++)
        violet->ears[i] = body_ear_position(body, i);
}

/* Both are meant when it cannot be told which. */
static void tell_turn(struct violet *violet, unsigned left, unsigned right)
{
    bool is_left = (int)left != violet->ears[EAR_LEFT];
    bool is_right = (int)right != violet->ears[EAR_RIGHT];

    interactive_tell_ears(violet->interactive, is_left || !is_right, is_right || !is_left);
}

static void on_mode(enum program_command command, const char *value, void *userdata)
{
    struct violet *violet = userdata;

    if (command == PROGRAM_IS)
        enter_mode(violet, value);
    else if (command == PROGRAM_IE)
        leave_mode(violet);
    else if (!interactive_set(violet->interactive, value))
        log_debug("A program sets something of interactive mode that does nothing here");
}

static void on_program_end(void *userdata)
{
    struct violet *violet = userdata;

    interactive_tell_end(violet->interactive);
}

static void on_packet(const void *data, size_t size, void *userdata)
{
    struct violet *violet = userdata;

    platform_take_answer(violet->platform, data, size, clock_now_usec());
}

static void on_mode_failed(void *userdata)
{
    leave_mode(userdata);
}

/* ---- its questions ---- */

static bool may_ask(const char *jid, void *userdata)
{
    struct violet *violet = userdata;

    return jid && platform_may(violet->platform, jid);
}

static const char *yes_no(bool is_so)
{
    return is_so ? "1" : "0";
}

static void look_at_state(struct queries_facts *facts, void *userdata)
{
    struct violet *violet = userdata;
    const struct config *config = violet->config;
    const char *application = interactive_application(violet->interactive);
    struct show *show = events_show(violet->context.events);

    program_text(violet->it_app, sizeof(violet->it_app), application ? application : "");
    facts->state = "Free";
    facts->resource = config_is_violet(violet->config) ? resources_current(violet->resources)
                                                       : platform_resource(violet->platform);
    facts->it_state = yes_no(application);
    facts->it_app = violet->it_app;
    facts->sleep_state = yes_no(events_is_asleep(violet->context.events));
    facts->streaming_state = yes_no(show_is_streaming(show));
    facts->processing_state = yes_no(show_is_running(show));
    facts->busy_state = yes_no(streq(platform_resource(violet->platform), "busy"));
    facts->bytecode_revision = config->rabbit.version;
    facts->server_url = config->rabbit.locate;
}

static void on_rename(const char *which, const char *name, void *userdata)
{
    struct violet *violet = userdata;

    platform_rename(violet->platform, name);
}

/* ---- downloads ---- */

/* Ends interactive mode, whose application nobody could ask. */
static void let_go_of_fetch(struct violet *violet)
{
    leave_mode(violet);
    interactive_set_place(violet->interactive, &(struct interactive_place){.ping = NULL}, NULL);
    show_set_fetch(events_show(violet->context.events), NULL);
    violet->fetch = fetch_free(violet->fetch);
}

/* Only with a platform whose hosts are known, or a list of them. */
static void make_fetch(struct violet *violet)
{
    const struct servers *servers = login_servers(violet->context.login);
    const struct locate_answer *known = servers_known(servers);
    const struct allow_names names = {
        .locate = violet->config->rabbit.locate,
        .ping = known ? known->ping : NULL,
        .broad = known ? known->broad : NULL,
        .is_near = servers_are_near(servers),
        .listed = violet->config->access.fetch,
    };
    const struct interactive_place place = {
        .ping = login_serial(violet->context.login) ? names.ping : NULL,
        .serial = login_serial(violet->context.login),
        .version = violet->config->rabbit.version,
    };

    let_go_of_fetch(violet);
    if (fetch_new(&violet->fetch, violet->event, violet->context.http, &names) < 0)
        violet->fetch = NULL;
    show_set_fetch(events_show(violet->context.events), violet->fetch);
    if (interactive_set_place(violet->interactive, &place, violet->fetch) < 0)
        log_debug("No memory is left for interactive mode");
}

static void configure_platform(struct violet *violet)
{
    strdup_to(&violet->domain, login_domain(violet->context.login));
    platform_configure(violet->platform, violet->config, violet->domain);
}

/* ---- the stream ---- */

void violet_set_online(struct violet *violet, const char *jid)
{
    uint64_t now_usec = clock_now_usec();

    if (!violet)
        return;
    if (jid) {
        configure_platform(violet);
        make_fetch(violet);
    }
    leave_mode(violet);
    platform_set_online(violet->platform, jid != NULL, now_usec);
    resources_stop(violet->resources);
    if (jid && config_is_violet(violet->config) &&
        resources_start(violet->resources, jid, FIRST_IDS, now_usec) < 0)
        on_useless("bind-failed", "it named no address of ours", violet);
    violet_look(violet);
}

bool violet_take(struct violet *violet, xmpp_stanza_t *stanza)
{
    uint64_t now_usec = clock_now_usec();
    int r;

    if (!violet)
        return false;
    if (config_is_violet(violet->config) && resources_take(violet->resources, stanza, now_usec))
        return true;
    r = platform_take(violet->platform, stanza, now_usec);
    if (r == 0 && stanza_is(stanza, "iq", XMPP_NS_CLIENT))
        router_answer(violet->context.router, stanza, NULL);
    return r == 0;
}

int violet_send(struct violet *violet, const char *text, size_t size)
{
    int r;

    if (!config_is_violet(violet->config))
        return login_send(violet->context.login, text, size);
    r = resources_send(violet->resources, text, size, clock_now_usec());
    arm_timer(violet);
    return r;
}

void violet_tell_clicks(struct violet *violet, unsigned clicks, const char *program_id)
{
    if (violet && interactive_application(violet->interactive))
        interactive_tell_clicks(violet->interactive, clicks);
    else if (violet)
        platform_tell_clicks(violet->platform, clicks, program_id);
}

void violet_tell_ears(struct violet *violet, unsigned left, unsigned right)
{
    if (violet && interactive_application(violet->interactive))
        tell_turn(violet, left, right);
    else if (violet)
        platform_tell_ears(violet->platform, left, right);
}

/* ---- time ---- */

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct violet *violet = userdata;

    violet->due_usec = USEC_NEVER;
    resources_tick(violet->resources, clock_now_usec());
    violet_look(violet);
    return 0;
}

void violet_look(struct violet *violet)
{
    if (!violet)
        return;
    if (events_is_asleep(violet->context.events))
        leave_mode(violet);
    note_ears(violet);
    platform_look(violet->platform, clock_now_usec());
    arm_timer(violet);
}

/* ---- life ---- */

void violet_configure(struct violet *violet, const struct config *config)
{
    if (!violet)
        return;
    violet->config = config;
    configure_platform(violet);
    make_fetch(violet);
}

static int build(struct violet *violet)
{
    static const struct platform_listener platform_listener = {
        .tell = on_tell, .on_resource = on_resource, .on_reboot = on_reboot};
    static const struct resources_listener resources_listener = {.write = on_write,
                                                                 .on_sources = on_sources,
                                                                 .on_changed = on_bound_anew,
                                                                 .on_failed = on_useless};
    static const struct queries_listener queries_listener = {
        .may_ask = may_ask, .look = look_at_state, .on_rename = on_rename};
    const struct interactive_listener interactive_listener = {
        .on_packet = on_packet, .on_failed = on_mode_failed, .userdata = violet};
    const struct program_guide guide = {
        .on_mode = on_mode, .on_end = on_program_end, .userdata = violet};
    struct platform_context platform_context = {
        .show = events_show(violet->context.events),
        .sleep = events_context(violet->context.events).sleep,
    };
    int r = interactive_new(&violet->interactive, &interactive_listener);

    platform_context.interactive = violet->interactive;
    if (r == 0)
        r = platform_new(&violet->platform, violet->config, NULL, &platform_context,
                         &platform_listener, violet);
    if (r == 0)
        r = resources_new(&violet->resources, &resources_listener, violet);
    if (r == 0)
        r = queries_new(&violet->queries, violet->context.router, &queries_listener, violet);
    if (r == 0)
        r = sd_event_add_time(violet->event, &violet->timer, CLOCK_MONOTONIC, USEC_NEVER,
                              USEC_PER_MSEC, on_timer, violet);
    violet->due_usec = USEC_NEVER;
    if (r >= 0)
        show_set_guide(platform_context.show, &guide);
    return r < 0 ? r : 0;
}

int violet_new(struct violet **ret, sd_event *event, const struct config *config,
               const struct violet_context *context)
{
    struct violet *violet = calloc(1, sizeof(*violet));
    int r;

    if (!violet)
        return -ENOMEM;
    violet->event = sd_event_ref(event);
    violet->config = config;
    violet->context = *context;
    r = build(violet);
    if (r < 0) {
        violet_free(violet);
        return r;
    }
    *ret = violet;
    return 0;
}

struct violet *violet_free(struct violet *violet)
{
    if (!violet)
        return NULL;
    show_set_guide(events_show(violet->context.events), NULL);
    if (violet->interactive)
        let_go_of_fetch(violet);
    interactive_free(violet->interactive);
    queries_free(violet->queries);
    platform_free(violet->platform);
    free(violet->domain);
    resources_free(violet->resources);
    sd_event_source_disable_unref(violet->timer);
    sd_event_unref(violet->event);
    free(violet);
    return NULL;
}
