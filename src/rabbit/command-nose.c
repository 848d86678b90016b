/* nose COLOUR: lights the nose. */
#include "base/parse.h"
#include "rabbit/command.h"

extern const struct command command_nose;

static enum command_result run(struct command_call *call)
{
    uint32_t color;

    if (call->count != 1 || parse_color(call->arguments[0], &color) < 0)
        return COMMAND_USAGE;
    command_end_play(call->context);
    body_led_set(call->context->body, LED_NOSE, color);
    snprintf(call->reply, COMMAND_REPLY_MAX, "%s %s", command_nose.words[call->language],
             call->arguments[0]);
    return COMMAND_DONE;
}

const struct command command_nose = {
    .words = {"nose", "nez", "nase", "naso"},
    .arguments = "red | #ff0000 | off",
    .example = "nose red",
    .help = {"lights the nose in a colour", "allume le nez dans une couleur", "färbt die Nase",
             "accende il naso di un colore"},
    .wakeful = true,
    .run = run,
};
