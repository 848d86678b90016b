#include "ctl/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <sys/wait.h>

#define DAEMON "nabaztagd"

static int start(pid_t *ret, const char *const argv[], int output)
{
    posix_spawn_file_actions_t actions;
    int r = posix_spawn_file_actions_init(&actions);

    if (r > 0)
        return -r;
    r = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (r == 0)
        r = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    if (r == 0)
        r = posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
    if (r == 0)
        r = posix_spawnp(ret, argv[0], &actions, NULL, (char *const *)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return -r;
}

/* Until it is closed, so that nobody waits for us to read. */
static int read_all(int fd, char **ret)
{
    char *text = malloc(SPAWN_OUTPUT_MAX + 1), piece[1024];
    size_t length = 0, room;
    ssize_t n;

    if (!text)
        return -ENOMEM;
    while ((n = read(fd, piece, sizeof(piece))) > 0 || (n < 0 && errno == EINTR)) {
        if (n < 0)
            continue;
        room = SPAWN_OUTPUT_MAX - length;
        room = (size_t)n < room ? (size_t)n : room;
        memcpy(text + length, piece, room);
        length += room;
    }
    while (length > 0 && text[length - 1] == '\n')
        length--;
    text[length] = '\0';
    *ret = text;
    return 0;
}

static int wait_for(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -errno;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int spawn_run(const char *const argv[], char **ret_output)
{
    int ends[2], r, r_read = 0;
    pid_t pid = -1;

    *ret_output = NULL;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    r = start(&pid, argv, ends[1]);
    close(ends[1]);
    if (r == 0)
        r_read = read_all(ends[0], ret_output);
    close(ends[0]);
    if (r == 0)
        r = wait_for(pid);
    return r_read < 0 ? r_read : r;
}

int spawn_run_through(const char *const argv[])
{
    pid_t pid;
    int r = posix_spawnp(&pid, argv[0], NULL, NULL, (char *const *)argv, environ);

    return r != 0 ? -r : wait_for(pid);
}

int spawn_find_daemon(char **ret)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - sizeof(DAEMON));
    char *name;

    *ret = NULL;
    path[n > 0 ? n : 0] = '\0';
    name = strrchr(path, '/');
    if (name)
        memcpy(name + 1, DAEMON, sizeof(DAEMON));
    return strdup_to(ret, name && access(path, X_OK) == 0 ? path : DAEMON);
}
