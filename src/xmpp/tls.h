/*
 * Turning TLS on over a raw libstrophe connection, and whom to believe: the system's authorities,
 * an additional file, or exactly one pinned certificate. Synchronous: blocks until the handshake is
 * over or the socket is shut down. Link thread.
 */
#ifndef NABAZTAGD_XMPP_TLS_H
#define NABAZTAGD_XMPP_TLS_H

#include <strophe.h>

#include "xmpp/failure.h"
#include "xmpp/order.h"

/*
 * To be called once, before there are threads. Where the system's authorities lie in a folder that
 * finds each by its hash, OpenSSL shall take from there the one it needs, and not read the file
 * that holds them all: that costs 0.8 MB as long as the connection lives, and a tenth of the login.
 */
void tls_initialize(void);

/* To be called before connecting. Returns 0 or -EINVAL. */
int tls_prepare(xmpp_conn_t *conn, const struct order *order);

/* Shakes hands and compares the pin, before anything is sent. Returns 0, or -EPROTO with
 * *ret_failure filled in. */
int tls_start(xmpp_conn_t *conn, const struct order *order, struct failure *ret_failure);

#endif
