/*
 * Stanzas of a bound session in the main thread: incoming IQs go to the XEP that serves them (table
 * in xep.h, everything else is answered service-unavailable), answers to our own requests find
 * their handler, messages and presences go up through the listener. Owned by struct rabbit; main
 * thread. Knows no policy and no thread.
 */
#ifndef NABAZTAGD_XMPP_ROUTER_H
#define NABAZTAGD_XMPP_ROUTER_H

#include <strophe.h>
#include <systemd/sd-event.h>

#include "base/util.h"

/* What we tell others about ourselves. The strings belong to the caller and outlive
 * the router, or what it is told next. */
struct router_identity {
    const char *software; /* "nabaztagd" */
    const char *version;  /* of the software */
    const char *name;     /* shown to people: "Nabaztag" */
    /* Replies carry our full JID as `from`, and what is sent has its attributes in single quotes:
     * OpenJabNab looks for from='…' and <query xmlns='jabber:iq:version'> literally (protocol.md,
     * section 8.3). */
    bool is_violet;
};

struct router_listener {
    /* Takes one serialised stanza to the server (copied). Returns 0 or -errno. */
    int (*send)(const char *text, size_t size, void *userdata);
    void (*on_message)(xmpp_stanza_t *message, void *userdata);
    void (*on_presence)(xmpp_stanza_t *presence, void *userdata);
};

/* `answer` is an iq of type result or error, or NULL when none came (time over, stream gone). */
typedef void (*router_answer_handler)(xmpp_stanza_t *answer, void *userdata);

struct router;

int router_new(struct router **ret, sd_event *event, const struct router_identity *identity,
               const struct router_listener *listener, void *userdata);

/* Another identity; with another dialect while there is no stream. */
void router_identify(struct router *router, const struct router_identity *identity);

/* Open requests are dropped: their handlers are not called. Accepts NULL, returns NULL. */
struct router *router_free(struct router *router);

static inline void stanza_releasep(xmpp_stanza_t **stanza)
{
    if (*stanza)
        xmpp_stanza_release(*stanza);
}

/* The context to build our own stanzas with. */
xmpp_ctx_t *router_context(struct router *router);

const struct router_identity *router_identity(const struct router *router);

/* A stream was bound: our full JID from now on. NULL: the stream is gone, open requests are
 * answered with NULL. */
int router_bind(struct router *router, const char *full_jid);
/* The stream that is bound has another full JID of the same account now (the violet dialect changes
 * its resource so); open requests stay. Returns 0, -ENOTCONN, -EINVAL or -ENOMEM. */
int router_rename(struct router *router, const char *full_jid);
const char *router_jid(const struct router *router); /* full, NULL while not bound */
const char *router_bare_jid(
    const struct router *router); /* bare, lower case; NULL while not bound */

/* One incoming stanza; not kept. Ignored while no stream is bound. */
void router_dispatch(struct router *router, xmpp_stanza_t *stanza);

/* Serialises and sends. Does not take the reference. Returns 0 or -errno. */
int router_send(struct router *router, xmpp_stanza_t *stanza);

/*
 * Sends an IQ get or set (its id is set here) and waits for the answer from exactly the addressee
 * (RFC 6120 8.1.2.1: no `to` means our own bare account). `handler` is called exactly once. At most
 * LIMIT_PENDING_IQS at a time
 * (-EBUSY). Returns 0 or -errno (handler not called then).
 */
int router_request(struct router *router, xmpp_stanza_t *iq, uint64_t timeout_usec,
                   router_answer_handler handler, void *userdata);

/* Forgets the requests made with this userdata; their handlers are not called. */
void router_forget(struct router *router, const void *userdata);

/*
 * Serves one kind of incoming IQ by a module with a state of its own (the stateless ones are rows
 * of xep.h). A NULL handler ends that. `handler` returns 0 when it answered, or a negative errno to
 * have it refused
 * (-EINVAL: bad-request, -ENOENT: item-not-found, -EPERM: forbidden, others: service-unavailable).
 * The strings are not copied. Returns 0 or -ENOSPC.
 */
typedef int (*router_iq_handler)(struct router *router, xmpp_stanza_t *iq, xmpp_stanza_t *payload,
                                 void *userdata);
int router_serve(struct router *router, const char *type, const char *element, const char *ns,
                 router_iq_handler handler, void *userdata);

/* Answers an incoming IQ with a result holding `payload` (may be NULL; its reference is not taken,
 * but it is good for nothing else afterwards). */
int router_answer(struct router *router, xmpp_stanza_t *iq, xmpp_stanza_t *payload);

/* Answers an incoming IQ with an error: type cancel, modify, auth, wait; condition of RFC
 * 6120 8.3.3. */
int router_refuse(struct router *router, xmpp_stanza_t *iq, const char *type,
                  const char *condition);

/* Is this stanza from our own account or its server (no `from`, our bare JID)? Needed for roster
 * pushes. */
bool router_from_own_account(struct router *router, xmpp_stanza_t *stanza);

#endif
