/* stop: what the button does to anything that plays. */
#include "rabbit/command.h"

static void finish(struct command_call *call)
{
    static const char *const stopped[LANGUAGE_COUNT] = {"stopped, ears", "arrêté, oreilles",
                                                        "angehalten, Ohren", "fermato, orecchie"};

    command_reply_ears(call, stopped[call->language]);
}

static enum command_result run(struct command_call *call)
{
    if (call->count != 0)
        return COMMAND_USAGE;
    command_end_play(call->context);
    body_stop(call->context->body);
    return COMMAND_WHEN_RESTS;
}

const struct command command_stop = {
    .words = {"stop", "arrête", "halt", "ferma"},
    .arguments = "",
    .example = "stop",
    .help = {"stops the ears and whatever plays", "arrête les oreilles et tout le reste",
             "hält die Ohren an und alles andere", "ferma le orecchie e tutto il resto"},
    .run = run,
    .finish = finish,
};
