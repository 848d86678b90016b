/*
 * The roster as the server keeps it (RFC 6121 2): fetched after binding, kept up to date by pushes.
 * Bounded at LIMIT_ROSTER_ITEMS. Owned by struct rabbit; main thread.
 */
#ifndef NABAZTAGD_XMPP_ROSTER_H
#define NABAZTAGD_XMPP_ROSTER_H

#include "xmpp/router.h"

enum roster_subscription {
    ROSTER_ABSENT, /* not in the roster */
    ROSTER_NONE,
    ROSTER_TO,   /* we see them */
    ROSTER_FROM, /* they see us */
    ROSTER_BOTH,
};

struct roster_entry {
    enum roster_subscription subscription;
    bool asked; /* our request is waiting for their answer */
};

struct roster;

/*
 * Serves roster pushes through router_serve(): only those without `from` or from our own bare JID
 * (RFC 6121 2.1.6). `on_ready` is called once per roster_fetch() that succeeded. The router must
 * outlive the roster.
 */
int roster_new(struct roster **ret, struct router *router, void (*on_ready)(void *userdata),
               void *userdata);
struct roster *roster_free(struct roster *roster);

/* Forgets everything and asks the server. Returns 0 or -errno. */
int roster_fetch(struct roster *roster);

/* What the roster says of an account; `bare_jid` in lower case. */
struct roster_entry roster_find(const struct roster *roster, const char *bare_jid);

#endif
