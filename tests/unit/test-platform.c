/* Who may send packets, which of them run now, wait or never do, and what the platform is told. */
#include "dance-rig.h"

#include <errno.h>

#include "base/base64.h"
#include "base/log.h"
#include "rabbit/platform.h"
#include "stanza-text.h"
#include "violet/packet.h"

#define SEC      USEC_PER_SEC
#define PLATFORM "net.openjabnab.platform@ojn.example/services"
#define J        "0019db01dbd7@ojn.example"

static char *no_platforms[] = {NULL}, own_resource[] = "nabaztagd";

struct desk {
    struct rig *rig;
    xmpp_ctx_t *ctx;
    struct show *show;
    struct sleep *sleep;
    struct platform *platform;
    struct config config;
    unsigned reboots;
    char resources[256]; /* told, in their order */
    char told[512];
};

static int on_tell(const char *to, const char *body, void *userdata)
{
    struct desk *desk = userdata;
    size_t used = strlen(desk->told);

    snprintf(desk->told + used, sizeof(desk->told) - used, "%s %s\n", to, body);
    return 0;
}

static void on_resource(const char *resource, void *userdata)
{
    struct desk *desk = userdata;
    size_t used = strlen(desk->resources);

    snprintf(desk->resources + used, sizeof(desk->resources) - used, "%s ", resource);
}

static void on_reboot(void *userdata)
{
    ((struct desk *)userdata)->reboots++;
}

static void on_sleep(bool asleep, void *userdata)
{
}

static void on_droop(void *userdata)
{
}

static void on_show(void *userdata)
{
}

static uint64_t deadline(const void *dancer)
{
    return show_deadline(dancer);
}

static void tick(void *dancer, uint64_t now_usec)
{
    show_tick(dancer, now_usec);
}

static void on_settled(void *dancer, uint64_t now_usec)
{
    show_on_ears_settled(dancer, now_usec);
}

static int set_up(void **state)
{
    static const struct platform_listener listener = {on_tell, on_resource, on_reboot};
    static const struct sleep_listener sleep_listener = {.on_changed = on_sleep,
                                                         .on_droop = on_droop};
    static const struct show_listener show_listener = {on_show};
    struct desk *desk = calloc(1, sizeof(*desk));
    struct platform_context context;

    assert_non_null(desk);
    log_set_level(LOG_CRIT);
    desk->rig = rig_new();
    desk->ctx = xmpp_ctx_new(NULL, NULL);
    assert_int_equal(show_new(&desk->show, desk->rig->body, &show_listener, desk), 0);
    assert_int_equal(sleep_new(&desk->sleep, NULL, &sleep_listener, desk), 0);
    desk->rig->dancer = desk->show;
    desk->rig->deadline = deadline;
    desk->rig->tick = tick;
    desk->rig->on_settled = on_settled;
    desk->config.account.dialect = DIALECT_VIOLET;
    desk->config.account.resource = own_resource;
    desk->config.violet.platforms = no_platforms;
    context = (struct platform_context){.show = desk->show, .sleep = desk->sleep};
    assert_int_equal(
        platform_new(&desk->platform, &desk->config, "ojn.example", &context, &listener, desk), 0);
    platform_set_online(desk->platform, true, loop.now_usec);
    *state = desk;
    return 0;
}

static int tear_down(void **state)
{
    struct desk *desk = *state;

    assert_null(platform_free(desk->platform));
    show_free(desk->show);
    sleep_free(desk->sleep);
    xmpp_ctx_free(desk->ctx);
    rig_free(desk->rig);
    free(desk);
    return 0;
}

/* ---- packets ---- */

struct frames {
    struct packet_writer writer;
    uint8_t data[4096];
};

static struct frames *begin(struct frames *frames)
{
    assert_int_equal(packet_begin(&frames->writer, frames->data, sizeof(frames->data)), 0);
    return frames;
}

