/* home: finds both ears' positions anew, heals one that was stuck, and ends with both upright. */
#include "rabbit/command.h"

static enum command_result run(struct command_call *call)
{
    if (call->count != 0)
        return COMMAND_USAGE;
    command_end_play(call->context);
    body_home(call->context->body);
    return COMMAND_WHEN_RESTS;
}

const struct command command_home = {
    .words = {"home", "home", "home", "home"},
    .arguments = "",
    .example = "home",
    .help = {"finds the ears' places anew, also when they were stuck",
             "retrouve la place des oreilles, même bloquées",
             "sucht die Ohren neu, auch wenn sie klemmten",
             "ritrova la posizione delle orecchie, anche bloccate"},
    .wakeful = true,
    .run = run,
    .finish = command_finish_ears,
};
