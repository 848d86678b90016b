#include "rabbit/rabbit.h"

#include <errno.h>

#include "base/log.h"
#include "base/message-id.h"
#include "base/parse.h"
#include "base/state.h"
#include "rabbit/access.h"
#include "rabbit/bus.h"
#include "rabbit/chat.h"
#include "rabbit/events.h"
#include "rabbit/login.h"
#include "rabbit/owners.h"
#include "rabbit/serial.h"
#include "rabbit/violet.h"
#include "xmpp/caps.h"
#include "xmpp/ping.h"
#include "xmpp/roster.h"
#include "xmpp/stanza.h"

#define STATUS_MAX 1024

struct rabbit {
    sd_event *event;
    const struct config *config;
    struct timing timing;
    struct rabbit_listener listener;
    void *userdata;
    char status[STATUS_MAX]; /* told last */
    bool stopping;

    struct events *events; /* and the body */
    struct bus *bus;       /* NULL: none is wanted */
    struct http *http;
    struct login *login;
    struct router *router;
    struct roster *roster;
    struct ping *ping;
    struct violet *violet;
    /* Made anew for each configuration. */
    struct access *access;
    struct owners *owners;
    struct chat *chat;
};

/* Status: one clean line, whatever a server says. systemd takes each line for a message. */

static void describe(char *ret, size_t size, void *userdata)
{
    struct rabbit *rabbit = userdata;
    char login[STATUS_MAX / 2], body[STATUS_MAX / 2 - 2];

    login_status(rabbit->login, login, sizeof(login));
    events_describe(rabbit->events, body, sizeof(body));
    snprintf(ret, size, "%s, %s", login, body);
    text_clean(ret, size, ret);
}

static void tell_status(struct rabbit *rabbit)
{
    char status[STATUS_MAX];

    if (!rabbit->login || rabbit->stopping)
        return;
    describe(status, sizeof(status), rabbit);
    if (streq(status, rabbit->status))
        return;
    memcpy(rabbit->status, status, sizeof(status));
    rabbit->listener.on_status(status, rabbit->userdata);
}

static void on_status(void *userdata)
{
    struct rabbit *rabbit = userdata;

    tell_status(rabbit);
    violet_look(rabbit->violet);
}

/* From the login */

static void on_story(enum story story, void *userdata)
{
    struct rabbit *rabbit = userdata;

    if (rabbit->stopping)
        return;
    events_show_story(rabbit->events, story);
    tell_status(rabbit);
}

/* XEP-0115; RFC 6121 4.7.2.1: a sleeper is away for long. */
static int describe_presence(struct rabbit *rabbit, xmpp_stanza_t *presence)
{
    xmpp_stanza_t *caps = NULL;
    int r = events_is_asleep(rabbit->events) ? stanza_add_text_child(presence, "show", "xa") : 0;

    if (r == 0 && caps_element(&caps, rabbit->router) == 0) {
        r = xmpp_stanza_add_child(presence, caps) == XMPP_EOK ? 0 : -ENOMEM;
        xmpp_stanza_release(caps);
    }
    return r;
}

/* `type` is NULL or "unavailable". */
static void send_own_presence(struct rabbit *rabbit, const char *type)
{
    xmpp_stanza_t *presence = xmpp_presence_new(router_context(rabbit->router));

    if (!presence)
        return;
    if (type ? xmpp_stanza_set_type(presence, type) == XMPP_EOK
             : describe_presence(rabbit, presence) == 0)
        router_send(rabbit->router, presence);
    xmpp_stanza_release(presence);
}

static void on_sleep(void *userdata)
{
    struct rabbit *rabbit = userdata;

    if (router_jid(rabbit->router) && !config_is_violet(rabbit->config))
        send_own_presence(rabbit, NULL);
    violet_look(rabbit->violet);
}

static void on_rest(void *userdata)
{
    struct rabbit *rabbit = userdata;

    if (rabbit->chat)
        chat_on_rest(rabbit->chat);
    bus_on_rest(rabbit->bus);
}

static void on_press(const char *what, void *userdata)
{
    struct rabbit *rabbit = userdata;

    bus_tell_button(rabbit->bus, what);
}

static void on_turn(unsigned left, unsigned right, void *userdata)
{
    struct rabbit *rabbit = userdata;

    bus_tell_ears(rabbit->bus, left, right);
    if (!events_is_asleep(rabbit->events))
        violet_tell_ears(rabbit->violet, left, right);
}

static void on_clicks(unsigned clicks, bool in_program, const char *program_id, void *userdata)
{
    struct rabbit *rabbit = userdata;

    violet_tell_clicks(rabbit->violet, clicks, in_program ? program_id : NULL);
}

static void on_show(void *userdata)
{
    struct rabbit *rabbit = userdata;

    violet_look(rabbit->violet);
}

