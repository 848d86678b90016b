#include "rabbit/owners.h"

#include <errno.h>

#include "base/clock.h"
#include "base/jid.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/message-id.h"
#include "base/state.h"
#include "xmpp/stanza.h"

#define STATE_FILE    "greeted"
#define STATE_HEADER  "nabaztagd-greeted 1\n"
#define RESOURCES_MAX 16 /* of one owner */

struct owner {
    const char *jid; /* of the configuration */
    bool greeted;
    char *resources[RESOURCES_MAX]; /* full JIDs seen available */
};

struct owners {
    const struct config *config;
    struct access *access;
    struct router *router;
    const char *directory;
    struct owner *list;
    size_t count;
};

static struct owner *find(struct owners *owners, const char *bare_jid)
{
    for (size_t i = 0; i < owners->count; i++)
        if (streq(owners->list[i].jid, bare_jid))
            return &owners->list[i];
    return NULL;
}

/* Who was greeted, in a state file: a header and one JID a line. */

static void read_greeted(struct owners *owners)
{
    _cleanup_(freep) char *text = NULL;
    char *position;

    if (state_read(owners->directory, STATE_FILE, &text) < 0 || !after_prefix(text, STATE_HEADER))
        return;
    for (char *line = strtok_r(text + strlen(STATE_HEADER), "\n", &position); line;
         line = strtok_r(NULL, "\n", &position)) {
        struct owner *owner = find(owners, line);

        if (owner)
            owner->greeted = true;
    }
}

/* Adds one to the file, which also holds those who are no owners any more: they may come back. */
static int write_greeted(const struct owners *owners, const char *jid)
{
    _cleanup_(freep) char *old = NULL, *text = NULL;
    int r = state_read(owners->directory, STATE_FILE, &old);
    bool good = r == 0 && after_prefix(old, STATE_HEADER);

    if (r < 0 && r != -ENOENT && r != -EBADMSG)
        return r;
    if (asprintf(&text, "%s%s\n", good ? old : STATE_HEADER, jid) < 0) {
        text = NULL;
        return -ENOMEM;
    }
    return state_write(owners->directory, STATE_FILE, text);
}

int owners_new(struct owners **ret, const struct config *config, struct access *access,
               struct router *router, const char *directory)
{
    struct owners *owners = calloc(1, sizeof(*owners));
    char **jids = config->access.owners;
    size_t n = 0;

    if (!owners)
        return -ENOMEM;
    while (jids[n])
        n++;
    owners->list = calloc(n + 1, sizeof(*owners->list));
    if (!owners->list) {
        owners_free(owners);
        return -ENOMEM;
    }
    owners->config = config;
    owners->access = access;
    owners->router = router;
    owners->directory = directory;
    owners->count = n;
    for (size_t i = 0; i < n; i++)
        owners->list[i].jid = jids[i];
    read_greeted(owners);
    *ret = owners;
    return 0;
}

static void forget_resources(struct owner *owner)
{
    for (size_t i = 0; i < RESOURCES_MAX; i++)
        strdup_to(&owner->resources[i], NULL);
}

struct owners *owners_free(struct owners *owners)
{
    if (!owners)
        return NULL;
    for (size_t i = 0; i < owners->count; i++)
        forget_resources(&owners->list[i]);
    free(owners->list);
    free(owners);
    return NULL;
}

void owners_inherit(struct owners *owners, struct owners *earlier)
{
    for (size_t i = 0; earlier && i < earlier->count; i++) {
        struct owner *from = &earlier->list[i], *to = find(owners, from->jid);

        if (!to)
            continue;
        memcpy(to->resources, from->resources, sizeof(to->resources));
        memset(from->resources, 0, sizeof(from->resources));
    }
}

void owners_forget_presence(struct owners *owners)
{
    for (size_t i = 0; i < owners->count; i++)
        forget_resources(&owners->list[i]);
}

static void send_presence(struct owners *owners, const char *to, const char *type)
{
    xmpp_stanza_t *presence = xmpp_presence_new(router_context(owners->router));

    if (presence && xmpp_stanza_set_to(presence, to) == XMPP_EOK &&
        xmpp_stanza_set_type(presence, type) == XMPP_EOK)
        router_send(owners->router, presence);
    if (presence)
        xmpp_stanza_release(presence);
}

static int send_chat(struct owners *owners, const char *to, const char *text,
                     xmpp_stanza_t *payload)
{
    xmpp_stanza_t *message = xmpp_message_new(router_context(owners->router), "chat", to, NULL);
    int r = message && xmpp_message_set_body(message, text) == XMPP_EOK ? 0 : -ENOMEM;

    if (r == 0 && payload && xmpp_stanza_add_child(message, payload) != XMPP_EOK)
        r = -ENOMEM;
    if (r == 0)
        r = router_send(owners->router, message);
    if (message)
        xmpp_stanza_release(message);
    return r;
}

