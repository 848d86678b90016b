/*
 * DIGEST-MD5 (RFC 2831) as the original firmware does it and Violet's and OpenJabNab's servers
 * expect it: its own order of fields, a realm only where one was offered, and a NUL at the end of
 * the cnonce. Source: the firmware's main.mtl and md5.mtl, OpenJabNab's plugin_auth. Texts are
 * those within the base64; base64.h has the firmware's way of writing that. Pure, but for
 * libcrypto's MD5; any thread. Passwords and responses are secrets: the caller wipes them.
 */
#ifndef NABAZTAGD_XMPP_DIGEST_H
#define NABAZTAGD_XMPP_DIGEST_H

#include "base/limits.h"
#include "base/util.h"

#define DIGEST_HEX_SIZE     33   /* digits of a hash, and a NUL */
#define DIGEST_CNONCE_SIZE  14   /* digits of a cnonce, and a NUL */
#define DIGEST_RESPONSE_MAX 2048 /* bytes: room for any response that answers a good challenge */

/* What a server asks, or with what it proves itself. */
struct digest_challenge {
    bool has_realm;
    char realm[LIMIT_DIGEST_FIELD + 1];
    char nonce[LIMIT_DIGEST_FIELD + 1]; /* "": none, so it is a proof */
    char rspauth[DIGEST_HEX_SIZE];      /* "": none */
};

/*
 * Reads the text of a challenge. White space around its commas is no matter, nor are fields that
 * the firmware does not know, nor missing ones that have but one value. Returns 0, -ENOTSUP when it
 * wants another algorithm than md5-sess, no qop auth, or another charset than utf-8, or -EBADMSG
 * when it is malformed or has neither nonce nor rspauth.
 */
int digest_challenge_parse(struct digest_challenge *ret, const char *text, size_t length);

/* Where the NUL at the end of the cnonce goes. */
enum digest_nul {
    DIGEST_NUL_NOWHERE, /* as in the RFC */
    DIGEST_NUL_AS_SENT, /* into the hash and into the text, within the quotes: the firmware */
    DIGEST_NUL_HASHED,  /* into the hash alone: OpenJabNab takes that, too */
};

struct digest_login {
    const char *username, *password;
    const char *realm; /* NULL: none was offered */
    const char *nonce, *cnonce;
    const char *uri; /* xmpp/DOMAIN */
    enum digest_nul nul;
};

/* The firmware's 13 digits out of as many random bytes. */
void digest_cnonce(char ret[DIGEST_CNONCE_SIZE], const uint8_t random[DIGEST_CNONCE_SIZE - 1]);

/*
 * The text of the response, which may hold a NUL. Returns 0, -ENOSPC when there is no room, -EINVAL
 * for a field that cannot stand within quotes, or -EIO when libcrypto has no MD5.
 */
int digest_respond(const struct digest_login *login, char *ret, size_t size, size_t *ret_size);

/* Its hash, and the one with which the server answers. Return 0 or -EIO. */
int digest_response(const struct digest_login *login, char ret[DIGEST_HEX_SIZE]);
int digest_rspauth(const struct digest_login *login, char ret[DIGEST_HEX_SIZE]);

/* Whether a server's rspauth is right. Returns 0, -EKEYREJECTED, or -EIO. */
int digest_check(const struct digest_login *login, const char *rspauth);

#endif
