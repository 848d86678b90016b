#include "rabbit/platform.h"

#include <errno.h>

#include "base/jid.h"
#include "base/limits.h"
#include "base/log.h"
#include "rabbit/crowd.h"
#include "rabbit/parcel.h"
#include "rabbit/trust.h"
#include "violet/event.h"

#define NS_SOURCES "violet:iq:sources"

/* Where events go in the violet dialect: NAME@OBJECTS/NAME. */
#define OBJECTS "xmpp.objects.violet.net"
#define CLIENT  "int"

/* When a packet may run, by the resource it was sent to. */
enum admission { ADMIT_IDLE, ADMIT_ASLEEP, ADMIT_STREAMING, ADMIT_INTERACTIVE, ADMIT_ALWAYS };

struct waiting {
    enum admission admission;
    uint64_t expiry_usec;
    uint8_t *data;
    size_t size;
};

struct platform {
    const struct config *config;
    const char *domain; /* NULL: that of [account] jid */
    struct show *show;
    struct sleep *sleep;
    const struct interactive *interactive;
    struct platform_listener listener;
    void *userdata;

    bool is_online;
    bool is_alive;        /* life is not away */
    bool is_running;      /* packets, just now */
    const char *resource; /* as the listener knows it */
    uint64_t reboot_usec; /* not to begin anew before */
    char *client;         /* to whom events go in the violet dialect; NULL: the usual one */
    char *guest;          /* the last sender with TRUST_ANY */

    struct waiting queue[LIMIT_PLATFORM_QUEUE];
    size_t waiting;

    bool told_bad, told_full; /* in the journal, since the stream is there */
    struct crowd strangers;

    uint8_t bytes[LIMIT_PACKET_BYTES];
};

bool platform_may(const struct platform *platform, const char *jid)
{
    return trust_in(platform->config, platform->domain, jid) > TRUST_NONE;
}

/* ---- what the journal is told ---- */

static void complain(struct platform *platform, bool *told, const char *from, const char *what)
{
    const struct log_field fields[] = {{"NAB_JID", from}, {NULL, NULL}};

    log_event(*told ? LOG_DEBUG : LOG_WARNING, NULL, fields, "A packet from %.200s %s",
              from ? from : "the platform", what);
    *told = true;
}

static void complain_of_bad(struct platform *platform, const char *from, const char *why)
{
    char what[LIMIT_FOREIGN_TEXT];

    snprintf(what, sizeof(what), "is not obeyed: %s; whoever runs the platform should know", why);
    complain(platform, &platform->told_bad, from, what);
}

static void complain_of_stranger(struct platform *platform, const char *from, uint64_t now_usec)
{
    _cleanup_(freep) char *bare_jid = NULL;
    const struct log_field fields[] = {{"NAB_JID", from}, {"NAB_VERDICT", "refused"}, {NULL, NULL}};
    bool is_new = from && jid_bare(from, &bare_jid) == 0 &&
                  crowd_is_news(&platform->strangers, bare_jid, now_usec);

    log_event(is_new ? LOG_NOTICE : LOG_DEBUG, NULL, fields,
              "%.200s sends packets and is not obeyed; name whose packets are in [violet] "
              "platforms",
              bare_jid ? bare_jid : "Somebody");
}

/* ---- when packets run ---- */

static enum admission admission(const struct platform *platform, const char *to)
{
    static const struct {
        const char *resource;
        enum admission admission;
    } table[] = {
        {"urgent", ADMIT_ALWAYS}, {"sources", ADMIT_ALWAYS},      {"boot", ADMIT_ALWAYS},
        {"asleep", ADMIT_ASLEEP}, {"streaming", ADMIT_STREAMING}, {"itmode", ADMIT_INTERACTIVE},
    };
    const char *slash = to ? strchr(to, '/') : NULL;

    if (!slash || (!config_is_violet(platform->config) &&
                   streq_ptr(slash + 1, platform->config->account.resource)))
        return ADMIT_IDLE;
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        if (streq(slash + 1, table[i].resource))
            return table[i].admission;
    return ADMIT_IDLE;
}

/* Where a rabbit has one resource alone, it cannot be told by that whether a packet is for one that
 * sleeps: what says whether to sleep is. */
static bool is_for_sleeper(const struct platform *platform, struct packet packet)
{
    struct packet_frame frame;
    bool asleep;

    if (config_is_violet(platform->config))
        return false;
    while (packet_next(&packet, &frame))
        if (frame.type == PACKET_MODE && packet_frame_mode(&frame, &asleep))
            return true;
    return false;
}

