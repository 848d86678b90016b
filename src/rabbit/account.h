/*
 * The rabbit's passwords: the configured one, the one an earlier registration stored, and the one
 * that is on its way to the server (pending). A fresh password is on the disk before it is sent and
 * promoted when the server confirms, so a power cut at any moment leaves one that works. Owned by
 * struct login; main thread.
 */
#ifndef NABAZTAGD_RABBIT_ACCOUNT_H
#define NABAZTAGD_RABBIT_ACCOUNT_H

#include "base/config.h"
#include "rabbit/session.h"
#include "xmpp/order.h"

struct account;

/*
 * The account of `config`; `serial` is the local part when the JID has none. `directory` holds the
 * state file "account-JID". Nothing is read yet. Returns 0, -EINVAL for a JID that is none, or
 * -ENOMEM.
 */
int account_new(struct account **ret, const struct config *config, const char *serial,
                const char *directory);
struct account *account_free(struct account *account);

/* The file that the last call which failed was about, for people. */
const char *account_place(const struct account *account);

/* Reads the password file or credential and the state file. Returns 0 or -errno. */
int account_load(struct account *account, const struct config *config);

const char *account_jid(const struct account *account); /* bare */
const char *account_local(const struct account *account);
const char *account_domain(const struct account *account);

/*
 * What configuration and account say about connecting, without a password; `serial` may be NULL.
 * The strings are borrowed but for the host, which *ret_host holds as well and the caller frees.
 */
void account_order(const struct account *account, const struct config *config, const char *serial,
                   struct order *ret, char **ret_host);

struct session_facts account_facts(const struct account *account);

/* The password itself, or NULL. */
const char *account_password(const struct account *account, enum session_password which);

/*
 * The password to register with: the configured one, else the pending one, else a fresh one that is
 * pending (and on the disk) from now on. Returns 0 or -errno.
 */
int account_prepare_registration(struct account *account, const char **ret, bool *ret_fresh);

/* The pending password is the stored one now. On failure it is so in memory alone, and the file
 * still says pending. */
int account_promote(struct account *account);

/* The pending password was refused and will never work. */
int account_drop_pending(struct account *account);

#endif
