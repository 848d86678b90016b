/*
 * The addresses at which the server of an order may be found, in the order in which they shall be
 * tried. Made, used and freed by the link thread: to make one blocks as long as the resolver does.
 *
 * libstrophe would look names up as well, but tries the next address only when connect() fails at
 * once, which a socket that does not block hardly ever does.
 */
#ifndef NABAZTAGD_XMPP_ROUTE_H
#define NABAZTAGD_XMPP_ROUTE_H

#include "xmpp/order.h"
#include "xmpp/srv.h"

struct route;

/* The SRV records of the order's domain, in no order. Returns how many of at most `max` are in
 * `ret`; -ENOENT or -EBADMSG: none. Blocks. */
int route_records(struct srv *ret, size_t max, const struct order *order);

/* Asks DNS: for SRV records of the domain (RFC 6120 3.2, XEP-0368 for direct TLS) unless the order
 * names a host. Returns 0 (there may be no address all the same) or -ENOMEM. */
int route_find(struct route **ret, const struct order *order);

/* The next address, numeric, and its port. False: there is no other. */
bool route_next(struct route *route, const char **ret_address, uint16_t *ret_port);

/* Accepts NULL, returns NULL. */
struct route *route_free(struct route *route);

#endif
