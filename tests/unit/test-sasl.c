/* SASL logins: the test plays the server, with an arithmetic of its own (sasl-sums.h). */
#include "sasl-sums.h"

#include <errno.h>

#include "base/limits.h"
#include "base/secret.h"
#include "xmpp/sasl.h"

static void saslp(struct sasl **sasl)
{
    sasl_free(*sasl);
}

/* The arithmetic itself */

static void test_scram_sums(void **state)
{
    static const struct {
        const EVP_MD *(*hash)(void);
        const char *salt, *auth, *proof, *signature;
    } examples[] = {
        {EVP_sha1, "QSXCR+Q6sek8bf92", /* RFC 5802 section 5 */
         "n=user,r=fyko+d2lbbFgONRv9qkxdawL,"
         "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096,"
         "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j",
         "v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=", "rmF9pqV8S7suAoZWja4dJRkFsKQ="},
        {EVP_sha256, "W22ZaJ0SNY7soEsUEjb6gQ==", /* RFC 7677 section 3 */
         "n=user,r=rOprNGfwEbeRWgbNEkqO,"
         "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
         "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
         "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
         "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="},
    };

    for (size_t i = 0; i < ARRAY_SIZE(examples); i++) {
        struct scram_sums sums =
            scram_sums(examples[i].hash(), "pencil", examples[i].salt, 4096, examples[i].auth);

        assert_string_equal(sums.proof, examples[i].proof);
        assert_string_equal(sums.signature, examples[i].signature);
        scram_sums_free(sums);
    }
}

static void test_digest_sums(void **state)
{
    static const struct {
        struct digest digest;
        const char *response, *rspauth;
    } examples[] = {
        {{"chris", "elwood.innosoft.com", "secret", "OA6MG9tEQGm2hh", "OA6MHXh6VqTrRk",
          "imap/elwood.innosoft.com"}, /* RFC 2831 section 4 */
         "d388dad90d4bbd760a152321f2143af7",
         "ea40f60335c427b5527b84dbabcdfffd"},
        {{"f81edfee27c1", "almacska", "4e532621736a", "OA6MG9tEQGm2hh", "0123456789528",
          "xmpp/almacska"},
         "b896ea1f4136c32cf017cb866fab9c23",
         "712a9838703c86c7537b5813bf7244af"},
    };
    char sum[33];

    for (size_t i = 0; i < ARRAY_SIZE(examples); i++) {
        digest_sum(&examples[i].digest, "AUTHENTICATE", sum);
        assert_string_equal(sum, examples[i].response);
        digest_sum(&examples[i].digest, "", sum);
        assert_string_equal(sum, examples[i].rspauth);
    }
}

/* Choice */

static void test_choice(void **state)
{
    static const char *const all[] = {"PLAIN",       "DIGEST-MD5",    "X-ODD",
                                      "SCRAM-SHA-1", "SCRAM-SHA-256", NULL};
    static const char *const plain[] = {"PLAIN", NULL}, *const none[] = {NULL};
    static const char *const odd[] = {"SCRAM-SHA-1-PLUS", "ANONYMOUS", "plain", "", NULL};
    static char strong[] = "SCRAM-SHA-256", weak[] = "DIGEST-MD5", clear[] = "PLAIN",
                unknown[] = "X-ODD", anonymous[] = "ANONYMOUS";
    static const struct {
        char *allowed[5];
        const char *const *offered;
        bool secured, plaintext;
        const char *expected;
    } cases[] = {
        {{strong, weak, clear}, all, true, false, "SCRAM-SHA-256"},
        {{clear, weak, strong}, all, true, false, "PLAIN"},
        {{clear, weak, strong}, all, false, false, "DIGEST-MD5"},
        {{clear, weak, strong}, all, false, true, "PLAIN"},
        {{clear}, all, false, false, NULL},
        {{clear}, all, true, true, "PLAIN"},
        {{strong, weak, clear}, plain, true, false, "PLAIN"},
        {{strong, weak, clear}, plain, false, false, NULL},
        {{strong, weak}, plain, true, true, NULL},
        {{unknown, weak}, all, true, true, "DIGEST-MD5"},
        {{unknown, anonymous}, all, true, true, NULL},
        {{anonymous, clear}, odd, true, true, NULL},
        {{strong, weak, clear}, none, true, true, NULL},
        {{NULL}, all, true, true, NULL},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const char *chosen =
            sasl_choose(cases[i].allowed, cases[i].offered, cases[i].secured, cases[i].plaintext);

        if (!streq_ptr(chosen, cases[i].expected))
            fail_msg("case %zu chose %s", i, chosen ? chosen : "nothing");
    }
}

