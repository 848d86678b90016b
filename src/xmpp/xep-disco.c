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

static int add_identity(xmpp_stanza_t *query, const char *category, const char *type,
                        const char *name)
{
    const char *const pairs[] = {"category", category, "type", type, "name", name, NULL};
    xmpp_stanza_t *identity = stanza_add(query, "identity", NULL);

    return identity ? stanza_set(identity, pairs) : -ENOMEM;
}

static int add_features(xmpp_stanza_t *query, const char *const *list)
{
    for (; *list; list++) {
        xmpp_stanza_t *feature = stanza_add(query, "feature", NULL);

        if (!feature || xmpp_stanza_set_attribute(feature, "var", *list) != XMPP_EOK)
            return -ENOMEM;
    }
    return 0;
}

static int describe_ourselves(xmpp_stanza_t *query, const char *name)
{
    _cleanup_(freep) const char **list = NULL;
    int r = add_identity(query, DISCO_CATEGORY, DISCO_TYPE, name);

    if (r >= 0)
        r = disco_features(&list);
    return r < 0 ? r : add_features(query, list);
}

static int describe_command(xmpp_stanza_t *query, const struct disco_command *command)
{
    static const char *const list[] = {DISCO_COMMANDS, "jabber:x:data", NULL};
    int r = add_identity(query, "automation", "command-node", command->name);

    return r < 0 ? r : add_features(query, list);
}

static const struct disco_command *find_command(const char *node)
{
    for (const struct disco_command *row = disco_commands(); node && row->node; row++)
        if (streq(row->node, node))
            return row;
    return NULL;
}

/* An empty answer, to the node that was asked for. NULL: out of memory. */
static xmpp_stanza_t *query_new(struct router *router, const char *ns, const char *node)
{
    xmpp_stanza_t *query = stanza_new(router_context(router), "query", ns);

    if (query && node && xmpp_stanza_set_attribute(query, "node", node) != XMPP_EOK) {
        xmpp_stanza_release(query);
        return NULL;
    }
    return query;
}

static int on_info(struct router *router, xmpp_stanza_t *iq, xmpp_stanza_t *payload)
{
    const char *node = xmpp_stanza_get_attribute(payload, "node");
    const struct disco_command *command = find_command(node);
    _cleanup_(stanza_releasep) xmpp_stanza_t *query = NULL;
    int r;

    if (node && !command && !caps_is_our_node(router, node))
        return -ENOENT;
    query = query_new(router, NS_INFO, node);
    if (!query)
        return -ENOMEM;
    r = command ? describe_command(query, command)
                : describe_ourselves(query, router_identity(router)->name);
    return r < 0 ? r : router_answer(router, iq, query);
}

static int add_commands(xmpp_stanza_t *query, const char *jid)
{
    for (const struct disco_command *row = disco_commands(); row->node; row++) {
        const char *const pairs[] = {"jid", jid, "node", row->node, "name", row->name, NULL};
        xmpp_stanza_t *item = stanza_add(query, "item", NULL);

        if (!item || stanza_set(item, pairs) < 0)
            return -ENOMEM;
    }
    return 0;
}

/* We have no items but the commands, which have a node of their own. */
static int on_items(struct router *router, xmpp_stanza_t *iq, xmpp_stanza_t *payload)
{
    const char *node = xmpp_stanza_get_attribute(payload, "node");
    _cleanup_(stanza_releasep) xmpp_stanza_t *query = NULL;

    if (node && !streq(node, DISCO_COMMANDS))
        return -ENOENT;
    query = query_new(router, NS_ITEMS, node);
    if (!query || (node && add_commands(query, router_jid(router)) < 0))
        return -ENOMEM;
    return router_answer(router, iq, query);
}

static const char *const features[] = {NS_INFO, NS_ITEMS, NULL};
static const struct xep_iq iqs[] = {
    {"get", "query", NS_INFO, on_info}, {"get", "query", NS_ITEMS, on_items}, {0}};

const struct xep xep_disco = {.number = "0030", .features = features, .iqs = iqs};
