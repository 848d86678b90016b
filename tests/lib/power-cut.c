/*
 * Preloaded into the daemon: cuts its power (SIGKILL) right before the Nth change it makes to a
 * file in its state folder, and writes the list of these changes. Environment:
 *
 *   POWER_CUT_FOLDER  the state folder
 *   POWER_CUT_AT      N; 0: never
 *   POWER_CUT_TRACE   file the list goes to
 *
 * A disk forgets what was not synced: a write that is cut leaves half of its bytes, and a file
 * whose fsync is cut is empty.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int count;

/* The path behind a descriptor, within the state folder ("" is the folder itself), or NULL. */
static const char *within(int fd, char path[PATH_MAX])
{
    const char *folder = getenv("POWER_CUT_FOLDER");
    char link[64];
    ssize_t n;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    n = readlink(link, path, PATH_MAX - 1);
    if (!folder || n < 0)
        return NULL;
    path[n] = '\0';
    n = (ssize_t)strlen(folder);
    return strncmp(path, folder, (size_t)n) == 0 && (!path[n] || path[n] == '/') ? path + n : NULL;
}

static void trace(const char *what, const char *name)
{
    const char *path = getenv("POWER_CUT_TRACE");
    int fd =
        path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND | O_CREAT, 0600) : -1;
    char line[512];
    int n = snprintf(line, sizeof(line), "%s %s\n", what, *name == '/' ? name + 1 : name);

    if (fd < 0)
        return;
    if (syscall(SYS_write, fd, line, n) != n)
        abort();
    close(fd);
}

/* Counts one change; whether the power goes now. */
static int is_cut(const char *what, const char *name)
{
    const char *at = getenv("POWER_CUT_AT");

    trace(what, name);
    return ++count == (at ? atoi(at) : 0);
}

static void cut(void)
{
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

static void before_open(int folder, const char *name, int flags)
{
    char path[PATH_MAX];

    if ((flags & O_CREAT) && within(folder, path) && is_cut("open", name))
        cut();
}

int openat(int folder, const char *name, int flags, ...)
{
    int (*next)(int, const char *, int, ...) = dlsym(RTLD_NEXT, "openat");
    va_list arguments;
    mode_t mode;

    va_start(arguments, flags);
    mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    before_open(folder, name, flags);
    return next(folder, name, flags, mode);
}

int openat64(int folder, const char *name, int flags, ...)
{
    int (*next)(int, const char *, int, ...) = dlsym(RTLD_NEXT, "openat64");
    va_list arguments;
    mode_t mode;

    va_start(arguments, flags);
    mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    before_open(folder, name, flags);
    return next(folder, name, flags, mode);
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    ssize_t (*next)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
    char path[PATH_MAX];
    const char *name = within(fd, path);

    if (name && is_cut("write", name)) {
        next(fd, bytes, size / 2);
        cut();
    }
    return next(fd, bytes, size);
}

int fsync(int fd)
{
    int (*next)(int) = dlsym(RTLD_NEXT, "fsync");
    char path[PATH_MAX];
    const char *name = within(fd, path);

    if (name && is_cut("fsync", name)) {
        if (*name && ftruncate(fd, 0) < 0)
            abort();
        cut();
    }
    return next(fd);
}

int renameat(int from, const char *old, int to, const char *new)
{
    int (*next)(int, const char *, int, const char *) = dlsym(RTLD_NEXT, "renameat");
    char path[PATH_MAX];

    if (within(to, path) && is_cut("rename", new))
        cut();
    return next(from, old, to, new);
}

int unlinkat(int folder, const char *name, int flags)
{
    int (*next)(int, const char *, int) = dlsym(RTLD_NEXT, "unlinkat");
    char path[PATH_MAX];

    if (within(folder, path) && is_cut("unlink", name))
        cut();
    return next(folder, name, flags);
}
