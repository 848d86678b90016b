/*
 * One SASL login by libgsasl: SCRAM-SHA-256, SCRAM-SHA-1 (RFC 5802, 7677), DIGEST-MD5 (RFC 2831),
 * PLAIN (RFC 4616). Turns challenges into responses, both as the base64 text that XMPP carries (RFC
 * 6120 6.4), and checks the server's proof. No I/O. Owned by struct stream, link thread.
 */
#ifndef NABAZTAGD_XMPP_SASL_H
#define NABAZTAGD_XMPP_SASL_H

#include "base/util.h"

struct sasl;

/* The mechanism to use: the first of `allowed` that is also in `offered` and fit for the line.
 * NULL: none. */
const char *sasl_choose(char *const *allowed, const char *const *offered, bool secured,
                        bool plaintext);

/* Returns 0, -ENOTSUP for an unknown mechanism, or -ENOMEM. */
int sasl_new(struct sasl **ret, const char *mechanism, const char *user, const char *password,
             const char *domain);
struct sasl *sasl_free(struct sasl *sasl);

const char *sasl_mechanism(const struct sasl *sasl);

/*
 * The initial response for <auth>, in base64; *ret is NULL for a mechanism in which the server
 * speaks first. A secret: free it with secret_free(). Returns 0 or -errno.
 */
int sasl_start(struct sasl *sasl, char **ret);

/*
 * Answers a challenge (base64, white space allowed, may be NULL). *ret is the base64 response, a
 * secret, possibly "". Returns 0, -EBADMSG for a malformed challenge, -ERANGE when it asks for too
 * many SCRAM iterations, -EKEYREJECTED when it holds a wrong proof, -ELOOP for too many rounds, or
 * -ENOMEM.
 */
int sasl_respond(struct sasl *sasl, const char *challenge, char **ret);

/*
 * <success/> came, with these additional data or NULL. Returns 0 when the server proved itself as
 * far as the mechanism can (SCRAM must; DIGEST-MD5's rspauth must be right when it is there; PLAIN
 * has no proof), else -EKEYREJECTED.
 */
int sasl_succeed(struct sasl *sasl, const char *data);

#endif
