/* XEP-0199: XMPP Ping, the answering half; ping.c asks. */
#include "xmpp/xep.h"

#define NS_PING "urn:xmpp:ping"

static int on_ping(struct router *router, xmpp_stanza_t *iq, xmpp_stanza_t *payload)
{
    return router_answer(router, iq, NULL);
}

static const char *const features[] = {NS_PING, NULL};
static const struct xep_iq iqs[] = {{"get", "ping", NS_PING, on_ping}, {0}};

const struct xep xep_ping = {.number = "0199", .features = features, .iqs = iqs};
