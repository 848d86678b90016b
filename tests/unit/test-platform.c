/* Whose packets run, when and in which order, and what the platform is told. The show is the
 * test's, on literal times; what is done comes as words into one line. */
#include "stanza-text.h"
#include "violet-rig.h"

#include <errno.h>

#include "base/base64.h"
#include "base/limits.h"
#include "base/log.h"
#include "rabbit/platform.h"

#define ME       "f81edfee27c1@almacska"
#define PLATFORM "net.violet.platform@almacska/services"
#define SEC      USEC_PER_SEC

#define NOSE    "7f040000067ffffffe0802ff"
#define SLEEP   "7f0b00000101ff"
#define WAKE    "7f0b00000100ff"
#define REBOOT  "7f09000000ff"
#define PROGRAM "7f0a000009005184251c2d53e8bcff"
#define ALL \
    "7f040000067ffffffe08010a00001700fafe8f11f9f2eefbfac6c09b866e69807fc2958824450b00000100ff"

#define IN_VIOLET "; violet\n" /* a mark for configure() */
#define VIOLET    IN_VIOLET "[account]\njid = " ME "\n"
#define STANDARD  "[account]\njid = " ME "\nresource = streaming\n"

struct show {
    bool is_running, is_streaming;
};

struct bed {
    xmpp_ctx_t *ctx;
    struct config *config;
    struct show show;
    struct sleep *sleep;
    struct platform *platform;
    bool is_interactive;
    bool looks_back; /* the listener of sleep looks at the platform */
    char words[4096];
    unsigned notices, warnings;
};

static struct bed *bed; /* the fakes have no userdata */

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *format, ...)
{
    size_t used = strlen(bed->words);
    va_list args;

    va_start(args, format);
    vsnprintf(bed->words + used, sizeof(bed->words) - used, format, args);
    va_end(args);
}

/* ---- in place of ours ---- */

bool show_is_running(const struct show *show)
{
    return show->is_running;
}

bool show_is_streaming(const struct show *show)
{
    return show->is_streaming;
}

struct life *show_life(struct show *show)
{
    return (struct life *)show;
}

void show_run(struct show *show, struct program *program, uint64_t now_usec)
{
    say("run(%zu) ", program->count);
    free(program);
    show->is_running = true;
    platform_look(bed->platform, now_usec); /* as on_changed does */
}

const char *interactive_application(const struct interactive *interactive)
{
    assert_ptr_equal(interactive, bed);
    return bed->is_interactive ? "quiz" : NULL;
}

void show_stop(struct show *show, uint64_t now_usec)
{
    say("stop ");
    show->is_running = show->is_streaming = false;
}

void life_apply(struct life *life, const struct ambient *ambient, uint64_t now_usec)
{
    say("nose(%d) ", ambient->nose);
}

void life_resume(struct life *life, enum life_pause why, uint64_t now_usec)
{
    assert_int_equal(why, LIFE_AWAY);
    say("life ");
}

void life_suspend(struct life *life, enum life_pause why)
{
    assert_int_equal(why, LIFE_AWAY);
    say("away ");
}

void __wrap_log_event(int level, const char *message_id, const struct log_field *fields,
                      const char *format, ...) _printf_(4, 5);

void __wrap_log_event(int level, const char *message_id, const struct log_field *fields,
                      const char *format, ...)
{
    bed->notices += level == LOG_NOTICE;
    bed->warnings += level == LOG_WARNING;
}

/* ---- the platform's listener, and that of sleep ---- */

static int on_tell(const char *to, const char *body, void *userdata)
{
    say("%s %s ", to, body);
    return 0;
}

static void on_resource(const char *resource, void *userdata)
{
    say("=%s ", resource);
}

static void on_reboot(void *userdata)
{
    say("reboot ");
}

static void on_sleep(bool asleep, void *userdata)
{
    say("%s ", asleep ? "asleep" : "awake");
    if (bed->looks_back)
        platform_look(bed->platform, 0);
}

static void on_droop(void *userdata)
{
    say("droop ");
}

