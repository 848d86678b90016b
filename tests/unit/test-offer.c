/* The mechanisms in a server's features. */
#include "helper.h"

#include "xmpp/offer.h"

#define SASL "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"

/* Reads features from a string and compares the names in one line. */
static void expect_offer(const char *features, const char *expected)
{
    xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
    xmpp_stanza_t *stanza = xmpp_stanza_new_from_string(ctx, features);
    struct offer offer;
    char line[4096];

    assert_non_null(stanza);
    memset(&offer, 'x', sizeof(offer));
    offer_read(&offer, stanza);
    assert_null(offer.list[offer.count]);
    offer_describe(&offer, line, sizeof(line));
    assert_string_equal(line, expected);
    xmpp_stanza_release(stanza);
    xmpp_ctx_free(ctx);
}

static void test_read(void **state)
{
    static const struct {
        const char *features, *expected;
    } cases[] = {
        {"<f><mechanisms " SASL "><mechanism>PLAIN</mechanism><mechanism>DIGEST-MD5</mechanism>"
         "</mechanisms></f>",
         "PLAIN DIGEST-MD5"},
        {"<f>\n <mechanisms " SASL ">\n  <mechanism>\n PLAIN\t</mechanism>\n "
         "<mechanism>SCRAM-SHA-1 </mechanism></mechanisms></f>",
         "PLAIN SCRAM-SHA-1"},
        {"<f/>", "none"},
        {"<f><mechanisms " SASL "/></f>", "none"},
        {"<f><mechanisms xmlns='urn:other'><mechanism>PLAIN</mechanism></mechanisms></f>", "none"},
        {"<f><mechanisms " SASL "><mechanism/><mechanism> </mechanism></mechanisms></f>", "none"},
        {"<f><mechanisms " SASL ">PLAIN</mechanisms></f>", "none"},
        {"<f><mechanisms " SASL "><hostname xmlns='urn:xmpp:domain-based-name:1'>PLAIN</hostname>"
         "<mechanism>X-A</mechanism></mechanisms></f>",
         "X-A"},
        {"<f><mechanisms " SASL "><mechanism>ABCDEFGHIJABCDEFGHIJABCDEFGHIJA</mechanism>"
         "<mechanism>ABCDEFGHIJABCDEFGHIJABCDEFGHIJAB</mechanism></mechanisms></f>",
         "ABCDEFGHIJABCDEFGHIJABCDEFGHIJA"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        expect_offer(cases[i].features, cases[i].expected);
}

static void test_many(void **state)
{
    xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
    char *text = calloc(1, 100000), line[24];
    struct offer offer;
    size_t used;

    assert_non_null(text);
    used = (size_t)sprintf(text, "<f><mechanisms " SASL ">");
    for (unsigned i = 0; i < 1000; i++)
        used += (size_t)sprintf(text + used, "<mechanism>X-%u</mechanism>", i);
    sprintf(text + used, "</mechanisms></f>");
    xmpp_stanza_t *stanza = xmpp_stanza_new_from_string(ctx, text);
    assert_non_null(stanza);
    offer_read(&offer, stanza);
    assert_int_equal(offer.count, LIMIT_FEATURES);
    assert_string_equal(offer.list[LIMIT_FEATURES - 1], "X-63");
    assert_null(offer.list[LIMIT_FEATURES]);

    /* cut to the room there is, byte by byte */
    for (size_t size = 1; size <= sizeof(line); size++) {
        memset(line, '#', sizeof(line));
        offer_describe(&offer, line, size);
        assert_int_equal(strlen(line), size - 1);
        assert_int_equal(strncmp(line, "X-0 X-1 X-2 X-3 X-4 X-5 X-6", size - 1), 0);
    }
    xmpp_stanza_release(stanza);
    free(text);
    xmpp_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
