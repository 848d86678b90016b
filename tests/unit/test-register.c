/* In-band registration: forms of real servers, forms of odd ones, and refusals. */
#include "stanza-text.h"

#include <errno.h>

#include "xmpp/register.h"
#include "xmpp/stanza.h"

#define NS    "jabber:iq:register"
#define FORM  "<x xmlns='jabber:x:data' type='form'>"
#define QUERY "<query xmlns='" NS "'>"

static const struct register_fields usual = {
    .ns = NS,
    .username = "f81edfee27c1",
    .password = "<4e&53>",
    .name = "Flopsy",
    .email = "f81edfee27c1@bunny.lab",
};

/* What a rabbit makes of a form; the caller releases it. NULL: it gave up, as *ret_failure says. */
static xmpp_stanza_t *answer_to(xmpp_ctx_t *ctx, const char *query,
                                const struct register_fields *fields, struct failure *ret_failure)
{
    xmpp_stanza_t *stanza = stanza_from_text(ctx, query), *answer = NULL;
    int r = register_fill_in(&answer, ctx, stanza, fields, ret_failure);

    xmpp_stanza_release(stanza);
    assert_true(r == 0 || r == -EPROTO);
    assert_true((r == 0) == (answer != NULL));
    return answer;
}

/* The text in <name>…</name> (legacy) or <field var='name'><value>…, allocated by the context. */
static char *value_in(xmpp_stanza_t *answer, const char *name)
{
    xmpp_stanza_t *form = xmpp_stanza_get_child_by_name_and_ns(answer, "x", "jabber:x:data");

    if (!form)
        return stanza_child_text(answer, name);
    for (xmpp_stanza_t *field = xmpp_stanza_get_children(form); field;
         field = xmpp_stanza_get_next(field))
        if (streq_ptr(xmpp_stanza_get_attribute(field, "var"), name))
            return stanza_child_text(field, "value");
    return NULL;
}

static void expect_field(xmpp_stanza_t *answer, const char *name, const char *expected)
{
    char *value = value_in(answer, name);

    if (!streq_ptr(value, expected))
        fail_msg("%s is %s", name, value ? value : "missing");
    if (value)
        xmpp_free(xmpp_stanza_get_context(answer), value);
}

static unsigned count_children(xmpp_stanza_t *stanza)
{
    unsigned n = 0;

    for (xmpp_stanza_t *child = xmpp_stanza_get_children(stanza); child;
         child = xmpp_stanza_get_next(child))
        n++;
    return n;
}

static const char prosody[] =
    QUERY "<instructions>Choose a username and password for use with this service.</instructions>"
          "<username/><password/>" FORM "<title>Creating a new account</title>"
          "<field type='hidden' var='FORM_TYPE'><value>jabber:iq:register</value></field>"
          "<field type='text-single' label='Username' var='username'><required/></field>"
          "<field type='text-private' label='Password' var='password'><required/></field>"
          "</x></query>";
static const char ejabberd[] =
    QUERY "<username/><password/><instructions>Choose a username and password to register with "
          "this server</instructions></query>";
static const char jabberd2[] =
    QUERY "<instructions>Enter a username and password to register with this server."
          "</instructions><username/><password/></query>";
static const char openfire[] =
    QUERY "\n\t\t<username/><password/><email/><name/>\n\t\t" FORM "\n\t\t\t"
          "<title>XMPP Client Registration</title>"
          "<field var='FORM_TYPE' type='hidden'><value>jabber:iq:register</value></field>"
          "<field var='username' type='text-single' label='Username'><required/></field>"
          "<field var='name' type='text-single' label='Full name'/>"
          "<field var='email' type='text-single' label='Email'/>"
          "<field var='password' type='text-private' label='Password'><required/></field>"
          "</x>\n</query>";

static void test_legacy_fields(void **state)
{
    static const struct {
        const char *query;
        bool all;
    } cases[] = {{prosody, false}, {ejabberd, false}, {jabberd2, false}, {openfire, true}};

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        xmpp_stanza_t *answer = answer_to(*state, cases[i].query, &usual, NULL);

        assert_true(stanza_is(answer, "query", NS));
        assert_int_equal(count_children(answer), cases[i].all ? 4 : 2);
        expect_field(answer, "username", usual.username);
        expect_field(answer, "password", usual.password);
        expect_field(answer, "name", cases[i].all ? usual.name : NULL);
        expect_field(answer, "email", cases[i].all ? usual.email : NULL);
        xmpp_stanza_release(answer);
    }
}