static void add_program(struct frames *frames, const char *text)
{
    uint8_t payload[1024];
    size_t size;

    assert_int_equal(program_encode(text, strlen(text), payload, sizeof(payload), &size), 0);
    assert_int_equal(packet_add(&frames->writer, PACKET_PROGRAM, payload, size), 0);
}

static void add_mode(struct frames *frames, bool asleep)
{
    const uint8_t payload = asleep;

    assert_int_equal(packet_add(&frames->writer, PACKET_MODE, &payload, 1), 0);
}

static int send_text(struct desk *desk, const char *from, const char *resource,
                     const char *attributes, const char *text)
{
    char *xml;
    xmpp_stanza_t *stanza;
    int r;

    assert_true(asprintf(&xml, "<message from='%s' to='" J "%s%s'><packet %s>%s</packet></message>",
                         from, *resource ? "/" : "", resource, attributes, text) > 0);
    stanza = stanza_from_text(desk->ctx, xml);
    r = platform_take(desk->platform, stanza, loop.now_usec);
    xmpp_stanza_release(stanza);
    free(xml);
    return r;
}

static int send_bytes(struct desk *desk, const char *from, const char *resource, const char *ttl,
                      const uint8_t *data, size_t size)
{
    char text[BASE64_TEXT_SIZE(4096)], attributes[80];

    base64_encode(text, data, size, BASE64_STANDARD);
    snprintf(attributes, sizeof(attributes), "xmlns='violet:packet' format='1.0' ttl='%s'", ttl);
    return send_text(desk, from, resource, attributes, text);
}

static void send_frames(struct desk *desk, const char *resource, const char *ttl,
                        struct frames *frames)
{
    size_t size;

    assert_int_equal(packet_end(&frames->writer, &size), 0);
    assert_int_equal(send_bytes(desk, PLATFORM, resource, ttl, frames->data, size), 0);
}

static void send_program(struct desk *desk, const char *resource, const char *text)
{
    struct frames frames;

    add_program(begin(&frames), text);
    send_frames(desk, resource, "604800", &frames);
}

static void send_mode(struct desk *desk, const char *resource, bool asleep)
{
    struct frames frames;

    add_mode(begin(&frames), asleep);
    send_frames(desk, resource, "604800", &frames);
}

static void expect_program(struct desk *desk, const char *id)
{
    rig_run(desk->rig, 0);
    if (id)
        assert_string_equal(show_event_id(desk->show), id);
    else
        assert_null(show_event_id(desk->show));
}

/* ---- who may ---- */

static const struct {
    const char *entry, *jid;
    bool may;
} permissions[] = {
    {NULL, "net.openjabnab.platform@ojn.example/services", true},
    {NULL, "net.violet.platform@OJN.example", true},
    {NULL, "net.openjabnab.platform@elsewhere.example", false},
    {NULL, "ojn.example", false},
    {NULL, "mallory@ojn.example", false},
    {"platform@a.example", "platform@a.example/x", true},
    {"platform@a.example", "platform@A.EXAMPLE", true},
    {"platform@a.example", "a.example", false},
    {"platform@a.example", "net.openjabnab.platform@ojn.example", false},
    {"a.example", "a.example", true},
    {"a.example", "a.example/b", true},
    {"a.example", "platform@a.example", false},
    {"*@a.example", "anybody@a.example", true},
    {"*@a.example", "a.example", false},
    {"*@a.example", "anybody@b.a.example", false},
    {"*@a.example", "anybody@a.example.net", false},
};

static void test_permissions(void **state)
{
    struct desk *desk = *state;

    for (size_t i = 0; i < ARRAY_SIZE(permissions); i++) {
        char *list[] = {(char *)permissions[i].entry, NULL};

        desk->config.violet.platforms = list;
        assert_int_equal(platform_may(desk->platform, permissions[i].jid), permissions[i].may);
    }
    assert_false(platform_may(desk->platform, NULL));
    assert_false(platform_may(desk->platform, "@"));
}

static void test_standard_allows_nobody(void **state)
{
    struct desk *desk = *state;

    desk->config.account.dialect = DIALECT_STANDARD;
    assert_false(platform_may(desk->platform, PLATFORM));
}

