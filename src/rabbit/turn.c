#include "rabbit/turn.h"

#include "base/parse.h"

int turn_parse(const char *word, struct turn *ret)
{
    bool is_relative = *word == '+' || *word == '-';
    int holes = 0;
    int r = streq(word, "home")
                ? 0
                : parse_int(word, is_relative ? 1 - EAR_POSITIONS : 0, EAR_POSITIONS - 1, &holes);

    if (r < 0)
        return r;
    *ret = (struct turn){.is_relative = is_relative, .holes = holes};
    return 0;
}

int turn_ear(struct body *body, enum ear_index ear, struct turn turn)
{
    int start = turn.is_relative ? body_ear_position(body, ear) : 0;
    int position = (start < 0 ? 0 : start) + turn.holes + EAR_POSITIONS;

    return body_ear_go(body, ear, (unsigned)position % EAR_POSITIONS,
                       turn.holes < 0 ? EAR_BACKWARD : EAR_FORWARD);
}

enum command_result turn_run(struct command_call *call, enum ear_index ear)
{
    struct turn turn;

    if (call->count != 1 || turn_parse(call->arguments[0], &turn) < 0)
        return COMMAND_USAGE;
    command_end_play(call->context);
    turn_ear(call->context->body, ear, turn);
    return COMMAND_WHEN_RESTS;
}
