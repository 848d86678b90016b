#include <errno.h>

#include "base/base64.h"
#include "violet-rig.h"
#include "violet-vectors.h"
#include "xmpp/digest.h"
#include "xmpp/password.h"

static struct digest_login login_of(const struct digest_vector *vector)
{
    static const enum digest_nul nuls[] = {
        [CNONCE_PLAIN] = DIGEST_NUL_NOWHERE,
        [CNONCE_WITH_NUL] = DIGEST_NUL_AS_SENT,
        [CNONCE_HIDES_NUL] = DIGEST_NUL_HASHED,
    };

    return (struct digest_login){vector->username,  vector->password, vector->realm,
                                 vector->nonce,     vector->cnonce,   vector->uri,
                                 nuls[vector->kind]};
}

/* ---- vectors ---- */

static void hashes(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(digest_vectors); i++) {
        const struct digest_vector *vector = &digest_vectors[i];
        struct digest_login login = login_of(vector);
        char hash[DIGEST_HEX_SIZE];

        assert_int_equal(digest_response(&login, hash), 0);
        assert_string_equal(hash, vector->response);
        assert_int_equal(digest_check(&login, vector->response), -EKEYREJECTED);
        if (!vector->rspauth)
            continue;
        assert_int_equal(digest_rspauth(&login, hash), 0);
        assert_string_equal(hash, vector->rspauth);
        assert_int_equal(digest_check(&login, vector->rspauth), 0);
        assert_int_equal(digest_check(&login, ""), -EKEYREJECTED);
        hash[31] ^= 1;
        assert_int_equal(digest_check(&login, hash), -EKEYREJECTED);
    }
}

static void check_text(const char *text, const uint8_t *bytes, size_t size)
{
    uint8_t again[HEX_MAX];
    size_t n;

    assert_int_equal(base64_decode(again, sizeof(again), &n, text, strlen(text)), 0);
    assert_int_equal(n, size);
    assert_memory_equal(again, bytes, size);
}

static void responses(void **state)
{
    size_t met = 0;

    for (size_t i = 0; i < ARRAY_SIZE(digest_vectors); i++) {
        const struct digest_vector *vector = &digest_vectors[i];
        struct digest_login login = login_of(vector);
        char text[DIGEST_RESPONSE_MAX], base64[BASE64_TEXT_SIZE(DIGEST_RESPONSE_MAX)];
        size_t n;

        assert_int_equal(digest_respond(&login, text, sizeof(text), &n), 0);
        if (!vector->body_hex)
            continue;
        struct bytes body = bytes_of_hex(vector->body_hex);
        assert_int_equal(n, body.size);
        assert_memory_equal(text, body.data, n);
        base64_encode(base64, body.data, body.size, BASE64_STANDARD);
        assert_string_equal(base64, vector->standard);
        check_text(vector->standard, body.data, body.size);
        if (vector->firmware) {
            base64_encode(base64, body.data, body.size, BASE64_FIRMWARE);
            assert_string_equal(base64, vector->firmware);
            check_text(vector->firmware, body.data, body.size);
        }
        met++;
    }
    assert_int_equal(met, 3);
}

static int parse(const char *text, struct digest_challenge *ret)
{
    return digest_challenge_parse(ret, text, strlen(text));
}

static void challenges(void **state)
{
    struct digest_challenge challenge;
    uint8_t text[HEX_MAX];
    size_t n;

    assert_int_equal(
        base64_decode(text, sizeof(text), &n, CHALLENGE_BASE64, strlen(CHALLENGE_BASE64)), 0);
    assert_true(n == strlen(CHALLENGE_TEXT) && memcmp(text, CHALLENGE_TEXT, n) == 0);
    assert_int_equal(digest_challenge_parse(&challenge, (char *)text, n), 0);
    assert_false(challenge.has_realm);
    assert_string_equal(challenge.nonce, "1804289383");
    assert_string_equal(challenge.rspauth, "");

    assert_int_equal(base64_decode(text, sizeof(text), &n, RSPAUTH_BASE64, strlen(RSPAUTH_BASE64)),
                     0);
    assert_int_equal(digest_challenge_parse(&challenge, (char *)text, n), 0);
    assert_string_equal(challenge.nonce, "");
    assert_string_equal(challenge.rspauth, "e7f7f4fd2c390f6348231e87541f4565");
}

