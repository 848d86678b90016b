#include "xmpp/digest.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <strings.h>

#define MD5_SIZE    16
#define NONCE_COUNT "00000001"

/* ---- hashes ---- */

struct piece {
    const void *data;
    size_t size;
};

static struct piece text_piece(const char *text)
{
    return (struct piece){text, strlen(text)};
}

static struct piece cnonce_piece(const struct digest_login *login)
{
    return (struct piece){login->cnonce,
                          strlen(login->cnonce) + (login->nul != DIGEST_NUL_NOWHERE)};
}

/* Of the pieces with colons between them. */
static int md5(uint8_t ret[MD5_SIZE], const struct piece *pieces, size_t count)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    int good = ctx && EVP_DigestInit_ex(ctx, EVP_md5(), NULL);

    for (size_t i = 0; good && i < count; i++)
        good = (i == 0 || EVP_DigestUpdate(ctx, ":", 1)) &&
               EVP_DigestUpdate(ctx, pieces[i].data, pieces[i].size);
    good = good && EVP_DigestFinal_ex(ctx, ret, NULL);
    EVP_MD_CTX_free(ctx);
    return good ? 0 : -EIO;
}

static int md5_hex(char ret[DIGEST_HEX_SIZE], const struct piece *pieces, size_t count)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t sum[MD5_SIZE];
    int r = md5(sum, pieces, count);

    if (r < 0)
        return r;
    for (size_t i = 0; i < MD5_SIZE; i++) {
        ret[2 * i] = digits[sum[i] >> 4];
        ret[2 * i + 1] = digits[sum[i] & 15];
    }
    ret[DIGEST_HEX_SIZE - 1] = '\0';
    return 0;
}

/* What the RFC calls HEX(H(A1)). */
static int hash_secret(const struct digest_login *login, char ret[DIGEST_HEX_SIZE])
{
    const struct piece who[] = {text_piece(login->username),
                                text_piece(login->realm ? login->realm : ""),
                                text_piece(login->password)};
    uint8_t sum[MD5_SIZE];
    const struct piece session[] = {
        {sum, sizeof(sum)}, text_piece(login->nonce), cnonce_piece(login)};
    int r = md5(sum, who, ARRAY_SIZE(who));

    if (r == 0)
        r = md5_hex(ret, session, ARRAY_SIZE(session));
    explicit_bzero(sum, sizeof(sum));
    return r;
}

static int hash_all(const struct digest_login *login, const char *method, char ret[DIGEST_HEX_SIZE])
{
    char a1[DIGEST_HEX_SIZE] = "", a2[DIGEST_HEX_SIZE] = "";
    const struct piece what[] = {text_piece(method), text_piece(login->uri)};
    int r = hash_secret(login, a1);

    if (r == 0)
        r = md5_hex(a2, what, ARRAY_SIZE(what));
    if (r == 0) {
        const struct piece all[] = {text_piece(a1),          text_piece(login->nonce),
                                    text_piece(NONCE_COUNT), cnonce_piece(login),
                                    text_piece("auth"),      text_piece(a2)};

        r = md5_hex(ret, all, ARRAY_SIZE(all));
    }
    explicit_bzero(a1, sizeof(a1));
    return r;
}

int digest_response(const struct digest_login *login, char ret[DIGEST_HEX_SIZE])
{
    return hash_all(login, "AUTHENTICATE", ret);
}

int digest_rspauth(const struct digest_login *login, char ret[DIGEST_HEX_SIZE])
{
    return hash_all(login, "", ret);
}

int digest_check(const struct digest_login *login, const char *rspauth)
{
    char expected[DIGEST_HEX_SIZE];
    int r = digest_rspauth(login, expected);

    if (r < 0)
        return r;
    if (strlen(rspauth) != DIGEST_HEX_SIZE - 1 ||
        CRYPTO_memcmp(rspauth, expected, DIGEST_HEX_SIZE - 1) != 0)
        return -EKEYREJECTED;
    return 0;
}

/* ---- the response ---- */

void digest_cnonce(char ret[DIGEST_CNONCE_SIZE], const uint8_t random[DIGEST_CNONCE_SIZE - 1])
{
    static const char digits[] = "0123456789528460"; /* the firmware's sixteen */

    for (size_t i = 0; i < DIGEST_CNONCE_SIZE - 1; i++)
        ret[i] = digits[random[i] & 15];
    ret[DIGEST_CNONCE_SIZE - 1] = '\0';
}

