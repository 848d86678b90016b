#include "rabbit/chat.h"

#include <errno.h>
#include <time.h>

#include "base/clock.h"
#include "base/jid.h"
#include "base/log.h"
#include "base/message-id.h"
#include "xmpp/stanza.h"

#define WAITING_MAX 8  /* replies that wait for the body */
#define STALE_SEC   60 /* an older message is no command any more */

#define NS_DELAY   "urn:xmpp:delay"
#define NS_CARBONS "urn:xmpp:carbons:2"
#define NS_CORRECT "urn:xmpp:message-correct:0"

/* A reply to be sent when the body rests. */
struct waiting {
    const struct command *command; /* NULL: free */
    char *to, *type, *thread;
    enum language language;
};

struct chat {
    const struct config *config;
    struct access *access;
    struct router *router;
    struct command_context context;
    struct chat_listener listener;
    void *userdata;
    struct waiting waiting[WAITING_MAX];
};

int chat_new(struct chat **ret, const struct config *config, struct access *access,
             struct router *router, const struct command_context *context,
             const struct chat_listener *listener, void *userdata)
{
    struct chat *chat = calloc(1, sizeof(*chat));

    if (!chat)
        return -ENOMEM;
    chat->config = config;
    chat->access = access;
    chat->router = router;
    chat->context = *context;
    chat->listener = *listener;
    chat->userdata = userdata;
    *ret = chat;
    return 0;
}

static void clear_waiting(struct waiting *waiting)
{
    free(waiting->to);
    free(waiting->type);
    free(waiting->thread);
    *waiting = (struct waiting){.command = NULL};
}

struct chat *chat_free(struct chat *chat)
{
    if (!chat)
        return NULL;
    for (size_t i = 0; i < WAITING_MAX; i++)
        clear_waiting(&chat->waiting[i]);
    free(chat);
    return NULL;
}

static void send_reply(struct chat *chat, const struct waiting *address, const char *text)
{
    xmpp_stanza_t *message =
        xmpp_message_new(router_context(chat->router), address->type, address->to, NULL);
    bool good = message && xmpp_message_set_body(message, text) == XMPP_EOK;

    if (good && address->thread)
        good = stanza_add_text_child(message, "thread", address->thread) == 0;
    if (good)
        router_send(chat->router, message);
    if (message)
        xmpp_stanza_release(message);
}

/* Keeps the address for later. False: too many wait already. */
static bool wait_for_rest(struct chat *chat, struct waiting *address)
{
    for (size_t i = 0; i < WAITING_MAX; i++)
        if (!chat->waiting[i].command) {
            chat->waiting[i] = *address;
            *address = (struct waiting){.command = NULL};
            return true;
        }
    return false;
}

static struct command_context context_of(struct chat *chat, enum language language)
{
    struct command_context context = chat->context;

    context.status = "";
    context.language = language;
    return context;
}

static void finish(struct chat *chat, struct waiting *waiting)
{
    struct command_context context = context_of(chat, waiting->language);
    char reply[COMMAND_REPLY_MAX] = "";

    command_finish(waiting->command, &context, reply);
    send_reply(chat, waiting, reply);
    clear_waiting(waiting);
}

void chat_on_rest(struct chat *chat)
{
    for (size_t i = 0; i < WAITING_MAX; i++)
        if (chat->waiting[i].command)
            finish(chat, &chat->waiting[i]);
}

/* The language of the message (xml:lang), else the rabbit's. */
static enum language language_of(const struct chat *chat, xmpp_stanza_t *message)
{
    const char *lang = xmpp_stanza_get_attribute(message, "lang");

    for (unsigned i = 0; lang && i < LANGUAGE_COUNT; i++)
        if (strncasecmp(lang, language_names[i], 2) == 0)
            return (enum language)i;
    return chat->config->rabbit.language;
}

/* Where the reply goes. Returns 0 or -ENOMEM. */
static int address_of(xmpp_stanza_t *message, struct waiting *ret)
{
    const char *type = xmpp_stanza_get_type(message);
    char *thread = stanza_child_text(message, "thread");
    int r = strdup_to(&ret->to, xmpp_stanza_get_from(message));

    if (r == 0)
        r = strdup_to(&ret->type, type ? type : "normal");
    if (r == 0)
        r = strdup_to(&ret->thread, thread);
    if (thread)
        xmpp_free(xmpp_stanza_get_context(message), thread);
    return r;
}

static bool is_at_rest(const struct chat *chat)
{
    return body_ears_settled(chat->context.body) && !trial_is_running(chat->context.trial);
}

