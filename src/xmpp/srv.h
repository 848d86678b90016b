/*
 * DNS answers that name the hosts of a service (RFC 2782). Pure functions on what somebody else's
 * name server sent; any thread.
 */
#ifndef NABAZTAGD_XMPP_SRV_H
#define NABAZTAGD_XMPP_SRV_H

#include "base/backoff.h"
#include "base/util.h"

struct srv {
    uint16_t priority, weight, port;
    char target[256]; /* "" : the service is decidedly not offered */
};

/*
 * Reads the SRV records out of a DNS message. Returns how many of them, at most `max`, are in
 * `ret`; -EBADMSG when it is no good answer.
 */
int srv_parse(struct srv *ret, size_t max, const uint8_t *message, size_t size);

/* Puts them into the order in which they shall be tried: by priority, then by weighted chance. */
void srv_order(struct srv *records, size_t count, random_source random, void *userdata);

#endif
