/* Which resource is bound when, and that nothing is said while an answer is awaited. */
#include "stanza-text.h"

#include <errno.h>

#include "xmpp/resources.h"

#define J   "0019db01dbd7@ojn.example"
#define SEC USEC_PER_SEC

struct rig {
    xmpp_ctx_t *ctx;
    struct resources *resources;
    char *said; /* last */
    unsigned writes, sources, changes;
    char failure[160];
    uint64_t now_usec;
};

static int on_write(const char *text, size_t size, void *userdata)
{
    struct rig *rig = userdata;

    rig->writes++;
    free(rig->said);
    rig->said = strndup(text, size);
    return 0;
}

static void on_sources(xmpp_stanza_t *iq, void *userdata)
{
    struct rig *rig = userdata;

    rig->sources++;
    resources_want(rig->resources, "idle", rig->now_usec);
}

static void on_changed(void *userdata)
{
    ((struct rig *)userdata)->changes++;
}

static void on_failed(const char *cause, const char *detail, void *userdata)
{
    struct rig *rig = userdata;

    snprintf(rig->failure, sizeof(rig->failure), "%s: %s", cause, detail);
}

static int make_rig(void **state)
{
    static const struct resources_listener listener = {on_write, on_sources, on_changed, on_failed};
    struct rig *rig = calloc(1, sizeof(*rig));

    if (!rig)
        return -1;
    rig->ctx = xmpp_ctx_new(NULL, NULL);
    rig->now_usec = 1000 * SEC;
    *state = rig;
    return resources_new(&rig->resources, &listener, rig);
}

static int free_rig(void **state)
{
    struct rig *rig = *state;

    resources_free(rig->resources);
    xmpp_ctx_free(rig->ctx);
    free(rig->said);
    free(rig);
    return 0;
}

/* Time goes on to the next deadline. */
static void wait_due(struct rig *rig)
{
    rig->now_usec = resources_deadline(rig->resources);
    resources_tick(rig->resources, rig->now_usec);
}

static void hear(struct rig *rig, const char *text, bool is_taken)
{
    xmpp_stanza_t *stanza = stanza_from_text(rig->ctx, text);

    assert_int_equal(resources_take(rig->resources, stanza, rig->now_usec), is_taken);
    xmpp_stanza_release(stanza);
}

static void start(struct rig *rig)
{
    assert_int_equal(resources_start(rig->resources, J "/boot", 2, rig->now_usec), 0);
    assert_non_null(strstr(rig->said, "violet:iq:sources"));
    assert_non_null(strstr(rig->said, "id='3'"));
    assert_string_equal(resources_current(rig->resources), "boot");
}

static void answer_sources(struct rig *rig)
{
    hear(rig, "<iq type='result' id='3' from='net.violet.platform@ojn.example/sources'/>", true);
}

#define BOUND                                                                         \
    "<iq type='result' id='4'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>" J \
    "/idle</jid></bind></iq>"

/* boot → idle, all answered. */
static void become_idle(struct rig *rig)
{
    start(rig);
    answer_sources(rig);
    wait_due(rig);
    hear(rig, BOUND, true);
    hear(rig, "<iq type='result' id='5'/>", true);
    hear(rig, "<presence from='x' id='6'/>", true);
    hear(rig, "<iq type='result' id='7'/>", true);
}

/* A click may come while an answer is awaited; it takes the next number. */
static void test_told_meanwhile(void **state)
{
    struct rig *rig = *state;

    start(rig);
    assert_int_equal(resources_tell(rig->resources, "x@ojn.example", "<click/>", rig->now_usec), 0);
    answer_sources(rig);
    wait_due(rig);
    assert_non_null(strstr(rig->said, "<resource>idle</resource>"));
    assert_non_null(strstr(rig->said, "id='5'"));
    assert_string_equal(rig->failure, "");
}