static void test_unknown_mechanism(void **state)
{
    struct sasl *sasl = NULL;

    assert_int_equal(sasl_new(&sasl, "ANONYMOUS", "u", "p", "d"), -ENOTSUP);
    assert_int_equal(sasl_new(&sasl, "", "u", "p", "d"), -ENOTSUP);
    assert_null(sasl_free(NULL));
}

/* PLAIN */

static void test_plain(void **state)
{
    _cleanup_(saslp) struct sasl *sasl = NULL;
    _cleanup_(secret_freep) char *initial = NULL;

    assert_int_equal(sasl_new(&sasl, "PLAIN", "mbed", "mirror", "almacska"), 0);
    assert_string_equal(sasl_mechanism(sasl), "PLAIN");
    assert_int_equal(sasl_start(sasl, &initial), 0);
    assert_string_equal(initial, "AG1iZWQAbWlycm9y");
    assert_int_equal(sasl_succeed(sasl, NULL), 0);
    assert_int_equal(sasl_succeed(sasl, ""), 0);
    assert_int_equal(sasl_succeed(sasl, "="), 0);
    assert_int_equal(sasl_succeed(sasl, "YWJj"), 0);
}

static void test_plain_utf8(void **state)
{
    static const char expected[] = "\0m\xc3\xa4x\0\"\\\xe2\x82\xac";
    _cleanup_(saslp) struct sasl *sasl = NULL;
    _cleanup_(secret_freep) char *initial = NULL;
    size_t size;

    assert_int_equal(sasl_new(&sasl, "PLAIN", "m\xc3\xa4x", "\"\\\xe2\x82\xac", "a"), 0);
    assert_int_equal(sasl_start(sasl, &initial), 0);
    char *message = bytes_of(initial, &size);
    assert_int_equal(size, sizeof(expected) - 1);
    assert_memory_equal(message, expected, size);
    free(message);
}

/* SCRAM: one login, with what the server's side has to remember. */

struct scram {
    struct sasl *sasl;
    const EVP_MD *hash;
    char *bare;   /* client-first-message-bare */
    char *nonce;  /* the client's */
    char *final;  /* client-final-message */
    char *proof;  /* as the server works it out */
    char *answer; /* "v=…", base64 */
};

#define SALT "W22ZaJ0SNY7soEsUEjb6gQ=="

static void scram_free(struct scram *scram)
{
    sasl_free(scram->sasl);
    free(scram->bare);
    free(scram->nonce);
    free(scram->final);
    free(scram->proof);
    free(scram->answer);
}

/* `user` as it stands in the message. */
static struct scram scram_begin(const char *mechanism, const char *user, const char *password,
                                const char *user_sent)
{
    struct scram scram = {.hash = streq(mechanism, "SCRAM-SHA-1") ? EVP_sha1() : EVP_sha256()};
    _cleanup_(secret_freep) char *initial = NULL;
    char prefix[128];
    const char *nonce;

    assert_int_equal(sasl_new(&scram.sasl, mechanism, user, password, "almacska"), 0);
    assert_int_equal(sasl_start(scram.sasl, &initial), 0);
    char *first = bytes_of(initial, NULL);
    snprintf(prefix, sizeof(prefix), "n,,n=%s,r=", user_sent);
    nonce = after_prefix(first, prefix);
    assert_non_null(nonce);
    assert_true(strlen(nonce) >= 16);
    scram.nonce = strdup(nonce);
    scram.bare = strdup(first + 3);
    free(first);
    return scram;
}

