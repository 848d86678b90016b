/*
 * What the files of a stream share: stream.c is the machine, stream-secure.c has the steps of TLS
 * and SASL, stream-account.c those of registration and binding. Private to them; link thread.
 */
#ifndef NABAZTAGD_XMPP_STREAM_STEPS_H
#define NABAZTAGD_XMPP_STREAM_STEPS_H

#include "xmpp/dialect.h"
#include "xmpp/sasl.h"
#include "xmpp/stream.h"

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

struct stream {
    xmpp_conn_t *conn;
    const struct order *order;
    const struct dialect_ops *dialect;
    struct stream_listener listener;
    void *userdata;

    enum stage stage;
    enum step step;
    struct sasl *sasl;
    bool authenticated;
    bool session_required;
    char *jid;           /* bound */
    struct sight *sight; /* of a probe; else NULL */
    struct failure failure;
};

void stream_enter(struct stream *stream, enum stage stage);

/* Sends a header: a new stream begins on the same connection. */
void stream_open(struct stream *stream);

void stream_out_of_memory(struct stream *stream);

/* Sends STARTTLS if it is wanted and offered. True: nothing more to do with these features. */
bool stream_negotiate_tls(struct stream *stream, xmpp_stanza_t *features);
void stream_start_tls(struct stream *stream);
void stream_on_proceed(struct stream *stream, xmpp_stanza_t *stanza);
void stream_on_tls_refused(struct stream *stream, xmpp_stanza_t *stanza);

/* In place of SASL and without a password: tells what is offered, then asks for the form. */
void stream_probe(struct stream *stream, xmpp_stanza_t *features);

/* Chooses a mechanism among those offered and begins. */
void stream_log_in(struct stream *stream, xmpp_stanza_t *features);
void stream_on_challenge(struct stream *stream, xmpp_stanza_t *stanza);
void stream_on_success(struct stream *stream, xmpp_stanza_t *stanza);
void stream_on_auth_failure(struct stream *stream, xmpp_stanza_t *stanza);

/* Registration, in place of SASL. */
void stream_ask_for_form(struct stream *stream);
void stream_on_form(struct stream *stream, xmpp_stanza_t *iq);
void stream_on_submitted(struct stream *stream, xmpp_stanza_t *iq);

/* Binding, after SASL. */
void stream_bind(struct stream *stream, xmpp_stanza_t *features);
void stream_on_bound(struct stream *stream, xmpp_stanza_t *iq);
void stream_on_session(struct stream *stream, xmpp_stanza_t *iq);

#endif
