/*
 * Which versions of TLS a server takes, for the doctor: one connection and one handshake for each,
 * in which nothing is said and nobody is believed. Blocks as long as the sockets let it. No state;
 * any thread.
 */
#ifndef NABAZTAGD_XMPP_TLS_VERSIONS_H
#define NABAZTAGD_XMPP_TLS_VERSIONS_H

#include "base/util.h"

/* A new blocking socket, connected to the server, with limits of time; or -errno. */
typedef int (*tls_dialer)(void *userdata);

/* "TLS 1.3, TLS 1.2"; "" when it takes none. `direct`: from the first byte, else by STARTTLS. */
void tls_versions(tls_dialer dial, void *userdata, const char *domain, bool direct, char *ret,
                  size_t size);

#endif
