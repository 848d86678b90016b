#include "rabbit/bus-calls.h"

#include <errno.h>

#include "base/bus-name.h"
#include "base/log.h"
#include "base/message-id.h"

/* A call to be answered when the body rests. */
struct waiting {
    sd_bus_message *call; /* NULL: free */
    const struct command *command;
    enum language language;
};

struct bus_calls {
    struct command_context context;
    const struct bus_orders *orders;
    void *userdata;
    struct waiting waiting[LIMIT_BUS_WAITING];
    struct http_request *report; /* under way; NULL: none */
    sd_bus_message *reporter;    /* whoever asked for it */
};

/* ---- commands ---- */

static struct command_context context_of(const struct bus_calls *calls, enum language language)
{
    struct command_context context = calls->context;

    context.status = "";
    context.language = language;
    return context;
}

static void note_command(sd_bus_message *call, const struct command *command,
                         enum command_result result)
{
    bool refused = result == COMMAND_ASLEEP || result == COMMAND_USAGE;
    const char *word = command ? command->words[LANGUAGE_EN] : "unknown";
    const struct log_field fields[] = {
        {"NAB_SENDER", sd_bus_message_get_sender(call)},
        {"NAB_COMMAND", word},
        {"NAB_VERDICT", refused ? "refused" : "accepted"},
        {NULL, NULL},
    };

    log_event(LOG_INFO, refused ? MESSAGE_COMMAND_REFUSED : MESSAGE_COMMAND_DONE, fields,
              "%s on the bus says %s%s", sd_bus_message_get_sender(call), word,
              result == COMMAND_ASLEEP ? ", but the rabbit is asleep" : "");
}

static int finish(struct bus_calls *calls, sd_bus_message *call, const struct command *command,
                  enum language language)
{
    struct command_context context = context_of(calls, language);
    char reply[COMMAND_REPLY_MAX] = "";

    if (command_finish(command, &context, reply) < 0)
        return sd_bus_reply_method_errorf(call, BUS_ERROR_STUCK, "%s", reply);
    return sd_bus_reply_method_return(call, "s", reply);
}

static bool is_at_rest(const struct bus_calls *calls)
{
    return body_ears_settled(calls->context.body) && !trial_is_running(calls->context.trial);
}

/* False: too many wait already. */
static bool wait_for_rest(struct bus_calls *calls, sd_bus_message *call,
                          const struct command *command, enum language language)
{
    for (size_t i = 0; i < LIMIT_BUS_WAITING; i++)
        if (!calls->waiting[i].call) {
            calls->waiting[i] = (struct waiting){sd_bus_message_ref(call), command, language};
            return true;
        }
    return false;
}

static int obey(struct bus_calls *calls, sd_bus_message *call, const char *text)
{
    struct command_context context = context_of(calls, LANGUAGE_EN);
    char reply[COMMAND_REPLY_MAX], status[COMMAND_REPLY_MAX / 2] = "";
    const struct command *command;
    enum command_result result;

    calls->orders->describe(status, sizeof(status), calls->userdata);
    context.status = status;
    result = command_run(text, &context, reply, &command);
    note_command(call, command, result);
    if (result == COMMAND_USAGE)
        return sd_bus_reply_method_errorf(call, BUS_ERROR_USAGE, "%s", reply);
    if (result == COMMAND_ASLEEP)
        return sd_bus_reply_method_errorf(call, BUS_ERROR_ASLEEP, "%s", reply);
    if (result == COMMAND_DONE)
        return sd_bus_reply_method_return(call, "s", reply);
    if (is_at_rest(calls))
        return finish(calls, call, command, context.language);
    if (wait_for_rest(calls, call, command, context.language))
        return 1;
    return sd_bus_reply_method_errorf(call, BUS_ERROR_BUSY, "%s",
                                      "It is being done, but too many wait for the end already");
}

void bus_calls_on_rest(struct bus_calls *calls)
{
    for (size_t i = 0; i < LIMIT_BUS_WAITING; i++) {
        struct waiting *waiting = &calls->waiting[i];

        if (!waiting->call)
            continue;
        finish(calls, waiting->call, waiting->command, waiting->language);
        waiting->call = sd_bus_message_unref(waiting->call);
    }
}

/* ---- methods ---- */

static int on_command(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
    const char *text;
    int r = sd_bus_message_read(call, "s", &text);

    return r < 0 ? r : obey(userdata, call, text);
}