static void note_command(const char *bare_jid, const struct command *command,
                         enum command_result result)
{
    bool refused = result == COMMAND_ASLEEP;
    const struct log_field fields[] = {
        {"NAB_JID", bare_jid},
        {"NAB_COMMAND", command ? command->words[LANGUAGE_EN] : "unknown"},
        {"NAB_VERDICT", refused ? "refused" : "accepted"},
        {NULL, NULL},
    };

    log_event(LOG_INFO, refused ? MESSAGE_COMMAND_REFUSED : MESSAGE_COMMAND_DONE, fields,
              "%s says %.80s%s", bare_jid,
              command ? command->words[LANGUAGE_EN] : "something unknown",
              refused ? ", but the rabbit is asleep" : "");
}

static void obey(struct chat *chat, xmpp_stanza_t *message, const char *bare_jid, const char *text)
{
    struct command_context context = context_of(chat, language_of(chat, message));
    char reply[COMMAND_REPLY_MAX], status[COMMAND_REPLY_MAX / 2] = "";
    const struct command *command;
    enum command_result result;
    struct waiting address = {.command = NULL};

    chat->listener.describe(status, sizeof(status), chat->userdata);
    context.status = status;
    if (address_of(message, &address) < 0) {
        clear_waiting(&address);
        return;
    }
    result = command_run(text, &context, reply, &command);
    note_command(bare_jid, command, result);
    address.command = command;
    address.language = context.language;
    if (result != COMMAND_WHEN_RESTS)
        send_reply(chat, &address, reply);
    else if (is_at_rest(chat) || !wait_for_rest(chat, &address))
        finish(chat, &address);
    clear_waiting(&address);
}

bool chat_is_stale(const char *stamp, time_t now)
{
    struct tm tm = {.tm_year = 0};
    const char *rest = strptime(stamp, "%Y-%m-%dT%H:%M:%S", &tm);
    time_t then;

    if (!rest)
        return true;
    if (*rest == '.')
        rest += 1 + strspn(rest + 1, "0123456789");
    if (!streq(rest, "Z") && !streq(rest, "+00:00"))
        return true;
    then = timegm(&tm);
    return now - then > STALE_SEC;
}

static bool is_delayed(xmpp_stanza_t *message)
{
    xmpp_stanza_t *delay = xmpp_stanza_get_child_by_name_and_ns(message, "delay", NS_DELAY);
    const char *stamp = delay ? xmpp_stanza_get_attribute(delay, "stamp") : NULL;

    return delay && (!stamp || chat_is_stale(stamp, time(NULL)));
}

/* XEP-0280; a <private/> of the same namespace says that this is no copy. */
static bool is_copy(xmpp_stanza_t *message)
{
    return xmpp_stanza_get_child_by_name_and_ns(message, "sent", NS_CARBONS) ||
           xmpp_stanza_get_child_by_name_and_ns(message, "received", NS_CARBONS);
}

/* Messages that are not said to us now: answers to ours, copies, corrections, rooms, old ones. */
static bool is_none_of_ours(xmpp_stanza_t *message)
{
    const char *type = xmpp_stanza_get_type(message);

    if (type && !streq(type, "chat") && !streq(type, "normal"))
        return true;
    return is_copy(message) || xmpp_stanza_get_child_by_ns(message, NS_CORRECT) ||
           is_delayed(message);
}

static void refuse(struct chat *chat, const char *bare_jid)
{
    const struct log_field fields[] = {
        {"NAB_JID", bare_jid}, {"NAB_VERDICT", "refused"}, {NULL, NULL}};
    bool news = access_note_stranger(chat->access, bare_jid, clock_now_usec());

    log_event(
        news ? LOG_NOTICE : LOG_DEBUG, MESSAGE_COMMAND_REFUSED, fields,
        "%.200s talks to the rabbit and is not answered; name who may in [access] owners or users",
        bare_jid);
}

void chat_on_message(struct chat *chat, xmpp_stanza_t *message)
{
    _cleanup_(freep) char *bare_jid = NULL;
    char *text;

    if (!xmpp_stanza_get_from(message) || is_none_of_ours(message) ||
        jid_bare(xmpp_stanza_get_from(message), &bare_jid) < 0)
        return;
    if (streq_ptr(bare_jid, router_bare_jid(chat->router)))
        return; /* a rabbit that is its own owner would talk to itself for ever */
    text = xmpp_message_get_body(message);
    if (!text)
        return;
    if (access_level(chat->access, bare_jid) == ACCESS_NOBODY)
        refuse(chat, bare_jid);
    else if (access_admit(chat->access, bare_jid, clock_now_usec()))
        obey(chat, message, bare_jid, text);
    else
        log_debug("%s talks too fast", bare_jid);
    xmpp_free(xmpp_stanza_get_context(message), text);
}
