/* XEP-0030: Service Discovery. */
#include <errno.h>

#include "xmpp/caps.h"
#include "xmpp/disco.h"
#include "xmpp/stanza.h"
#include "xmpp/xep.h"

#define NS_INFO  "http://jabber.org/protocol/disco#info"
#define NS_ITEMS "http://jabber.org/protocol/disco#items"

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static size_t count_features(void)
{
    size_t count = 0;

    for (const struct xep *const *xep = xep_table; *xep; xep++)
        for (const char *const *feature = (*xep)->features; feature && *feature; feature++)
            count++;
    return count;
}

static void drop_doubles(const char **list)
{
    const char **end = list;

    for (; *list; list++)
        if (!list[1] || !streq(list[0], list[1]))
            *end++ = *list;
    *end = NULL;
}

int disco_features(const char ***ret)
{
    size_t count = 0;
    const char **list = calloc(count_features() + 1, sizeof(*list));

    if (!list)
        return -ENOMEM;
    for (const struct xep *const *xep = xep_table; *xep; xep++)
        for (const char *const *feature = (*xep)->features; feature && *feature; feature++)
            list[count++] = *feature;
    qsort(list, count, sizeof(*list), compare);
    drop_doubles(list);
    *ret = list;
    return 0;
}

static int add_identity(xmpp_stanza_t *query, const char *name)
{
    const char *const pairs[] = {"category", DISCO_CATEGORY, "type", DISCO_TYPE,
                                 "name",     name,           NULL};
    xmpp_stanza_t *identity = stanza_add(query, "identity", NULL);

    return identity ? stanza_set(identity, pairs) : -ENOMEM;
}

static int add_features(xmpp_stanza_t *query)
{
    _cleanup_(freep) const char **list = NULL;
    int r = disco_features(&list);

    for (size_t i = 0; r >= 0 && list[i]; i++) {
        xmpp_stanza_t *feature = stanza_add(query, "feature", NULL);

        if (!feature || xmpp_stanza_set_attribute(feature, "var", list[i]) != XMPP_EOK)
            r = -ENOMEM;
    }
    return r;
}

static int on_info(struct router *router, xmpp_stanza_t *iq, xmpp_stanza_t *payload)
{
    const char *node = xmpp_stanza_get_attribute(payload, "node");
    _cleanup_(stanza_releasep) xmpp_stanza_t *query = NULL;

    if (node && !caps_is_our_node(router, node))
        return -ENOENT;
    query = stanza_new(router_context(router), "query", NS_INFO);
    if (!query || (node && xmpp_stanza_set_attribute(query, "node", node) != XMPP_EOK) ||
        add_identity(query, router_identity(router)->name) < 0 || add_features(query) < 0)
        return -ENOMEM;
    return router_answer(router, iq, query);
}

/* We have no items, and no nodes that could have some. */
static int on_items(struct router *router, xmpp_stanza_t *iq, xmpp_stanza_t *payload)
{
    _cleanup_(stanza_releasep) xmpp_stanza_t *query = NULL;

    if (xmpp_stanza_get_attribute(payload, "node"))
        return -ENOENT;
    query = stanza_new(router_context(router), "query", NS_ITEMS);
    return query ? router_answer(router, iq, query) : -ENOMEM;
}

static const char *const features[] = {NS_INFO, NS_ITEMS, NULL};
static const struct xep_iq iqs[] = {
    {"get", "query", NS_INFO, on_info}, {"get", "query", NS_ITEMS, on_items}, {0}};

const struct xep xep_disco = {.number = "0030", .features = features, .iqs = iqs};
