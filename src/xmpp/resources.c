#include "xmpp/resources.h"

#include <errno.h>

#include "base/limits.h"
#include "base/parse.h"
#include "xmpp/stanza.h"
#include "xmpp/violet-text.h"

#define ANSWER_USEC (12 * USEC_PER_SEC)   /* the original's limit */
#define ECHO_USEC   (3 * USEC_PER_SEC)    /* not every server sends our presence back */
#define PACE_USEC   (100 * USEC_PER_MSEC) /* the original's tick: apart enough to be read apart */
#define SILENT_USEC (9 * USEC_PER_SEC)    /* then a space says that we live */

enum state {
    RESOURCES_OFF,
    RESOURCES_FREE,
    RESOURCES_SOURCES, /* this and the next wait for an answer */
    RESOURCES_BIND,
    RESOURCES_SESSION,
    RESOURCES_PRESENCE,
    RESOURCES_UNBIND,
};

struct resources {
    struct resources_listener listener;
    void *userdata;

    enum state state;
    char *local, *domain;
    char *jid;                         /* as it is now */
    char bound[LIMIT_RESOURCE + 1];    /* its resource */
    char previous[LIMIT_RESOURCE + 1]; /* to be unbound */
    bool is_single;                    /* the server binds one resource alone */
    const char *current, *wanted;
    unsigned last_id, asked_id;
    uint64_t answer_by_usec; /* of what is awaited */
    uint64_t written_usec;
    uint64_t heard_usec;

    char *queue[LIMIT_VIOLET_QUEUE];
    size_t first, count;
};

int resources_new(struct resources **ret, const struct resources_listener *listener, void *userdata)
{
    struct resources *resources = calloc(1, sizeof(*resources));

    if (!resources)
        return -ENOMEM;
    resources->listener = *listener;
    resources->userdata = userdata;
    *ret = resources;
    return 0;
}

void resources_stop(struct resources *resources)
{
    for (; resources->count > 0; resources->count--) {
        free(resources->queue[resources->first]);
        resources->first = (resources->first + 1) % LIMIT_VIOLET_QUEUE;
    }
    strdup_to(&resources->local, NULL);
    strdup_to(&resources->domain, NULL);
    strdup_to(&resources->jid, NULL);
    resources->current = resources->wanted = NULL;
    resources->is_single = false;
    resources->state = RESOURCES_OFF;
}

struct resources *resources_free(struct resources *resources)
{
    if (!resources)
        return NULL;
    resources_stop(resources);
    free(resources);
    return NULL;
}

const char *resources_jid(const struct resources *resources)
{
    return resources->jid;
}

const char *resources_current(const struct resources *resources)
{
    return resources->current;
}

/* ---- writing ---- */

static int write_out(struct resources *resources, const char *text, uint64_t now_usec)
{
    int r = resources->listener.write(text, strlen(text), resources->userdata);

    resources->written_usec = now_usec;
    return r;
}

static void fail(struct resources *resources, const char *cause, const char *detail)
{
    resources_stop(resources);
    resources->listener.on_failed(cause, detail, resources->userdata);
}

/* One of the texts with the next id; NULL: out of memory. */
static char *compose(struct resources *resources, enum violet_text which, const char *argument,
                     const char *body)
{
    return violet_text(which, &(struct violet_words){
                                  .local = resources->local,
                                  .domain = resources->domain,
                                  .resource = resources->bound,
                                  .argument = argument,
                                  .body = body,
                                  .id = ++resources->last_id,
                              });
}

/* Asks for something and awaits the answer. */
static void ask(struct resources *resources, enum violet_text which, const char *argument,
                enum state state, uint64_t now_usec)
{
    _cleanup_(freep) char *text = compose(resources, which, argument, NULL);
    bool may_stay_out = state == RESOURCES_PRESENCE || state == RESOURCES_UNBIND;

    resources->asked_id = resources->last_id;
    resources->state = state;
    resources->answer_by_usec = now_usec + (may_stay_out ? ECHO_USEC : ANSWER_USEC);
    if (!text || write_out(resources, text, now_usec) < 0)
        fail(resources, "too-large", "out of memory");
}

/* ---- the resource ---- */

static int set_jid(struct resources *resources)
{
    char *jid;

    if (asprintf(&jid, "%s@%s/%s", resources->local, resources->domain, resources->bound) < 0)
        return -ENOMEM;
    free(resources->jid);
    resources->jid = jid;
    return 0;
}

