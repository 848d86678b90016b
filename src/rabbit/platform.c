#include "rabbit/platform.h"

#include <errno.h>

#include "base/base64.h"
#include "base/jid.h"
#include "base/log.h"
#include "base/parse.h"
#include "violet/event.h"
#include "violet/packet.h"
#include "xmpp/stanza.h"

#define NS_PACKET    "violet:packet"
#define CLIENT       "int" /* of the platform: is told what a person does */
#define RESOURCE_MAX 16    /* bytes of one of the resources that decide */

/* A packet that waits until it may run. */
struct waiting {
    uint8_t *data;
    size_t size;
    char resource[RESOURCE_MAX];
    uint64_t expires_usec;
};

struct platform {
    const struct config *config;
    char *domain; /* NULL: not known */
    struct platform_context context;
    struct platform_listener listener;
    void *userdata;

    struct waiting queue[LIMIT_PLATFORM_QUEUE]; /* in the order in which they came */
    size_t count;
    const char *resource; /* told last */
    bool busy;
    char *last_sender;
    char client[LIMIT_CLIENT_NAME + 1];
    uint64_t rebooted_usec; /* 0: never */
    bool told_bad, told_full, told_stranger;
    uint8_t bytes[LIMIT_PACKET_BYTES];
};

/* ---- who may ---- */

/* One entry of [violet] platforms: a JID, a domain, or "*@domain". */
static bool matches(const char *entry, const char *bare_jid)
{
    const char *at = strchr(bare_jid, '@');

    if (entry[0] == '*' && entry[1] == '@')
        return at && streq(at + 1, entry + 2);
    return streq(entry, bare_jid);
}

/* OpenJabNab's and Violet's own names, at the domain where the rabbit is. */
static bool matches_usual(const struct platform *platform, const char *bare_jid)
{
    static const char *const names[] = {"net.openjabnab.platform@", "net.violet.platform@"};

    for (size_t i = 0; platform->domain && i < ARRAY_SIZE(names); i++) {
        const char *rest = after_prefix(bare_jid, names[i]);

        if (rest && streq(rest, platform->domain))
            return true;
    }
    return false;
}

static bool is_violet(const struct platform *platform)
{
    return platform->config->account.dialect == DIALECT_VIOLET;
}

bool platform_may(const struct platform *platform, const char *jid)
{
    char *const *list = platform->config->violet.platforms;
    _cleanup_(freep) char *bare_jid = NULL;

    if (!jid || jid_bare(jid, &bare_jid) < 0)
        return false;
    if (!*list)
        return is_violet(platform) && matches_usual(platform, bare_jid);
    for (; *list; list++)
        if (matches(*list, bare_jid))
            return true;
    return false;
}

/* ---- the resource ---- */

static bool is_asleep(const struct platform *platform)
{
    return sleep_is_asleep(platform->context.sleep);
}

const char *platform_resource(const struct platform *platform)
{
    if (platform->busy)
        return "busy";
    if (is_asleep(platform))
        return "asleep";
    return show_is_streaming(platform->context.show) ? "streaming" : "idle";
}

static void tell_resource(struct platform *platform)
{
    const char *resource;

    platform->busy = platform->count == LIMIT_PLATFORM_QUEUE;
    resource = platform_resource(platform);
    if (resource == platform->resource)
        return;
    platform->resource = resource;
    platform->listener.on_resource(resource, platform->userdata);
}

/* ---- what a packet does ---- */

static void do_ambient(struct platform *platform, const struct packet_frame *frame,
                       uint64_t now_usec)
{
    struct ambient ambient;

    if (ambient_decode(&ambient, frame->payload, frame->size) == 0)
        life_apply(show_life(platform->context.show), &ambient, now_usec);
}

