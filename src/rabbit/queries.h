/*
 * What the platform may ask a rabbit: its configuration and its state as ad-hoc commands (XEP-0050,
 * XEP-0004) with the firmware's fields, and what it may rename. Source: protocol.md, section 2.9.
 * The answers are true: what this rabbit does not know, or has not, is empty or 0. Owned by struct
 * rabbit; main thread.
 */
#ifndef NABAZTAGD_RABBIT_QUERIES_H
#define NABAZTAGD_RABBIT_QUERIES_H

#include "xmpp/router.h"

/* The firmware's names are in queries.c. Plain text, also where the answer has base64; NULL: not
 * known. Valid until the answer is made, that is, until the event loop runs again. */
struct queries_facts {
    /* getrunningstate */
    const char *connection_mode;
    const char *state;    /* "Free" */
    const char *resource; /* "idle" */
    const char *it_state, *sleep_state, *streaming_state;
    const char *processing_state, *processing_wait_state, *busy_state;
    const char *it_app;
    const char *run;
    /* both; filled in already, as net_facts_look() has it */
    const char *net_ip, *net_mask, *net_gateway, *net_dns;
    /* getconfig */
    const char *bytecode_revision;
    const char *wifi_ssid, *wifi_crypt;
    const char *net_dhcp;
    const char *server_url, *login;
    const char *proxy_enabled, *proxy_ip, *proxy_port;
};

struct queries_listener {
    /* May this full JID ask? NULL: our own server, or our account. Everybody else is forbidden. */
    bool (*may_ask)(const char *jid, void *userdata);
    void (*look)(struct queries_facts *facts, void *userdata);
    /* The client `which` of the platform has this name now: `int`, which is told what a person does
     * to the rabbit. The others serve nothing that we have. */
    void (*on_rename)(const char *which, const char *name, void *userdata);
};

struct queries;

/* Serves from now on; the router outlives it. Returns 0, -ENOSPC or -ENOMEM. */
int queries_new(struct queries **ret, struct router *router,
                const struct queries_listener *listener, void *userdata);
/* Accepts NULL, returns NULL. */
struct queries *queries_free(struct queries *queries);

#endif
