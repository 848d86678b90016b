#include "xmpp/roster.h"

#include <errno.h>

#include "base/jid.h"
#include "base/limits.h"
#include "base/log.h"
#include "xmpp/stanza.h"

#define NS_ROSTER     "jabber:iq:roster"
#define FETCH_TIMEOUT (30 * USEC_PER_SEC)

struct item {
    char *jid; /* bare, lower case */
    struct roster_entry entry;
};

struct roster {
    struct router *router;
    void (*on_ready)(void *userdata);
    void *userdata;
    struct item *items;
    size_t count;
};

static void forget_all(struct roster *roster)
{
    for (size_t i = 0; i < roster->count; i++)
        free(roster->items[i].jid);
    free(roster->items);
    roster->items = NULL;
    roster->count = 0;
}

static struct item *find(const struct roster *roster, const char *jid)
{
    for (size_t i = 0; i < roster->count; i++)
        if (streq(roster->items[i].jid, jid))
            return &roster->items[i];
    return NULL;
}

static void forget(struct roster *roster, struct item *item)
{
    free(item->jid);
    *item = roster->items[--roster->count];
}

/* Takes `jid` over when it succeeds. */
static int append(struct roster *roster, char *jid, struct roster_entry entry)
{
    struct item *items;

    if (roster->count >= LIMIT_ROSTER_ITEMS)
        return -E2BIG;
    items = reallocarray(roster->items, roster->count + 1, sizeof(*items));
    if (!items)
        return -ENOMEM;
    roster->items = items;
    items[roster->count++] = (struct item){jid, entry};
    return 0;
}

/* RFC 6121 2.1.2.5: no subscription said is "none". */
static enum roster_subscription subscription_of(xmpp_stanza_t *item)
{
    static const struct {
        const char *name;
        enum roster_subscription subscription;
    } names[] = {
        {"to", ROSTER_TO}, {"from", ROSTER_FROM}, {"both", ROSTER_BOTH}, {"remove", ROSTER_ABSENT}};
    const char *name = xmpp_stanza_get_attribute(item, "subscription");

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (streq_ptr(name, names[i].name))
            return names[i].subscription;
    return ROSTER_NONE;
}

/* The account an <item/> is about, allocated. -EINVAL: none, or a device of an account. */
static int account_of(xmpp_stanza_t *item, char **ret)
{
    const char *text = xmpp_stanza_get_attribute(item, "jid");

    return text && !strchr(text, '/') ? jid_bare(text, ret) : -EINVAL;
}

static int take_item(struct roster *roster, xmpp_stanza_t *element)
{
    struct roster_entry entry = {
        .subscription = subscription_of(element),
        .asked = streq_ptr(xmpp_stanza_get_attribute(element, "ask"), "subscribe"),
    };
    _cleanup_(freep) char *jid = NULL;
    struct item *known;
    int r = account_of(element, &jid);

    if (r < 0)
        return r;
    known = find(roster, jid);
    if (known && entry.subscription == ROSTER_ABSENT) {
        forget(roster, known);
    } else if (known) {
        known->entry = entry;
    } else if (entry.subscription != ROSTER_ABSENT) {
        r = append(roster, jid, entry);
        if (r >= 0)
            jid = NULL;
    }
    return r;
}

/* A push holds exactly one item (RFC 6121 2.1.6). What we cannot keep is none of the server's
 * trouble. */
static int on_push(struct router *router, xmpp_stanza_t *iq, xmpp_stanza_t *query, void *userdata)
{
    xmpp_stanza_t *element = stanza_only_child(query);
    int r;

    if (!router_from_own_account(router, iq))
        return -EOPNOTSUPP;
    if (!element || !stanza_is(element, "item", NS_ROSTER))
        return -EINVAL;
    r = take_item(userdata, element);
    if (r < 0)
        log_debug("A roster item was not kept: %s.", strerror(-r));
    return r == -EINVAL ? r : router_answer(router, iq, NULL);
}

static void on_answer(xmpp_stanza_t *answer, void *userdata)
{
    struct roster *roster = userdata;
    size_t lost = 0;

    if (!answer || !streq_ptr(xmpp_stanza_get_type(answer), "result")) {
        log_debug("The server did not tell the roster.");
        return;
    }
    xmpp_stanza_t *query = xmpp_stanza_get_child_by_name_and_ns(answer, "query", NS_ROSTER);
    xmpp_stanza_t *element = query ? xmpp_stanza_get_children(query) : NULL;

    for (; element; element = xmpp_stanza_get_next(element))
        if (stanza_is(element, "item", NS_ROSTER) && take_item(roster, element) < 0)
            lost++;
    if (lost > 0)
        log_debug("%zu items of the roster were not kept.", lost);
    roster->on_ready(roster->userdata);
}

int roster_fetch(struct roster *roster)
{
    _cleanup_(stanza_releasep) xmpp_stanza_t *iq =
        xmpp_iq_new(router_context(roster->router), "get", NULL);

    router_forget(roster->router, roster);
    forget_all(roster);
    if (!iq || !stanza_add(iq, "query", NS_ROSTER))
        return -ENOMEM;
    return router_request(roster->router, iq, FETCH_TIMEOUT, on_answer, roster);
}

struct roster_entry roster_find(const struct roster *roster, const char *bare_jid)
{
    const struct item *item = find(roster, bare_jid);

    return item ? item->entry : (struct roster_entry){.subscription = ROSTER_ABSENT};
}

int roster_new(struct roster **ret, struct router *router, void (*on_ready)(void *userdata),
               void *userdata)
{
    struct roster *roster = calloc(1, sizeof(*roster));
    int r;

    if (!roster)
        return -ENOMEM;
    *roster = (struct roster){.router = router, .on_ready = on_ready, .userdata = userdata};
    r = router_serve(router, "set", "query", NS_ROSTER, on_push, roster);
    if (r < 0) {
        free(roster);
        return r;
    }
    *ret = roster;
    return 0;
}

struct roster *roster_free(struct roster *roster)
{
    if (!roster)
        return NULL;
    router_serve(roster->router, "set", "query", NS_ROSTER, NULL, NULL);
    router_forget(roster->router, roster);
    forget_all(roster);
    free(roster);
    return NULL;
}