static int scram_say(struct scram *scram, const char *message)
{
    _cleanup_(secret_freep) char *response = NULL;
    char *challenge = base64_text(message);
    int r = sasl_respond(scram->sasl, challenge, &response);

    free(challenge);
    if (r == 0) {
        free(scram->final);
        scram->final = bytes_of(response, NULL);
    }
    return r;
}

/* Sends a proper server-first-message and works out both proofs. `password` as it is hashed. */
static void scram_challenge(struct scram *scram, const char *password)
{
    char server[512], without[512], auth[1536];

    snprintf(server, sizeof(server), "r=%sSeRvEr,s=" SALT ",i=64", scram->nonce);
    snprintf(without, sizeof(without), "c=biws,r=%sSeRvEr", scram->nonce);
    snprintf(auth, sizeof(auth), "%s,%s,%s", scram->bare, server, without);
    struct scram_sums sums = scram_sums(scram->hash, password, SALT, 64, auth);
    assert_int_equal(scram_say(scram, server), 0);
    assert_true(asprintf(&scram->proof, "%s,p=%s", without, sums.proof) > 0);
    assert_true(asprintf(&scram->answer, "v=%s", sums.signature) > 0);
    scram_sums_free(sums);
}

static const char *const scrams[] = {"SCRAM-SHA-1", "SCRAM-SHA-256"};

static void test_scram_proof_in_success(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(scrams); i++) {
        struct scram scram = scram_begin(scrams[i], "user", "pencil", "user");

        scram_challenge(&scram, "pencil");
        assert_string_equal(scram.final, scram.proof);
        char *data = base64_text(scram.answer);
        assert_int_equal(sasl_succeed(scram.sasl, data), 0);
        free(data);
        scram_free(&scram);
    }
}

static void test_scram_proof_in_challenge(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(scrams); i++) {
        struct scram scram = scram_begin(scrams[i], "user", "pencil", "user");

        scram_challenge(&scram, "pencil");
        assert_int_equal(scram_say(&scram, scram.answer), 0);
        assert_string_equal(scram.final, "");
        assert_int_equal(sasl_succeed(scram.sasl, NULL), 0);
        scram_free(&scram);
    }
}

static void test_scram_bad_proofs(void **state)
{
    static const char *const bad[] = {
        "v=AAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "v=",
        "v",
        "e=other-error",
        "p=AAAA",
        "abc",
        "v=AAAA",
        "r=x,s=eHg=,i=64",
    };

    for (size_t i = 0; i < 2 * ARRAY_SIZE(bad); i++) {
        struct scram said = scram_begin(scrams[i % 2], "user", "pencil", "user");
        struct scram done = scram_begin(scrams[i % 2], "user", "pencil", "user");
        char *data = base64_text(bad[i / 2]);

        scram_challenge(&said, "pencil");
        assert_int_equal(scram_say(&said, bad[i / 2]), -EKEYREJECTED);
        assert_int_equal(sasl_succeed(said.sasl, NULL), -EKEYREJECTED);
        scram_challenge(&done, "pencil");
        assert_int_equal(sasl_succeed(done.sasl, data), -EKEYREJECTED);
        free(data);
        scram_free(&said);
        scram_free(&done);
    }
}

static void test_scram_other_password(void **state)
{
    struct scram scram = scram_begin("SCRAM-SHA-256", "user", "pencil", "user");

    scram_challenge(&scram, "pencil2");
    assert_string_not_equal(scram.final, scram.proof);
    assert_int_equal(scram_say(&scram, scram.answer), -EKEYREJECTED);
    scram_free(&scram);
}

/* A success without proof, at whatever point it comes. */
static void test_scram_no_proof(void **state)
{
    static const char *const empty[] = {NULL, "", "=", " \n ", "===="};

    for (size_t i = 0; i < ARRAY_SIZE(empty); i++) {
        struct scram scram = scram_begin(scrams[i % 2], "user", "pencil", "user");

        assert_int_equal(sasl_succeed(scram.sasl, empty[i]), -EKEYREJECTED);
        scram_challenge(&scram, "pencil");
        assert_int_equal(sasl_succeed(scram.sasl, empty[i]), -EKEYREJECTED);
        scram_free(&scram);
    }
}

