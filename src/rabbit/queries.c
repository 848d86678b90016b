#include "rabbit/queries.h"

#include <errno.h>

#include "base/base64.h"
#include "base/limits.h"
#include "rabbit/net-facts.h"
#include "xmpp/disco.h"
#include "xmpp/stanza.h"

#define NS_DATA      "jabber:x:data"
#define NS_ADDRESSES "violet:iq:addresses"
#define BUTTON_NAME  "int" /* the client that buttons and ears are told to */

struct queries {
    struct router *router;
    struct queries_listener listener;
    void *userdata;
};

/* The fields of the answers, in the firmware's order */

enum kind { KIND_TEXT, KIND_NUMBER, KIND_BASE64 };

struct field {
    const char *var;
    enum kind kind;
    size_t offset; /* in struct queries_facts */
};

#define FIELD(var, kind, member)                          \
    {                                                     \
        var, kind, offsetof(struct queries_facts, member) \
    }

static const struct field config_fields[] = {
    FIELD("bytecode_revision", KIND_TEXT, bytecode_revision),
    FIELD("wifi_ssid", KIND_BASE64, wifi_ssid),
    FIELD("wifi_crypt", KIND_NUMBER, wifi_crypt),
    FIELD("net_dhcp", KIND_NUMBER, net_dhcp),
    FIELD("net_ip", KIND_TEXT, net_ip),
    FIELD("net_mask", KIND_TEXT, net_mask),
    FIELD("net_gateway", KIND_TEXT, net_gateway),
    FIELD("net_dns", KIND_TEXT, net_dns),
    FIELD("server_url", KIND_TEXT, server_url),
    FIELD("login", KIND_BASE64, login),
    FIELD("proxy_enabled", KIND_NUMBER, proxy_enabled),
    FIELD("proxy_ip", KIND_TEXT, proxy_ip),
    FIELD("proxy_port", KIND_NUMBER, proxy_port),
    {0},
};

static const struct field state_fields[] = {
    FIELD("connection_mode", KIND_TEXT, connection_mode),
    FIELD("net_ip", KIND_TEXT, net_ip),
    FIELD("net_mask", KIND_TEXT, net_mask),
    FIELD("net_gateway", KIND_TEXT, net_gateway),
    FIELD("net_dns", KIND_TEXT, net_dns),
    FIELD("sState", KIND_TEXT, state),
    FIELD("sResource", KIND_TEXT, resource),
    FIELD("gItState", KIND_NUMBER, it_state),
    FIELD("gSleepState", KIND_NUMBER, sleep_state),
    FIELD("gStreamingState", KIND_NUMBER, streaming_state),
    FIELD("gProcessingState", KIND_NUMBER, processing_state),
    FIELD("gProcessingWaitState", KIND_NUMBER, processing_wait_state),
    FIELD("gBusyState", KIND_NUMBER, busy_state),
    FIELD("gItApp", KIND_TEXT, it_app),
    FIELD("run", KIND_NUMBER, run),
    {0},
};

static const struct field *fields_of(const char *node)
{
    static const struct {
        const char *node;
        const struct field *fields;
    } nodes[] = {{DISCO_GETCONFIG, config_fields}, {DISCO_GETRUNNINGSTATE, state_fields}};

    for (size_t i = 0; node && i < ARRAY_SIZE(nodes); i++)
        if (streq(nodes[i].node, node))
            return nodes[i].fields;
    return NULL;
}

/* The form */

static int add_base64(xmpp_stanza_t *field, const char *text)
{
    size_t size = strlen(text);
    _cleanup_(freep) char *encoded = malloc(BASE64_TEXT_SIZE(size));

    if (!encoded)
        return -ENOMEM;
    base64_encode(encoded, (const uint8_t *)text, size, BASE64_FIRMWARE);
    return stanza_add_text_child(field, "value", encoded);
}

static int add_field(xmpp_stanza_t *item, const struct field *row,
                     const struct queries_facts *facts)
{
    const char *text = *(const char *const *)(const void *)((const char *)facts + row->offset);
    xmpp_stanza_t *field = stanza_add(item, "field", NULL);

    if (!field || xmpp_stanza_set_attribute(field, "var", row->var) != XMPP_EOK)
        return -ENOMEM;
    if (!text)
        text = row->kind == KIND_NUMBER ? "0" : "";
    return row->kind == KIND_BASE64 ? add_base64(field, text)
                                    : stanza_add_text_child(field, "value", text);
}