static void test_on_the_wire(void **state)
{
    xmpp_stanza_t *answer = answer_to(*state, ejabberd, &usual, NULL);
    char *text;
    size_t size;

    assert_int_equal(xmpp_stanza_to_text(answer, &text, &size), XMPP_EOK);
    assert_string_equal(text, "<query xmlns=\"jabber:iq:register\">"
                              "<username>f81edfee27c1</username>"
                              "<password>&lt;4e&amp;53&gt;</password></query>");
    xmpp_free(*state, text);
    xmpp_stanza_release(answer);
}

static void test_what_we_do_not_have(void **state)
{
    struct register_fields fields = usual;

    fields.name = fields.email = NULL;
    xmpp_stanza_t *answer = answer_to(*state, openfire, &fields, NULL);
    assert_int_equal(count_children(answer), 2);
    xmpp_stanza_release(answer);

    /* legacy fields nobody can know are left to the server to insist on */
    answer = answer_to(*state, QUERY "<zip/><username/><phone/><password/><first/></query>", &usual,
                       NULL);
    assert_int_equal(count_children(answer), 3);
    expect_field(answer, "first", usual.name);
    xmpp_stanza_release(answer);
}

static void test_other_namespace(void **state)
{
    struct register_fields fields = usual;

    fields.ns = "violet:iq:register";
    xmpp_stanza_t *answer = answer_to(
        *state, "<query xmlns='violet:iq:register'><username/><password/></query>", &fields, NULL);
    assert_true(stanza_is(answer, "query", "violet:iq:register"));
    expect_field(answer, "username", usual.username);
    xmpp_stanza_release(answer);
}

static void test_form_only(void **state)
{
    xmpp_stanza_t *answer = answer_to(
        *state,
        QUERY "<instructions>Use the form</instructions>" FORM
              "<field type='fixed'><value>Welcome</value></field>"
              "<field type='hidden' var='FORM_TYPE'><value>jabber:iq:register</value></field>"
              "<field type='hidden' var='token'><value>a&lt;b</value></field>"
              "<field type='hidden' var='void'/>"
              "<field var='username'><required/></field>"
              "<field type='text-private' var='password'><required/></field>"
              "<field type='text-single' var='nick'><value>somebody</value></field>"
              "<field type='text-single' var='colour'/>"
              "<reported/></x></query>",
        &usual, NULL);
    xmpp_stanza_t *form = xmpp_stanza_get_child_by_name_and_ns(answer, "x", "jabber:x:data");

    assert_int_equal(count_children(answer), 1);
    assert_non_null(form);
    assert_string_equal(xmpp_stanza_get_type(form), "submit");
    assert_int_equal(count_children(form), 5);
    expect_field(answer, "FORM_TYPE", "jabber:iq:register");
    expect_field(answer, "token", "a<b");
    expect_field(answer, "username", usual.username);
    expect_field(answer, "password", usual.password);
    expect_field(answer, "nick", usual.name);
    expect_field(answer, "colour", NULL);
    xmpp_stanza_release(answer);
}