/* The first challenge as data of an early success: there is still no proof. */
static void test_scram_challenge_in_success(void **state)
{
    struct scram scram = scram_begin("SCRAM-SHA-1", "user", "pencil", "user");
    char server[512];

    snprintf(server, sizeof(server), "r=%sx,s=" SALT ",i=64", scram.nonce);
    char *data = base64_text(server);
    assert_int_equal(sasl_succeed(scram.sasl, data), -EKEYREJECTED);
    free(data);
    scram_free(&scram);
}

static void test_scram_bad_challenges(void **state)
{
    /* %s: our nonce */
    static const struct {
        const char *message;
        int expected;
    } cases[] = {
        {"r=%sX,s=" SALT ",i=20000000", -ERANGE},
        {"r=%sX,s=" SALT ",i=500001", -ERANGE},
        {"r=%sX,s=" SALT ",i=99999999999999999999999999999999", -ERANGE},
        {"r=%sX,s=" SALT ",i=4294967297", -ERANGE},
        {"r=%sX,s=" SALT ",i=64,i=20000000", -ERANGE},
        {"r=%sX,s=" SALT ",i=20000000,i=64", -ERANGE},
        {"r=%sX,s=" SALT ",i=0000000000000000000020000000", -ERANGE},
        {"r=%sX,s=" SALT ",i=", -EBADMSG},
        {"r=%sX,s=" SALT ",i=0", -EBADMSG},
        {"r=%sX,s=" SALT ",i=-1", -EBADMSG},
        {"r=%sX,s=" SALT ",i=x", -EBADMSG},
        {"r=%sX,s=" SALT, -EBADMSG},
        {"r=%sX,i=64", -EBADMSG},
        {"r=%sX", -EBADMSG},
        {"r=%sX,s=,i=64", -EBADMSG},
        {"r=%sX,s=!!!,i=64", -EBADMSG},
        {"r=,s=" SALT ",i=64", -EBADMSG},
        {"r=Other%s,s=" SALT ",i=64", -EKEYREJECTED}, /* not begun by ours: another's login */
        {"r=short,s=" SALT ",i=64", -EKEYREJECTED},
        {"m=ext,r=%sX,s=" SALT ",i=64", -EBADMSG},
        {"s=" SALT ",i=64,r=%sX", -EBADMSG},
        {"i=64,r=%sX,s=" SALT, -EBADMSG},
        {"v=" SALT, -EBADMSG},
        {"", -EBADMSG},
        {",", -EBADMSG},
        {"nonsense", -EBADMSG},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct scram scram = scram_begin(scrams[i % 2], "user", "pencil", "user");
        const char *at = strstr(cases[i].message, "%s");
        char message[512];
        int r;

        if (at)
            snprintf(message, sizeof(message), "%.*s%s%s", (int)(at - cases[i].message),
                     cases[i].message, scram.nonce, at + 2);
        else
            snprintf(message, sizeof(message), "%s", cases[i].message);
        r = scram_say(&scram, message);
        if (r != cases[i].expected)
            fail_msg("%s: %d", cases[i].message, r);
        assert_int_equal(sasl_succeed(scram.sasl, NULL), -EKEYREJECTED);
        scram_free(&scram);
    }
}