static void on_online(const char *jid, void *userdata)
{
    struct rabbit *rabbit = userdata;

    if (rabbit->stopping)
        return;
    router_bind(rabbit->router, jid);
    violet_set_online(rabbit->violet, jid);
    /* Those servers know neither rosters nor pings, and presence is a matter of resources there. */
    if (!config_is_violet(rabbit->config)) {
        ping_start(rabbit->ping);
        roster_fetch(rabbit->roster);
        send_own_presence(rabbit, NULL);
    }
    tell_status(rabbit);
}

static void on_offline(void *userdata)
{
    struct rabbit *rabbit = userdata;

    violet_set_online(rabbit->violet, NULL);
    ping_stop(rabbit->ping);
    owners_forget_presence(rabbit->owners);
    router_bind(rabbit->router, NULL);
}

static void on_stanza(xmpp_stanza_t *stanza, void *userdata)
{
    struct rabbit *rabbit = userdata;

    ping_heard(rabbit->ping);
    if (!violet_take(rabbit->violet, stanza))
        router_dispatch(rabbit->router, stanza);
    violet_look(rabbit->violet);
}

static void on_closed(void *userdata)
{
    struct rabbit *rabbit = userdata;

    rabbit->listener.on_stopped(rabbit->userdata);
}

/* From the router and what hangs on it */

static int on_send(const char *text, size_t size, void *userdata)
{
    struct rabbit *rabbit = userdata;

    return rabbit->violet ? violet_send(rabbit->violet, text, size)
                          : login_send(rabbit->login, text, size);
}

static void on_message(xmpp_stanza_t *message, void *userdata)
{
    struct rabbit *rabbit = userdata;

    if (!rabbit->stopping)
        chat_on_message(rabbit->chat, message);
}

static void on_presence(xmpp_stanza_t *presence, void *userdata)
{
    struct rabbit *rabbit = userdata;

    owners_on_presence(rabbit->owners, presence);
}

static void on_roster(void *userdata)
{
    struct rabbit *rabbit = userdata;

    owners_welcome(rabbit->owners, rabbit->roster);
}

static void on_dead(void *userdata)
{
    struct rabbit *rabbit = userdata;

    login_drop(rabbit->login, "ping-timeout", NULL);
}

/* Building */

static int build_people(struct rabbit *rabbit, const struct config *config)
{
    static const struct chat_listener chat_listener = {.describe = describe};
    struct access *access = NULL;
    struct owners *owners = NULL;
    struct chat *chat = NULL;
    struct command_context context = events_context(rabbit->events);
    int r = access_new(&access, config);

    if (r == 0)
        r = owners_new(&owners, config, access, rabbit->router, state_directory());
    if (r == 0)
        r = chat_new(&chat, config, access, rabbit->router, &context, &chat_listener, rabbit);
    if (r < 0) {
        owners_free(owners);
        access_free(access);
        return r;
    }
    owners_inherit(owners, rabbit->owners);
    chat_free(rabbit->chat);
    owners_free(rabbit->owners);
    access_free(rabbit->access);
    rabbit->chat = chat;
    rabbit->owners = owners;
    rabbit->access = access;
    events_set_owners(rabbit->events, owners, rabbit->router);
    return 0;
}

static struct router_identity identity_of(const struct config *config)
{
    bool is_violet = config_is_violet(config);

    return (struct router_identity){
        .software = is_violet ? "Nabaztag/tag" : "nabaztagd",
        .version = is_violet ? config->rabbit.version : NABAZTAGD_VERSION,
        .name = config->rabbit.name,
        .is_violet = is_violet,
    };
}

static int build_xmpp(struct rabbit *rabbit)
{
    static const struct router_listener router_listener = {
        .send = on_send, .on_message = on_message, .on_presence = on_presence};
    const struct router_identity identity = identity_of(rabbit->config);
    int r = router_new(&rabbit->router, rabbit->event, &identity, &router_listener, rabbit);

    if (r == 0)
        r = roster_new(&rabbit->roster, rabbit->router, on_roster, rabbit);
    if (r == 0)
        r = ping_new(&rabbit->ping, rabbit->event, rabbit->router, &rabbit->timing, on_dead,
                     rabbit);
    return r;
}

static int build_violet(struct rabbit *rabbit)
{
    const struct violet_context context = {.events = rabbit->events,
                                           .http = rabbit->http,
                                           .login = rabbit->login,
                                           .router = rabbit->router};

    return violet_new(&rabbit->violet, rabbit->event, rabbit->config, &context);
}