/* Takes the resource out of a full JID. Returns 0, -EBADMSG for one that none of ours would be, or
 * -ENOMEM. */
static int take_bound(struct resources *resources, const char *jid)
{
    const char *slash = jid ? strchr(jid, '/') : NULL;

    if (!slash || !slash[1] || strlen(slash + 1) > LIMIT_RESOURCE || !text_is_clean(slash + 1))
        return -EBADMSG;
    memcpy(resources->bound, slash + 1, strlen(slash + 1) + 1);
    return set_jid(resources);
}

static void say_presence(struct resources *resources, uint64_t now_usec)
{
    ask(resources, VIOLET_PRESENCE, NULL, RESOURCES_PRESENCE, now_usec);
}

/* A server that has but one resource for us hears of the change by presence alone. */
static void change(struct resources *resources, uint64_t now_usec)
{
    memcpy(resources->previous, resources->bound, sizeof(resources->previous));
    resources->current = resources->wanted;
    if (resources->is_single)
        say_presence(resources, now_usec);
    else
        ask(resources, VIOLET_BIND, resources->current, RESOURCES_BIND, now_usec);
}

static void be_free(struct resources *resources, uint64_t now_usec)
{
    resources->state = RESOURCES_FREE;
    resources->listener.on_changed(resources->userdata);
}

static void send_next(struct resources *resources, uint64_t now_usec)
{
    char *text = resources->queue[resources->first];

    resources->first = (resources->first + 1) % LIMIT_VIOLET_QUEUE;
    resources->count--;
    if (write_out(resources, text, now_usec) < 0)
        fail(resources, "too-large", "out of memory");
    free(text);
}

static bool wants_another(const struct resources *resources)
{
    return resources->wanted && !streq(resources->wanted, resources->current);
}

static uint64_t keep_alive_due(const struct resources *resources)
{
    uint64_t last = resources->written_usec > resources->heard_usec ? resources->written_usec
                                                                    : resources->heard_usec;

    return last + SILENT_USEC;
}

/* What is to be done next, one thing at a time. */
static void work(struct resources *resources, uint64_t now_usec)
{
    if (resources->state != RESOURCES_FREE || now_usec < resources->written_usec + PACE_USEC)
        return;
    if (wants_another(resources))
        change(resources, now_usec);
    else if (resources->count > 0)
        send_next(resources, now_usec);
    else if (now_usec >= keep_alive_due(resources))
        write_out(resources, " ", now_usec);
}

void resources_want(struct resources *resources, const char *resource, uint64_t now_usec)
{
    resources->wanted = resource;
    if (resources->state != RESOURCES_OFF)
        work(resources, now_usec);
}

int resources_start(struct resources *resources, const char *jid, unsigned last_id,
                    uint64_t now_usec)
{
    const char *at = strchr(jid, '@'), *slash = strchr(jid, '/');
    int r = 0;

    resources_stop(resources);
    if (!at || !slash || at > slash)
        return -EBADMSG;
    resources->local = strndup(jid, (size_t)(at - jid));
    resources->domain = strndup(at + 1, (size_t)(slash - at - 1));
    if (!resources->local || !resources->domain)
        r = -ENOMEM;
    if (r == 0)
        r = take_bound(resources, jid);
    if (r < 0) {
        resources_stop(resources);
        return r;
    }
    resources->current = "boot";
    resources->last_id = last_id;
    resources->heard_usec = now_usec;
    ask(resources, VIOLET_SOURCES, NULL, RESOURCES_SOURCES, now_usec);
    return 0;
}

/* ---- answers ---- */

static void on_sources(struct resources *resources, xmpp_stanza_t *iq, bool good, uint64_t now_usec)
{
    char detail[LIMIT_FOREIGN_TEXT];
    const char *condition = stanza_error_condition(iq);

    if (good) {
        resources->state = RESOURCES_FREE;
        resources->listener.on_sources(iq, resources->userdata);
        return;
    }
    snprintf(detail, sizeof(detail), "the platform does not say what to show: %.40s",
             condition ? condition : "no reason given");
    fail(resources, "protocol", detail);
}