static void test_scram_names(void **state)
{
    /* RFC 5802 5.1: ',' and '=' are escaped; both are prepared by SASLprep (RFC 4013). */
    static const struct {
        const char *user, *password, *user_sent, *password_hashed;
    } cases[] = {
        {"a,b=c", "x,y=z", "a=2Cb=3Dc", "x,y=z"},
        {"\"q\\u\"", "\"p\\w\"", "\"q\\u\"", "\"p\\w\""},
        {"m\xc3\xa4x", "gr\xc3\xbc\xc3\x9f", "m\xc3\xa4x", "gr\xc3\xbc\xc3\x9f"},
        {"user", "I\xc2\xadX", "user", "IX"},
        {"user",
         "a\xc2\xa0"
         "b",
         "user", "a b"},
        {"user", "\xe2\x85\xa8", "user", "IX"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct scram scram =
            scram_begin("SCRAM-SHA-256", cases[i].user, cases[i].password, cases[i].user_sent);

        scram_challenge(&scram, cases[i].password_hashed);
        assert_string_equal(scram.final, scram.proof);
        assert_int_equal(scram_say(&scram, scram.answer), 0);
        scram_free(&scram);
    }
}

static void test_nonces_differ(void **state)
{
    struct scram a = scram_begin("SCRAM-SHA-256", "user", "pencil", "user");
    struct scram b = scram_begin("SCRAM-SHA-256", "user", "pencil", "user");

    assert_string_not_equal(a.nonce, b.nonce);
    scram_free(&a);
    scram_free(&b);
}

/* DIGEST-MD5 */

#define CHALLENGE                                                             \
    "realm=\"almacska\",nonce=\"OA6MG9tEQGm2hh\",qop=\"auth\",charset=utf-8," \
    "algorithm=md5-sess"

static struct sasl *digest_begin(const char *user, const char *password)
{
    struct sasl *sasl = NULL;
    char *initial = NULL;

    assert_int_equal(sasl_new(&sasl, "DIGEST-MD5", user, password, "almacska"), 0);
    assert_int_equal(sasl_start(sasl, &initial), 0);
    assert_null(initial);
    return sasl;
}

static int digest_say(struct sasl *sasl, const char *message, char **ret)
{
    _cleanup_(secret_freep) char *response = NULL;
    char *challenge = base64_text(message);
    int r = sasl_respond(sasl, challenge, &response);

    free(challenge);
    if (r == 0)
        *ret = bytes_of(response, NULL);
    return r;
}

/* What stands behind `key` in a response, quotes off. */
static void value_in(const char *response, const char *key, char *ret, size_t size)
{
    const char *at = strstr(response, key);

    assert_non_null(at);
    at += strlen(key);
    snprintf(ret, size, "%.*s", (int)strcspn(at, "\","), at);
}

/* Answers `challenge` and compares the response with ours; gives the rspauth message. `hashed`
 * leaves the cnonce open. */
static void digest_exchange(struct sasl *sasl, const char *challenge, struct digest hashed,
                            char **ret_response, char *ret_rspauth, size_t size)
{
    char cnonce[128], response[64], sum[33];

    assert_int_equal(digest_say(sasl, challenge, ret_response), 0);
    value_in(*ret_response, "cnonce=\"", cnonce, sizeof(cnonce));
    value_in(*ret_response, "response=", response, sizeof(response));
    assert_true(strlen(cnonce) >= 10);
    hashed.cnonce = cnonce;
    digest_sum(&hashed, "AUTHENTICATE", sum);
    assert_string_equal(response, sum);
    digest_sum(&hashed, "", sum);
    snprintf(ret_rspauth, size, "rspauth=%s", sum);
}

static const struct digest usual = {"f81edfee27c1",   "almacska", "4e532621736a",
                                    "OA6MG9tEQGm2hh", NULL,       "xmpp/almacska"};

static void test_digest(void **state)
{
    _cleanup_(saslp) struct sasl *sasl = digest_begin(usual.user, usual.password);
    _cleanup_(freep) char *response = NULL, *last = NULL;
    char rspauth[64];

    digest_exchange(sasl, CHALLENGE, usual, &response, rspauth, sizeof(rspauth));
    assert_non_null(strstr(response, "username=\"f81edfee27c1\""));
    assert_non_null(strstr(response, "realm=\"almacska\""));
    assert_non_null(strstr(response, "nonce=\"OA6MG9tEQGm2hh\""));
    assert_non_null(strstr(response, "nc=00000001"));
    assert_non_null(strstr(response, "qop=auth"));
    assert_non_null(strstr(response, "digest-uri=\"xmpp/almacska\""));
    assert_null(strstr(response, usual.password));
    assert_int_equal(digest_say(sasl, rspauth, &last), 0);
    assert_string_equal(last, "");
    assert_int_equal(sasl_succeed(sasl, NULL), 0);
}

static void test_digest_proof_in_success(void **state)
{
    static const bool good[] = {true, false};

    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        _cleanup_(saslp) struct sasl *sasl = digest_begin(usual.user, usual.password);
        _cleanup_(freep) char *response = NULL;
        char rspauth[64];

        digest_exchange(sasl, CHALLENGE, usual, &response, rspauth, sizeof(rspauth));
        if (!good[i])
            rspauth[39] = rspauth[39] == 'f' ? '0' : 'f';
        char *data = base64_text(rspauth);
        assert_int_equal(strlen(data), 56);
        assert_int_equal(sasl_succeed(sasl, data), good[i] ? 0 : -EKEYREJECTED);
        free(data);
    }
}