/* Methods that are called as their command is, with its arguments: uu or any number of s. */
static int on_word(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
    char text[LIMIT_COMMAND_TEXT];
    int r = 1, n = snprintf(text, sizeof(text), "%s", sd_bus_message_get_member(call));
    const char *word, *types = sd_bus_message_get_signature(call, true);
    uint32_t number;

    for (; *types && r >= 0 && (size_t)n < sizeof(text); types++) {
        r = sd_bus_message_read(call, *types == 'u' ? "u" : "s",
                                *types == 'u' ? (void *)&number : (void *)&word);
        if (r >= 0 && *types == 'u')
            n += snprintf(text + n, sizeof(text) - (size_t)n, " %u", number);
        else if (r >= 0)
            n += snprintf(text + n, sizeof(text) - (size_t)n, " %s", word);
    }
    return r < 0 ? r : obey(userdata, call, text);
}

/* Answers an order that is done, or cannot be. */
static int answer(sd_bus_message *call, int result)
{
    static const struct {
        int result;
        const char *name, *text;
    } errors[] = {
        {-ENOENT, BUS_ERROR_NOT_CONFIGURED,
         "not configured; set [account] jid or what nabaztagctl status names, for reports "
         "[report] url"},
        {-EPERM, BUS_ERROR_NOT_CONFIGURED, "[account] register = no forbids it"},
        {-EISCONN, BUS_ERROR_ONLINE, "it is online, so its account exists"},
        {-EBUSY, BUS_ERROR_BUSY, "it is being done already"},
    };

    if (result >= 0)
        return sd_bus_reply_method_return(call, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
        if (errors[i].result == result)
            return sd_bus_reply_method_errorf(call, errors[i].name, "%s", errors[i].text);
    return sd_bus_reply_method_errorf(call, BUS_ERROR_FAILED, "%s", strerror(-result));
}

static int on_reconnect(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
    struct bus_calls *calls = userdata;

    return answer(call, calls->orders->reconnect(calls->userdata));
}

static int on_register(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
    struct bus_calls *calls = userdata;

    return answer(call, calls->orders->register_account(calls->userdata));
}

static void on_reported(const struct http_answer *http, void *userdata)
{
    struct bus_calls *calls = userdata;

    calls->report = NULL;
    if (http->error)
        sd_bus_reply_method_errorf(calls->reporter, BUS_ERROR_HOOK_FAILED, "%s", http->error);
    else
        sd_bus_reply_method_return(calls->reporter, NULL);
    calls->reporter = sd_bus_message_unref(calls->reporter);
}

static int on_report(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
    struct bus_calls *calls = userdata;
    int r = calls->report
                ? -EBUSY
                : calls->orders->report(&calls->report, on_reported, calls, calls->userdata);

    if (r < 0)
        return answer(call, r);
    calls->reporter = sd_bus_message_ref(call);
    return 1;
}

/* Who may call what is for the bus's policy to say. Each name of an argument ends with a NUL. */
#define METHOD(member, signature, names, result, result_names, handler)               \
    SD_BUS_METHOD_WITH_NAMES(member, signature, names, result, result_names, handler, \
                             SD_BUS_VTABLE_UNPRIVILEGED)
#define WORD(member, signature, names) METHOD(member, signature, names, "s", "reply\0", on_word)
#define ORDER(member, handler)         METHOD(member, NULL, "", NULL, "", handler)

static const sd_bus_vtable methods[] = {
    SD_BUS_VTABLE_START(0),
    METHOD("Command", "s", "text\0", "s", "reply\0", on_command),
    WORD("Ears", "uu", "left\0right\0"),
    WORD("Led", "ss", "where\0color\0"),
    WORD("Home", NULL, ""),
    WORD("Test", "s", "part\0"),
    WORD("Stop", NULL, ""),
    WORD("Sleep", NULL, ""),
    WORD("Wake", NULL, ""),
    ORDER("Reconnect", on_reconnect),
    ORDER("Register", on_register),
    ORDER("Report", on_report),
    SD_BUS_VTABLE_END,
};

int bus_calls_new(struct bus_calls **ret, sd_bus *bus, const struct command_context *context,
                  const struct bus_orders *orders, void *userdata)
{
    struct bus_calls *calls = calloc(1, sizeof(*calls));
    int r;

    if (!calls)
        return -ENOMEM;
    calls->context = *context;
    calls->orders = orders;
    calls->userdata = userdata;
    r = sd_bus_add_object_vtable(bus, NULL, BUS_PATH, BUS_INTERFACE, methods, calls);
    if (r < 0) {
        bus_calls_free(calls);
        return r;
    }
    *ret = calls;
    return 0;
}

struct bus_calls *bus_calls_free(struct bus_calls *calls)
{
    if (!calls)
        return NULL;
    http_cancel(calls->report);
    sd_bus_message_unref(calls->reporter);
    for (size_t i = 0; i < LIMIT_BUS_WAITING; i++)
        sd_bus_message_unref(calls->waiting[i].call);
    free(calls);
    return NULL;
}
