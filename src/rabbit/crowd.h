/*
 * Strangers that have been told of: each once, and of a crowd so many an hour, that it cannot fill
 * the journal. A value that its owner zeroes at first and clears at last; main thread.
 */
#ifndef NABAZTAGD_RABBIT_CROWD_H
#define NABAZTAGD_RABBIT_CROWD_H

#include "base/util.h"

#define CROWD_MAX 32

struct crowd {
    char *names[CROWD_MAX];
    size_t count;
    uint64_t until_usec; /* when all are forgotten */
};

/* Whether this one is to be told of now; if so it is remembered for the rest of the hour. */
bool crowd_is_news(struct crowd *crowd, const char *name, uint64_t now_usec);

void crowd_clear(struct crowd *crowd);

#endif