static void test_digest_wrong_proof(void **state)
{
    static const char *const bad[] = {"rspauth=00000000000000000000000000000000",
                                      "rspauth=",
                                      "rspauth=4d64",
                                      "x",
                                      "nonsense",
                                      CHALLENGE};

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        _cleanup_(saslp) struct sasl *sasl = digest_begin(usual.user, usual.password);
        _cleanup_(freep) char *response = NULL, *last = NULL;
        char rspauth[64];

        digest_exchange(sasl, CHALLENGE, usual, &response, rspauth, sizeof(rspauth));
        assert_int_equal(digest_say(sasl, bad[i], &last), -EKEYREJECTED);
    }
}

/* The server need not prove itself (many do not): there is nothing to compare then. */
static void test_digest_no_proof(void **state)
{
    _cleanup_(saslp) struct sasl *sasl = digest_begin(usual.user, usual.password);
    _cleanup_(freep) char *response = NULL;
    char rspauth[64];

    digest_exchange(sasl, CHALLENGE, usual, &response, rspauth, sizeof(rspauth));
    assert_int_equal(sasl_succeed(sasl, NULL), 0);
    assert_int_equal(sasl_succeed(sasl, ""), 0);
    assert_int_equal(sasl_succeed(sasl, "="), 0);
}

static void test_digest_challenges(void **state)
{
    static const struct {
        const char *challenge, *realm;
    } cases[] = {
        /* jabberd2's form: a space behind each comma (seed 000) */
        {"realm=\"auranetworks.in\", nonce=\"OA6MG9tEQGm2hh\", qop=\"auth\", charset=utf-8, "
         "algorithm=md5-sess",
         "auranetworks.in"},
        {"nonce=\"OA6MG9tEQGm2hh\",qop=\"auth\",charset=utf-8,algorithm=md5-sess", ""},
        {"realm=\"\",nonce=\"OA6MG9tEQGm2hh\",qop=\"auth\",charset=utf-8,algorithm=md5-sess", ""},
        {"realm=\"one\",realm=\"two\",nonce=\"OA6MG9tEQGm2hh\",qop=\"auth\",charset=utf-8,"
         "algorithm=md5-sess",
         "one"},
        {"nonce=\"OA6MG9tEQGm2hh\",algorithm=md5-sess,charset=utf-8", ""},
        {"nonce=\"OA6MG9tEQGm2hh\",qop=\"auth-int,auth\",algorithm=md5-sess,x-new=\"y\"", ""},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        _cleanup_(saslp) struct sasl *sasl = digest_begin(usual.user, usual.password);
        _cleanup_(freep) char *response = NULL, *last = NULL;
        struct digest hashed = usual;
        char rspauth[64];

        hashed.realm = cases[i].realm;
        digest_exchange(sasl, cases[i].challenge, hashed, &response, rspauth, sizeof(rspauth));
        assert_int_equal(digest_say(sasl, rspauth, &last), 0);
        assert_int_equal(sasl_succeed(sasl, NULL), 0);
    }
}