/* Greeted is written before it is said: rather once too few than twice. */
static void greet(struct owners *owners, struct owner *owner)
{
    static const struct {
        const char *before, *after;
    } texts[LANGUAGE_COUNT] = {
        {"Hello! I am ", ", your rabbit. Say \"help\" and I tell you what I understand."},
        {"Bonjour ! Je suis ",
         ", votre lapin. Dites « aide » et je vous dirai ce que je comprends."},
        {"Hallo! Ich bin ", ", dein Hase. Sag „hilfe“, und ich erzähle, was ich verstehe."},
        {"Ciao! Sono ", ", il tuo coniglio. Scrivi «aiuto» e ti dirò che cosa capisco."},
    };
    const struct log_field fields[] = {{"NAB_JID", owner->jid}, {NULL, NULL}};
    const struct config *config = owners->config;
    char text[512];
    int r;

    if (owner->greeted)
        return;
    owner->greeted = true;
    r = write_greeted(owners, owner->jid);
    if (r < 0) {
        const struct state_trouble trouble = state_explain(r);

        log_event(LOG_WARNING, MESSAGE_STATE_FAILED, fields,
                  "Cannot keep in mind in %s/" STATE_FILE " that %s was greeted: %s; %s",
                  owners->directory, owner->jid, trouble.what, trouble.remedy);
        return;
    }
    snprintf(text, sizeof(text), "%s%.100s%s", texts[config->rabbit.language].before,
             config->rabbit.name, texts[config->rabbit.language].after);
    if (send_chat(owners, owner->jid, text, NULL) == 0)
        log_event(LOG_INFO, MESSAGE_OWNER_GREETED, fields, "Greeted %s", owner->jid);
}

static bool sees_us(struct roster_entry entry)
{
    return entry.subscription == ROSTER_FROM || entry.subscription == ROSTER_BOTH;
}

/* Approval ahead of the request (RFC 6121 3.4); a server that does not know of that ignores it. */
static void approve(struct owners *owners, const struct roster *roster, char *const *jids)
{
    for (; *jids; jids++)
        if (!sees_us(roster_find(roster, *jids)))
            send_presence(owners, *jids, "subscribed");
}

void owners_welcome(struct owners *owners, const struct roster *roster)
{
    approve(owners, roster, owners->config->access.owners);
    approve(owners, roster, owners->config->access.users);
    for (size_t i = 0; i < owners->count; i++) {
        struct owner *owner = &owners->list[i];

        if (roster_find(roster, owner->jid).subscription == ROSTER_ABSENT)
            send_presence(owners, owner->jid, "subscribe");
        greet(owners, owner);
    }
}

static bool is_online(const struct owner *owner)
{
    for (size_t i = 0; i < RESOURCES_MAX; i++)
        if (owner->resources[i])
            return true;
    return false;
}

static void set_resource(struct owner *owner, const char *full_jid, bool available)
{
    size_t room = RESOURCES_MAX;

    for (size_t i = 0; i < RESOURCES_MAX; i++) {
        if (streq_ptr(owner->resources[i], full_jid)) {
            if (!available)
                strdup_to(&owner->resources[i], NULL);
            return;
        }
        if (!owner->resources[i])
            room = i;
    }
    if (available && room < RESOURCES_MAX)
        strdup_to(&owner->resources[room], full_jid);
}

static void on_subscribe(struct owners *owners, const char *bare_jid)
{
    const struct log_field fields[] = {
        {"NAB_JID", bare_jid}, {"NAB_VERDICT", "refused"}, {NULL, NULL}};

    if (access_level(owners->access, bare_jid) > ACCESS_NOBODY)
        send_presence(owners, bare_jid, "subscribed");
    else if (access_note_stranger(owners->access, bare_jid, clock_now_usec()))
        log_event(LOG_NOTICE, MESSAGE_COMMAND_REFUSED, fields,
                  "%.200s wants to see the rabbit and is not answered; name who may in [access] "
                  "owners or users",
                  bare_jid);
}

/* Unavailable without a resource: the server says that none is left (RFC 6121 4.3.2). */
static bool is_gone_altogether(const char *from, const char *type)
{
    return streq(type, "unavailable") && !strchr(from, '/');
}

void owners_on_presence(struct owners *owners, xmpp_stanza_t *presence)
{
    const char *from = xmpp_stanza_get_from(presence), *type = xmpp_stanza_get_type(presence);
    _cleanup_(freep) char *bare_jid = NULL;
    struct owner *owner;

    if (!from || jid_bare(from, &bare_jid) < 0)
        return;
    owner = find(owners, bare_jid);
    if (streq_ptr(type, "subscribe"))
        on_subscribe(owners, bare_jid);
    else if (owner && type && (streq(type, "error") || is_gone_altogether(from, type)))
        forget_resources(owner);
    else if (owner && (!type || streq(type, "unavailable")))
        set_resource(owner, from, !type);
}

unsigned owners_tell(struct owners *owners, const char *text, xmpp_stanza_t *payload)
{
    unsigned told = 0;

    for (size_t i = 0; i < owners->count; i++)
        if (is_online(&owners->list[i]) &&
            send_chat(owners, owners->list[i].jid, text, payload) == 0)
            told++;
    return told;
}