static void passwords(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(password_vectors); i++) {
        const char *serial = password_vectors[i].serial;
        char text[PASSWORD_DIGITS + 1];

        assert_int_equal(password_xor(text, password_vectors[i].clear, serial), 0);
        assert_string_equal(text, password_vectors[i].wire);
        assert_int_equal(password_xor(text, password_vectors[i].wire, serial), 0);
        assert_string_equal(text, password_vectors[i].clear);
    }
}

/* ---- odd ones ---- */

static void passwords_are_twelve_digits(void **state)
{
    char text[PASSWORD_DIGITS + 1];

    assert_int_equal(password_xor(text, "4E532621736A", "F81EDFEE27C1"), 0);
    assert_string_equal(text, "b64df9cf54ab");
    assert_int_equal(password_xor(text, "cuckoo-clock", "f81edfee27c1"), -EINVAL);
    assert_int_equal(password_xor(text, "4e532621736", "f81edfee27c1"), -EINVAL);
    assert_int_equal(password_xor(text, "4e532621736a0", "f81edfee27c1"), -EINVAL);
    assert_int_equal(password_xor(text, "4e532621736a", ""), -EINVAL);
}

static void cnonces(void **state)
{
    static const uint8_t random[13] = {0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15, 0xf9};
    char text[DIGEST_CNONCE_SIZE];

    digest_cnonce(text, random);
    assert_string_equal(text, "0123455284609");
}

static void forms_of_challenges(void **state)
{
    static const struct {
        const char *text;
        int result;
        const char *realm, *nonce;
    } cases[] = {
        {"realm=\"almacska\", nonce=\"x2jf+/A\", qop=\"auth\", charset=utf-8, algorithm=md5-sess",
         0, "almacska", "x2jf+/A"},
        {" ,, NONCE = \"n\"", -EBADMSG, NULL, NULL},
        {" ,,\r\n NONCE=\"n\" ,\t,", 0, NULL, "n"},
        {"nonce=n", 0, NULL, "n"},
        {"realm=\"\",nonce=\"n\"", 0, "", "n"},
        {"realm=\"a\",realm=\"b\",nonce=\"n\"", 0, "a", "n"},
        {"nonce=\"n, realm=x\",maxbuf=4096,cipher=\"3des, des\"", 0, NULL, "n, realm=x"},
        {"nonce=\"n\",qop=\"auth-int, auth\",algorithm=MD5-sess,charset=UTF-8", 0, NULL, "n"},
        {"nonce=\"n\",qop=\"auth,auth-int,auth-conf\"", 0, NULL, "n"},
        {"nonce=\"n\",qop=\"auth-int\"", -ENOTSUP, NULL, NULL},
        {"nonce=\"n\",qop=\"\"", -ENOTSUP, NULL, NULL},
        {"nonce=\"n\",algorithm=md5", -ENOTSUP, NULL, NULL},
        {"nonce=\"n\",charset=iso-8859-1", -ENOTSUP, NULL, NULL},
        {"", -EBADMSG, NULL, NULL},
        {"realm=\"almacska\"", -EBADMSG, NULL, NULL},
        {"nonce=\"\"", -EBADMSG, NULL, NULL},
        {"nonce=", -EBADMSG, NULL, NULL},
        {"nonce", -EBADMSG, NULL, NULL},
        {"=\"n\"", -EBADMSG, NULL, NULL},
        {"nonce=\"n", -EBADMSG, NULL, NULL},
        {"nonce=\"n\"realm=\"r\"", -EBADMSG, NULL, NULL},
        {"nonce=\"n\" realm=\"r\"", -EBADMSG, NULL, NULL},
        {"nonce=\"n\",nonce=\"m\"", -EBADMSG, NULL, NULL},
        {"nonce=\"n\\\"\"", -EBADMSG, NULL, NULL},
        {"nonce=\"n\n\"", -EBADMSG, NULL, NULL},
        {"rspauth=0123456789abcdef0123456789abcdef0", -EBADMSG, NULL, NULL},
    };
    struct digest_challenge challenge;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        if (parse(cases[i].text, &challenge) != cases[i].result)
            fail_msg("`%s`", cases[i].text);
        if (cases[i].result < 0)
            continue;
        assert_string_equal(challenge.nonce, cases[i].nonce);
        assert_int_equal(challenge.has_realm, cases[i].realm != NULL);
        assert_string_equal(challenge.realm, cases[i].realm ? cases[i].realm : "");
    }
    assert_int_equal(digest_challenge_parse(&challenge, "nonce=\"a\0b\"", 11), -EBADMSG);
}