static void test_what_a_rabbit_cannot_fill_in(void **state)
{
    static const struct {
        const char *query, *because;
    } cases[] = {
        {QUERY FORM "<field var='username'/><field var='ocr' type='text-single'/></x></query>",
         "captcha"},
        {QUERY FORM "<field var='captcha-fallback-text'/><field var='username'/></x></query>",
         "captcha"},
        {QUERY FORM "<field var='q'><media xmlns='urn:xmpp:media-element'/></field></x></query>",
         "captcha"},
        {QUERY FORM "<field var='phone'><required/></field></x></query>", "called phone"},
        {QUERY FORM "<field type='hidden' var='h'><required/></field></x></query>", "called h"},
        {QUERY "<x xmlns='jabber:x:oob'><url>http://a/</url></x></query>", "web page"},
        {QUERY "<instructions>Go away</instructions></query>", "neither"},
        {QUERY "<username/></query>", "neither"},
        {QUERY "<password/></query>", "neither"},
        {QUERY "</query>", "neither"},
        {QUERY "<x xmlns='urn:other'/></query>", "neither"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct failure failure = {0};

        if (answer_to(*state, cases[i].query, &usual, &failure))
            fail_msg("filled in: %s", cases[i].query);
        assert_string_equal(failure.cause, "register-unsupported");
        assert_int_equal(failure.kind, FAILURE_REGISTER_GET);
        if (!strstr(failure.text, cases[i].because))
            fail_msg("%s: %s", cases[i].query, failure.text);
    }
}

/* What we need and do not have is named, cut and whole. */
static void test_required_email(void **state)
{
    struct register_fields fields = usual;
    struct failure failure = {0};

    fields.email = NULL;
    assert_null(answer_to(*state, QUERY FORM "<field var='email'><required/></field></x></query>",
                          &fields, &failure));
    assert_non_null(strstr(failure.text, "a field called email)"));
    assert_null(answer_to(*state,
                          QUERY FORM "<field var='aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeee'>"
                                     "<required/></field></x></query>",
                          &fields, &failure));
    assert_non_null(strstr(failure.text, "aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd)"));
}

/* A query of `n` copies of `filler` with `core` behind them. */
static char *long_query(unsigned n, const char *head, const char *filler, const char *core)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    fputs(head, out);
    for (unsigned i = 0; i < n; i++)
        fputs(filler, out);
    fputs(core, out);
    fclose(out);
    return text;
}

static void test_a_thousand_fields(void **state)
{
    char *legacy = long_query(1000, QUERY, "<misc/><username/>", "<username/><password/></query>");
    xmpp_stanza_t *answer = answer_to(*state, legacy, &usual, NULL);

    assert_int_equal(count_children(answer), 2);
    expect_field(answer, "username", usual.username);
    expect_field(answer, "password", usual.password);
    xmpp_stanza_release(answer);
    free(legacy);

    char *form = long_query(
        1000, QUERY FORM, "<field type='hidden' var='h'><value>v</value></field>", "</x></query>");
    answer = answer_to(*state, form, &usual, NULL);
    assert_int_equal(count_children(xmpp_stanza_get_children(answer)), 64);
    xmpp_stanza_release(answer);
    free(form);
}

/* Refusals */

/* RFC 6120 8.3.3 */
static const struct {
    const char *condition, *of_get, *of_set;
} refusals[] = {
    {"bad-request", "register-closed", "register-refused"},
    {"conflict", "register-unsupported", "register-conflict"},
    {"feature-not-implemented", "register-closed", "register-closed"},
    {"forbidden", "register-closed", "register-closed"},
    {"gone", "register-closed", "register-refused"},
    {"internal-server-error", "register-closed", "register-refused"},
    {"item-not-found", "register-closed", "register-refused"},
    {"jid-malformed", "register-closed", "register-refused"},
    {"not-acceptable", "register-unsupported", "register-refused"},
    {"not-allowed", "register-closed", "register-closed"},
    {"not-authorized", "register-closed", "register-refused"},
    {"policy-violation", "register-closed", "register-refused"},
    {"recipient-unavailable", "register-closed", "register-refused"},
    {"redirect", "register-closed", "register-refused"},
    {"registration-required", "register-closed", "register-refused"},
    {"remote-server-not-found", "register-closed", "register-refused"},
    {"remote-server-timeout", "register-closed", "register-refused"},
    {"resource-constraint", "register-wait", "register-wait"},
    {"service-unavailable", "register-closed", "register-closed"},
    {"subscription-required", "register-closed", "register-refused"},
    {"undefined-condition", "register-closed", "register-refused"},
    {"unexpected-request", "register-closed", "register-refused"},
    {"x-something-else", "register-closed", "register-refused"},
};

static void expect_refusal(xmpp_ctx_t *ctx, const char *iq, bool set, const char *cause,
                           enum failure_kind kind)
{
    xmpp_stanza_t *stanza = stanza_from_text(ctx, iq);
    struct failure failure = {0};