static void test_boot(void **state)
{
    struct rig *rig = *state;

    start(rig);
    answer_sources(rig);
    assert_int_equal(rig->sources, 1);
    assert_int_equal(rig->writes, 1); /* not in the same breath */
    wait_due(rig);
    assert_non_null(strstr(rig->said, "<resource>idle</resource>"));
    assert_non_null(strstr(rig->said, J "/boot"));
    hear(rig, "<iq type='result' id='3'/>", false); /* of something else */
    hear(rig, BOUND, true);
    assert_string_equal(rig->said,
                        "<iq from='" J "/idle' to='ojn.example' type='set' id='5'><session "
                        "xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>");
    hear(rig, "<iq type='result' id='5'/>", true);
    assert_string_equal(rig->said, "<presence from='" J "/idle' id='6'></presence>");
    hear(rig, "<presence from='" J "/idle' to='" J "/idle' id='6'/>", true);
    assert_non_null(strstr(rig->said, "<unbind"));
    assert_non_null(strstr(rig->said, "<resource>boot</resource>"));
    assert_int_equal(rig->changes, 0);
    hear(rig, "<iq type='result' id='7'/>", true);
    assert_int_equal(rig->changes, 1);
    assert_string_equal(resources_jid(rig->resources), J "/idle");
    assert_string_equal(resources_current(rig->resources), "idle");
    assert_int_equal(rig->writes, 5);
}

/* What is to be sent waits for the answer, then goes out one by one, 100 ms apart. */
static void test_one_at_a_time(void **state)
{
    struct rig *rig = *state;
    uint64_t before;

    start(rig);
    assert_int_equal(resources_send(rig->resources, "<a/>", 4, rig->now_usec), 0);
    assert_int_equal(resources_send(rig->resources, "<b/>", 4, rig->now_usec), 0);
    assert_int_equal(rig->writes, 1);
    answer_sources(rig);
    wait_due(rig); /* the change of resource goes first */
    assert_non_null(strstr(rig->said, "<bind"));
    hear(rig, BOUND, true);
    hear(rig, "<iq type='result' id='5'/>", true);
    hear(rig, "<presence/>", true);
    hear(rig, "<iq type='result' id='7'/>", true);
    wait_due(rig);
    assert_string_equal(rig->said, "<a/>");
    before = rig->now_usec;
    wait_due(rig);
    assert_string_equal(rig->said, "<b/>");
    assert_int_equal(rig->now_usec - before, 100 * USEC_PER_MSEC);
    wait_due(rig);
    assert_string_equal(rig->said, " ");
}

/* The latest wish counts, and it waits until the change under way is over. */
static void test_latest_wish(void **state)
{
    struct rig *rig = *state;

    become_idle(rig);
    resources_want(rig->resources, "streaming", rig->now_usec);
    wait_due(rig);
    assert_non_null(strstr(rig->said, "<resource>streaming</resource>"));
    resources_want(rig->resources, "asleep", rig->now_usec);
    resources_want(rig->resources, "streaming", rig->now_usec);
    resources_want(rig->resources, "asleep", rig->now_usec);
    hear(rig,
         "<iq type='result' id='8'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>" J
         "/streaming</jid></bind></iq>",
         true);
    hear(rig, "<iq type='result' id='9'/>", true);
    hear(rig, "<presence/>", true);
    hear(rig, "<iq type='result' id='11'/>", true);
    wait_due(rig);
    assert_non_null(strstr(rig->said, "<resource>asleep</resource>"));
    assert_non_null(strstr(rig->said, "id='12'"));
}

/* The one that is bound already is no wish. */
static void test_same_wish(void **state)
{
    struct rig *rig = *state;

    become_idle(rig);
    resources_want(rig->resources, "idle", rig->now_usec);
    wait_due(rig);
    assert_string_equal(rig->said, " ");
}

/* A server that binds but one resource: presence says that something has changed. */
static void test_refused_bind(void **state)
{
    struct rig *rig = *state;

    start(rig);
    answer_sources(rig);
    wait_due(rig);
    hear(rig, "<iq type='error' id='4'/>", true);
    assert_string_equal(rig->said, "<presence from='" J "/boot' id='5'></presence>");
    hear(rig, "<presence/>", true);
    assert_int_equal(rig->changes, 1);
    assert_string_equal(resources_jid(rig->resources), J "/boot");
    assert_string_equal(resources_current(rig->resources), "idle");
    resources_want(rig->resources, "asleep", rig->now_usec);
    wait_due(rig);
    assert_string_equal(rig->said, "<presence from='" J "/boot' id='6'></presence>");
    assert_string_equal(rig->failure, "");
}

