/*
 * What differs between servers, as one struct per dialect (dialect-*.c). Link thread.
 */
#ifndef NABAZTAGD_XMPP_DIALECT_H
#define NABAZTAGD_XMPP_DIALECT_H

#include <strophe.h>

#include "base/config.h"

struct dialect_ops {
    /* Sends the stream header and makes the parser expect a new one. Returns 0 or -errno. */
    int (*open_stream)(xmpp_conn_t *conn);
    /* Namespace of the registration query. */
    const char *register_ns;
};

const struct dialect_ops *dialect_find(enum dialect dialect);

/* One per file. */
extern const struct dialect_ops dialect_standard;

#endif
