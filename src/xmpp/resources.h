/*
 * The session of the violet dialect once its first resource is bound: asks the platform for its
 * sources, changes resources in the firmware's order (bind, session, presence, unbind), and lets
 * out one stanza at a time. Source: protocol.md, sections 2.3, 2.7, 2.8; OpenJabNab reads a whole
 * segment as one message, so nothing is written while an answer is awaited, nor shortly after
 * anything else. A state machine without a clock; struct rabbit owns it. Main thread.
 */
#ifndef NABAZTAGD_XMPP_RESOURCES_H
#define NABAZTAGD_XMPP_RESOURCES_H

#include <strophe.h>

#include "base/util.h"

struct resources;

struct resources_listener {
    /* Writes one stanza, or one space that keeps the connection alive. Returns 0 or -errno. */
    int (*write)(const char *text, size_t size, void *userdata);
    /* The platform's answer to the question for its sources; holds a packet, or should. */
    void (*on_sources)(xmpp_stanza_t *iq, void *userdata);
    /* Another resource is bound and the old one is not any more. */
    void (*on_changed)(void *userdata);
    /* The session is of no use any more; cause and detail as in failure_set(). */
    void (*on_failed)(const char *cause, const char *detail, void *userdata);
};

int resources_new(struct resources **ret, const struct resources_listener *listener,
                  void *userdata);
/* Accepts NULL, returns NULL. */
struct resources *resources_free(struct resources *resources);

/* Bound as this full JID, with stanza ids up to `last_id` used: asks for the sources. */
int resources_start(struct resources *resources, const char *jid, unsigned last_id,
                    uint64_t now_usec);
/* The stream is gone. */
void resources_stop(struct resources *resources);

/* The resource to be: bound when nothing else is going on. The latest wish counts; a resource that
 * is bound already is no wish. Static. */
void resources_want(struct resources *resources, const char *resource, uint64_t now_usec);

/* Our full JID as it is now; NULL while there is none. */
const char *resources_jid(const struct resources *resources);
/* The resource that is bound, or would be if the server took a second one; NULL without stream. */
const char *resources_current(const struct resources *resources);

/* Takes an iq or presence that answers something of ours. False: it is none of those. */
bool resources_take(struct resources *resources, xmpp_stanza_t *stanza, uint64_t now_usec);

/* Sends a stanza when its turn comes. Returns 0, -ENOTCONN, -ENOSPC, or -ENOMEM. */
int resources_send(struct resources *resources, const char *text, size_t size, uint64_t now_usec);

/* The same for a message with this XML in it, as the firmware writes it. */
int resources_tell(struct resources *resources, const char *to, const char *body,
                   uint64_t now_usec);

/* Call resources_tick() at this time, or (USEC_NEVER) not at all. */
uint64_t resources_deadline(const struct resources *resources);
void resources_tick(struct resources *resources, uint64_t now_usec);

#endif