static void do_reboot(struct platform *platform, const struct packet_frame *frame,
                      uint64_t now_usec)
{
    bool again =
        platform->rebooted_usec && now_usec - platform->rebooted_usec < LIMIT_PLATFORM_REBOOT;

    if (again) {
        log_debug("The platform wants a new beginning again: not so soon");
        return;
    }
    platform->rebooted_usec = now_usec;
    platform->listener.on_reboot(platform->userdata);
}

static void do_program(struct platform *platform, const struct packet_frame *frame,
                       uint64_t now_usec)
{
    struct program *program = malloc(sizeof(*program));
    int r = program ? program_decode(program, frame->payload, frame->size) : -ENOMEM;

    if (r == 0) {
        show_run(platform->context.show, program, now_usec);
        return;
    }
    log_debug("A program cannot be read: %s", strerror(-r));
    free(program);
}

static void do_mode(struct platform *platform, const struct packet_frame *frame, uint64_t now_usec)
{
    bool asleep;

    if (packet_frame_mode(frame, &asleep))
        sleep_set(platform->context.sleep, asleep, now_usec);
}

typedef void frame_handler(struct platform *platform, const struct packet_frame *frame,
                           uint64_t now_usec);

static frame_handler *const handlers[PACKET_TYPE_MAX + 1] = {
    [PACKET_AMBIENT] = do_ambient,
    [PACKET_REBOOT] = do_reboot,
    [PACKET_PROGRAM] = do_program,
    [PACKET_MODE] = do_mode,
};

/* Frames run from the last to the first. True: one said whether to sleep. */
static bool apply(struct platform *platform, const uint8_t *data, size_t size, uint64_t now_usec)
{
    struct packet_frame frame;
    struct packet packet;
    bool asleep, has_mode = false;

    if (packet_parse(&packet, data, size) < 0)
        return false;
    while (packet_next(&packet, &frame)) {
        has_mode = has_mode || packet_frame_mode(&frame, &asleep);
        if (handlers[frame.type])
            handlers[frame.type](platform, &frame, now_usec);
    }
    return has_mode;
}

/* ---- admission (protocol.md, section 3.1) ---- */

static bool may_run(const struct platform *platform, const char *resource)
{
    static const char *const always[] = {"urgent", "sources", "boot"};
    const struct show *show = platform->context.show;

    for (size_t i = 0; i < ARRAY_SIZE(always); i++)
        if (streq(resource, always[i]))
            return true;
    if (show_is_streaming(show))
        return streq(resource, "streaming");
    if (is_asleep(platform))
        return streq(resource, "asleep");
    return !show_is_running(show);
}

static void drop(struct platform *platform, size_t index)
{
    free(platform->queue[index].data);
    platform->count--;
    memmove(platform->queue + index, platform->queue + index + 1,
            (platform->count - index) * sizeof(platform->queue[0]));
}

static void wait_for_turn(struct platform *platform, const char *resource, size_t size,
                          uint64_t expires_usec)
{
    struct waiting *place = &platform->queue[platform->count];

    if (platform->count == LIMIT_PLATFORM_QUEUE) {
        if (!platform->told_full)
            log_notice("The platform sends more than the rabbit can do: packets are dropped");
        platform->told_full = true;
        return;
    }
    place->data = malloc(size);
    if (!place->data)
        return;
    memcpy(place->data, platform->bytes, size);
    place->size = size;
    place->expires_usec = expires_usec;
    snprintf(place->resource, sizeof(place->resource), "%s", resource);
    platform->count++;
}

static void drop_expired(struct platform *platform, uint64_t now_usec)
{
    for (size_t i = platform->count; i > 0; i--)
        if (platform->queue[i - 1].expires_usec <= now_usec)
            drop(platform, i - 1);
}

/* The first that may run now, if any. */
static bool run_first(struct platform *platform, uint64_t now_usec)
{
    for (size_t i = 0; i < platform->count; i++)
        if (may_run(platform, platform->queue[i].resource)) {
            struct waiting waiting = platform->queue[i];

            platform->queue[i].data = NULL;
            drop(platform, i);
            apply(platform, waiting.data, waiting.size, now_usec);
            free(waiting.data);
            return true;
        }
    return false;
}

