/*
 * A loop that does nothing but wake up every so many ms, so many times: prints how many µs late it
 * was each time, one a line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static long usec_between(struct timespec from, struct timespec to)
{
    return (to.tv_sec - from.tv_sec) * 1000000 + (to.tv_nsec - from.tv_nsec) / 1000;
}

int main(int argc, char **argv)
{
    long step = argc > 2 ? atol(argv[1]) : 0, count = argc > 2 ? atol(argv[2]) : 0;
    struct timespec due, now;

    clock_gettime(CLOCK_MONOTONIC, &due);
    for (long i = 0; i < count; i++) {
        due.tv_nsec += step * 1000000;
        due.tv_sec += due.tv_nsec / 1000000000;
        due.tv_nsec %= 1000000000;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
        clock_gettime(CLOCK_MONOTONIC, &now);
        printf("%ld\n", usec_between(due, now));
    }
    return 0;
}
