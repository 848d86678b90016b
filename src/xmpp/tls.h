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

/* What there is to say of a server's certificate; "" where it says nothing. */
struct tls_sight {
    char issuer[128];
    char names[256]; /* the DNS names it is for, a blank before each */
    char not_before[40], not_after[40];
    char fingerprint[65]; /* SHA-256, hex digits */
};

/* To be called before connecting. Returns 0 or -EINVAL. */
int tls_prepare(xmpp_conn_t *conn, const struct order *order);

/* Shakes hands and compares the pin, before anything is sent. Returns 0, or -EPROTO with
 * *ret_failure filled in. `ret_sight` may be NULL. */
int tls_start(xmpp_conn_t *conn, const struct order *order, struct tls_sight *ret_sight,
              struct failure *ret_failure);

#endif