static int build(struct rabbit *rabbit, const char *config_path)
{
    static const struct login_listener login_listener = {
        .on_story = on_story,
        .on_online = on_online,
        .on_offline = on_offline,
        .on_stanza = on_stanza,
        .on_closed = on_closed,
    };
    static const struct events_listener events_listener = {.on_status = on_status,
                                                           .on_sleep = on_sleep,
                                                           .on_rest = on_rest,
                                                           .on_press = on_press,
                                                           .on_turn = on_turn,
                                                           .on_clicks = on_clicks,
                                                           .on_show = on_show};
    /* First of all: motors off. */
    int r = events_new(&rabbit->events, rabbit->event, rabbit->config, &events_listener, rabbit);

    if (r < 0)
        return r;
    r = build_xmpp(rabbit);
    if (r == 0)
        r = build_people(rabbit, rabbit->config);
    if (r == 0)
        r = http_new(&rabbit->http, rabbit->event);
    if (r == 0)
        r = login_new(&rabbit->login, rabbit->event, &rabbit->timing, rabbit->http, config_path,
                      &login_listener, rabbit);
    if (r == 0)
        r = build_violet(rabbit);
    if (r < 0)
        log_error("Cannot start: %s", strerror(-r));
    return r;
}

int rabbit_new(struct rabbit **ret, sd_event *event, const struct config *config,
               const char *config_path, const struct timing *timing,
               const struct rabbit_listener *listener, void *userdata)
{
    struct rabbit *rabbit = calloc(1, sizeof(*rabbit));
    int r;

    if (!rabbit)
        return -ENOMEM;
    rabbit->event = sd_event_ref(event);
    rabbit->config = config;
    rabbit->timing = *timing;
    rabbit->listener = *listener;
    rabbit->userdata = userdata;
    r = build(rabbit, config_path);
    if (r < 0) {
        rabbit_free(rabbit);
        return r;
    }
    *ret = rabbit;
    return 0;
}

bool rabbit_free(struct rabbit *rabbit)
{
    bool clean;

    if (!rabbit)
        return true;
    rabbit->stopping = true;
    rabbit->bus = bus_free(rabbit->bus);
    rabbit->violet = violet_free(rabbit->violet);
    rabbit->events = events_free(rabbit->events);
    clean = login_free(rabbit->login);
    http_free(rabbit->http);
    chat_free(rabbit->chat);
    owners_free(rabbit->owners);
    access_free(rabbit->access);
    ping_free(rabbit->ping);
    roster_free(rabbit->roster);
    router_free(rabbit->router);
    sd_event_unref(rabbit->event);
    free(rabbit);
    return clean;
}

/* A serial is needed for the reports and where the JID has no local part; elsewhere having none is
 * no trouble. */
static int start_login(struct rabbit *rabbit)
{
    const struct config *config = rabbit->config;
    char serial[13], trouble[256];
    int r = serial_find(config, state_directory(), serial);

    if (r < 0 && config->account.jid && (config->report.url || !strchr(config->account.jid, '@'))) {
        serial_explain(r, state_directory(), trouble, sizeof(trouble));
        log_event(LOG_ERR, MESSAGE_NOT_CONFIGURED, NULL,
                  "The rabbit has no serial number (%s); set [rabbit] serial", trouble);
        login_stop(rabbit->login, config, "[rabbit] serial");
        return -ENOENT;
    }
    return login_start(rabbit->login, config, r == 0 ? serial : NULL);
}

int rabbit_start(struct rabbit *rabbit)
{
    int r = start_login(rabbit);

    tell_status(rabbit);
    return r;
}

/* The bus */

static void look_at_body(const struct rabbit *rabbit, struct bus_view *ret)
{
    const struct body *body = events_context(rabbit->events).body;
    const struct body_fault *fault = events_fault(rabbit->events);

    for (enum ear_index i = 0; i < EAR_COUNT; i++) {
        ret->ears[i] = body_ear_position(body, i);
        ret->ear_states[i] = body_ear_state(body, i);
    }
    for (enum led_index i = 0; i < LED_COUNT; i++)
        ret->leds[i] = body_led_get(body, i);
    ret->asleep = events_is_asleep(rabbit->events);
    text_clean(ret->board, sizeof(ret->board), body_description(body));
    text_clean(ret->body_fault.cause, sizeof(ret->body_fault.cause),
               fault->cause ? fault->cause : "");
    text_clean(ret->body_fault.text, sizeof(ret->body_fault.text), fault->text);
}

static void look(struct bus_view *ret, void *userdata)
{
    struct rabbit *rabbit = userdata;
    const struct login_view login = login_look(rabbit->login);
    char status[STATUS_MAX];

    look_at_body(rabbit, ret);
    describe(status, sizeof(status), rabbit);
    text_clean(ret->status, sizeof(ret->status), status);
    ret->online = login.online;
    text_clean(ret->stage, sizeof(ret->stage), login.stage);
    text_clean(ret->jid, sizeof(ret->jid), login.jid ? login.jid : "");
    text_clean(ret->serial, sizeof(ret->serial), login.serial ? login.serial : "");
    text_clean(ret->last_failure.cause, sizeof(ret->last_failure.cause), login.failure->cause);
    text_clean(ret->last_failure.text, sizeof(ret->last_failure.text), login.failure->text);
    ret->last_failure.usec = login.failure_usec;
}

