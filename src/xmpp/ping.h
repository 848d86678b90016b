/*
 * Is the stream still alive? After a silence the server is pinged (XEP-0199), and when nothing at
 * all comes in the time it has for the answer the stream is dead. One timer and no wake-up besides.
 * Owned by struct rabbit; main thread.
 */
#ifndef NABAZTAGD_XMPP_PING_H
#define NABAZTAGD_XMPP_PING_H

#include "base/timing.h"
#include "xmpp/router.h"

struct ping;

/* `on_dead` is called at most once per ping_start(). The router and `timing` must outlive the ping.
 */
int ping_new(struct ping **ret, sd_event *event, struct router *router, const struct timing *timing,
             void (*on_dead)(void *userdata), void *userdata);
struct ping *ping_free(struct ping *ping);

/* Online: begins to listen. Returns 0 or -errno. */
int ping_start(struct ping *ping);

/* Offline. */
void ping_stop(struct ping *ping);

/* A stanza came in, whatever it says: the stream lives. */
void ping_heard(struct ping *ping);

#endif