/* The firmware never gets past a server that refuses; ours stays where it is bound. */
static void on_bound(struct resources *resources, xmpp_stanza_t *iq, bool good, uint64_t now_usec)
{
    xmpp_stanza_t *bind = xmpp_stanza_get_child_by_name_and_ns(iq, "bind", XMPP_NS_BIND);
    char *jid = bind ? stanza_child_text(bind, "jid") : NULL;
    int r = good ? take_bound(resources, jid) : 0;

    if (jid)
        xmpp_free(xmpp_stanza_get_context(iq), jid);
    resources->is_single = !good;
    if (r < 0)
        fail(resources, "bind-failed", "it named no address");
    else if (good)
        ask(resources, VIOLET_SESSION, NULL, RESOURCES_SESSION, now_usec);
    else
        say_presence(resources, now_usec);
}

static void on_session(struct resources *resources, xmpp_stanza_t *iq, bool good, uint64_t now_usec)
{
    say_presence(resources, now_usec);
}

static void on_presence(struct resources *resources, uint64_t now_usec)
{
    if (streq(resources->previous, resources->bound))
        be_free(resources, now_usec);
    else
        ask(resources, VIOLET_UNBIND, resources->previous, RESOURCES_UNBIND, now_usec);
}

static void on_unbound(struct resources *resources, xmpp_stanza_t *iq, bool good, uint64_t now_usec)
{
    be_free(resources, now_usec);
}

typedef void answer_handler(struct resources *resources, xmpp_stanza_t *iq, bool good,
                            uint64_t now_usec);

/* Is this IQ the answer to what was asked last? Messages may have been numbered since. */
static bool is_answer(const struct resources *resources, xmpp_stanza_t *iq, bool *ret_good)
{
    const char *id = xmpp_stanza_get_id(iq), *type = xmpp_stanza_get_type(iq);
    char own[12];

    snprintf(own, sizeof(own), "%u", resources->asked_id);
    *ret_good = streq_ptr(type, "result");
    return streq_ptr(id, own) && (*ret_good || streq_ptr(type, "error"));
}

bool resources_take(struct resources *resources, xmpp_stanza_t *stanza, uint64_t now_usec)
{
    static answer_handler *const handlers[] = {
        [RESOURCES_SOURCES] = on_sources,
        [RESOURCES_BIND] = on_bound,
        [RESOURCES_SESSION] = on_session,
        [RESOURCES_UNBIND] = on_unbound,
    };
    const char *name = xmpp_stanza_get_name(stanza);
    bool good;

    resources->heard_usec = now_usec;
    if (resources->state == RESOURCES_PRESENCE && streq_ptr(name, "presence")) {
        on_presence(resources, now_usec);
        return true;
    }
    if (!handlers[resources->state] || !streq_ptr(name, "iq") ||
        !is_answer(resources, stanza, &good))
        return false;
    handlers[resources->state](resources, stanza, good, now_usec);
    work(resources, now_usec);
    return true;
}

int resources_send(struct resources *resources, const char *text, size_t size, uint64_t now_usec)
{
    char *copy;

    if (resources->state == RESOURCES_OFF)
        return -ENOTCONN;
    if (resources->count == LIMIT_VIOLET_QUEUE)
        return -ENOSPC;
    copy = strndup(text, size);
    if (!copy)
        return -ENOMEM;
    resources->queue[(resources->first + resources->count++) % LIMIT_VIOLET_QUEUE] = copy;
    work(resources, now_usec);
    return 0;
}

int resources_tell(struct resources *resources, const char *to, const char *body, uint64_t now_usec)
{
    _cleanup_(freep) char *text = NULL;

    if (resources->state == RESOURCES_OFF)
        return -ENOTCONN;
    text = compose(resources, VIOLET_MESSAGE, to, body);
    return text ? resources_send(resources, text, strlen(text), now_usec) : -ENOMEM;
}

/* ---- time ---- */

uint64_t resources_deadline(const struct resources *resources)
{
    if (resources->state == RESOURCES_OFF)
        return USEC_NEVER;
    if (resources->state != RESOURCES_FREE)
        return resources->answer_by_usec;
    if (wants_another(resources) || resources->count > 0)
        return resources->written_usec + PACE_USEC;
    return keep_alive_due(resources);
}

static void give_up(struct resources *resources, uint64_t now_usec)
{
    if (resources->state == RESOURCES_PRESENCE)
        on_presence(resources, now_usec);
    else if (resources->state == RESOURCES_UNBIND)
        be_free(resources, now_usec);
    else
        fail(resources, "silent-bind", "nothing came for 12 s");
}

void resources_tick(struct resources *resources, uint64_t now_usec)
{
    if (now_usec < resources_deadline(resources))
        return;
    if (resources->state != RESOURCES_FREE)
        give_up(resources, now_usec);
    work(resources, now_usec);
}