void platform_look(struct platform *platform, uint64_t now_usec)
{
    drop_expired(platform, now_usec);
    while (run_first(platform, now_usec))
        ;
    tell_resource(platform);
}

uint64_t platform_deadline(const struct platform *platform)
{
    uint64_t due = USEC_NEVER;

    for (size_t i = 0; i < platform->count; i++)
        due = usec_earlier(due, platform->queue[i].expires_usec);
    return due;
}

/* ---- envelopes ---- */

/* The packet in a stanza, or in the query of the sources; NULL: none. */
static xmpp_stanza_t *find_packet(xmpp_stanza_t *stanza)
{
    return xmpp_stanza_get_child_by_name_and_ns(stanza, "packet", NS_PACKET);
}

static uint64_t ttl_of(xmpp_stanza_t *element)
{
    const char *text = xmpp_stanza_get_attribute(element, "ttl");
    int seconds = LIMIT_PLATFORM_TTL;

    if (text && parse_int(text, 0, LIMIT_PLATFORM_TTL, &seconds) < 0)
        seconds = LIMIT_PLATFORM_TTL;
    return (uint64_t)seconds * USEC_PER_SEC;
}

/* Decodes into platform->bytes. Returns 0 or -EBADMSG. */
static int read_packet(struct platform *platform, xmpp_stanza_t *element, size_t *ret_size)
{
    const char *format = xmpp_stanza_get_attribute(element, "format");
    char *text = streq_ptr(format, "1.0") ? xmpp_stanza_get_text(element) : NULL;
    struct packet packet;
    int r = -EBADMSG;

    if (text)
        r = base64_decode(platform->bytes, sizeof(platform->bytes), ret_size, text, strlen(text));
    if (r == 0)
        r = packet_parse(&packet, platform->bytes, *ret_size);
    if (text)
        xmpp_free(xmpp_stanza_get_context(element), text);
    return r;
}

static void note_bad(struct platform *platform, const char *from)
{
    char text[LIMIT_FOREIGN_TEXT];

    text_clean(text, sizeof(text), from ? from : "the server");
    if (platform->told_bad)
        log_debug("Another packet that is none");
    else
        log_warning("%s sends packets that are none: they are dropped", text);
    platform->told_bad = true;
}

static void note_stranger(struct platform *platform, const char *from)
{
    char text[LIMIT_FOREIGN_TEXT];

    text_clean(text, sizeof(text), from ? from : "somebody");
    if (platform->told_stranger)
        log_debug("Another packet of %s", text);
    else
        log_notice("%s sends packets and is not obeyed; name who may in [violet] platforms", text);
    platform->told_stranger = true;
}

/* In the standard dialect our own resource says no more than none. */
static const char *resource_of(const struct platform *platform, const char *to)
{
    const char *slash = to ? strchr(to, '/') : NULL;
    const char *resource = slash ? slash + 1 : "";

    if (!is_violet(platform) && streq_ptr(resource, platform->config->account.resource))
        return "";
    return strlen(resource) < RESOURCE_MAX ? resource : "";
}

int platform_take(struct platform *platform, xmpp_stanza_t *stanza, uint64_t now_usec)
{
    const char *from = xmpp_stanza_get_from(stanza), *resource;
    const char *type = xmpp_stanza_get_type(stanza);
    xmpp_stanza_t *element = find_packet(stanza);
    size_t size;

    if (!element || streq_ptr(type, "error") || streq_ptr(type, "result"))
        return -ENOENT;
    if (!platform_may(platform, from)) {
        note_stranger(platform, from);
        return -EPERM;
    }
    strdup_to(&platform->last_sender, from);
    life_resume(show_life(platform->context.show), LIFE_AWAY, now_usec);
    if (read_packet(platform, element, &size) < 0) {
        note_bad(platform, from);
        return 0;
    }
    resource = resource_of(platform, xmpp_stanza_get_to(stanza));
    if (may_run(platform, resource))
        apply(platform, platform->bytes, size, now_usec);
    else
        wait_for_turn(platform, resource, size, now_usec + ttl_of(element));
    tell_resource(platform);
    return 0;
}