static bool may_run(const struct platform *platform, enum admission admission)
{
    if (admission == ADMIT_ALWAYS)
        return true;
    if (show_is_streaming(platform->show))
        return admission == ADMIT_STREAMING;
    if (interactive_application(platform->interactive))
        return admission == ADMIT_INTERACTIVE;
    if (sleep_is_asleep(platform->sleep))
        return admission == ADMIT_ASLEEP;
    return !show_is_running(platform->show);
}

const char *platform_resource(const struct platform *platform)
{
    if (platform->waiting == LIMIT_PLATFORM_QUEUE)
        return "busy";
    if (sleep_is_asleep(platform->sleep))
        return "asleep";
    if (show_is_streaming(platform->show))
        return "streaming";
    return interactive_application(platform->interactive) ? "itmode" : "idle";
}

static void tell_resource(struct platform *platform)
{
    const char *resource = platform_resource(platform);

    if (streq(resource, platform->resource))
        return;
    platform->resource = resource;
    platform->listener.on_resource(resource, platform->userdata);
}

/* ---- what packets do ---- */

static void run_program(struct platform *platform, const struct packet_frame *frame,
                        uint64_t now_usec)
{
    struct program *program;
    int r = parcel_program(&program, frame);

    if (r == 0)
        show_run(platform->show, program, now_usec);
    else
        log_debug("A program of the platform does not run: %s", strerror(-r));
}

/* True: the rabbit begins anew. */
static bool run_reboot(struct platform *platform, uint64_t now_usec)
{
    if (now_usec < platform->reboot_usec) {
        log_debug("The platform wants the rabbit to begin anew again: not yet");
        return false;
    }
    platform->reboot_usec = now_usec + LIMIT_PLATFORM_REBOOT_USEC;
    platform->listener.on_reboot(platform->userdata);
    return true;
}

static void run_ambient(struct platform *platform, const struct packet_frame *frame,
                        uint64_t now_usec)
{
    struct ambient ambient;

    if (ambient_decode(&ambient, frame->payload, frame->size) == 0)
        life_apply(show_life(platform->show), &ambient, now_usec);
}

/* As in the original nothing comes after a reboot. True: it said whether to sleep. */
static bool run_frames(struct platform *platform, struct packet *packet, uint64_t now_usec)
{
    struct packet_frame frame;
    bool asleep, said = false, over = false;

    while (!over && packet_next(packet, &frame)) {
        if (frame.type == PACKET_AMBIENT) {
            run_ambient(platform, &frame, now_usec);
        } else if (frame.type == PACKET_PROGRAM) {
            run_program(platform, &frame, now_usec);
        } else if (frame.type == PACKET_REBOOT) {
            over = run_reboot(platform, now_usec);
        } else if (frame.type == PACKET_MODE && packet_frame_mode(&frame, &asleep)) {
            sleep_set(platform->sleep, asleep, now_usec);
            said = true;
        }
    }
    return said;
}

/* Show and sleep call back while frames run: nothing else may run then. */
static bool run(struct platform *platform, struct packet *packet, uint64_t now_usec)
{
    bool said;

    platform->is_running = true;
    said = run_frames(platform, packet, now_usec);
    platform->is_running = false;
    return said;
}

/* ---- the queue ---- */

/* The caller owns its bytes from now on. */
static struct waiting take_out(struct platform *platform, size_t index)
{
    struct waiting taken = platform->queue[index];

    platform->waiting--;
    memmove(platform->queue + index, platform->queue + index + 1,
            (platform->waiting - index) * sizeof(*platform->queue));
    return taken;
}

static void drop_all(struct platform *platform)
{
    while (platform->waiting > 0)
        free(take_out(platform, platform->waiting - 1).data);
}

static void drop_expired(struct platform *platform, uint64_t now_usec)
{
    for (size_t i = platform->waiting; i-- > 0;)
        if (now_usec >= platform->queue[i].expiry_usec)
            free(take_out(platform, i).data);
}

/* Runs the first that may. False: none may. */
static bool run_one(struct platform *platform, uint64_t now_usec)
{
    for (size_t i = 0; i < platform->waiting; i++) {
        if (!may_run(platform, platform->queue[i].admission))
            continue;

        struct waiting taken = take_out(platform, i);
        struct packet packet;

        if (packet_parse(&packet, taken.data, taken.size) == 0)
            run(platform, &packet, now_usec);
        free(taken.data);
        return true;
    }
    return false;
}

