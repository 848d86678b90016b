/* ears LEFT RIGHT: turns both ears and says where they came to rest. */
#include "rabbit/command.h"
#include "rabbit/turn.h"

static enum command_result run(struct command_call *call)
{
    struct body *body = call->context->body;
    struct turn left, right;

    if (call->count == 1 && streq(call->arguments[0], "home")) {
        command_end_play(call->context);
        body_home(body);
        return COMMAND_WHEN_RESTS;
    }
    if (call->count != 2 || turn_parse(call->arguments[0], &left) < 0 ||
        turn_parse(call->arguments[1], &right) < 0)
        return COMMAND_USAGE;
    command_end_play(call->context);
    turn_ear(body, EAR_LEFT, left);
    turn_ear(body, EAR_RIGHT, right);
    return COMMAND_WHEN_RESTS;
}

const struct command command_ears = {
    .words = {"ears", "oreilles", "ohren", "orecchie"},
    .arguments = "0-16 0-16",
    .example = "ears 3 10",
    .help = {"turns the ears; 0 is up, 10 is down", "tourne les oreilles ; 0 en haut, 10 en bas",
             "dreht die Ohren; 0 ist oben, 10 ist unten",
             "gira le orecchie; 0 in alto, 10 in basso"},
    .wakeful = true,
    .run = run,
    .finish = command_finish_ears,
};
