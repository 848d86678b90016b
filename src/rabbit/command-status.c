/* status: how the rabbit is, in one line. */
#include "rabbit/command.h"

static enum command_result run(struct command_call *call)
{
    uint32_t nose = body_led_get(call->context->body, LED_NOSE);
    char color[8];

    if (call->count != 0)
        return COMMAND_USAGE;
    snprintf(color, sizeof(color), "#%06x", nose & 0xffffffu);
    snprintf(call->reply, COMMAND_REPLY_MAX, "%s, nose %s", call->context->status,
             nose ? color : "off");
    return COMMAND_DONE;
}

const struct command command_status = {
    .words = {"status", "état", "zustand", "stato"},
    .arguments = "",
    .example = "status",
    .help = {"says how I am", "dit comment je vais", "sagt, wie es mir geht", "dice come sto"},
    .run = run,
};