static void configure(const char *text, const char *domain)
{
    struct config *config = config_from(text);

    if (after_prefix(text, IN_VIOLET))
        config->account.dialect = DIALECT_VIOLET;
    if (bed->platform)
        platform_configure(bed->platform, config, domain);
    config_free(bed->config);
    bed->config = config;
}

static int set_up(void **state)
{
    static const struct platform_listener listener = {on_tell, on_resource, on_reboot};
    static const struct sleep_listener sleep_listener = {on_sleep, on_droop};
    struct platform_context context;

    bed = calloc(1, sizeof(*bed));
    assert_non_null(bed);
    bed->ctx = xmpp_ctx_new(NULL, NULL);
    configure(VIOLET, NULL);
    assert_int_equal(sleep_new(&bed->sleep, NULL, &sleep_listener, NULL), 0);
    context = (struct platform_context){&bed->show, bed->sleep, (struct interactive *)bed};
    assert_int_equal(platform_new(&bed->platform, bed->config, NULL, &context, &listener, NULL), 0);
    platform_set_online(bed->platform, true, 0);
    bed->words[0] = '\0';
    return 0;
}

static int tear_down(void **state)
{
    assert_null(platform_free(bed->platform));
    sleep_free(bed->sleep);
    config_free(bed->config);
    xmpp_ctx_free(bed->ctx);
    free(bed);
    return 0;
}

/* ---- what tests are made of ---- */

/* What was done since the last call. */
#define done(expected)                             \
    do {                                           \
        assert_string_equal(bed->words, expected); \
        bed->words[0] = '\0';                      \
    } while (0)

static int take_text(const char *text, uint64_t now_usec)
{
    xmpp_stanza_t *stanza = stanza_from_text(bed->ctx, text);
    int r = platform_take(bed->platform, stanza, now_usec);

    xmpp_stanza_release(stanza);
    return r;
}

static int take_from(const char *from, const char *resource, const char *attributes,
                     const char *hex, uint64_t now_usec)
{
    const struct bytes bytes = bytes_of_hex(hex);
    char base64[BASE64_TEXT_SIZE(HEX_MAX)], text[4096];

    base64_encode(base64, bytes.data, bytes.size, BASE64_STANDARD);
    snprintf(text, sizeof(text),
             "<message from='%s' to='" ME "%s' id='1'><packet xmlns='violet:packet' %s>%s</packet>"
             "<amp xmlns='x'/></message>",
             from, resource, attributes, base64);
    return take_text(text, now_usec);
}

/* From the platform, in the usual form. */
static void take(const char *resource, const char *hex, uint64_t now_usec)
{
    assert_int_equal(take_from(PLATFORM, resource, "format='1.0'", hex, now_usec), 0);
}

static void fall_asleep(bool asleep)
{
    sleep_set(bed->sleep, asleep, 0);
    bed->words[0] = '\0';
}

/* ---- when packets run ---- */

enum mood { IDLE, ASLEEP, RUNNING, STREAMING, INTERACTIVE, MOODS };

static void set_mood(enum mood mood)
{
    fall_asleep(mood == ASLEEP);
    bed->is_interactive = mood == INTERACTIVE;
    bed->show.is_running = mood == RUNNING || mood == STREAMING || mood == INTERACTIVE;
    bed->show.is_streaming = mood == STREAMING;
}

static void check_admission(const char *resource, const bool runs[MOODS])
{
    for (enum mood mood = IDLE; mood < MOODS; mood++) {
        bool ran;

        set_mood(mood);
        platform_look(bed->platform, 0);
        bed->words[0] = '\0';
        take(resource, NOSE, 0);
        ran = strstr(bed->words, "nose(2)") != NULL;
        if (ran != runs[mood])
            fail_msg("%s in mood %d", resource, mood);
        assert_int_equal(platform_deadline(bed->platform) == USEC_NEVER, ran);
        /* What waits runs, or is over before the next. */
        platform_look(bed->platform, 8 * 24 * 60 * USEC_PER_MIN);
        assert_int_equal(platform_deadline(bed->platform), USEC_NEVER);
    }
}