static void limits(void **state)
{
    struct digest_challenge challenge;
    char text[LIMIT_DIGEST_TEXT + 2];

    for (unsigned n = LIMIT_DIGEST_FIELD; n <= LIMIT_DIGEST_FIELD + 1; n++) {
        snprintf(text, sizeof(text), "nonce=\"%0*d\"", (int)n, 0);
        assert_int_equal(parse(text, &challenge), n > LIMIT_DIGEST_FIELD ? -EBADMSG : 0);
    }
    memset(text, ',', sizeof(text));
    memcpy(text, "nonce=n", 7);
    assert_int_equal(digest_challenge_parse(&challenge, text, LIMIT_DIGEST_TEXT), 0);
    assert_int_equal(digest_challenge_parse(&challenge, text, LIMIT_DIGEST_TEXT + 1), -EBADMSG);
}

static void the_response_keeps_within_its_room(void **state)
{
    struct digest_login login = login_of(&digest_vectors[0]);
    char text[DIGEST_RESPONSE_MAX + 1];
    size_t whole, n;

    assert_int_equal(digest_respond(&login, text, sizeof(text), &whole), 0);
    for (size_t room = 0; room <= whole; room++) {
        memset(text, 'x', sizeof(text));
        assert_int_equal(digest_respond(&login, text, room, &n), room < whole ? -ENOSPC : 0);
        assert_int_equal(text[room], 'x');
    }
    login.realm = "a\",nonce=\"b";
    assert_int_equal(digest_respond(&login, text, sizeof(text), &n), -EINVAL);
    login.realm = NULL;
    login.nonce = "a\\";
    assert_int_equal(digest_respond(&login, text, sizeof(text), &n), -EINVAL);
}

static void check_any(const uint8_t *data, size_t size)
{
    struct digest_challenge challenge;

    if (digest_challenge_parse(&challenge, (const char *)data, size) < 0)
        return;
    assert_true(*challenge.nonce || *challenge.rspauth);
    assert_true(strlen(challenge.nonce) <= LIMIT_DIGEST_FIELD);
    assert_null(strpbrk(challenge.nonce, "\"\\\n"));
    assert_null(strpbrk(challenge.realm, "\"\\\n"));
}

static void challenges_of_a_stranger(void **state)
{
    static const char *const texts[] = {
        CHALLENGE_TEXT,
        "realm=\"almacska\", nonce=\"x2jf+/A\", qop=\"auth\", charset=utf-8, algorithm=md5-sess",
        "rspauth=e7f7f4fd2c390f6348231e87541f4565",
    };
    uint64_t seed = 5;

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        for_each_truncation((const uint8_t *)texts[i], strlen(texts[i]), check_any);
        for_mutations(&seed, (const uint8_t *)texts[i], strlen(texts[i]), 25000, check_any);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes),
        cmocka_unit_test(responses),
        cmocka_unit_test(challenges),
        cmocka_unit_test(passwords),
        cmocka_unit_test(passwords_are_twelve_digits),
        cmocka_unit_test(cnonces),
        cmocka_unit_test(forms_of_challenges),
        cmocka_unit_test(limits),
        cmocka_unit_test(the_response_keeps_within_its_room),
        cmocka_unit_test(challenges_of_a_stranger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