static void run_waiting(struct platform *platform, uint64_t now_usec)
{
    drop_expired(platform, now_usec);
    while (run_one(platform, now_usec)) {
    }
}

static void wait_for_turn(struct platform *platform, const char *from, const struct parcel *parcel,
                          enum admission admission, uint64_t now_usec)
{
    struct waiting *last = &platform->queue[platform->waiting];
    uint8_t *data;

    if (platform->waiting == LIMIT_PLATFORM_QUEUE) {
        complain(platform, &platform->told_full, from,
                 "is dropped: too many wait already; the platform should wait while the rabbit "
                 "is busy");
        return;
    }
    data = malloc(parcel->size);
    if (!data) {
        complain(platform, &platform->told_full, from, "is dropped: no memory is left");
        return;
    }
    memcpy(data, platform->bytes, parcel->size);
    *last = (struct waiting){admission, now_usec + parcel->ttl_usec, data, parcel->size};
    platform->waiting++;
}

void platform_look(struct platform *platform, uint64_t now_usec)
{
    if (platform->is_running)
        return;
    run_waiting(platform, now_usec);
    tell_resource(platform);
}

uint64_t platform_deadline(const struct platform *platform)
{
    uint64_t first = USEC_NEVER;

    for (size_t i = 0; i < platform->waiting; i++)
        first = usec_earlier(first, platform->queue[i].expiry_usec);
    return first;
}

/* ---- packets in stanzas ---- */

/* An account that only *@domain lets in is told of events as well. */
static void note_sender(struct platform *platform, const char *from, enum trust trust)
{
    if (trust == TRUST_ANY && !streq_ptr(platform->guest, from))
        strdup_to(&platform->guest, from);
}

/* Life comes with the stream in the violet dialect, where the platform is the server's. */
static void come_alive(struct platform *platform, uint64_t now_usec)
{
    if (platform->is_alive)
        return;
    platform->is_alive = true;
    life_resume(show_life(platform->show), LIFE_AWAY, now_usec);
}

static void take_good(struct platform *platform, xmpp_stanza_t *stanza, struct parcel *parcel,
                      uint64_t now_usec)
{
    enum admission when = admission(platform, xmpp_stanza_get_to(stanza));

    if (sleep_is_asleep(platform->sleep) && is_for_sleeper(platform, parcel->packet))
        when = ADMIT_ASLEEP;
    come_alive(platform, now_usec);
    if (platform->waiting > 0)
        run_waiting(platform, now_usec);
    if (may_run(platform, when))
        run(platform, &parcel->packet, now_usec);
    else
        wait_for_turn(platform, xmpp_stanza_get_from(stanza), parcel, when, now_usec);
    platform_look(platform, now_usec);
}

int platform_take(struct platform *platform, xmpp_stanza_t *stanza, uint64_t now_usec)
{
    const char *from = xmpp_stanza_get_from(stanza), *why;
    xmpp_stanza_t *element = parcel_find(stanza);
    enum trust trust = trust_in(platform->config, platform->domain, from);
    struct parcel parcel;

    /* What comes back as an error is nobody's order. */
    if (!element || streq_ptr(xmpp_stanza_get_type(stanza), "error"))
        return -ENOENT;
    if (trust == TRUST_NONE) {
        complain_of_stranger(platform, from, now_usec);
        return -EPERM;
    }
    why = xmpp_stanza_get_to(stanza) ? parcel_open(&parcel, element, platform->bytes)
                                     : "it is sent to nobody";
    if (why) {
        complain_of_bad(platform, from, why);
        return 0;
    }
    note_sender(platform, from, trust);
    take_good(platform, stanza, &parcel, now_usec);
    return 0;
}

bool platform_take_sources(struct platform *platform, xmpp_stanza_t *iq, uint64_t now_usec)
{
    xmpp_stanza_t *query = xmpp_stanza_get_child_by_ns(iq, NS_SOURCES);
    xmpp_stanza_t *element = query ? parcel_find(query) : NULL;
    struct parcel parcel;
    const char *why = "the answer about sources has none";
    bool said;

    if (element)
        why = parcel_open(&parcel, element, platform->bytes);
    if (why) {
        complain_of_bad(platform, xmpp_stanza_get_from(iq), why);
        return false;
    }
    come_alive(platform, now_usec);
    said = run(platform, &parcel.packet, now_usec);
    platform_look(platform, now_usec);
    return said;
}