static int add_form(xmpp_stanza_t *command, const struct field *fields,
                    const struct queries_facts *facts)
{
    xmpp_stanza_t *form = stanza_add(command, "x", NS_DATA);
    xmpp_stanza_t *item = form ? stanza_add(form, "item", NULL) : NULL;
    int r = item && xmpp_stanza_set_type(form, "result") == XMPP_EOK ? 0 : -ENOMEM;

    for (; r >= 0 && fields->var; fields++)
        r = add_field(item, fields, facts);
    return r;
}

static int answer(struct router *router, xmpp_stanza_t *iq, xmpp_stanza_t *payload,
                  const struct queries_facts *facts)
{
    const char *node = xmpp_stanza_get_attribute(payload, "node");
    const char *session = xmpp_stanza_get_attribute(payload, "sessionid");
    const char *const pairs[] = {"node", node, "status", "completed", NULL};
    _cleanup_(stanza_releasep) xmpp_stanza_t *command =
        stanza_new(router_context(router), "command", DISCO_COMMANDS);

    if (!command || stanza_set(command, pairs) < 0 ||
        (session && xmpp_stanza_set_attribute(command, "sessionid", session) != XMPP_EOK) ||
        add_form(command, fields_of(node), facts) < 0)
        return -ENOMEM;
    return router_answer(router, iq, command);
}

static bool may_ask(const struct queries *queries, xmpp_stanza_t *iq)
{
    return queries->listener.may_ask(xmpp_stanza_get_from(iq), queries->userdata);
}

static int on_command(struct router *router, xmpp_stanza_t *iq, xmpp_stanza_t *payload,
                      void *userdata)
{
    const struct queries *queries = userdata;
    struct net_facts net;
    struct queries_facts facts = {
        .net_ip = net.ip, .net_mask = net.mask, .net_gateway = net.gateway, .net_dns = net.dns};

    if (!may_ask(queries, iq))
        return -EPERM;
    if (!fields_of(xmpp_stanza_get_attribute(payload, "node")))
        return -ENOENT;
    net_facts_look(&net);
    queries->listener.look(&facts, queries->userdata);
    return answer(router, iq, payload, &facts);
}

/* Other names for the platform's clients */

static bool is_name(const char *text)
{
    size_t size = strlen(text);

    return size > 0 && size <= LIMIT_CLIENT_NAME &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789.-") == size;
}

/* 0 also when the name that matters is not among them. */
static int rename_button(const struct queries *queries, xmpp_stanza_t *addresses)
{
    xmpp_stanza_t *child = xmpp_stanza_get_child_by_name(addresses, BUTTON_NAME);
    char *name = child ? xmpp_stanza_get_text(child) : NULL;
    int r = !child || (name && is_name(name)) ? 0 : -EINVAL;

    if (child && r == 0)
        queries->listener.on_rename(BUTTON_NAME, name, queries->userdata);
    if (name)
        xmpp_free(xmpp_stanza_get_context(addresses), name);
    return r;
}

static int on_addresses(struct router *router, xmpp_stanza_t *iq, xmpp_stanza_t *payload,
                        void *userdata)
{
    const struct queries *queries = userdata;
    int r = may_ask(queries, iq) ? rename_button(queries, payload) : -EPERM;

    return r < 0 ? r : router_answer(router, iq, NULL);
}

static int serve(struct queries *queries)
{
    int r = router_serve(queries->router, "set", "command", DISCO_COMMANDS, on_command, queries);

    return r < 0 ? r
                 : router_serve(queries->router, "set", "addresses", NS_ADDRESSES, on_addresses,
                                queries);
}

int queries_new(struct queries **ret, struct router *router,
                const struct queries_listener *listener, void *userdata)
{
    struct queries *queries = malloc(sizeof(*queries));
    int r;

    if (!queries)
        return -ENOMEM;
    *queries = (struct queries){router, *listener, userdata};
    r = serve(queries);
    if (r < 0) {
        queries_free(queries);
        return r;
    }
    *ret = queries;
    return 0;
}

struct queries *queries_free(struct queries *queries)
{
    if (!queries)
        return NULL;
    router_serve(queries->router, "set", "command", DISCO_COMMANDS, NULL, NULL);
    router_serve(queries->router, "set", "addresses", NS_ADDRESSES, NULL, NULL);
    free(queries);
    return NULL;
}
