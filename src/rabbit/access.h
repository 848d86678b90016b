/*
 * Who is obeyed, and how often: owners and users by bare JID, everybody else by nobody. Deny by
 * default. Owned by struct rabbit; main thread.
 */
#ifndef NABAZTAGD_RABBIT_ACCESS_H
#define NABAZTAGD_RABBIT_ACCESS_H

#include "base/config.h"

enum access_level { ACCESS_NOBODY, ACCESS_USER, ACCESS_OWNER };

struct access;

int access_new(struct access **ret, const struct config *config);
struct access *access_free(struct access *access);

/* `bare_jid` in lower case. */
enum access_level access_level(const struct access *access, const char *bare_jid);

/* May this person give a command now? Each call is counted. False when it is one too many. */
bool access_admit(struct access *access, const char *bare_jid, uint64_t now_usec);

/* A stranger came. True: it is to be told, see crowd_is_news(). */
bool access_note_stranger(struct access *access, const char *bare_jid, uint64_t now_usec);

#endif