static void test_stranger(void **state)
{
    static const uint8_t sleep[] = {0x7f, 0x0b, 0, 0, 1, 1, 0xff};
    struct desk *desk = *state;

    assert_int_equal(send_bytes(desk, "mallory@ojn.example", "urgent", "9", sleep, sizeof(sleep)),
                     -EPERM);
    assert_false(sleep_is_asleep(desk->sleep));
}

/* ---- envelopes ---- */

static void test_envelopes(void **state)
{
    static const char *const sleep = "fwsAAAEB/w==";
    static const struct {
        const char *attributes, *text;
        int result;
        bool runs;
    } cases[] = {
        {"xmlns='violet:packet' format='1.0'", "", 0, false},
        {"xmlns='violet:packet' format='2.0'", "fwsAAAEB/w==", 0, false},
        {"xmlns='violet:packet'", "fwsAAAEB/w==", 0, false},
        {"xmlns='other:packet' format='1.0'", "fwsAAAEB/w==", -ENOENT, false},
        {"xmlns='violet:packet' format='1.0'", "3q2+7w==", 0, false},     /* deadbeef */
        {"xmlns='violet:packet' format='1.0'", "fwsAAAEB", 0, false},     /* no end */
        {"xmlns='violet:packet' format='1.0'", "fwsA/wEB/w==", 0, false}, /* past the end */
        {"xmlns='violet:packet' format='1.0' ttl='soon'", "fwsAAAEB/w==", 0, true},
    };
    struct desk *desk = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(send_text(desk, PLATFORM, "idle", cases[i].attributes, cases[i].text),
                         cases[i].result);
        assert_int_equal(sleep_is_asleep(desk->sleep), cases[i].runs);
    }
    assert_int_equal(
        send_text(desk, PLATFORM, "asleep", "xmlns='violet:packet' format='1.0'", sleep), 0);
}

/* The last frame runs first: asleep when the program comes, so that all the same it runs. */
static void test_order_of_frames(void **state)
{
    struct desk *desk = *state;
    struct frames frames;

    add_mode(begin(&frames), false);
    add_program(&frames, "ID 1\nWT 1000\n");
    add_program(&frames, "ID 2\nWT 1000\n");
    add_mode(&frames, true);
    send_frames(desk, "idle", "1", &frames);
    assert_false(sleep_is_asleep(desk->sleep));
    expect_program(desk, "1");
}

/* ---- admission ---- */

static void test_resources_that_always_run(void **state)
{
    static const char *const always[] = {"urgent", "sources", "boot"};
    struct desk *desk = *state;

    sleep_set(desk->sleep, true, loop.now_usec);
    for (size_t i = 0; i < ARRAY_SIZE(always); i++) {
        send_program(desk, always[i], "ID 5\nWT 600000\n");
        expect_program(desk, "5");
    }
}

static void test_processing(void **state)
{
    struct desk *desk = *state;

    send_program(desk, "idle", "ID 1\nWT 10000\n");
    send_program(desk, "idle", "ID 2\nWT 10000\n");
    send_program(desk, "", "ID 3\nWT 10000\n");
    expect_program(desk, "1");
    rig_run(desk->rig, 10 * SEC);
    platform_look(desk->platform, loop.now_usec);
    expect_program(desk, "2");
    rig_run(desk->rig, 10 * SEC);
    platform_look(desk->platform, loop.now_usec);
    expect_program(desk, "3");
}

static void test_asleep(void **state)
{
    struct desk *desk = *state;

    send_mode(desk, "idle", true);
    assert_true(sleep_is_asleep(desk->sleep));
    assert_string_equal(platform_resource(desk->platform), "asleep");
    send_program(desk, "idle", "ID 1\nWT 10000\n");
    expect_program(desk, NULL);
    send_program(desk, "asleep", "ID 2\nWT 1000\n");
    expect_program(desk, "2");
    rig_run(desk->rig, 2 * SEC);
    send_mode(desk, "idle", false); /* waits as well */
    assert_true(sleep_is_asleep(desk->sleep));
    send_mode(desk, "asleep", false);
    assert_false(sleep_is_asleep(desk->sleep));
    platform_look(desk->platform, loop.now_usec);
    expect_program(desk, "1");
    assert_string_equal(desk->resources, "asleep idle ");
}

