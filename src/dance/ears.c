#include "dance/ears.h"

#define MOST_TURNS 2 /* body_ear_go() */

static void go(struct body *body, enum ear_index ear, unsigned hole, unsigned turns,
               enum ear_way way)
{
    if (turns > MOST_TURNS)
        turns = MOST_TURNS;
    body_ear_go(body, ear, hole + turns * EAR_POSITIONS, way);
}

void ears_go(struct body *body, enum ear_index ear, unsigned position, enum ear_way way)
{
    go(body, ear, position % EAR_POSITIONS, position / EAR_POSITIONS, way);
}

/* Below zero the turn in which 0 is passed is none of the extra ones. */
static unsigned go_below(struct body *body, enum ear_index ear, unsigned from, unsigned below)
{
    unsigned turns = (below + EAR_POSITIONS - 1) / EAR_POSITIONS;
    unsigned hole = turns * EAR_POSITIONS - below;

    go(body, ear, hole, hole == from ? turns : turns - 1, EAR_BACKWARD);
    return hole;
}

unsigned ears_advance(struct body *body, enum ear_index ear, unsigned from, unsigned by,
                      bool is_backward)
{
    if (is_backward && by > from)
        return go_below(body, ear, from, by - from);
    if (is_backward)
        by = from - by;
    else
        by += from;
    ears_go(body, ear, by, is_backward ? EAR_BACKWARD : EAR_FORWARD);
    return by % EAR_POSITIONS;
}

unsigned ears_position(const struct body *body, enum ear_index ear)
{
    int position = body_ear_position(body, ear);

    return position < 0 ? 0 : (unsigned)position;
}
