/* sleep: dark and still until somebody wakes it. */
#include "base/clock.h"
#include "rabbit/command.h"

static enum command_result run(struct command_call *call)
{
    if (call->count != 0)
        return COMMAND_USAGE;
    sleep_set(call->context->sleep, true, clock_now_usec());
    return COMMAND_WHEN_RESTS;
}

const struct command command_sleep = {
    .words = {"sleep", "dors", "schlaf", "dormi"},
    .arguments = "",
    .example = "sleep",
    .help = {"dark and still until you say wake", "noir et immobile jusqu'à « réveil »",
             "dunkel und still bis „wach“", "buio e fermo fino a «sveglia»"},
    .run = run,
    .finish = command_finish_sleep,
};
