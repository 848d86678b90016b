#include "xmpp/router.h"

#include <errno.h>
#include <inttypes.h>

#include "base/clock.h"
#include "base/jid.h"
#include "base/limits.h"
#include "base/log.h"
#include "xmpp/stanza.h"
#include "xmpp/xep.h"

#define NS_STANZAS     "urn:ietf:params:xml:ns:xmpp-stanzas"
#define SERVED_MAX     16
#define TIMER_ACCURACY (10 * USEC_PER_MSEC)

/* Our own request that waits for its answer; a free place has no handler. */
struct pending {
    char id[40];
    char *to; /* NULL: our own account */
    uint64_t deadline_usec;
    router_answer_handler handler;
    void *userdata;
};

struct served {
    const char *type, *element, *ns;
    router_iq_handler handler;
    void *userdata;
};

struct router {
    struct router_identity identity;
    struct router_listener listener;
    void *userdata;
    xmpp_ctx_t *ctx;
    sd_event_source *timer; /* for the earliest deadline of all */
    char *jid, *bare_jid;   /* NULL while not bound */
    uint64_t id_prefix, id_count;
    struct pending pending[LIMIT_PENDING_IQS];
    struct served served[SERVED_MAX];
};

/* Our own requests */

static uint64_t earliest_deadline(const struct router *router)
{
    uint64_t earliest = USEC_NEVER;

    for (size_t i = 0; i < LIMIT_PENDING_IQS; i++)
        if (router->pending[i].handler && router->pending[i].deadline_usec < earliest)
            earliest = router->pending[i].deadline_usec;
    return earliest;
}

static int arm_timer(struct router *router)
{
    uint64_t earliest = earliest_deadline(router);
    int r;

    if (earliest == USEC_NEVER)
        return sd_event_source_set_enabled(router->timer, SD_EVENT_OFF);
    r = sd_event_source_set_time(router->timer, earliest);
    return r < 0 ? r : sd_event_source_set_enabled(router->timer, SD_EVENT_ONESHOT);
}

static void forget(struct pending *pending)
{
    free(pending->to);
    *pending = (struct pending){0};
}

/* The place is free before the handler runs, which may ask again at once. */
static void settle(struct pending *pending, xmpp_stanza_t *answer)
{
    router_answer_handler handler = pending->handler;
    void *userdata = pending->userdata;

    forget(pending);
    handler(answer, userdata);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct router *router = userdata;
    uint64_t now = clock_now_usec();

    for (size_t i = 0; i < LIMIT_PENDING_IQS; i++)
        if (router->pending[i].handler && router->pending[i].deadline_usec <= now)
            settle(&router->pending[i], NULL);
    return arm_timer(router);
}

static struct pending *free_place(struct router *router)
{
    for (size_t i = 0; i < LIMIT_PENDING_IQS; i++)
        if (!router->pending[i].handler)
            return &router->pending[i];
    return NULL;
}

static int await_answer(struct router *router, struct pending *place, const char *to)
{
    int r = strdup_to(&place->to, to);

    if (r < 0)
        return r;
    snprintf(place->id, sizeof(place->id), "%016" PRIx64 "-%" PRIx64, router->id_prefix,
             ++router->id_count);
    return 0;
}

int router_request(struct router *router, xmpp_stanza_t *iq, uint64_t timeout_usec,
                   router_answer_handler handler, void *userdata)
{
    struct pending *place = free_place(router);
    int r;

    if (!router->jid)
        return -ENOTCONN;
    if (!place)
        return -EBUSY;
    r = await_answer(router, place, xmpp_stanza_get_to(iq));
    if (r >= 0)
        r = xmpp_stanza_set_id(iq, place->id) == XMPP_EOK ? 0 : -ENOMEM;
    if (r >= 0)
        r = router_send(router, iq);
    if (r >= 0) {
        place->deadline_usec = clock_now_usec() + timeout_usec;
        place->handler = handler;
        place->userdata = userdata;
        r = arm_timer(router);
    }
    if (r < 0)
        forget(place);
    return r < 0 ? r : 0;
}

void router_forget(struct router *router, const void *userdata)
{
    for (size_t i = 0; i < LIMIT_PENDING_IQS; i++)
        if (router->pending[i].handler && router->pending[i].userdata == userdata)
            forget(&router->pending[i]);
    arm_timer(router);
}

/* What follows the "@" of our bare JID: the server's own address. */
static const char *own_domain(const struct router *router)
{
    const char *at = strchr(router->bare_jid, '@');

    return at ? at + 1 : router->bare_jid;
}

/*
 * RFC 6120 8.1.2.1: only the addressee may answer. Without `from` a stanza is of our own account's
 * server, which stamps all others; for our account it may as well name the account, this session or
 * itself.
 */
static bool may_answer(const struct router *router, const char *from, const char *to)
{
    if (!from)
        return !to || stanza_same_jid(to, router->bare_jid) ||
               stanza_same_jid(to, own_domain(router));
    if (to && !stanza_same_jid(to, router->bare_jid))
        return stanza_same_jid(from, to);
    return stanza_same_jid(from, router->bare_jid) || stanza_same_jid(from, router->jid) ||
           stanza_same_jid(from, own_domain(router));
}

