/* XEP-0092: Software Version. The operating system is nobody's business. */
#include <errno.h>

#include "xmpp/stanza.h"
#include "xmpp/xep.h"

#define NS_VERSION "jabber:iq:version"

static int on_version(struct router *router, xmpp_stanza_t *iq, xmpp_stanza_t *payload)
{
    const struct router_identity *identity = router_identity(router);
    _cleanup_(stanza_releasep) xmpp_stanza_t *query =
        stanza_new(router_context(router), "query", NS_VERSION);

    if (!query || stanza_add_text_child(query, "name", identity->software) < 0 ||
        stanza_add_text_child(query, "version", identity->version) < 0)
        return -ENOMEM;
    return router_answer(router, iq, query);
}

static const char *const features[] = {NS_VERSION, NULL};
static const struct xep_iq iqs[] = {{"get", "query", NS_VERSION, on_version}, {0}};

const struct xep xep_version = {.number = "0092", .features = features, .iqs = iqs};
