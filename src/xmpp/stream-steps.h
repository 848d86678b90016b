/*
 * What the files of a stream share: stream.c is the machine, stream-secure.c has the steps of TLS
 * and SASL, stream-account.c those of registration and binding. Private to them; link thread.
 */
#ifndef NABAZTAGD_XMPP_STREAM_STEPS_H
#define NABAZTAGD_XMPP_STREAM_STEPS_H

#include "base/parse.h"
#include "xmpp/dialect.h"
#include "xmpp/digest.h"
#include "xmpp/sasl.h"
#include "xmpp/stream.h"

/* Of the violet dialect's DIGEST-MD5. */
struct stream_digest {
    struct digest_challenge challenge;
    char cnonce[DIGEST_CNONCE_SIZE];
    char uri[sizeof("xmpp/") + HOST_NAME_LENGTH_MAX];
};

struct stream {
    xmpp_conn_t *conn;
    const struct order *order;
    const struct dialect_ops *dialect;
    struct stream_listener listener;
    void *userdata;

    enum stage stage;
    enum step step;
    struct sasl *sasl;            /* standard dialect */
    struct stream_digest *digest; /* violet dialect, once challenged */
    unsigned last_id;             /* violet dialect: of the stanzas on this stream */
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

/* A probe: tells what is offered. */
void stream_tell_sight(struct stream *stream, xmpp_stanza_t *features);

/* The mechanism to use among those offered; NULL: there is none, and the stream has failed. */
const char *stream_choose_mechanism(struct stream *stream, xmpp_stanza_t *features);

void stream_log_in(struct stream *stream, xmpp_stanza_t *features);
void stream_on_challenge(struct stream *stream, xmpp_stanza_t *stanza);
void stream_on_success(struct stream *stream, xmpp_stanza_t *stanza);
void stream_on_auth_failure(struct stream *stream, xmpp_stanza_t *stanza);

/* Registration, in place of SASL. */
bool stream_may_register(struct stream *stream); /* false: the stream has failed */
void stream_refuse_registration(struct stream *stream, xmpp_stanza_t *iq, bool set);
void stream_ask_for_form(struct stream *stream);
void stream_on_form(struct stream *stream, xmpp_stanza_t *iq);
void stream_on_submitted(struct stream *stream, xmpp_stanza_t *iq);

/* Binding, after SASL. */
void stream_bind(struct stream *stream, xmpp_stanza_t *features);
void stream_on_bound(struct stream *stream, xmpp_stanza_t *iq);
void stream_on_session(struct stream *stream, xmpp_stanza_t *iq);
void stream_go_online(struct stream *stream);

/* Takes the JID out of a result and keeps it; false: there is none, and the stream has failed. */
bool stream_keep_jid(struct stream *stream, xmpp_stanza_t *iq);
void stream_fail_to_bind(struct stream *stream, xmpp_stanza_t *iq, const char *what);

#endif