static void test_streaming(void **state)
{
    struct desk *desk = *state;

    send_program(desk, "idle", "ID 1\nST http://ojn.example/a\n");
    expect_program(desk, "1");
    platform_look(desk->platform, loop.now_usec);
    assert_string_equal(platform_resource(desk->platform), "streaming");
    send_program(desk, "idle", "ID 2\nWT 1000\n");
    expect_program(desk, "1");
    send_program(desk, "streaming", "ID 3\nWT 1000\n");
    expect_program(desk, "3");
    show_stop(desk->show, loop.now_usec);
    platform_look(desk->platform, loop.now_usec);
    expect_program(desk, "2");
    assert_string_equal(desk->resources, "idle streaming idle ");
}

static void test_expiry(void **state)
{
    struct desk *desk = *state;
    struct frames frames;

    send_program(desk, "idle", "ID 1\nWT 10000\n");
    add_program(begin(&frames), "ID 2\nWT 1000\n");
    send_frames(desk, "idle", "5", &frames);
    assert_int_equal(platform_deadline(desk->platform) - loop.now_usec, 5 * SEC);
    rig_run(desk->rig, 11 * SEC);
    platform_look(desk->platform, loop.now_usec);
    expect_program(desk, NULL);
    assert_true(platform_deadline(desk->platform) == USEC_NEVER);
}

/* Ten that wait make it busy, nine do not; more are dropped. */
static void test_busy(void **state)
{
    struct desk *desk = *state;
    char text[32];

    send_program(desk, "idle", "ID 99\nWT 600000\n");
    for (unsigned i = 0; i < 12; i++) {
        assert_string_equal(platform_resource(desk->platform), i < 10 ? "idle" : "busy");
        snprintf(text, sizeof(text), "ID %u\nWT 1000\n", i);
        send_program(desk, "idle", text);
    }
    show_stop(desk->show, loop.now_usec);
    platform_look(desk->platform, loop.now_usec);
    assert_string_equal(platform_resource(desk->platform), "idle");
    for (unsigned i = 0; i < 10; i++) {
        snprintf(text, sizeof(text), "%u", i);
        expect_program(desk, text);
        rig_run(desk->rig, 2 * SEC);
        platform_look(desk->platform, loop.now_usec);
    }
    expect_program(desk, NULL);
    assert_string_equal(desk->resources, "idle busy idle ");
}

static void test_offline(void **state)
{
    struct desk *desk = *state;

    send_program(desk, "idle", "ID 1\nWT 600000\n");
    send_program(desk, "idle", "ID 2\nWT 600000\n");
    platform_set_online(desk->platform, false, loop.now_usec);
    platform_set_online(desk->platform, true, loop.now_usec);
    platform_look(desk->platform, loop.now_usec);
    expect_program(desk, NULL);
}

static void test_own_resource_is_none(void **state)
{
    char *list[] = {(char *)"platform@a.example", NULL};
    struct desk *desk = *state;
    struct frames frames;
    size_t size;

    desk->config.account.dialect = DIALECT_STANDARD;
    desk->config.violet.platforms = list;
    add_program(begin(&frames), "ID 1\nWT 1000\n");
    assert_int_equal(packet_end(&frames.writer, &size), 0);
    assert_int_equal(send_bytes(desk, "platform@a.example/x", "nabaztagd", "9", frames.data, size),
                     0);
    expect_program(desk, "1");
}

/* ---- the rest ---- */

