#include "base/clock.h"

#include <errno.h>
#include <sys/random.h>

uint64_t clock_usec(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return clock_timespec_usec(&now);
}

uint64_t clock_now_usec(void)
{
    return clock_usec(CLOCK_MONOTONIC);
}

uint64_t clock_real_usec(void)
{
    return clock_usec(CLOCK_REALTIME);
}

int random_bytes(void *bytes, size_t size)
{
    unsigned char *at = bytes;

    while (size > 0) {
        ssize_t n = getrandom(at, size, 0);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        at += n;
        size -= (size_t)n;
    }
    return 0;
}

uint64_t random_between(uint64_t low, uint64_t high, void *userdata)
{
    uint64_t value;

    /* The bias of the remainder is below 1e-9 for spans of minutes, and a failing kernel must not
     * stop a back-off. */
    if (low >= high || random_bytes(&value, sizeof(value)) < 0)
        return high;
    return low + value % (high - low + 1);
}
