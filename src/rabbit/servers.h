/*
 * Where the platform's servers are, as its locate.jsp says ([rabbit] locate, violet dialect): asked
 * before the first connection, kept until it is forgotten. Owned by struct login; main thread.
 */
#ifndef NABAZTAGD_RABBIT_SERVERS_H
#define NABAZTAGD_RABBIT_SERVERS_H

#include "base/config.h"
#include "web/locate.h"

struct servers;

/* `error`: one clause, or NULL when they are known. */
typedef void (*servers_handler)(const char *error, void *userdata);

int servers_new(struct servers **ret, struct http *http, servers_handler handler, void *userdata);
/* Accepts NULL, returns NULL. */
struct servers *servers_free(struct servers *servers);

/* Returns 1 when there is nothing to ask, 0 when the handler will be called, or -errno. */
int servers_find(struct servers *servers, const struct config *config, const char *serial);

/* Forgets what is known, and does not ask any more: for another configuration or serial, too. */
void servers_forget(struct servers *servers);

/* What is known; NULL: nothing. */
const struct locate_answer *servers_known(const struct servers *servers);

/* Only this machine or its link reaches the platform that has told them: see locate_handler. */
bool servers_are_near(const struct servers *servers);

/* The hook: [report] url, else as they have told it; NULL: neither, and `servers` may be. Whether
 * it may lead to a near address: if the URL is the configuration's, or they are near themselves. */
const char *servers_hook(const struct servers *servers, const struct config *config,
                         bool *ret_may_be_near);

#endif
