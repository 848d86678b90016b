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

static const struct verb_option doctor_options[] = {
    {"config", "FILE", "the daemon's configuration, if not the usual one"},
    {NULL, NULL, NULL},
};

const struct verb verb_table[] = {
    {.name = "status", .arguments = "", .help = "shows how the rabbit is", .run = verb_status},
    {.name = "ears",
     .arguments = "LEFT RIGHT",
     .help = "turns both ears: 0 (up) to 16, +N, -N, home",
     .least = 1,
     .most = 2,
     .run = verb_say},
    {.name = "left",
     .arguments = "POSITION",
     .help = "turns the left ear",
     .least = 1,
     .most = 1,
     .run = verb_say},
    {.name = "right",
     .arguments = "POSITION",
     .help = "turns the right ear",
     .least = 1,
     .most = 1,
     .run = verb_say},
    {.name = "led",
     .arguments = "WHERE COLOUR",
     .help = "lights nose, left, middle, right, bottom or all",
     .least = 2,
     .most = 2,
     .run = verb_say},
    {.name = "nose",
     .arguments = "COLOUR",
     .help = "lights the nose: a name, #rrggbb or off",
     .least = 1,
     .most = 1,
     .run = verb_say},
    {.name = "home",
     .arguments = "",
     .help = "finds the ears' places anew, also when they were stuck",
     .run = verb_say},
    {.name = "test",
     .arguments = "[ears|leds|button]",
     .help = "moves each part in turn",
     .most = 1,
     .run = verb_say},
    {.name = "stop",
     .arguments = "",
     .help = "stops the ears and whatever plays, as the button does",
     .run = verb_say},
    {.name = "sleep", .arguments = "", .help = "dark and still until it is woken", .run = verb_say},
    {.name = "wake", .arguments = "", .help = "wakes it up", .run = verb_say},
    {.name = "monitor",
     .arguments = "",
     .help = "prints events as they happen",
     .run = verb_monitor},
    {.name = "watch", .arguments = "", .help = "shows the rabbit as it lives", .run = verb_watch},
    {.name = "doctor",
     .arguments = "",
     .help = "says why it does not connect or move",
     .run = verb_doctor,
     .options = doctor_options},
    {.name = "reconnect",
     .arguments = "",
     .help = "logs in anew, now",
     .run = verb_order,
     .method = "Reconnect",
     .done = "logging in anew"},
    {.name = "register",
     .arguments = "",
     .help = "registers the account anew, now",
     .run = verb_order,
     .method = "Register",
     .done = "registering"},
    {.name = "report",
     .arguments = "",
     .help = "reports a failed login to the hook, to try it",
     .run = verb_order,
     .method = "Report",
     .done = "the hook has taken the report"},
    {.name = "setup",
     .arguments = "",
     .help = "asks what the rabbit must know, and writes its configuration",
     .run = verb_setup,
     .options = setup_options},
    {.name = NULL},
};

const struct verb *verb_find(const char *name)
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

/* ---- the options of a verb ---- */

static int complain_of_option(const struct ctl *ctl, const struct verb *verb, const char *name,
                              size_t length)
{
    const char *names[VERB_OPTIONS_MAX + 1] = {NULL}, *nearest;
    char copy[64];

    snprintf(copy, sizeof(copy), "%.*s", (int)length, name);
    for (size_t i = 0; i < VERB_OPTIONS_MAX && verb->options[i].name; i++)
        names[i] = verb->options[i].name;
    nearest = text_nearest(copy, names);
    return ctl_complain(ctl, EX_USAGE, "%s has no option \"--%s\" behind it; %s%s", verb->name,
                        copy, nearest ? "did you mean --" : "see nabaztagctl --help",
                        nearest ? nearest : "");
}

/* The option at words[*index]; its value may be the next word. Returns 0 or an exit status. */
static int take_option(struct ctl *ctl, const struct verb *verb, char **words, int count,
                       int *index)
{
    const char *name = words[*index] + 2;
    size_t length = strcspn(name, "=");

    for (size_t i = 0; verb->options[i].name; i++) {
        const struct verb_option *option = &verb->options[i];

        if (strlen(option->name) != length || strncmp(option->name, name, length) != 0)
            continue;
        if (name[length])
            ctl->values[i] = name + length + 1;
        else if (*index + 1 < count)
            ctl->values[i] = words[++*index];
        else
            return ctl_complain(ctl, EX_USAGE, "--%s wants something behind it: %s", option->name,
                                option->argument);
        return 0;
    }
    return complain_of_option(ctl, verb, name, length);
}

/* Leaves in `words` what is no option. Returns 0 or an exit status. */
static int take_options(struct ctl *ctl, const struct verb *verb, char **words, int *count)
{
    int kept = 1, status = 0;

    for (int i = 1; !status && i < *count; i++) {
        if (streq(words[i], "--json"))
            ctl->json = true;
        else if (after_prefix(words[i], "--"))
            status = take_option(ctl, verb, words, *count, &i);
        else
            words[kept++] = words[i];
    }
    *count = kept;
    return status;
}

int ctl_run(struct ctl *ctl, char **words, int count)
{
    const struct verb *verb = verb_find(words[0]);
    int status;

    if (!verb)
        return complain_of_verb(ctl, words[0]);
    status = verb->options ? take_options(ctl, verb, words, &count) : 0;
    if (status)
        return status;
    if (count - 1 < verb->least || count - 1 > verb->most)
        return ctl_complain(ctl, EX_USAGE, "Usage: nabaztagctl %s%s%s%s: %s", verb->name,
                            verb->options ? " [OPTION]…" : "", *verb->arguments ? " " : "",
                            verb->arguments, verb->help);
    return verb->run(ctl, verb, words, count);
}
