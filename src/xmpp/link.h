/*
 * The link thread: libstrophe in a thread of its own, because it resolves names and shakes hands
 * synchronously. This is the main thread's side: orders go down, stages, stanzas and failures come
 * up as listener calls from the event loop. Main arms the limit of every stage and ends a stuck one
 * with shutdown(2). Owned by struct rabbit.
 */
#ifndef NABAZTAGD_XMPP_LINK_H
#define NABAZTAGD_XMPP_LINK_H

#include <strophe.h>
#include <systemd/sd-event.h>

#include "base/timing.h"
#include "xmpp/failure.h"
#include "xmpp/order.h"
#include "xmpp/stream.h"

struct link;

/* All called from the main thread's event loop. Nothing comes from an attempt that was replaced or
 * closed. */
struct link_listener {
    void (*on_stage)(enum stage stage, void *userdata);
    /* The attempt is over, but in the violet dialect, where it goes on with the login. */
    void (*on_registered)(void *userdata);
    void (*on_online)(const char *jid, void *userdata); /* full JID */
    void (*on_stanza)(xmpp_stanza_t *stanza, void *userdata);
    void (*on_ended)(const struct failure *failure, void *userdata); /* the attempt is over */
    void (*on_closed)(void *userdata); /* link_close() has been carried out */
    /* What a probe saw of the server, before on_registered() or on_ended(); else it may be NULL. */
    void (*on_seen)(const struct sight *sight, void *userdata);
};

/* Starts the thread. Returns 0 or -errno. */
int link_new(struct link **ret, sd_event *event, const struct timing *timing,
             const struct link_listener *listener, void *userdata);

/*
 * Ends the thread and frees everything. False: the thread is stuck in the resolver and was left
 * behind with all it uses; the process should _exit() soon. Takes at most half a second. Accepts
 * NULL.
 */
bool link_free(struct link *link);

/* Begins an attempt (the order is copied), ending the one under way without further ado. Returns 0
 * or -ENOMEM. */
int link_connect(struct link *link, const struct order *order);

/* Sends a serialised stanza on the bound session. Returns 0, -ENOTCONN, -ENOSPC when too much is
 * waiting, -ENOMEM. */
int link_send(struct link *link, const char *text, size_t size);

/* Ends the stream politely: sends what is queued, closes, then on_closed(). At once when there is
 * none. */
void link_close(struct link *link);

/* Drops the connection at once; nothing is heard from the attempt any more. */
void link_abort(struct link *link);

/*
 * For the watchdog: true while the thread answers, or is inside the limit of its stage. Ask about
 * every ten seconds; each call also asks the thread for a sign of life.
 */
bool link_is_healthy(struct link *link);

#endif
