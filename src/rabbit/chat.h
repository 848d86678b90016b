/*
 * Chat: messages from people become commands, and every accepted one gets exactly one short reply:
 * the state after the act. Strangers, errors, carbons, corrections and old messages get nothing.
 * Owned by struct rabbit; main thread.
 */
#ifndef NABAZTAGD_RABBIT_CHAT_H
#define NABAZTAGD_RABBIT_CHAT_H

#include <time.h>

#include "base/config.h"
#include "rabbit/access.h"
#include "rabbit/command.h"
#include "xmpp/router.h"

struct chat;

struct chat_listener {
    /* How the rabbit is, in one line, for `status`. */
    void (*describe)(char *ret, size_t size, void *userdata);
};

/* What is handed over must outlive the chat. `context` is copied; only what commands act on is
 * taken from it. */
int chat_new(struct chat **ret, const struct config *config, struct access *access,
             struct router *router, const struct command_context *context,
             const struct chat_listener *listener, void *userdata);
struct chat *chat_free(struct chat *chat);

void chat_on_message(struct chat *chat, xmpp_stanza_t *message);

/* The body rests, nothing plays: whoever waits for that gets the reply now. */
void chat_on_rest(struct chat *chat);

/* Is this XEP-0203 stamp ("2026-11-20T15:11:00Z") older than a minute, or none at all? Pure. */
bool chat_is_stale(const char *stamp, time_t now);

#endif