static void test_digest_names(void **state)
{
    /* RFC 2831 2.1.2.1: a password that fits into ISO 8859-1 is hashed as such, else UTF-8. */
    static const struct {
        const char *user, *password, *sent, *user_hashed, *password_hashed;
    } cases[] = {
        {"user", "p\"q\\r:,=", "username=\"user\"", "user", "p\"q\\r:,="},
        {"user", "gr\xc3\xbcn", "username=\"user\"", "user", "gr\xfcn"},
        {"\xd0\xb6\xd1\x83\xd0\xba", "\xe2\x82\xac", "username=\"\xd0\xb6\xd1\x83\xd0\xba\"",
         "\xd0\xb6\xd1\x83\xd0\xba", "\xe2\x82\xac"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        _cleanup_(saslp) struct sasl *sasl = digest_begin(cases[i].user, cases[i].password);
        _cleanup_(freep) char *response = NULL;
        struct digest hashed = usual;
        char rspauth[64];

        hashed.user = cases[i].user_hashed;
        hashed.password = cases[i].password_hashed;
        digest_exchange(sasl, CHALLENGE, hashed, &response, rspauth, sizeof(rspauth));
        assert_non_null(strstr(response, cases[i].sent));
    }
}

static void test_digest_bad_challenges(void **state)
{
    static const char *const bad[] = {
        "",
        ",",
        "nonsense",
        "realm=\"almacska\"",
        "realm=\"almacska\",qop=\"auth\",charset=utf-8,algorithm=md5-sess",
        "nonce=\"\"",
        "nonce=\"a\",nonce=\"b\",algorithm=md5-sess",
        "nonce=\"OA6MG9tEQGm2hh",
        "nonce=\"OA6MG9tEQGm2hh\",qop=\"auth\",algorithm=md5",
        "nonce=\"OA6MG9tEQGm2hh\",qop=\"auth\",charset=latin-1,algorithm=md5-sess",
        "rspauth=4d6467c4d8c758fd37cfa83d1815477c",
    };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        _cleanup_(saslp) struct sasl *sasl = digest_begin(usual.user, usual.password);
        _cleanup_(freep) char *response = NULL;

        if (digest_say(sasl, bad[i], &response) != -EBADMSG)
            fail_msg("taken: %s", bad[i]);
    }
}

/* Every beginning of a challenge is either refused or answered, never worse. */
static void test_truncated_challenges(void **state)
{
    size_t size = strlen(CHALLENGE), refused = 0;

    for (size_t n = 0; n < size; n++) {
        _cleanup_(saslp) struct sasl *sasl = digest_begin(usual.user, usual.password);
        _cleanup_(secret_freep) char *response = NULL;
        char *challenge = base64_of(CHALLENGE, n);
        int r = sasl_respond(sasl, challenge, &response);

        assert_true(r == 0 ? response != NULL : r == -EBADMSG);
        refused += r != 0;
        free(challenge);
    }
    assert_true(refused > size / 2);
}

/* The envelope */

static void test_base64_with_line_breaks(void **state)
{
    _cleanup_(saslp) struct sasl *sasl = digest_begin(usual.user, usual.password);
    _cleanup_(secret_freep) char *response = NULL;
    char *packed = base64_text(CHALLENGE), *broken = malloc(3 * strlen(packed) + 8), *at = broken;

    assert_non_null(broken);
    at += sprintf(at, "\n    ");
    for (size_t i = 0; packed[i]; i++)
        at += sprintf(at, i % 20 == 19 ? "%c\r\n\t " : "%c", packed[i]);
    sprintf(at, "\n");
    assert_int_equal(sasl_respond(sasl, broken, &response), 0);
    assert_true(strlen(response) > 100);
    free(packed);
    free(broken);
}

