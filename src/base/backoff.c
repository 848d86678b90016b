#include "base/backoff.h"

uint64_t backoff_next(struct backoff *backoff, random_source random, void *userdata)
{
    uint64_t ceiling = backoff->high_usec;

    for (unsigned i = 0; i < backoff->step && ceiling < backoff->max_usec; i++)
        ceiling *= 2;
    if (ceiling >= backoff->max_usec)
        ceiling = backoff->max_usec;
    else
        backoff->step++;
    return random(backoff->low_usec < ceiling ? backoff->low_usec : ceiling, ceiling, userdata);
}