void platform_take_answer(struct platform *platform, const void *data, size_t size,
                          uint64_t now_usec)
{
    struct parcel parcel;
    const char *why = parcel_read(&parcel, data, size);

    if (why)
        complain_of_bad(platform, NULL, why);
    else
        run(platform, &parcel.packet, now_usec);
    platform_look(platform, now_usec);
}

/* ---- what the platform is told ---- */

static void tell(struct platform *platform, const char *to, const char *body)
{
    int r = platform->listener.tell(to, body, platform->userdata);

    if (r < 0)
        log_debug("Cannot tell %.200s what was done to the rabbit: %s", to, strerror(-r));
}

static void tell_named(struct platform *platform, const char *body)
{
    for (char *const *to = platform->config->violet.platforms; *to; to++)
        if (!trust_is_any(*to))
            tell(platform, *to, body);
    if (platform->guest &&
        trust_in(platform->config, platform->domain, platform->guest) == TRUST_ANY)
        tell(platform, platform->guest, body);
}

static void tell_event(struct platform *platform, const struct platform_event *event)
{
    char body[PLATFORM_EVENT_SIZE];

    if (!platform->is_online)
        return;
    platform_event_write(event, body);
    if (config_is_violet(platform->config))
        tell(platform, platform->client ? platform->client : CLIENT "@" OBJECTS "/" CLIENT, body);
    else
        tell_named(platform, body);
}

void platform_tell_clicks(struct platform *platform, unsigned clicks, const char *program_id)
{
    struct platform_event event = {
        .what = PLATFORM_CLICK, .clicks = clicks, .in_program = program_id != NULL};

    platform_event_set_id(&event, program_id ? program_id : "");
    tell_event(platform, &event);
}

void platform_tell_ears(struct platform *platform, unsigned left, unsigned right)
{
    const struct platform_event event = {.what = PLATFORM_EARS, .left = left, .right = right};

    tell_event(platform, &event);
}

/* "a@b/c" in the place of NAME would parse as well. */
static int check_client(const char *to, const char *name)
{
    _cleanup_(jid_clear) struct jid jid = {0};
    int r = jid_parse(to, &jid);

    if (r < 0)
        return r;
    return streq_ptr(jid.resource, name) && streq(jid.domain, OBJECTS) ? 0 : -EINVAL;
}

int platform_rename(struct platform *platform, const char *name)
{
    _cleanup_(freep) char *to = NULL;
    int r;

    if (!name)
        return strdup_to(&platform->client, NULL);
    if (asprintf(&to, "%s@" OBJECTS "/%s", name, name) < 0) {
        to = NULL;
        return -ENOMEM;
    }
    r = check_client(to, name);
    return r < 0 ? r : strdup_to(&platform->client, to);
}

/* ---- life ---- */

static void go_away(struct platform *platform, uint64_t now_usec)
{
    drop_all(platform);
    show_stop(platform->show, now_usec);
    life_suspend(show_life(platform->show), LIFE_AWAY);
    platform->is_alive = false;
    platform_rename(platform, NULL);
}

void platform_set_online(struct platform *platform, bool online, uint64_t now_usec)
{
    if (platform->is_online == online)
        return;
    platform->is_online = online;
    if (!online)
        go_away(platform, now_usec);
    else
        platform->told_bad = platform->told_full = false;
    if (online && config_is_violet(platform->config))
        come_alive(platform, now_usec);
    platform->resource = platform_resource(platform);
}

void platform_configure(struct platform *platform, const struct config *config, const char *domain)
{
    platform->config = config;
    platform->domain = domain;
}

int platform_new(struct platform **ret, const struct config *config, const char *domain,
                 const struct platform_context *context, const struct platform_listener *listener,
                 void *userdata)
{
    struct platform *platform = calloc(1, sizeof(*platform));

    if (!platform)
        return -ENOMEM;
    platform->show = context->show;
    platform->sleep = context->sleep;
    platform->interactive = context->interactive;
    platform->listener = *listener;
    platform->userdata = userdata;
    platform_configure(platform, config, domain);
    platform->resource = platform_resource(platform);
    *ret = platform;
    return 0;
}

struct platform *platform_free(struct platform *platform)
{
    if (!platform)
        return NULL;
    drop_all(platform);
    crowd_clear(&platform->strangers);
    free(platform->client);
    free(platform->guest);
    free(platform);
    return NULL;
}