bool platform_take_sources(struct platform *platform, xmpp_stanza_t *iq, uint64_t now_usec)
{
    xmpp_stanza_t *query = xmpp_stanza_get_child_by_name(iq, "query");
    xmpp_stanza_t *element = query ? find_packet(query) : NULL;
    size_t size;

    if (!element)
        return false;
    if (read_packet(platform, element, &size) < 0) {
        note_bad(platform, xmpp_stanza_get_from(iq));
        return false;
    }
    return apply(platform, platform->bytes, size, now_usec);
}

/* ---- what it is told ---- */

static void tell_all(struct platform *platform, const struct platform_event *event)
{
    char body[PLATFORM_EVENT_SIZE], to[2 * LIMIT_CLIENT_NAME + 32];
    char *const *list = platform->config->violet.platforms;
    bool is_named = false;

    platform_event_write(event, body);
    if (is_violet(platform)) {
        snprintf(to, sizeof(to), "%s@xmpp.objects.violet.net/%s", platform->client,
                 platform->client);
        platform->listener.tell(to, body, platform->userdata);
        return;
    }
    for (; *list; list++) {
        if (**list == '*')
            continue;
        platform->listener.tell(*list, body, platform->userdata);
        is_named = true;
    }
    if (!is_named && platform->last_sender)
        platform->listener.tell(platform->last_sender, body, platform->userdata);
}

void platform_rename(struct platform *platform, const char *name)
{
    snprintf(platform->client, sizeof(platform->client), "%s", name);
}

void platform_tell_clicks(struct platform *platform, unsigned clicks, const char *program_id)
{
    struct platform_event event = {
        .what = PLATFORM_CLICK, .clicks = clicks, .in_program = program_id != NULL};

    if (program_id)
        platform_event_set_id(&event, program_id);
    tell_all(platform, &event);
}

void platform_tell_ears(struct platform *platform, unsigned left, unsigned right)
{
    tell_all(platform,
             &(struct platform_event){.what = PLATFORM_EARS, .left = left, .right = right});
}

/* ---- life ---- */

static void drop_all(struct platform *platform)
{
    while (platform->count > 0)
        drop(platform, platform->count - 1);
    strdup_to(&platform->last_sender, NULL);
}

void platform_set_online(struct platform *platform, bool online, uint64_t now_usec)
{
    struct show *show = platform->context.show;

    platform->told_bad = platform->told_full = platform->told_stranger = false;
    drop_all(platform);
    platform->busy = false;
    platform_rename(platform, CLIENT);
    platform->resource = NULL;
    if (!online) {
        show_stop(show, now_usec);
        life_suspend(show_life(show), LIFE_AWAY);
    } else if (is_violet(platform)) {
        life_resume(show_life(show), LIFE_AWAY, now_usec);
    }
}

void platform_configure(struct platform *platform, const struct config *config, const char *domain)
{
    platform->config = config;
    strdup_to(&platform->domain, domain);
}

int platform_new(struct platform **ret, const struct config *config, const char *domain,
                 const struct platform_context *context, const struct platform_listener *listener,
                 void *userdata)
{
    struct platform *platform = calloc(1, sizeof(*platform));

    if (!platform)
        return -ENOMEM;
    platform->context = *context;
    platform->listener = *listener;
    platform->userdata = userdata;
    platform_configure(platform, config, domain);
    *ret = platform;
    return 0;
}

struct platform *platform_free(struct platform *platform)
{
    if (!platform)
        return NULL;
    drop_all(platform);
    free(platform->domain);
    free(platform);
    return NULL;
}
