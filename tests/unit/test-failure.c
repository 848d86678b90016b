/* What a cause token means, and what a server may put into one. */
#include "helper.h"

#include "base/limits.h"
#include "xmpp/failure.h"

static const struct {
    const char *token;
    enum failure_kind kind;
    const char *says, *advises;
} causes[] = {
    {"dns", FAILURE_NETWORK, "no address", "resolver"},
    {"refused", FAILURE_NETWORK, "refused", "[account] server"},
    {"unreachable", FAILURE_NETWORK, "cannot be reached", "network"},
    {"silent-tcp", FAILURE_NETWORK, "silent", "XMPP"},
    {"silent-tls", FAILURE_NETWORK, "silent", "XMPP"},
    {"silent-sasl", FAILURE_NETWORK, "silent", "XMPP"},
    {"silent-bind", FAILURE_NETWORK, "silent", "XMPP"},
    {"silent-register", FAILURE_NETWORK, "silent", "XMPP"},
    {"tls-not-offered", FAILURE_NETWORK, "no TLS", "[tls] mode"},
    {"tls-failed", FAILURE_NETWORK, "handshake", "[tls] mode"},
    {"cert-untrusted", FAILURE_NETWORK, "not trusted", "ca-file"},
    {"cert-name", FAILURE_NETWORK, "another name", "fingerprint"},
    {"cert-expired", FAILURE_NETWORK, "dates", "clock"},
    {"cert-pin", FAILURE_NETWORK, "pinned", "[tls] fingerprint"},
    {"no-mechanism", FAILURE_REFUSED, "mechanism", "[sasl]"},
    {"rejected", FAILURE_REJECTED, "rejected the login", "registered"},
    {"sasl-account-disabled", FAILURE_REFUSED, "refused the login", "administrator"},
    {"sasl-temporary-auth-failure", FAILURE_REFUSED, "refused the login", "administrator"},
    {"proof-invalid", FAILURE_REFUSED, "prove", "impostor"},
    {"stream-conflict", FAILURE_REFUSED, "another client", "resource"},
    {"stream-system-shutdown", FAILURE_NETWORK, "ended the stream", "tried again"},
    {"stream-conflict-x", FAILURE_NETWORK, "ended the stream", "tried again"},
    {"bind-failed", FAILURE_REFUSED, "resource", "[account] resource"},
    {"register-closed", FAILURE_REGISTER_GET, "registered", "password-file"},
    {"register-unsupported", FAILURE_REGISTER_GET, "filled in", "password-file"},
    {"register-refused", FAILURE_REGISTER_SET, "refused the registration", "email"},
    {"register-wait", FAILURE_REGISTER_SET, "wait", "later"},
    {"register-conflict", FAILURE_REGISTER_CONFLICT, "another password", "password-file"},
    {"protocol", FAILURE_NETWORK, "broke the protocol", "XMPP"},
    {"ping-timeout", FAILURE_NETWORK, "answer", "tried again"},
    {"eof", FAILURE_NETWORK, "closed the connection", "tried again"},
    {"too-large", FAILURE_NETWORK, "more than", "tried again"},
};

static void test_causes(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(causes); i++) {
        struct failure failure = {0};

        failure_set(&failure, causes[i].token, NULL);
        assert_int_equal(failure.kind, causes[i].kind);
        assert_string_equal(failure.cause, causes[i].token);
        char *remedy = strstr(failure.text, "; ");
        assert_non_null(remedy);
        if (!strstr(remedy, causes[i].advises))
            fail_msg("%s advises%s", causes[i].token, remedy);
        *remedy = '\0';
        if (!strstr(failure.text, causes[i].says))
            fail_msg("%s says %s", causes[i].token, failure.text);
        assert_null(strchr(failure.text, '('));
        assert_false(failure.submitted);
    }
}

static void test_detail(void **state)
{
    struct failure failure = {0};

    failure_set(&failure, "eof", "during %s", "tls");
    assert_string_equal(failure.text,
                        "the server closed the connection (during tls); it is tried again");
    failure_set(&failure, "eof", "%s", "");
    assert_string_equal(failure.text, "the server closed the connection; it is tried again");
    failure_set(&failure, "eof", "%s", "100%s %n");
    assert_non_null(strstr(failure.text, "(100%s %n)"));
}

/* However much is to be told, the remedy stands behind it in full. */
static void test_long_detail(void **state)
{
    char detail[1000];

    memset(detail, 'x', sizeof(detail) - 1);
    detail[sizeof(detail) - 1] = '\0';
    for (size_t i = 0; i < ARRAY_SIZE(causes); i++) {
        struct failure brief = {0}, lengthy = {0};

        failure_set(&brief, causes[i].token, NULL);
        failure_set(&lengthy, causes[i].token, "%s", detail);
        const char *remedy = strstr(brief.text, "; "), *kept = strstr(lengthy.text, "; ");
        assert_non_null(kept);
        assert_string_equal(kept, remedy);
        assert_true(strspn(strchr(lengthy.text, 'x'), "x") > 0);
        assert_true((size_t)(kept - lengthy.text) > LIMIT_FOREIGN_TEXT);
    }
}

static void test_unknown_cause(void **state)
{
    static const char *const odd[] = {"",     "x",       "silent", "dns-x", "rejected-not",
                                      "sasl", "Rejected"};

    for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
        struct failure failure = {0};

        failure_set(&failure, odd[i], NULL);
        assert_int_equal(failure.kind, FAILURE_NETWORK);
        assert_string_equal(failure.cause, odd[i]);
        assert_true(strlen(failure.text) > 20);
    }
}

static void test_foreign_conditions(void **state)
{
    static const char forty[] = "aaaaaaaaaabbbbbbbbbbccccccccccdddddddd-d";
    static const struct {
        const char *condition, *expected;
    } cases[] = {
        {"not-authorized", "sasl-not-authorized"},
        {"see-other-host", "sasl-see-other-host"},
        {"-", "sasl--"},
        {NULL, "sasl-unknown"},
        {"", "sasl-unknown"},
        {"Aborted", "sasl-unknown"},
        {"a b", "sasl-unknown"},
        {"a\n", "sasl-unknown"},
        {"a1", "sasl-unknown"},
        {"a_b", "sasl-unknown"},
        {"\xc3\xa4", "sasl-unknown"},
        {"a\x1b[31m", "sasl-unknown"},
        {"%s%n", "sasl-unknown"},
        {"aaaaaaaaaabbbbbbbbbbccccccccccdddddddddde", "sasl-unknown"},
    };
    char token[64], small[8];

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        failure_token(token, sizeof(token), "sasl-", cases[i].condition);
        assert_string_equal(token, cases[i].expected);
    }
    failure_token(token, sizeof(token), "stream-", forty);
    assert_string_equal(token + strlen("stream-"), forty);
    failure_token(small, sizeof(small), "stream-", "abc");
    assert_string_equal(small, "stream-");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_causes),
        cmocka_unit_test(test_detail),
        cmocka_unit_test(test_long_detail),
        cmocka_unit_test(test_unknown_cause),
        cmocka_unit_test(test_foreign_conditions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