static bool fits_quotes(const char *text)
{
    for (; *text; text++)
        if (*text == '"' || *text == '\\' || (unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    return true;
}

struct writer {
    char *at;
    size_t left;
    bool is_full;
};

static void put(struct writer *writer, struct piece piece)
{
    if (writer->is_full || piece.size > writer->left) {
        writer->is_full = true;
        return;
    }
    memcpy(writer->at, piece.data, piece.size);
    writer->at += piece.size;
    writer->left -= piece.size;
}

static void put_text(struct writer *writer, const char *text)
{
    put(writer, text_piece(text));
}

/* NAME="VALUE", */
static void put_quoted(struct writer *writer, const char *name, struct piece value)
{
    put_text(writer, name);
    put_text(writer, "=\"");
    put(writer, value);
    put_text(writer, "\",");
}

int digest_respond(const struct digest_login *login, char *ret, size_t size, size_t *ret_size)
{
    struct writer writer = {ret, size, false};
    char response[DIGEST_HEX_SIZE];
    struct piece cnonce = cnonce_piece(login);
    int r;

    if (!fits_quotes(login->username) || !fits_quotes(login->nonce) || !fits_quotes(login->uri) ||
        !fits_quotes(login->cnonce) || (login->realm && !fits_quotes(login->realm)))
        return -EINVAL;
    r = digest_response(login, response);
    if (r < 0)
        return r;
    cnonce.size -= login->nul == DIGEST_NUL_HASHED;
    put_quoted(&writer, "username", text_piece(login->username));
    if (login->realm)
        put_quoted(&writer, "realm", text_piece(login->realm));
    put_quoted(&writer, "nonce", text_piece(login->nonce));
    put_quoted(&writer, "cnonce", cnonce);
    put_text(&writer, "nc=" NONCE_COUNT ",qop=auth,");
    put_quoted(&writer, "digest-uri", text_piece(login->uri));
    put_text(&writer, "response=");
    put_text(&writer, response);
    put_text(&writer, ",charset=utf-8");
    *ret_size = size - writer.left;
    return writer.is_full ? -ENOSPC : 0;
}

/* ---- the challenge ---- */

static bool same_word(struct piece piece, const char *word)
{
    return piece.size == strlen(word) && strncasecmp(piece.data, word, piece.size) == 0;
}

static int copy_value(char *ret, size_t size, struct piece value)
{
    if (value.size >= size || value.size == 0)
        return -EBADMSG;
    memcpy(ret, value.data, value.size);
    ret[value.size] = '\0';
    return 0;
}

/* There may be several to choose from: the first one is ours. */
static int take_realm(struct digest_challenge *challenge, struct piece value)
{
    if (challenge->has_realm)
        return 0;
    challenge->has_realm = true;
    return value.size == 0 ? 0 : copy_value(challenge->realm, sizeof(challenge->realm), value);
}

static int take_nonce(struct digest_challenge *challenge, struct piece value)
{
    if (*challenge->nonce)
        return -EBADMSG;
    return copy_value(challenge->nonce, sizeof(challenge->nonce), value);
}

static int take_rspauth(struct digest_challenge *challenge, struct piece value)
{
    if (*challenge->rspauth)
        return -EBADMSG;
    return copy_value(challenge->rspauth, sizeof(challenge->rspauth), value);
}

static int take_algorithm(struct digest_challenge *challenge, struct piece value)
{
    return same_word(value, "md5-sess") ? 0 : -ENOTSUP;
}

static int take_charset(struct digest_challenge *challenge, struct piece value)
{
    return same_word(value, "utf-8") ? 0 : -ENOTSUP;
}

static bool is_separator(char c)
{
    return c == ',' || c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* A list of words, of which one is to be "auth". */
static int take_qop(struct digest_challenge *challenge, struct piece value)
{
    const char *at = value.data, *end = at + value.size;

    while (at < end) {
        const char *word = at;

        while (at < end && !is_separator(*at))
            at++;
        if (same_word((struct piece){word, (size_t)(at - word)}, "auth"))
            return 0;
        at += at < end;
    }
    return -ENOTSUP;
}

static const struct field {
    const char *name;
    int (*take)(struct digest_challenge *challenge, struct piece value);
} fields[] = {
    {"realm", take_realm},         {"nonce", take_nonce},     {"qop", take_qop},
    {"algorithm", take_algorithm}, {"charset", take_charset}, {"rspauth", take_rspauth},
};

struct source {
    const char *at, *end;
};

static bool is_token(char c)
{
    return c > ' ' && c < 0x7f && !strchr("\"\\,=", c);
}

static struct piece take_token(struct source *source)
{
    const char *begin = source->at;

    while (source->at < source->end && is_token(*source->at))
        source->at++;
    return (struct piece){begin, (size_t)(source->at - begin)};
}

/* Up to the closing quote; what would have to be escaped is not understood. */
static int take_quoted(struct source *source, struct piece *ret)
{
    const char *begin = ++source->at;

    for (; source->at < source->end && *source->at != '"'; source->at++)
        if (*source->at == '\\' || (unsigned char)*source->at < ' ' || *source->at == 0x7f)
            return -EBADMSG;
    if (source->at == source->end)
        return -EBADMSG;
    *ret = (struct piece){begin, (size_t)(source->at++ - begin)};
    return 0;
}

static int take_value(struct source *source, struct piece *ret)
{
    if (source->at < source->end && *source->at == '"')
        return take_quoted(source, ret);
    *ret = take_token(source);
    return ret->size > 0 ? 0 : -EBADMSG;
}

static int take_field(struct source *source, struct digest_challenge *challenge)
{
    struct piece name = take_token(source), value;
    int r;

    if (name.size == 0 || source->at == source->end || *source->at++ != '=')
        return -EBADMSG;
    r = take_value(source, &value);
    if (r < 0)
        return r;
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
        if (same_word(name, fields[i].name))
            return fields[i].take(challenge, value);
    return 0;
}

/* Returns whether a comma was among them, or the end. */
static bool skip_separators(struct source *source)
{
    bool is_over = false;

    for (; source->at < source->end && is_separator(*source->at); source->at++)
        is_over |= *source->at == ',';
    return is_over || source->at == source->end;
}

int digest_challenge_parse(struct digest_challenge *ret, const char *text, size_t length)
{
    struct source source = {text, text + length};

    *ret = (struct digest_challenge){.has_realm = false};
    if (length > LIMIT_DIGEST_TEXT)
        return -EBADMSG;
    skip_separators(&source);
    while (source.at < source.end) {
        int r = take_field(&source, ret);

        if (r < 0)
            return r;
        if (!skip_separators(&source))
            return -EBADMSG;
    }
    return *ret->nonce || *ret->rspauth ? 0 : -EBADMSG;
}
