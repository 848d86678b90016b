/* wake: ends the sleep; lights on, ears up. */
#include "base/clock.h"
#include "rabbit/command.h"

static enum command_result run(struct command_call *call)
{
    if (call->count != 0)
        return COMMAND_USAGE;
    sleep_set(call->context->sleep, false, clock_now_usec());
    return COMMAND_WHEN_RESTS;
}

const struct command command_wake = {
    .words = {"wake", "réveil", "wach", "sveglia"},
    .arguments = "",
    .example = "wake",
    .help = {"wakes me up", "me réveille", "weckt mich", "mi sveglia"},
    .run = run,
    .finish = command_finish_sleep,
};
