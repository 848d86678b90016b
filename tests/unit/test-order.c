/* Orders are copied to the last byte. */
#include "helper.h"

#include "xmpp/order.h"

static void expect_own_copy(const char *copy, const char *original)
{
    assert_true(streq_ptr(copy, original));
    assert_true(!copy || copy != original);
}

static void expect_equal(const struct order *copy, const struct order *original)
{
    assert_int_equal(copy->purpose, original->purpose);
    assert_int_equal(copy->port, original->port);
    assert_int_equal(copy->password_is_fresh, original->password_is_fresh);
    assert_int_equal(copy->dialect, original->dialect);
    assert_int_equal(copy->tls, original->tls);
    assert_int_equal(copy->plaintext, original->plaintext);
    expect_own_copy(copy->local, original->local);
    expect_own_copy(copy->domain, original->domain);
    expect_own_copy(copy->resource, original->resource);
    expect_own_copy(copy->host, original->host);
    expect_own_copy(copy->password, original->password);
    expect_own_copy(copy->name, original->name);
    expect_own_copy(copy->email, original->email);
    expect_own_copy(copy->ca_file, original->ca_file);
    expect_own_copy(copy->fingerprint, original->fingerprint);
}

static void test_full(void **state)
{
    static char words[][12] = {"local", "domain", "resource", "host",  "password", "name",
                               "email", "ca",     "pin",      "PLAIN", "X-A"};
    char *mechanisms[] = {words[9], words[10], NULL};
    const struct order original = {
        .purpose = ORDER_REGISTER,
        .local = words[0],
        .domain = words[1],
        .resource = words[2],
        .host = words[3],
        .port = 5223,
        .password = words[4],
        .password_is_fresh = true,
        .name = words[5],
        .email = words[6],
        .dialect = DIALECT_STANDARD,
        .tls = TLS_DIRECT,
        .ca_file = words[7],
        .fingerprint = words[8],
        .mechanisms = mechanisms,
        .plaintext = true,
    };
    struct order *copy, *again;

    assert_int_equal(order_copy(&copy, &original), 0);
    expect_equal(copy, &original);
    expect_own_copy(copy->mechanisms[0], "PLAIN");
    expect_own_copy(copy->mechanisms[1], "X-A");
    assert_null(copy->mechanisms[2]);

    /* a copy of the copy outlives it */
    assert_int_equal(order_copy(&again, copy), 0);
    assert_null(order_free(copy));
    expect_equal(again, &original);
    assert_string_equal(again->mechanisms[1], "X-A");
    order_free(again);
}

static void test_empty(void **state)
{
    const struct order nothing = {.tls = TLS_OFF};
    struct order *copy;

    assert_int_equal(order_copy(&copy, &nothing), 0);
    expect_equal(copy, &nothing);
    assert_non_null(copy->mechanisms); /* a list, if an empty one */
    assert_null(copy->mechanisms[0]);
    assert_null(order_free(copy));
    assert_null(order_free(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