    register_refusal(stanza, set, &failure);
    xmpp_stanza_release(stanza);
    if (!streq(failure.cause, cause) || failure.kind != kind)
        fail_msg("%s (%s): %s, kind %d", iq, set ? "set" : "get", failure.cause, failure.kind);
    assert_true(strlen(failure.text) > 0);
}

static void test_refusals(void **state)
{
    char iq[256];

    for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
        const char *condition = refusals[i].condition;

        snprintf(iq, sizeof(iq),
                 "<iq type='error'><error type='cancel'><%s xmlns='urn:ietf:params:"
                 "xml:ns:xmpp-stanzas'/></error></iq>",
                 condition);
        expect_refusal(*state, iq, false, refusals[i].of_get, FAILURE_REGISTER_GET);
        expect_refusal(*state, iq, true, refusals[i].of_set,
                       streq(condition, "conflict") ? FAILURE_REGISTER_CONFLICT
                                                    : FAILURE_REGISTER_SET);
        snprintf(iq, sizeof(iq),
                 "<iq type='error'><error type='wait'><text>later</text><%s/></error>"
                 "</iq>",
                 condition);
        expect_refusal(*state, iq, false, "register-wait", FAILURE_REGISTER_GET);
        expect_refusal(*state, iq, true, "register-wait", FAILURE_REGISTER_SET);
    }
}

/* Codes are not looked at, and what the server echoes (the password!) is not told. */
static void test_jabberd2_errors(void **state)
{
    static const char bare[] = "<iq type='error'><query xmlns='" NS "'><username>u</username>"
                               "<password>secret</password></query><error code='409'/></iq>";
    static const char full[] =
        "<iq type='error'><query xmlns='" NS "'><username>u</username><password>secret</password>"
        "</query><error code='409' type='cancel'><conflict xmlns='urn:x'/></error></iq>";
    xmpp_stanza_t *stanza = stanza_from_text(*state, full);
    struct failure failure = {0};

    expect_refusal(*state, bare, true, "register-refused", FAILURE_REGISTER_SET);
    expect_refusal(*state, bare, false, "register-closed", FAILURE_REGISTER_GET);
    expect_refusal(*state, "<iq type='error'/>", true, "register-refused", FAILURE_REGISTER_SET);
    expect_refusal(*state, full, true, "register-conflict", FAILURE_REGISTER_CONFLICT);
    register_refusal(stanza, true, &failure);
    assert_null(strstr(failure.text, "secret"));
    assert_non_null(strstr(failure.text, "(conflict)"));
    xmpp_stanza_release(stanza);
}

static void test_refusal_text(void **state)
{
    char *reason = long_query(1, "<iq type='error'><error type='modify'><",
                              "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee",
                              "/><text>Choose &lt;another&gt; name</text></error></iq>");
    char *flood = long_query(1000, "<iq type='error'><error><not-acceptable/><text>", "0123456789",
                             "</text></error></iq>");
    xmpp_stanza_t *stanza = stanza_from_text(*state, reason);
    struct failure failure = {0};

    register_refusal(stanza, true, &failure);
    xmpp_stanza_release(stanza);
    assert_non_null(strstr(failure.text, "(aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd: Choose "
                                         "<another> name)"));
    stanza = stanza_from_text(*state, flood);
    register_refusal(stanza, true, &failure);
    xmpp_stanza_release(stanza);
    assert_non_null(strstr(failure.text, "(not-acceptable: 0123456789"));
    assert_non_null(strstr(failure.text, "); see [account] name and email"));
    free(reason);
    free(flood);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_legacy_fields),
        cmocka_unit_test(test_on_the_wire),
        cmocka_unit_test(test_what_we_do_not_have),
        cmocka_unit_test(test_other_namespace),
        cmocka_unit_test(test_form_only),
        cmocka_unit_test(test_what_a_rabbit_cannot_fill_in),
        cmocka_unit_test(test_required_email),
        cmocka_unit_test(test_a_thousand_fields),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_jabberd2_errors),
        cmocka_unit_test(test_refusal_text),
    };

    return cmocka_run_group_tests(tests, make_context, free_context);
}
