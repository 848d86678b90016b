#include "rabbit/crowd.h"

#define HOUR_USEC (60 * USEC_PER_MIN)

void crowd_clear(struct crowd *crowd)
{
    while (crowd->count > 0)
        strdup_to(&crowd->names[--crowd->count], NULL);
}

bool crowd_is_news(struct crowd *crowd, const char *name, uint64_t now_usec)
{
    if (now_usec >= crowd->until_usec) {
        crowd_clear(crowd);
        crowd->until_usec = now_usec + HOUR_USEC;
    }
    for (size_t i = 0; i < crowd->count; i++)
        if (streq(crowd->names[i], name))
            return false;
    if (crowd->count == CROWD_MAX || strdup_to(&crowd->names[crowd->count], name) < 0)
        return false;
    crowd->count++;
    return true;
}
