/*
 * One attempt at a server, from the first byte to a bound session or a finished registration:
 * header, TLS, SASL, bind, session, or the registration form, as a state machine on a raw
 * libstrophe connection. Never waits and sets no timers: the main thread watches the stages. Owned
 * by struct link; link thread.
 */
#ifndef NABAZTAGD_XMPP_STREAM_H
#define NABAZTAGD_XMPP_STREAM_H

#include <strophe.h>

#include "xmpp/failure.h"
#include "xmpp/offer.h"
#include "xmpp/order.h"
#include "xmpp/tls.h"

/* What the connection is busy with; each has its own time limit. */
enum stage {
    STAGE_RESOLVE,  /* asking the resolver */
    STAGE_TCP,      /* connecting to an address */
    STAGE_TLS,      /* first features, STARTTLS, handshake; with [tls] mode = off: left out */
    STAGE_SASL,     /* features, login */
    STAGE_BIND,     /* new stream, bind, session */
    STAGE_REGISTER, /* form, answer */
    STAGE_ONLINE,   /* no limit */
    STAGE_COUNT,
};

/* What a probe saw of the server; the certificate alone where the handshake failed. */
struct sight {
    bool secured;  /* TLS is on */
    bool features; /* they were read, and `offer` with them */
    struct tls_sight tls;
    struct offer offer;
};

struct stream;

struct stream_listener {
    void (*on_stage)(enum stage stage, void *userdata);
    /* A probe: would be, as far as the form tells. */
    void (*on_registered)(void *userdata);
    void (*on_online)(const char *jid, void *userdata);
    /* A stanza of the bound session; not kept by the caller. */
    void (*on_stanza)(xmpp_stanza_t *stanza, void *userdata);
    /* A probe alone; once its features are read, or the handshake failed. Not kept by the caller.
     */
    void (*on_seen)(const struct sight *sight, void *userdata);
};

/* `order` must outlive the stream. `conn` is borrowed: fresh, with its socket callback set by the
 * link. */
int stream_new(struct stream **ret, xmpp_conn_t *conn, const struct order *order,
               const struct stream_listener *listener, void *userdata);

/* Only after the connection was released: libstrophe calls the stream's handler once more then. */
struct stream *stream_free(struct stream *stream);

/* Starts to connect to a numeric address. Failures show in stream_failure(). */
void stream_connect(struct stream *stream, const char *address, uint16_t port);

/* A socket was made for one of the server's addresses. */
void stream_on_socket(struct stream *stream);

/* Why the stream has ended, or NULL while it goes on. */
const struct failure *stream_failure(const struct stream *stream);

/* Ends the stream; `cause` and `detail` as in failure_set(). The first cause wins. */
void stream_fail(struct stream *stream, const char *cause, const char *detail, ...) _printf_(3, 4);

/* The registration or the probe is done, nothing more will happen. */
bool stream_is_done(const struct stream *stream);

/* "resolve", "tcp", … as in silent-STAGE */
const char *stage_name(enum stage stage);

#endif
