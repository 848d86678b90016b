/* left N: turns the left ear and says where it came to rest. */
#include "rabbit/command.h"
#include "rabbit/turn.h"

extern const struct command command_left;

static void finish(struct command_call *call)
{
    command_reply_ear(call, command_left.words[call->language], EAR_LEFT);
}

static enum command_result run(struct command_call *call)
{
    return turn_run(call, EAR_LEFT);
}

const struct command command_left = {
    .words = {"left", "gauche", "links", "sinistra"},
    .arguments = "0-16 | +N | -N | home",
    .example = "left 5",
    .help = {"turns the left ear; +N forward, -N backward",
             "tourne l'oreille gauche ; +N en avant, -N en arrière",
             "dreht das linke Ohr; +N vorwärts, -N rückwärts",
             "gira l'orecchio sinistro; +N avanti, -N indietro"},
    .wakeful = true,
    .run = run,
    .finish = finish,
};
