/* right N: turns the right ear and says where it came to rest. */
#include "rabbit/command.h"
#include "rabbit/turn.h"

extern const struct command command_right;

static void finish(struct command_call *call)
{
    command_reply_ear(call, command_right.words[call->language], EAR_RIGHT);
}

static enum command_result run(struct command_call *call)
{
    return turn_run(call, EAR_RIGHT);
}

const struct command command_right = {
    .words = {"right", "droite", "rechts", "destra"},
    .arguments = "0-16 | +N | -N | home",
    .example = "right -3",
    .help = {"turns the right ear; +N forward, -N backward",
             "tourne l'oreille droite ; +N en avant, -N en arrière",
             "dreht das rechte Ohr; +N vorwärts, -N rückwärts",
             "gira l'orecchio destro; +N avanti, -N indietro"},
    .wakeful = true,
    .run = run,
    .finish = finish,
};
