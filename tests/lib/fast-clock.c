/*
 * Preloaded into the daemon: time that goes faster. What the file $FAST_CLOCK holds (a whole
 * number, 8 bytes) is how many seconds of CLOCK_MONOTONIC pass in one; it is looked at whenever the
 * daemon asks for the time, and timers that are set already go by it then. Only timerfds are
 * wanted: sd-event has no others.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define NSEC_PER_SEC INT64_C(1000000000)
#define TIMERS       64

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const volatile int64_t *wanted; /* the file */
static int64_t rate = 1;
static int64_t real_base, fast_base; /* when it last changed */

/* Absolute timers that are set, at which fast time. */
static struct {
    int fd;
    int64_t at;
} timers[TIMERS];

static int64_t nsec_of(struct timespec time)
{
    return time.tv_sec * NSEC_PER_SEC + time.tv_nsec;
}

static struct timespec timespec_of(int64_t nsec)
{
    return (struct timespec){.tv_sec = nsec / NSEC_PER_SEC, .tv_nsec = nsec % NSEC_PER_SEC};
}

static int64_t real_now(void)
{
    int (*next)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");
    struct timespec now;

    if (next(CLOCK_MONOTONIC, &now) < 0)
        abort();
    return nsec_of(now);
}

static int set(int fd, int64_t at)
{
    int (*next)(int, int, const struct itimerspec *, struct itimerspec *) =
        dlsym(RTLD_NEXT, "timerfd_settime");
    int64_t real = real_base + (at - fast_base) / rate;
    const struct itimerspec when = {.it_value = timespec_of(real > 0 ? real : 1)};

    return next(fd, TFD_TIMER_ABSTIME, &when, NULL);
}

static void follow(int64_t real)
{
    fast_base += (real - real_base) * rate;
    real_base = real;
    rate = *wanted;
    for (size_t i = 0; i < TIMERS; i++)
        if (timers[i].at)
            set(timers[i].fd, timers[i].at);
}

/* Under the lock. */
static int64_t fast_now(void)
{
    int64_t real = real_now();

    if (rate != *wanted)
        follow(real);
    return fast_base + (real - real_base) * rate;
}

int clock_gettime(clockid_t clock, struct timespec *ret)
{
    int (*next)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");

    if (!wanted || clock != CLOCK_MONOTONIC)
        return next(clock, ret);
    pthread_mutex_lock(&lock);
    *ret = timespec_of(fast_now());
    pthread_mutex_unlock(&lock);
    return 0;
}

static void remember(int fd, int64_t at)
{
    size_t place = TIMERS;

    for (size_t i = TIMERS; i-- > 0;)
        if (timers[i].fd == fd)
            place = i;
        else if (!timers[i].at && place == TIMERS)
            place = i;
    if (place == TIMERS)
        abort();
    timers[place].fd = fd;
    timers[place].at = at;
}

int timerfd_settime(int fd, int flags, const struct itimerspec *wish, struct itimerspec *old)
{
    int (*next)(int, int, const struct itimerspec *, struct itimerspec *) =
        dlsym(RTLD_NEXT, "timerfd_settime");
    int64_t at = nsec_of(wish->it_value);
    int r;

    if (!wanted || !(flags & TFD_TIMER_ABSTIME))
        return next(fd, flags, wish, old);
    pthread_mutex_lock(&lock);
    remember(fd, at);
    r = at ? set(fd, at) : next(fd, flags, wish, old);
    pthread_mutex_unlock(&lock);
    return r;
}

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("FAST_CLOCK");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *map = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(*wanted), PROT_READ, MAP_SHARED, fd, 0);

    if (map == MAP_FAILED)
        abort();
    close(fd);
    real_base = fast_base = real_now();
    wanted = map;
}