static int reconnect(void *userdata)
{
    struct rabbit *rabbit = userdata;
    int r = rabbit->config->account.jid ? start_login(rabbit) : -ENOENT;

    tell_status(rabbit);
    return r;
}

static int register_account(void *userdata)
{
    struct rabbit *rabbit = userdata;
    int r = login_register(rabbit->login);

    tell_status(rabbit);
    return r;
}

static int report(struct http_request **ret, http_handler handler, void *handler_userdata,
                  void *userdata)
{
    struct rabbit *rabbit = userdata;
    struct report_details details;
    int r = login_report_details(rabbit->login, &details);

    return r < 0
               ? r
               : report_send(ret, rabbit->http, &details, REPORT_LOGIN, handler, handler_userdata);
}

int rabbit_serve(struct rabbit *rabbit, const char *which, const char *instance)
{
    static const struct bus_listener listener = {
        .look = look,
        .orders = {.describe = describe,
                   .reconnect = reconnect,
                   .register_account = register_account,
                   .report = report},
    };
    const struct command_context context = events_context(rabbit->events);

    return bus_new(&rabbit->bus, rabbit->event, which, instance, &context, &listener, rabbit);
}

/* Reloading */

static bool same_list(char *const *a, char *const *b)
{
    for (; *a && *b; a++, b++)
        if (!streq(*a, *b))
            return false;
    return !*a && !*b;
}

/* Everything that a connection is made with. */
static bool same_connection(const struct config *a, const struct config *b)
{
    return streq_ptr(a->account.jid, b->account.jid) &&
           streq_ptr(a->account.resource, b->account.resource) &&
           streq_ptr(a->account.server, b->account.server) &&
           a->account.dialect == b->account.dialect &&
           streq_ptr(a->account.password_file, b->account.password_file) &&
           a->account.register_account == b->account.register_account &&
           streq_ptr(a->account.name, b->account.name) &&
           streq_ptr(a->account.email, b->account.email) && a->tls.mode == b->tls.mode &&
           streq_ptr(a->tls.ca_file, b->tls.ca_file) &&
           streq_ptr(a->tls.fingerprint, b->tls.fingerprint) &&
           same_list(a->sasl.mechanisms, b->sasl.mechanisms) &&
           a->sasl.plaintext == b->sasl.plaintext &&
           streq_ptr(a->rabbit.serial, b->rabbit.serial) &&
           streq_ptr(a->rabbit.name, b->rabbit.name) &&
           streq_ptr(a->rabbit.version, b->rabbit.version) &&
           streq_ptr(a->rabbit.locate, b->rabbit.locate);
}

static void warn_of_restart(const struct config *a, const struct config *b)
{
    if (!config_same_board(a, b) || !streq_ptr(a->sim.socket, b->sim.socket))
        log_warning("[body] board and its lines and LEDs and [sim] socket take effect when the "
                    "service is restarted");
}

int rabbit_reload(struct rabbit *rabbit, const struct config *config)
{
    const struct config *old = rabbit->config;
    const struct router_identity identity = identity_of(config);
    bool keep = router_jid(rabbit->router) && same_connection(old, config);
    int r = build_people(rabbit, config);

    if (r < 0)
        return r;
    warn_of_restart(old, config);
    if (!keep)
        violet_set_online(rabbit->violet, NULL); /* in its own dialect */
    rabbit->config = config;
    router_identify(rabbit->router, &identity);
    events_reconfigure(rabbit->events, config);
    violet_configure(rabbit->violet, config);
    if (keep) {
        login_reconfigure(rabbit->login, config);
        if (!config_is_violet(rabbit->config))
            roster_fetch(rabbit->roster);
    } else {
        start_login(rabbit); /* whoever reloads a rabbit that waits wants it to try now */
    }
    tell_status(rabbit);
    return 0;
}

void rabbit_stop(struct rabbit *rabbit)
{
    rabbit->stopping = true;
    rabbit->bus = bus_free(rabbit->bus);
    rabbit->violet = violet_free(rabbit->violet);
    rabbit->events = events_free(rabbit->events);
    if (router_jid(rabbit->router) && !config_is_violet(rabbit->config))
        send_own_presence(rabbit, "unavailable");
    login_close(rabbit->login);
}

bool rabbit_is_healthy(struct rabbit *rabbit)
{
    return login_is_healthy(rabbit->login);
}
