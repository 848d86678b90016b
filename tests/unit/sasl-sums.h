/*
 * The arithmetic of SCRAM (RFC 5802, RFC 7677) and DIGEST-MD5 (RFC 2831) as a server does it,
 * written from the RFCs on libcrypto alone: what test-sasl measures the client with. test-sasl
 * proves it on the RFCs' own examples first.
 */
#ifndef NABAZTAGD_TESTS_SASL_SUMS_H
#define NABAZTAGD_TESTS_SASL_SUMS_H

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "helper.h"

#define SUM_MAX 64 /* bytes of the longest digest */

/* Base64 of bytes, and bytes (with a NUL behind them) of base64; allocated. */
static inline char *base64_of(const void *bytes, size_t size)
{
    char *text = malloc(size * 4 / 3 + 8);

    assert_non_null(text);
    EVP_EncodeBlock((unsigned char *)text, bytes, (int)size);
    return text;
}

static inline char *base64_text(const char *text)
{
    return base64_of(text, strlen(text));
}

static inline char *bytes_of(const char *base64, size_t *ret_size)
{
    size_t n = strlen(base64);
    char *bytes = malloc(n + 1);
    int size;

    assert_non_null(bytes);
    size = EVP_DecodeBlock((unsigned char *)bytes, (const unsigned char *)base64, (int)n);
    assert_true(size >= 0);
    for (; n > 0 && base64[n - 1] == '='; n--)
        size--;
    bytes[size] = '\0';
    if (ret_size)
        *ret_size = (size_t)size;
    return bytes;
}

/* SCRAM */

struct scram_sums {
    char *proof, *signature; /* base64: the client's p=, the server's v= */
};

static inline void hmac(const EVP_MD *hash, const unsigned char *key, const char *text,
                        unsigned char *ret)
{
    assert_non_null(HMAC(hash, key, EVP_MD_get_size(hash), (const unsigned char *)text,
                         strlen(text), ret, NULL));
}

static inline struct scram_sums scram_sums(const EVP_MD *hash, const char *password,
                                           const char *salt, int iterations, const char *auth)
{
    unsigned char salted[SUM_MAX], key[SUM_MAX], stored[SUM_MAX], sum[SUM_MAX];
    int size = EVP_MD_get_size(hash);
    struct scram_sums sums;
    size_t salt_size;
    char *salt_bytes = bytes_of(salt, &salt_size);

    assert_int_equal(PKCS5_PBKDF2_HMAC(password, -1, (unsigned char *)salt_bytes, (int)salt_size,
                                       iterations, hash, size, salted),
                     1);
    free(salt_bytes);
    hmac(hash, salted, "Client Key", key);
    assert_int_equal(EVP_Digest(key, (size_t)size, stored, NULL, hash, NULL), 1);
    hmac(hash, stored, auth, sum);
    for (int i = 0; i < size; i++)
        sum[i] ^= key[i];
    sums.proof = base64_of(sum, (size_t)size);
    hmac(hash, salted, "Server Key", key);
    hmac(hash, key, auth, sum);
    sums.signature = base64_of(sum, (size_t)size);
    return sums;
}

static inline void scram_sums_free(struct scram_sums sums)
{
    free(sums.proof);
    free(sums.signature);
}

/* DIGEST-MD5 */

struct digest {
    const char *user, *realm, *password; /* as they are hashed */
    const char *nonce, *cnonce, *uri;
};

static inline void md5(const void *bytes, size_t size, unsigned char *ret)
{
    assert_int_equal(EVP_Digest(bytes, size, ret, NULL, EVP_md5(), NULL), 1);
}

static inline void md5_hex(const void *bytes, size_t size, char *ret)
{
    unsigned char sum[16];

    md5(bytes, size, sum);
    for (int i = 0; i < 16; i++)
        snprintf(ret + 2 * i, 3, "%02x", sum[i]);
}

/* The response (`method` = "AUTHENTICATE") or rspauth (`method` = "") with nc=1 and qop=auth: 32
 * hex digits and a NUL. */
static inline void digest_sum(const struct digest *digest, const char *method, char *ret)
{
    char secret[512], a1[512], a1_hex[33], a2_hex[33], text[512];
    int n =
        snprintf(secret, sizeof(secret), "%s:%s:%s", digest->user, digest->realm, digest->password);

    md5(secret, (size_t)n, (unsigned char *)a1);
    n = 16 + snprintf(a1 + 16, sizeof(a1) - 16, ":%s:%s", digest->nonce, digest->cnonce);
    md5_hex(a1, (size_t)n, a1_hex);
    n = snprintf(text, sizeof(text), "%s:%s", method, digest->uri);
    md5_hex(text, (size_t)n, a2_hex);
    n = snprintf(text, sizeof(text), "%s:%s:00000001:%s:auth:%s", a1_hex, digest->nonce,
                 digest->cnonce, a2_hex);
    md5_hex(text, (size_t)n, ret);
}

#endif