/* Presence that nobody sends back, an unbind that nobody answers: a few seconds, no more. */
static void test_no_echo(void **state)
{
    struct rig *rig = *state;
    uint64_t before;

    start(rig);
    answer_sources(rig);
    wait_due(rig);
    hear(rig, BOUND, true);
    hear(rig, "<iq type='error' id='5'/>", true); /* sessions are a thing of the past */
    before = rig->now_usec;
    wait_due(rig);
    assert_non_null(strstr(rig->said, "<unbind"));
    wait_due(rig);
    assert_int_equal(rig->changes, 1);
    assert_true(rig->now_usec - before <= 6 * SEC);
}

static void test_silence(void **state)
{
    struct rig *rig = *state;

    start(rig);
    wait_due(rig);
    assert_string_equal(rig->failure, "silent-bind: nothing came for 12 s");
    assert_int_equal(rig->now_usec, 1012 * SEC);
    assert_null(resources_jid(rig->resources));
    assert_true(resources_deadline(rig->resources) == USEC_NEVER);
    assert_int_equal(resources_send(rig->resources, "<a/>", 4, rig->now_usec), -ENOTCONN);
}

static void test_no_sources(void **state)
{
    struct rig *rig = *state;

    start(rig);
    hear(rig,
         "<iq type='error' id='3'><error type='cancel'><service-unavailable "
         "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
         true);
    assert_string_equal(rig->failure,
                        "protocol: the platform does not say what to show: service-unavailable");
}

/* A space after 9 s without a word, and again. */
static void test_keep_alive(void **state)
{
    struct rig *rig = *state;
    uint64_t before;

    become_idle(rig);
    for (unsigned i = 0; i < 3; i++) {
        before = rig->now_usec;
        wait_due(rig);
        assert_string_equal(rig->said, " ");
        assert_int_equal(rig->now_usec - before, 9 * SEC);
    }
    rig->now_usec += 5 * SEC;
    hear(rig, "<message/>", false); /* a word of theirs is one as well */
    assert_int_equal(resources_deadline(rig->resources) - rig->now_usec, 9 * SEC);
}

static void test_full_queue(void **state)
{
    struct rig *rig = *state;

    start(rig);
    for (unsigned i = 0; i < 64; i++)
        assert_int_equal(resources_send(rig->resources, "<a/>", 4, rig->now_usec), 0);
    assert_int_equal(resources_send(rig->resources, "<a/>", 4, rig->now_usec), -ENOSPC);
}

/* A message is the firmware's, and waits for its turn. */
static void test_tell(void **state)
{
    struct rig *rig = *state;

    assert_int_equal(resources_tell(rig->resources, "x", "<ears/>", rig->now_usec), -ENOTCONN);
    become_idle(rig);
    assert_int_equal(resources_tell(rig->resources, "int@o/int", "<ears/>", rig->now_usec), 0);
    assert_non_null(strstr(rig->said, "<unbind"));
    wait_due(rig);
    assert_string_equal(rig->said,
                        "<message from='" J "/idle' to='int@o/int' id='8'><ears/></message>");
}

static void test_bad_jids(void **state)
{
    static const char *const jids[] = {J, "ojn.example/boot", J "/", J "/\x01", "a/b@c"};
    struct rig *rig = *state;

    for (size_t i = 0; i < ARRAY_SIZE(jids); i++)
        assert_int_equal(resources_start(rig->resources, jids[i], 2, rig->now_usec), -EBADMSG);
    assert_int_equal(rig->writes, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_rig, free_rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_boot),        TEST(test_told_meanwhile), TEST(test_one_at_a_time),
        TEST(test_latest_wish), TEST(test_same_wish),      TEST(test_refused_bind),
        TEST(test_no_echo),     TEST(test_silence),        TEST(test_no_sources),
        TEST(test_keep_alive),  TEST(test_full_queue),     TEST(test_bad_jids),
        TEST(test_tell),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