static void test_admission(void **state)
{
    static const struct {
        const char *resource;
        bool runs[MOODS];
    } cases[] = {
        {"", {true, false, false, false, false}},
        {"/", {true, false, false, false, false}},
        {"/idle", {true, false, false, false, false}},
        {"/busy", {true, false, false, false, false}},
        {"/Urgent", {true, false, false, false, false}},
        {"/asleep", {true, true, false, false, false}},
        {"/streaming", {true, false, false, true, false}},
        {"/itmode", {true, false, false, false, true}},
        {"/urgent", {true, true, true, true, true}},
        {"/sources", {true, true, true, true, true}},
        {"/boot", {true, true, true, true, true}},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        check_admission(cases[i].resource, cases[i].runs);
}

static void test_own_resource(void **state)
{
    static const bool as_streaming[MOODS] = {true, false, false, true, false},
                      as_none[MOODS] = {true, false, false, false, false};

    configure(VIOLET "resource = streaming\n", NULL);
    check_admission("/streaming", as_streaming);
    configure(STANDARD "[violet]\nplatforms = *@almacska\n", NULL);
    check_admission("/streaming", as_none);
}

/* With one resource for all moods a packet can wake the rabbit, and the others wait. */
static void test_waking(void **state)
{
    configure(STANDARD "[violet]\nplatforms = *@almacska\n", NULL);
    fall_asleep(true);
    take("", NOSE, 0);
    take("/streaming", WAKE, 0);
    done("=asleep awake nose(2) =idle ");
    fall_asleep(true);
    configure(VIOLET, NULL);
    take("", WAKE, 0);
    done("=asleep ");
}

static void test_expiry(void **state)
{
    bed->show.is_running = true;
    take_from(PLATFORM, "/idle", "format='1.0' ttl='5'", NOSE, 10 * SEC);
    take_from(PLATFORM, "/idle", "format='1.0' ttl='99999999999999999999999'", NOSE, 0);
    take_from(PLATFORM, "/idle", "format='1.0' ttl='0'", NOSE, 10 * SEC);
    assert_int_equal(platform_deadline(bed->platform), 15 * SEC);
    platform_look(bed->platform, 15 * SEC - 1);
    assert_int_equal(platform_deadline(bed->platform), 15 * SEC);
    platform_look(bed->platform, 15 * SEC);
    assert_int_equal(platform_deadline(bed->platform), 604800 * SEC);
    bed->show.is_running = false;
    platform_look(bed->platform, 604800 * SEC);
    assert_int_equal(platform_deadline(bed->platform), USEC_NEVER);
    done("");

    take_from(PLATFORM, "/idle", "format='1.0' ttl='0'", NOSE, 0);
    done("nose(2) ");
}

/* One program after the other, what is not for now left where it is. */
static void test_queue(void **state)
{
    bed->show.is_running = true;
    take("", PROGRAM, 0);
    take("/idle", NOSE, 0);
    take("", PROGRAM, 0);
    take("", NOSE, 0);
    done("");
    bed->show.is_running = false;
    platform_look(bed->platform, 1);
    done("run(1) ");
    bed->show.is_running = false;
    platform_look(bed->platform, 1);
    done("nose(2) run(1) ");
    bed->show.is_running = false;
    take("", SLEEP, 1); /* after what waits */
    done("nose(2) asleep =asleep ");
    take("", PROGRAM, 1);
    done("");
    take("/asleep", NOSE, 1);
    done("nose(2) ");
    take("/asleep", WAKE, 1); /* and then the program */
    done("awake run(1) =idle ");
}

static void test_busy(void **state)
{
    bed->show.is_running = true;
    for (unsigned i = 0; i < 9; i++)
        take("", i == 0 ? PROGRAM : NOSE, 0);
    assert_string_equal(platform_resource(bed->platform), "idle");
    take_from(PLATFORM, "", "format='1.0' ttl='9'", NOSE, 0);
    assert_string_equal(platform_resource(bed->platform), "busy");
    done("=busy ");
    assert_int_equal(bed->warnings, 0);
    take("", NOSE, 0);
    take("", NOSE, 0);
    assert_int_equal(bed->warnings, 1);
    done("");
    take("/urgent", NOSE, 0);
    done("nose(2) ");
    platform_look(bed->platform, 9 * SEC);
    done("=idle ");
    take("", NOSE, 9 * SEC);
    done("=busy ");

    bed->show.is_running = false;
    platform_look(bed->platform, 9 * SEC);
    assert_string_equal(platform_resource(bed->platform), "idle");
    done("run(1) =idle ");
    bed->show.is_running = false;
    platform_look(bed->platform, 9 * SEC);
    done("nose(2) nose(2) nose(2) nose(2) nose(2) nose(2) nose(2) nose(2) nose(2) ");
}

static void test_resource(void **state)
{
    set_mood(STREAMING);
    platform_look(bed->platform, 0);
    done("=streaming ");
    set_mood(INTERACTIVE);
    platform_look(bed->platform, 0);
    done("=itmode ");
    bed->show.is_streaming = true;
    platform_look(bed->platform, 0);
    done("=streaming ");
    fall_asleep(true);
    platform_look(bed->platform, 0);
    platform_look(bed->platform, 0);
    done("=asleep ");
    set_mood(RUNNING);
    platform_look(bed->platform, 0);
    done("=idle ");
}

/* ---- what packets do ---- */

/* At once, whatever else holds; one that is broken does nothing, and is told of once. */
static void test_answer(void **state)
{
    const struct bytes good = bytes_of_hex(ALL), bad = bytes_of_hex("7f0b00000101");
    static const uint8_t long_one[LIMIT_PACKET_BYTES + 1] = {0x7f};

    set_mood(INTERACTIVE);
    platform_look(bed->platform, 0);
    done("=itmode ");
    platform_take_answer(bed->platform, good.data, good.size, 0);
    done("run(2) nose(1) ");
    platform_take_answer(bed->platform, bad.data, bad.size, 0);
    platform_take_answer(bed->platform, long_one, sizeof(long_one), 0);
    platform_take_answer(bed->platform, "", 0, 0);
    done("");
    assert_int_equal(bed->warnings, 1);
}

static void test_order(void **state)
{
    fall_asleep(true);
    take("/urgent", ALL, 0);
    done("awake run(2) nose(1) ");
}

/* Who listens to show and sleep looks at the platform from within: what waits has to, until the
 * whole packet has run. */
static void test_looked_at_from_within(void **state)
{
    fall_asleep(true);
    bed->looks_back = true;
    take("", NOSE, 0);
    take("/urgent", "7f040000067ffffffe08010b00000100ff", 0);
    done("=asleep awake nose(1) nose(2) =idle ");
}

static void test_junk(void **state)
{
    static const char *const cases[] = {
        "",
        "deadbeef",
        "7fff",
        "7f040000067ffffffe0802",
        "7f040000077ffffffe0802ff",
        "7f0c000000ff",
        "7f0b00000101"
        "04000001ffff",
        "7f0b00000101"
        "0a000000ff",
        "00" NOSE,
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        take("/urgent", cases[i], 0);
        done("");
    }
    assert_int_equal(bed->warnings, 1);
    platform_set_online(bed->platform, false, 0);
    platform_set_online(bed->platform, true, 0);
    take("/urgent", "deadbeef", 0);
    assert_int_equal(bed->warnings, 2);
}

static void test_mutations(void **state)
{
    const struct bytes whole = bytes_of_hex(ALL);
    uint64_t seed = 1;

    for (unsigned i = 0; i < 2000; i++) {
        struct bytes bytes = whole;
        char hex[2 * HEX_MAX + 1] = "";

        bytes.size = mangle(&seed, bytes.data, bytes.size);
        for (size_t at = 0; at < bytes.size; at++)
            snprintf(hex + 2 * at, 3, "%02x", bytes.data[at]);
        take("/idle", hex, 0);
        bed->words[0] = '\0';
        bed->show.is_running = i % 2;
    }
    assert_int_equal(bed->warnings, 2); /* bad, full */
}

static void test_behind_the_end(void **state)
{
    take("", NOSE REBOOT, 0);
    take("", NOSE "00", 0);
    done("nose(2) nose(2) ");
    take("",
         "7f"
         "030000011e"
         "0b00000107"
         "0b000000"
         "ff",
         0);
    done("");
    assert_int_equal(bed->warnings, 0);
}

static void test_envelope(void **state)
{
    static const struct {
        const char *text;
        int result;
        const char *words;
    } cases[] = {
        {"<message from='" PLATFORM "' to='" ME "'><packet xmlns='violet:packet' format='1.0'>"
         "fwQAAAZ/ ///+\nCAL</packet></message>",
         0, ""},
        {"<message from='" PLATFORM "' to='" ME "'><packet xmlns='violet:packet' format='1.0'>"
         "\nfwQAAAZ/ ///+\nCAL/ </packet></message>",
         0, "nose(2) "},
        {"<message from='" PLATFORM "' to='" ME "'><packet xmlns='violet:packet' format='1.0'>"
         "fwQAAAZ/<b/>///+CAL/</packet></message>",
         0, "nose(2) "},
        {"<iq type='set' id='1' from='" PLATFORM "' to='" ME "'><packet xmlns='violet:packet' "
         "format='1.0'>fwQAAAZ////+CAL/</packet></iq>",
         0, "nose(2) "},
        {"<message from='" PLATFORM "' to='" ME "'><packet xmlns='violet:packet' "
         "format='1.1'>fwQAAAZ////+CAL/</packet></message>",
         0, ""},
        {"<message from='" PLATFORM "' to='" ME "'><packet xmlns='violet:packet'>"
         "fwQAAAZ////+CAL/</packet></message>",
         0, ""},
        {"<message from='" PLATFORM "' to='" ME "'><packet xmlns='violet:packet' format='1.0' "
         "ttl='soon'>fwQAAAZ////+CAL/</packet></message>",
         0, ""},
        {"<message from='" PLATFORM "'><packet xmlns='violet:packet' format='1.0'>"
         "fwQAAAZ////+CAL/</packet></message>",
         0, ""},
        {"<message from='" PLATFORM "' to='" ME "'><packet xmlns='violet:packet' format='1.0'/>"
         "</message>",
         0, ""},
        {"<message from='" PLATFORM "' to='" ME "'><packet xmlns='violet:parcel' format='1.0'>"
         "fwQAAAZ////+CAL/</packet></message>",
         -ENOENT, ""},
        {"<message from='" PLATFORM "' to='" ME "'><body>hello</body></message>", -ENOENT, ""},
        {"<message type='error' from='" PLATFORM "' to='" ME "'><packet xmlns='violet:packet' "
         "format='1.0'>fwQAAAZ////+CAL/</packet></message>",
         -ENOENT, ""},
        {"<message to='" ME "'><packet xmlns='violet:packet' format='1.0'>"
         "fwQAAAZ////+CAL/</packet></message>",
         -EPERM, ""},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(take_text(cases[i].text, 0), cases[i].result);
        done(cases[i].words);
    }
}

static void test_too_long(void **state)
{
    size_t size = LIMIT_PACKET_BYTES * 2;
    char *text = malloc(size + 256);
    int head = snprintf(text, 256,
                        "<message from='" PLATFORM "' to='" ME "'>"
                        "<packet xmlns='violet:packet' format='1.0'>");

    memset(text + head, 'A', size);
    strcpy(text + head + size, "</packet></message>");
    assert_int_equal(take_text(text, 0), 0);
    free(text);
    done("");
    assert_int_equal(bed->warnings, 1);
}

static void test_reboot(void **state)
{
    /* Frames before it in the packet come after it, and are lost. */
    take("", "7f040000067ffffffe080209000000ff", 0);
    done("reboot ");
    take("", "7f040000067ffffffe080209000000ff", 60 * SEC - 1);
    done("nose(2) ");
    take("", REBOOT, 60 * SEC);
    done("reboot ");
    platform_set_online(bed->platform, false, 61 * SEC);
    platform_set_online(bed->platform, true, 61 * SEC);
    bed->words[0] = '\0';
    take("/urgent", REBOOT, 61 * SEC);
    done("");
}

static void test_sleep_and_wake(void **state)
{
    take("/idle", SLEEP, 0);
    done("asleep =asleep ");
    take("/asleep", SLEEP, 0);
    done("droop ");
    take("/idle", WAKE, 0);
    done("");
    take("/asleep", WAKE, 0); /* and the one that waits */
    done("awake =idle ");
    take("/urgent", WAKE, 0);
    done("");
}

static bool take_sources(const char *inside)
{
    xmpp_stanza_t *iq;
    char text[1024];
    bool said;

    snprintf(text, sizeof(text),
             "<iq from='net.violet.platform@almacska/sources' to='" ME
             "/boot' id='3' type='result'>%s</iq>",
             inside);
    iq = stanza_from_text(bed->ctx, text);
    said = platform_take_sources(bed->platform, iq, 0);
    xmpp_stanza_release(iq);
    return said;
}

#define SOURCES(base64)                                                            \
    "<query xmlns='violet:iq:sources'><packet xmlns='violet:packet' format='1.0' " \
    "ttl='604800'>" base64 "</packet></query>"

static void test_sources(void **state)
{
    fall_asleep(true);
    bed->show.is_running = bed->show.is_streaming = true;
    assert_true(take_sources(SOURCES("fwQAAAp////+BAAFAAgACwAAAQD/")));
    done("awake nose(0) =streaming ");
    assert_false(take_sources(SOURCES("fwQAAAZ////+CAL/")));
    done("nose(2) ");
    assert_false(take_sources(SOURCES("3q2+7w==")));
    assert_false(take_sources("<query xmlns='violet:iq:sources'/>"));
    assert_false(take_sources(""));
    done("");
    assert_int_equal(bed->warnings, 1);
}

/* ---- from whom ---- */

static void test_senders(void **state)
{
    static const struct {
        const char *config, *domain, *from;
        bool may;
    } cases[] = {
        {VIOLET, NULL, "net.violet.platform@almacska", true},
        {VIOLET, NULL, "net.openjabnab.platform@almacska/services", true},
        {VIOLET, NULL, "Net.OpenJabNab.Platform@ALMACSKA/services", true},
        {VIOLET, NULL, "net.other.platform@almacska", false},
        {VIOLET, NULL, "net.violet.platform@almacska.org", false},
        {VIOLET, NULL, "net.violet.platform@lmacska", false},
        {VIOLET, NULL, "xnet.violet.platform@almacska", false},
        {VIOLET, NULL, "almacska/net.violet.platform@almacska", false},
        {VIOLET, NULL, "almacska", false},
        {VIOLET, NULL, ME, false},
        {VIOLET, "Ojn.example", "net.violet.platform@ojn.example", true},
        {VIOLET, "ojn.example", "net.violet.platform@almacska", false},
        {IN_VIOLET "[account]\njid = Almacska\n", NULL, "net.violet.platform@almacska", true},
        {IN_VIOLET, NULL, "net.violet.platform@almacska", false},
        {IN_VIOLET, NULL, "net.violet.platform@", false},
        {VIOLET "[violet]\nplatforms = a@b\n", NULL, "net.violet.platform@almacska", false},
        {VIOLET "[violet]\nplatforms = a@b\n", NULL, "a@b/x", true},
        {STANDARD, NULL, "net.violet.platform@almacska", false},
        {STANDARD, NULL, "almacska", false},
        {STANDARD "[violet]\nplatforms = x@y Ann@B\n", NULL, "ann@b", true},
        {STANDARD "[violet]\nplatforms = x@y Ann@B\n", NULL, "x@Y/z@q", true},
        {STANDARD "[violet]\nplatforms = x@y Ann@B\n", NULL, "anna@b", false},
        {STANDARD "[violet]\nplatforms = x@y Ann@B\n", NULL, "ann@bb", false},
        {STANDARD "[violet]\nplatforms = x@y Ann@B\n", NULL, "b", false},
        {STANDARD "[violet]\nplatforms = x@y Ann@B\n", NULL, "@b", false},
        {STANDARD "[violet]\nplatforms = x@y Ann@B\n", NULL, "b/ann@b", false},
        {STANDARD "[violet]\nplatforms = x@y Ann@B\n", NULL, "x@ann@b", false},
        {STANDARD "[violet]\nplatforms = b.c\n", NULL, "B.c/any", true},
        {STANDARD "[violet]\nplatforms = b.c\n", NULL, "b.c", true},
        {STANDARD "[violet]\nplatforms = b.c\n", NULL, "a@b.c", false},
        {STANDARD "[violet]\nplatforms = b.c\n", NULL, "@b.c", false},
        {STANDARD "[violet]\nplatforms = b.c\n", NULL, "a.b.c", false},
        {STANDARD "[violet]\nplatforms = *@b.c\n", NULL, "a@b.c/x", true},
        {STANDARD "[violet]\nplatforms = *@b.c\n", NULL, "Z@B.C", true},
        {STANDARD "[violet]\nplatforms = *@b.c\n", NULL, "b.c", false},
        {STANDARD "[violet]\nplatforms = *@b.c\n", NULL, "@b.c", false},
        {STANDARD "[violet]\nplatforms = *@b.c\n", NULL, "a@x.b.c", false},
        {STANDARD "[violet]\nplatforms = *@b.c\n", NULL, "d/a@b.c", false},
        {STANDARD "[violet]\nplatforms = *@b.c\n", NULL, "", false},
        {STANDARD "[violet]\nplatforms = *@b.c\n", NULL, NULL, false},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        configure(cases[i].config, cases[i].domain);
        if (platform_may(bed->platform, cases[i].from) != cases[i].may)
            fail_msg("%zu: %s", i, cases[i].from);
    }
}

static void test_strangers(void **state)
{
    char from[64];

    assert_int_equal(take_from("eve@almacska/a", "/urgent", "format='1.0'", NOSE, 0), -EPERM);
    assert_int_equal(take_from("Eve@almacska/b", "/urgent", "format='1.0'", NOSE, 0), -EPERM);
    assert_int_equal(bed->notices, 1);
    assert_int_equal(take_from("mallory@b", "", "format='2.0'", NOSE, 0), -EPERM);
    assert_int_equal(bed->notices, 2);
    for (unsigned i = 0; i < 100; i++) {
        snprintf(from, sizeof(from), "eve%u@almacska", i);
        take_from(from, "", "format='1.0'", NOSE, 0);
    }
    assert_int_equal(bed->notices, 32);
    platform_set_online(bed->platform, false, 0); /* that way nobody is told of again */
    platform_set_online(bed->platform, true, 0);
    bed->words[0] = '\0';
    take_from("eve@almacska/a", "", "format='1.0'", NOSE, 60 * USEC_PER_MIN - 1);
    assert_int_equal(bed->notices, 32);
    take_from("eve@almacska/a", "", "format='1.0'", NOSE, 60 * USEC_PER_MIN);
    assert_int_equal(bed->notices, 33);
    assert_int_equal(bed->warnings, 0);
    done("");
}

/* ---- the stream ---- */

static void test_stream_violet(void **state)
{
    bed->show.is_running = true;
    take("", NOSE, 0);
    platform_set_online(bed->platform, false, 1);
    done("stop away ");
    assert_int_equal(platform_deadline(bed->platform), USEC_NEVER);
    platform_set_online(bed->platform, false, 1);
    platform_look(bed->platform, 1);
    done("");
    platform_set_online(bed->platform, true, 2);
    platform_set_online(bed->platform, true, 2);
    done("life ");
}

static void test_stream_standard(void **state)
{
    platform_set_online(bed->platform, false, 0);
    configure(STANDARD "[violet]\nplatforms = a@b\n", NULL);
    bed->words[0] = '\0';
    platform_set_online(bed->platform, true, 0);
    take_from("c@b", "", "format='1.0'", NOSE, 0);
    take_from("a@b", "", "format='1.0'", "7f", 0);
    done("");
    take_from("a@b", "", "format='1.0'", NOSE, 0);
    take_from("a@b", "", "format='1.0'", NOSE, 0);
    done("life nose(2) nose(2) ");
    platform_set_online(bed->platform, false, 0);
    done("stop away ");
    platform_set_online(bed->platform, true, 0);
    done("");
}

/* ---- events ---- */

#define INT            "int@xmpp.objects.violet.net/int "
#define BUTTON(inside) "<button xmlns=\"violet:nabaztag:button\">" inside "</button> "
#define IN_EARS(ears)  "<ears xmlns=\"violet:nabaztag:ears\">" ears "</ears> "
#define EARS           IN_EARS("<left>3</left><right>16</right>")

static void test_events_violet(void **state)
{
    platform_tell_clicks(bed->platform, 1, NULL);
    done(INT BUTTON("<clic>1</clic>"));
    platform_tell_clicks(bed->platform, 2, "2147483645");
    done(INT BUTTON("<clic>2</clic><event>2147483645</event>"));
    platform_tell_clicks(bed->platform, 1, "");
    done(INT BUTTON("<clic>1</clic><event/>"));
    platform_tell_clicks(bed->platform, 1, "<x/>");
    done(INT BUTTON("<clic>1</clic><event/>"));
    platform_tell_ears(bed->platform, 3, 16);
    done(INT EARS);
    platform_set_online(bed->platform, false, 0);
    bed->words[0] = '\0';
    platform_tell_ears(bed->platform, 3, 16);
    done("");
}

static void test_rename(void **state)
{
    static const char *const bad[] = {"",   "a b", "a/b", "a@b",
                                      "x'", "<x>", "a&b", "x@xmpp.objects.violet.net/x"};

    assert_int_equal(platform_rename(bed->platform, "int2"), 0);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_int_equal(platform_rename(bed->platform, bad[i]), -EINVAL);
    platform_tell_ears(bed->platform, 3, 16);
    done("int2@xmpp.objects.violet.net/int2 " EARS);
    assert_int_equal(platform_rename(bed->platform, NULL), 0);
    platform_tell_ears(bed->platform, 3, 16);
    done(INT EARS);
    assert_int_equal(platform_rename(bed->platform, "int2"), 0);
    platform_set_online(bed->platform, false, 0);
    platform_set_online(bed->platform, true, 0);
    bed->words[0] = '\0';
    platform_tell_ears(bed->platform, 3, 16);
    done(INT EARS);
}

static void test_events_standard(void **state)
{
    configure(STANDARD, NULL);
    platform_tell_ears(bed->platform, 3, 16);
    done("");

    configure(STANDARD "[violet]\nplatforms = a@b c.d *@e *@b\n", NULL);
    platform_tell_clicks(bed->platform, 1, NULL);
    done("a@b " BUTTON("<clic>1</clic>") "c.d " BUTTON("<clic>1</clic>"));
    take_from("a@b/x", "", "format='1.0'", NOSE, 0);
    take_from("q@f/x", "", "format='1.0'", NOSE, 0);
    bed->words[0] = '\0';
    platform_tell_ears(bed->platform, 3, 16);
    done("a@b " EARS "c.d " EARS);
    take_from("q@E/Home", "", "format='1.0'", NOSE, 0);
    take_from("r@b/1", "", "format='1.0'", NOSE, 0);
    bed->words[0] = '\0';
    platform_tell_ears(bed->platform, 3, 16);
    done("a@b " EARS "c.d " EARS "r@b/1 " EARS);

    configure(STANDARD "[violet]\nplatforms = *@e\n", NULL);
    platform_tell_ears(bed->platform, 3, 16);
    done("");
}

int main(void)
{
#define in_bed(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        in_bed(test_admission),
        in_bed(test_own_resource),
        in_bed(test_waking),
        in_bed(test_expiry),
        in_bed(test_queue),
        in_bed(test_busy),
        in_bed(test_resource),
        in_bed(test_order),
        in_bed(test_answer),
        in_bed(test_looked_at_from_within),
        in_bed(test_junk),
        in_bed(test_mutations),
        in_bed(test_behind_the_end),
        in_bed(test_envelope),
        in_bed(test_too_long),
        in_bed(test_reboot),
        in_bed(test_sleep_and_wake),
        in_bed(test_sources),
        in_bed(test_senders),
        in_bed(test_strangers),
        in_bed(test_stream_violet),
        in_bed(test_stream_standard),
        in_bed(test_events_violet),
        in_bed(test_rename),
        in_bed(test_events_standard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
