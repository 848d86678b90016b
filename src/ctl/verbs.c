/* The table of verbs. What the rabbit does is said in the words of chat and answered in them. */
#include <sysexits.h>

#include "base/json.h"
#include "base/parse.h"
#include "ctl/ctl.h"
#include "ctl/print.h"

static void print_reply(const struct ctl *ctl, const char *reply)
{
    if (!ctl->json) {
        puts(reply);
        return;
    }
    fputs("{\"reply\":", stdout);
    json_print_text(stdout, reply);
    puts("}");
}

/* Says verb and arguments to the rabbit, as its owner does. */
static int verb_say(struct ctl *ctl, const struct verb *verb, char **words, int count)
{
    char text[1024];
    size_t used = 0;
    sd_bus_message *message = NULL;
    const char *reply;
    int status, r;

    for (int i = 0; i < count && used < sizeof(text); i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", i ? " " : "", words[i]);
    if (used >= sizeof(text))
        return ctl_complain(ctl, EX_USAGE, "That is too long for a rabbit");
    status = ctl_call(ctl, BUS_INTERFACE, "Command", &message, "s", text);
    if (status)
        return status;
    r = sd_bus_message_read(message, "s", &reply);
    if (r >= 0)
        print_reply(ctl, reply);
    sd_bus_message_unref(message);
    return r < 0 ? ctl_fail(ctl, r, NULL) : EXIT_SUCCESS;
}

/* What is not chat's: a method of its own. */
static int verb_order(struct ctl *ctl, const struct verb *verb, char **words, int count)
{
    int status = ctl_call(ctl, BUS_INTERFACE, verb->method, NULL, "");

    if (!status)
        print_reply(ctl, verb->done);
    return status;
}

const struct verb verb_table[] = {
    {"status", "", "shows how the rabbit is", 0, 0, verb_status, NULL, NULL},
    {"ears", "LEFT RIGHT", "turns both ears: 0 (up) to 16, +N, -N, home", 1, 2, verb_say, NULL,
     NULL},
    {"left", "POSITION", "turns the left ear", 1, 1, verb_say, NULL, NULL},
    {"right", "POSITION", "turns the right ear", 1, 1, verb_say, NULL, NULL},
    {"led", "WHERE COLOUR", "lights nose, left, middle, right, bottom or all", 2, 2, verb_say, NULL,
     NULL},
    {"nose", "COLOUR", "lights the nose: a name, #rrggbb or off", 1, 1, verb_say, NULL, NULL},
    {"home", "", "finds the ears' places anew, also when they were stuck", 0, 0, verb_say, NULL,
     NULL},
    {"test", "[ears|leds|button]", "moves each part in turn", 0, 1, verb_say, NULL, NULL},
    {"stop", "", "stops the ears and whatever plays, as the button does", 0, 0, verb_say, NULL,
     NULL},
    {"sleep", "", "dark and still until it is woken", 0, 0, verb_say, NULL, NULL},
    {"wake", "", "wakes it up", 0, 0, verb_say, NULL, NULL},
    {"monitor", "", "prints events as they happen", 0, 0, verb_monitor, NULL, NULL},
    {"reconnect", "", "logs in anew, now", 0, 0, verb_order, "Reconnect", "logging in anew"},
    {"register", "", "registers the account anew, now", 0, 0, verb_order, "Register",
     "registering"},
    {"report", "", "reports a failed login to the hook, to try it", 0, 0, verb_order, "Report",
     "the hook has taken the report"},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};

static const struct verb *find_verb(const char *name)
{
    for (const struct verb *verb = verb_table; verb->name; verb++)
        if (streq(verb->name, name))
            return verb;
    return NULL;
}

static int complain_of_verb(const struct ctl *ctl, const char *name)
{
    const char *names[ARRAY_SIZE(verb_table)], *nearest;

    for (size_t i = 0; i < ARRAY_SIZE(verb_table); i++)
        names[i] = verb_table[i].name;
    nearest = text_nearest(name, names);
    return ctl_complain(ctl, EX_USAGE, "There is no verb \"%.40s\"; %s%s", name,
                        nearest ? "did you mean " : "try ", nearest ? nearest : "--help");
}

int ctl_run(struct ctl *ctl, char **words, int count)
{
    const struct verb *verb = find_verb(words[0]);

    if (!verb)
        return complain_of_verb(ctl, words[0]);
    if (count - 1 < verb->least || count - 1 > verb->most)
        return ctl_complain(ctl, EX_USAGE, "Usage: nabaztagctl %s%s%s: %s", verb->name,
                            *verb->arguments ? " " : "", verb->arguments, verb->help);
    return verb->run(ctl, verb, words, count);
}
