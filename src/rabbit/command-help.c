/* help [COMMAND]: what can be said to the rabbit. Made from the command table. */
#include "rabbit/command.h"

static size_t describe(const struct command *command, enum language language, char *text,
                       size_t size)
{
    int n = snprintf(text, size, "%s%s%s: %s", command->words[language],
                     *command->arguments ? " " : "", command->arguments, command->help[language]);

    return n < 0 ? 0 : (size_t)n < size ? (size_t)n : size;
}

static enum command_result run(struct command_call *call)
{
    const struct command *one =
        call->count == 1 ? command_find(call->arguments[0], &call->language) : NULL;
    size_t used = 0;

    if (call->count > 0 && !one)
        return COMMAND_USAGE;
    if (one) {
        describe(one, call->language, call->reply, COMMAND_REPLY_MAX);
        return COMMAND_DONE;
    }
    for (const struct command *const *at = command_table; *at && used < COMMAND_REPLY_MAX - 1;
         at++) {
        if (used)
            call->reply[used++] = '\n';
        used += describe(*at, call->language, call->reply + used, COMMAND_REPLY_MAX - used);
    }
    return COMMAND_DONE;
}

const struct command command_help = {
    .words = {"help", "aide", "hilfe", "aiuto"},
    .arguments = "[word]",
    .example = "help",
    .help = {"lists what I understand", "dit ce que je comprends", "sagt, was ich verstehe",
             "elenca ciò che capisco"},
    .run = run,
};
