/*
 * What makes the rabbit one of a platform: brings together the session's resources (violet dialect
 * alone), the platform's packets, its downloads and its questions (both dialects). Owned by struct
 * rabbit; main thread.
 */
#ifndef NABAZTAGD_RABBIT_VIOLET_H
#define NABAZTAGD_RABBIT_VIOLET_H

#include <systemd/sd-event.h>

#include "base/config.h"
#include "rabbit/events.h"
#include "rabbit/login.h"
#include "xmpp/router.h"

struct violet;

struct violet_context {
    struct events *events;
    struct http *http;
    struct login *login;
    struct router *router;
};

/* All of the context must live longer; `config` until the next violet_configure(). */
int violet_new(struct violet **ret, sd_event *event, const struct config *config,
               const struct violet_context *context);
/* Before the events are freed. Accepts NULL, returns NULL. */
struct violet *violet_free(struct violet *violet);

/* Accepts NULL, as the following do. */
void violet_configure(struct violet *violet, const struct config *config);

/* The stream is bound as this JID; NULL: it is gone. */
void violet_set_online(struct violet *violet, const char *jid);

/* One incoming stanza. True: it is dealt with. */
bool violet_take(struct violet *violet, xmpp_stanza_t *stanza);

/* Sends a stanza, in the violet dialect when its turn comes. Not for NULL. Returns 0 or -errno. */
int violet_send(struct violet *violet, const char *text, size_t size);

/* What a person did. `program_id`: of the program that it ended; NULL: there was none. */
void violet_tell_clicks(struct violet *violet, unsigned clicks, const char *program_id);
void violet_tell_ears(struct violet *violet, unsigned left, unsigned right);

/* Something may have changed: to be called after whatever happened. */
void violet_look(struct violet *violet);

#endif