static void take_answer(struct router *router, xmpp_stanza_t *iq)
{
    const char *id = xmpp_stanza_get_id(iq);

    for (size_t i = 0; id && i < LIMIT_PENDING_IQS; i++) {
        struct pending *pending = &router->pending[i];

        if (!pending->handler || !streq(pending->id, id))
            continue;
        if (may_answer(router, xmpp_stanza_get_from(iq), pending->to)) {
            settle(pending, iq);
            arm_timer(router);
        } else {
            log_debug("An answer to one of our requests came from somebody else.");
        }
        return;
    }
}

/* Requests of others */

/* A reply to `iq` that says nothing yet. What came may have ended the stream. */
static xmpp_stanza_t *reply_new(struct router *router, xmpp_stanza_t *iq, const char *type)
{
    const char *id = xmpp_stanza_get_id(iq);
    const char *from = xmpp_stanza_get_from(iq);
    xmpp_stanza_t *reply = id && router->jid ? xmpp_iq_new(router->ctx, type, id) : NULL;

    if (reply &&
        ((from && xmpp_stanza_set_to(reply, from) != XMPP_EOK) ||
         (router->identity.is_violet && xmpp_stanza_set_from(reply, router->jid) != XMPP_EOK))) {
        xmpp_stanza_release(reply);
        return NULL;
    }
    return reply;
}

int router_answer(struct router *router, xmpp_stanza_t *iq, xmpp_stanza_t *payload)
{
    _cleanup_(stanza_releasep) xmpp_stanza_t *reply = reply_new(router, iq, "result");

    if (!reply || (payload && xmpp_stanza_add_child(reply, payload) != XMPP_EOK))
        return -ENOMEM;
    return router_send(router, reply);
}

int router_refuse(struct router *router, xmpp_stanza_t *iq, const char *type, const char *condition)
{
    _cleanup_(stanza_releasep) xmpp_stanza_t *reply = reply_new(router, iq, "error");
    xmpp_stanza_t *error = reply ? stanza_add(reply, "error", NULL) : NULL;

    if (!error || xmpp_stanza_set_type(error, type) != XMPP_EOK ||
        !stanza_add(error, condition, NS_STANZAS))
        return -ENOMEM;
    return router_send(router, reply);
}

static void refuse_for(struct router *router, xmpp_stanza_t *iq, int error)
{
    static const struct {
        int error;
        const char *type, *condition;
    } refusals[] = {
        {-EINVAL, "modify", "bad-request"},
        {-ENOENT, "cancel", "item-not-found"},
        {-EPERM, "auth", "forbidden"},
        {0, "cancel", "service-unavailable"},
    };
    size_t i = 0;

    while (refusals[i].error != error && refusals[i].error != 0)
        i++;
    router_refuse(router, iq, refusals[i].type, refusals[i].condition);
}

static bool asks_for(xmpp_stanza_t *iq, xmpp_stanza_t *payload, const char *type,
                     const char *element, const char *ns)
{
    return streq(xmpp_stanza_get_type(iq), type) && stanza_is(payload, element, ns);
}

static int serve_by_xep(struct router *router, xmpp_stanza_t *iq, xmpp_stanza_t *payload)
{
    for (const struct xep *const *xep = xep_table; *xep; xep++)
        for (const struct xep_iq *row = (*xep)->iqs; row && row->type; row++)
            if (asks_for(iq, payload, row->type, row->element, row->ns))
                return row->on_iq(router, iq, payload);
    return -EOPNOTSUPP;
}

static int serve(struct router *router, xmpp_stanza_t *iq, xmpp_stanza_t *payload)
{
    for (size_t i = 0; i < SERVED_MAX; i++) {
        struct served *row = &router->served[i];

        if (row->handler && asks_for(iq, payload, row->type, row->element, row->ns))
            return row->handler(router, iq, payload, row->userdata);
    }
    return serve_by_xep(router, iq, payload);
}

/* Without an id there is nothing an answer could refer to. */
static void take_request(struct router *router, xmpp_stanza_t *iq)
{
    xmpp_stanza_t *payload = stanza_only_child(iq);
    int r;

    if (!xmpp_stanza_get_id(iq))
        return;
    r = payload ? serve(router, iq, payload) : -EINVAL;
    if (r < 0)
        refuse_for(router, iq, r);
}

static void take_iq(struct router *router, xmpp_stanza_t *iq)
{
    const char *type = xmpp_stanza_get_type(iq);

    if (streq_ptr(type, "result") || streq_ptr(type, "error"))
        take_answer(router, iq);
    else if (streq_ptr(type, "get") || streq_ptr(type, "set"))
        take_request(router, iq);
    else
        refuse_for(router, iq, -EINVAL);
}