static void test_broken_base64(void **state)
{
    static const char *const bad[] = {
        "!!!!",
        "cmVhbG0",
        "cmVhbG0=x",
        "=cmVhbG0",
        "cmVh-G0=",
        "\xc3\xa4",
        "cg==cg==",
        "AA==" /* one NUL */,
        "bm9uY2U9IgAi" /* nonce="NUL" */,
    };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        _cleanup_(saslp) struct sasl *digest = digest_begin("user", "pencil");
        _cleanup_(secret_freep) char *response = NULL;
        struct scram scram = scram_begin("SCRAM-SHA-256", "user", "pencil", "user");

        assert_int_equal(sasl_respond(digest, bad[i], &response), -EBADMSG);
        assert_int_equal(sasl_respond(scram.sasl, bad[i], &response), -EBADMSG);
        assert_int_equal(sasl_succeed(scram.sasl, bad[i]), -EKEYREJECTED);
        assert_null(response);
        scram_free(&scram);
    }
}

static void test_nul_behind_a_challenge(void **state)
{
    _cleanup_(saslp) struct sasl *sasl = digest_begin(usual.user, usual.password);
    _cleanup_(secret_freep) char *response = NULL;
    char *challenge = base64_of(CHALLENGE, sizeof(CHALLENGE));

    assert_int_equal(sasl_respond(sasl, challenge, &response), -EBADMSG);
    free(challenge);
}

static void test_no_text(void **state)
{
    _cleanup_(saslp) struct sasl *digest = digest_begin("user", "pencil");
    _cleanup_(secret_freep) char *response = NULL;

    assert_int_equal(sasl_respond(digest, NULL, &response), -EBADMSG);
    assert_null(response);
}

static void test_long_challenge(void **state)
{
    _cleanup_(saslp) struct sasl *sasl = digest_begin("user", "pencil");
    _cleanup_(secret_freep) char *response = NULL;
    size_t size = LIMIT_SASL_TEXT + 4;
    char *text = malloc(size + 1);

    assert_non_null(text);
    memset(text, 'A', size);
    text[size] = '\0';
    assert_int_equal(sasl_respond(sasl, text, &response), -EBADMSG);
    free(text);
}

/* No mechanism lets a server go on for ever. */
static void test_endless_challenges(void **state)
{
    static const char *const names[] = {"PLAIN", "DIGEST-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        _cleanup_(saslp) struct sasl *sasl = NULL;
        _cleanup_(secret_freep) char *initial = NULL;

        assert_int_equal(sasl_new(&sasl, names[i], "user", "pencil", "almacska"), 0);
        assert_int_equal(sasl_start(sasl, &initial), 0);
        for (int round = 0; round < LIMIT_SASL_ROUNDS; round++) {
            _cleanup_(secret_freep) char *response = NULL;

            assert_int_not_equal(sasl_respond(sasl, "YWJj", &response), -ELOOP);
        }
        _cleanup_(secret_freep) char *response = NULL;
        assert_int_equal(sasl_respond(sasl, "YWJj", &response), -ELOOP);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scram_sums),
        cmocka_unit_test(test_digest_sums),
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_unknown_mechanism),
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_plain_utf8),
        cmocka_unit_test(test_scram_proof_in_success),
        cmocka_unit_test(test_scram_proof_in_challenge),
        cmocka_unit_test(test_scram_bad_proofs),
        cmocka_unit_test(test_scram_other_password),
        cmocka_unit_test(test_scram_no_proof),
        cmocka_unit_test(test_scram_challenge_in_success),
        cmocka_unit_test(test_scram_bad_challenges),
        cmocka_unit_test(test_scram_names),
        cmocka_unit_test(test_nonces_differ),
        cmocka_unit_test(test_digest),
        cmocka_unit_test(test_digest_proof_in_success),
        cmocka_unit_test(test_digest_wrong_proof),
        cmocka_unit_test(test_digest_no_proof),
        cmocka_unit_test(test_digest_challenges),
        cmocka_unit_test(test_digest_names),
        cmocka_unit_test(test_digest_bad_challenges),
        cmocka_unit_test(test_truncated_challenges),
        cmocka_unit_test(test_base64_with_line_breaks),
        cmocka_unit_test(test_broken_base64),
        cmocka_unit_test(test_nul_behind_a_challenge),
        cmocka_unit_test(test_no_text),
        cmocka_unit_test(test_long_challenge),
        cmocka_unit_test(test_endless_challenges),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
