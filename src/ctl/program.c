#include "ctl/program.h"

#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <sys/wait.h>

extern char **environ;

/* The path of a program beside this one; false: there is none. */
static bool find_beside(const char *name, char *ret, size_t size)
{
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    char *slash;

    if (n < 0)
        return false;
    self[n] = '\0';
    slash = strrchr(self, '/');
    if (!slash)
        return false;
    slash[1] = '\0';
    return snprintf(ret, size, "%s%s", self, name) < (int)size && access(ret, X_OK) == 0;
}

int program_start(pid_t *ret, char *const argv[], int output)
{
    posix_spawn_file_actions_t actions;
    char path[PATH_MAX + 64];
    int r = posix_spawn_file_actions_init(&actions);

    if (r != 0)
        return -r;
    if (output >= 0)
        r = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    if (r == 0)
        r = find_beside(argv[0], path, sizeof(path))
                ? posix_spawn(ret, path, &actions, NULL, argv, environ)
                : posix_spawnp(ret, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return -r;
}

int program_wait(pid_t process)
{
    int status;

    while (waitpid(process, &status, 0) < 0)
        if (errno != EINTR)
            return -errno;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
