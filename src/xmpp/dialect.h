/*
 * What differs between servers, as one struct per dialect (dialect-*.c). Link thread.
 */
#ifndef NABAZTAGD_XMPP_DIALECT_H
#define NABAZTAGD_XMPP_DIALECT_H

#include <strophe.h>

#include "base/config.h"

struct stream;

/* What we are waiting for. */
enum step {
    STEP_CONNECT,  /* the TCP connection */
    STEP_HEADER,   /* the header of a stream we opened; nothing else may come before it */
    STEP_FEATURES, /* <features/> */
    STEP_PROCEED,  /* <proceed/> */
    STEP_AUTH,     /* <challenge/>, <success/>, <failure/> */
    STEP_BIND,     /* answer to bind */
    STEP_SESSION,  /* answer to session */
    STEP_FORM,     /* answer to the registration get */
    STEP_SUBMIT,   /* answer to the registration set */
    STEP_ONLINE,
    STEP_DONE, /* registered, or failed */
};

/* What may come when. */
struct expectation {
    enum step step;
    const char *element, *ns;
    void (*handle)(struct stream *stream, xmpp_stanza_t *stanza);
};

struct dialect_ops {
    /* Sends the stream header and makes the parser expect a new one; enters STEP_HEADER, or
     * STEP_FEATURES where libstrophe does not tell of the header. Returns 0 or -errno. */
    int (*open_stream)(struct stream *stream);

    /* Ended by a row without element. What is not listed is none of our business and passed over.
     */
    const struct expectation *expectations;
};

const struct dialect_ops *dialect_find(enum dialect dialect);

/* One per file. */
extern const struct dialect_ops dialect_standard, dialect_violet;

#endif