static void test_reboot(void **state)
{
    static const uint8_t reboot[] = {0x7f, 0x09, 0, 0, 0, 0xff};
    struct desk *desk = *state;

    for (unsigned i = 0; i < 3; i++)
        send_bytes(desk, PLATFORM, "urgent", "9", reboot, sizeof(reboot));
    assert_int_equal(desk->reboots, 1);
    rig_run(desk->rig, 61 * SEC);
    send_bytes(desk, PLATFORM, "urgent", "9", reboot, sizeof(reboot));
    assert_int_equal(desk->reboots, 2);
}

static void test_sources(void **state)
{
    struct desk *desk = *state;
    xmpp_stanza_t *iq = stanza_from_text(
        desk->ctx, "<iq type='result'><query xmlns='violet:iq:sources'><packet "
                   "xmlns='violet:packet' format='1.0'>fwsAAAEB/w==</packet></query></iq>");

    assert_true(platform_take_sources(desk->platform, iq, loop.now_usec));
    assert_true(sleep_is_asleep(desk->sleep));
    xmpp_stanza_release(iq);
    iq = stanza_from_text(desk->ctx, "<iq type='result'><query/></iq>");
    assert_false(platform_take_sources(desk->platform, iq, loop.now_usec));
    xmpp_stanza_release(iq);
}

static void test_events_violet(void **state)
{
    struct desk *desk = *state;

    platform_tell_clicks(desk->platform, 1, NULL);
    platform_tell_clicks(desk->platform, 2, "2147483645");
    platform_tell_clicks(desk->platform, 1, "");
    platform_rename(desk->platform, "tin");
    platform_tell_ears(desk->platform, 4, 16);
    assert_string_equal(
        desk->told,
        "int@xmpp.objects.violet.net/int <button "
        "xmlns=\"violet:nabaztag:button\"><clic>1</clic></button>\n"
        "int@xmpp.objects.violet.net/int <button "
        "xmlns=\"violet:nabaztag:button\"><clic>2</clic><event>2147483645</event></button>\n"
        "int@xmpp.objects.violet.net/int <button "
        "xmlns=\"violet:nabaztag:button\"><clic>1</clic><event/></button>\n"
        "tin@xmpp.objects.violet.net/tin <ears "
        "xmlns=\"violet:nabaztag:ears\"><left>4</left><right>16</right></ears>\n");
}

static void test_events_standard(void **state)
{
    char *list[] = {(char *)"platform@a.example", (char *)"b.example", (char *)"*@c.example", NULL};
    char *wild[] = {(char *)"*@c.example", NULL};
    static const uint8_t wake[] = {0x7f, 0x0b, 0, 0, 1, 0, 0xff};
    struct desk *desk = *state;

    desk->config.account.dialect = DIALECT_STANDARD;
    platform_tell_ears(desk->platform, 1, 2);
    assert_string_equal(desk->told, "");
    desk->config.violet.platforms = list;
    platform_tell_ears(desk->platform, 1, 2);
    assert_non_null(strstr(desk->told, "platform@a.example <ears"));
    assert_non_null(strstr(desk->told, "b.example <ears"));
    assert_null(strstr(desk->told, "c.example"));
    desk->config.violet.platforms = wild;
    *desk->told = '\0';
    platform_tell_ears(desk->platform, 1, 2);
    assert_string_equal(desk->told, "");
    send_bytes(desk, "p@c.example/x", "", "9", wake, sizeof(wake));
    platform_tell_ears(desk->platform, 1, 2);
    assert_non_null(strstr(desk->told, "p@c.example/x <ears"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_permissions),
        TEST(test_standard_allows_nobody),
        TEST(test_stranger),
        TEST(test_envelopes),
        TEST(test_order_of_frames),
        TEST(test_resources_that_always_run),
        TEST(test_processing),
        TEST(test_asleep),
        TEST(test_streaming),
        TEST(test_expiry),
        TEST(test_busy),
        TEST(test_offline),
        TEST(test_own_resource_is_none),
        TEST(test_reboot),
        TEST(test_sources),
        TEST(test_events_violet),
        TEST(test_events_standard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