int router_serve(struct router *router, const char *type, const char *element, const char *ns,
                 router_iq_handler handler, void *userdata)
{
    struct served *place = NULL;

    for (size_t i = 0; i < SERVED_MAX; i++) {
        struct served *row = &router->served[i];

        if (!row->handler) {
            place = place ? place : row;
        } else if (streq(row->type, type) && streq(row->element, element) && streq(row->ns, ns)) {
            place = row;
            break;
        }
    }
    if (!place)
        return handler ? -ENOSPC : 0;
    *place = (struct served){type, element, ns, handler, userdata};
    return 0;
}

/* All stanzas */

void router_dispatch(struct router *router, xmpp_stanza_t *stanza)
{
    const char *name = xmpp_stanza_get_name(stanza);

    if (!router->jid || !name)
        return;
    if (streq(name, "iq"))
        take_iq(router, stanza);
    else if (streq(name, "message"))
        router->listener.on_message(stanza, router->userdata);
    else if (streq(name, "presence"))
        router->listener.on_presence(stanza, router->userdata);
}

static int send_single_quoted(struct router *router, const char *text, size_t size)
{
    _cleanup_(freep) char *quoted = NULL;
    int r = stanza_single_quote(&quoted, &size, text, size);

    return r < 0 ? r : router->listener.send(quoted, size, router->userdata);
}

int router_send(struct router *router, xmpp_stanza_t *stanza)
{
    char *text = NULL;
    size_t size;
    int r;

    if (!router->jid)
        return -ENOTCONN;
    if (xmpp_stanza_to_text(stanza, &text, &size) != XMPP_EOK)
        return -ENOMEM;
    r = router->identity.is_violet ? send_single_quoted(router, text, size)
                                   : router->listener.send(text, size, router->userdata);
    xmpp_free(router->ctx, text);
    return r;
}

bool router_from_own_account(struct router *router, xmpp_stanza_t *stanza)
{
    const char *from = xmpp_stanza_get_from(stanza);

    return router->jid && (!from || stanza_same_jid(from, router->bare_jid));
}

/* The stream */

/* The router is offline already, so no handler can take a place anew. */
static void settle_all(struct router *router)
{
    for (size_t i = 0; i < LIMIT_PENDING_IQS; i++)
        if (router->pending[i].handler)
            settle(&router->pending[i], NULL);
    arm_timer(router);
}

static void unbind(struct router *router)
{
    strdup_to(&router->jid, NULL);
    strdup_to(&router->bare_jid, NULL);
    settle_all(router);
}

int router_bind(struct router *router, const char *full_jid)
{
    char *bare_jid;
    int r;

    unbind(router);
    if (!full_jid)
        return 0;

    r = random_bytes(&router->id_prefix, sizeof(router->id_prefix));
    if (r < 0)
        return r;
    r = jid_bare(full_jid, &bare_jid);
    if (r < 0)
        return r;
    r = strdup_to(&router->jid, full_jid);
    if (r < 0) {
        free(bare_jid);
        return r;
    }
    router->bare_jid = bare_jid;
    return 0;
}

int router_rename(struct router *router, const char *full_jid)
{
    _cleanup_(freep) char *bare_jid = NULL;
    int r;

    if (!router->jid)
        return -ENOTCONN;
    r = jid_bare(full_jid, &bare_jid);
    if (r < 0)
        return r;
    return streq(bare_jid, router->bare_jid) ? strdup_to(&router->jid, full_jid) : -EINVAL;
}

xmpp_ctx_t *router_context(struct router *router)
{
    return router->ctx;
}

void router_identify(struct router *router, const struct router_identity *identity)
{
    router->identity = *identity;
}

const struct router_identity *router_identity(const struct router *router)
{
    return &router->identity;
}

const char *router_jid(const struct router *router)
{
    return router->jid;
}

const char *router_bare_jid(const struct router *router)
{
    return router->bare_jid;
}

static int make_timer(struct router *router, sd_event *event)
{
    int r = sd_event_add_time(event, &router->timer, CLOCK_MONOTONIC, 0, TIMER_ACCURACY, on_timer,
                              router);

    return r < 0 ? r : sd_event_source_set_enabled(router->timer, SD_EVENT_OFF);
}

int router_new(struct router **ret, sd_event *event, const struct router_identity *identity,
               const struct router_listener *listener, void *userdata)
{
    struct router *router = calloc(1, sizeof(*router));
    int r;

    if (!router)
        return -ENOMEM;
    router->identity = *identity;
    router->listener = *listener;
    router->userdata = userdata;
    router->ctx = xmpp_ctx_new(NULL, NULL);
    r = router->ctx ? make_timer(router, event) : -ENOMEM;
    if (r < 0) {
        router_free(router);
        return r;
    }
    *ret = router;
    return 0;
}

struct router *router_free(struct router *router)
{
    if (!router)
        return NULL;
    for (size_t i = 0; i < LIMIT_PENDING_IQS; i++)
        free(router->pending[i].to);
    sd_event_source_disable_unref(router->timer);
    if (router->ctx)
        xmpp_ctx_free(router->ctx);
    free(router->jid);
    free(router->bare_jid);
    free(router);
    return NULL;
}
