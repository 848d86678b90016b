#include "base/state.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include "base/limits.h"

#define DEFAULT_DIRECTORY "/var/lib/nabaztagd"
#define HEADER_SIZE       64 /* more than any header needs */

#define DIGITS_OF(number) #number
#define DIGITS(number)    DIGITS_OF(number)

const char *state_directory(void)
{
    static char
        directory[PATH_MAX]; /* systemd hands over a colon-separated list: the first one is ours */
    const char *list = getenv("STATE_DIRECTORY");
    size_t length = list ? strcspn(list, ":") : 0;

    if (length == 0 || length >= sizeof(directory))
        return DEFAULT_DIRECTORY;
    memcpy(directory, list, length);
    directory[length] = '\0';
    return directory;
}

static int open_directory(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return fd < 0 ? -errno : fd;
}

static void wipe_and_free(char *text, size_t size)
{
    explicit_bzero(text, size);
    free(text);
}

int state_read(const char *directory, const char *name, char **ret)
{
    _cleanup_(closep) int folder = open_directory(directory);
    _cleanup_(closep) int fd = -1;
    size_t length = 0;
    char *text;
    ssize_t n;

    if (folder < 0)
        return folder;
    fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    text = calloc(1, LIMIT_STATE_FILE + 2);
    if (!text)
        return -ENOMEM;
    while ((n = read(fd, text + length, LIMIT_STATE_FILE + 1 - length)) > 0)
        length += (size_t)n;
    if (n == 0 && length <= LIMIT_STATE_FILE && !memchr(text, '\0', length)) {
        *ret = text;
        return 0;
    }
    n = n < 0 ? -errno : length > LIMIT_STATE_FILE ? -EFBIG : -EBADMSG;
    wipe_and_free(text, LIMIT_STATE_FILE);
    return (int)n;
}

/* Whether `text` has the first line of `header` but for a higher version. */
static bool is_newer(const char *text, const char *header)
{
    size_t line = strcspn(header, "\n"), name = 0;
    unsigned long version, ours;
    char *end;

    for (size_t i = 0; i < line; i++)
        if (header[i] == ' ')
            name = i + 1;
    if (name == 0 || strncmp(text, header, name) != 0)
        return false;
    version = strtoul(text + name, &end, 10);
    ours = strtoul(header + name, NULL, 10);
    return text[name] >= '0' && text[name] <= '9' && *end == '\n' && version > ours;
}

int state_check(const char *text, const char *header)
{
    if (after_prefix(text, header))
        return 0;
    return is_newer(text, header) ? -ENOTSUP : -EBADMSG;
}

/* What the file there begins with; nothing when there is none. */
static void read_head(int folder, const char *name, char ret[HEADER_SIZE])
{
    _cleanup_(closep) int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    ssize_t n = fd < 0 ? 0 : read(fd, ret, HEADER_SIZE - 1);

    ret[n > 0 ? n : 0] = '\0';
}

static int write_all(int fd, const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        ssize_t n = write(fd, text, left);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        text += n;
        left -= (size_t)n;
    }
    return fsync(fd) < 0 ? -errno : 0;
}

/* Writes `text` to a new file beside the old one, complete and on the disk. */
static int write_new(int folder, const char *new_name, const char *text)
{
    _cleanup_(closep) int fd = -1;

    if (unlinkat(folder, new_name, 0) < 0 && errno != ENOENT)
        return -errno;
    fd = openat(folder, new_name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return fd < 0 ? -errno : write_all(fd, text);
}

int state_write(const char *directory, const char *name, const char *text)
{
    _cleanup_(closep) int folder = -1;
    char new_name[NAME_MAX + 1], head[HEADER_SIZE] = "";
    int r;

    if ((size_t)snprintf(new_name, sizeof(new_name), "%s.new", name) >= sizeof(new_name))
        return -ENAMETOOLONG;
    if (mkdir(directory, 0700) < 0 && errno != EEXIST)
        return -errno;
    folder = open_directory(directory);
    if (folder < 0)
        return folder;
    read_head(folder, name, head);
    r = is_newer(head, text) ? -ENOTSUP : 0;
    explicit_bzero(head, sizeof(head)); /* it may hold more than the header */
    if (r < 0)
        return r;
    r = write_new(folder, new_name, text);
    if (r == 0 && renameat(folder, new_name, folder, name) < 0)
        r = -errno;
    if (r < 0) {
        unlinkat(folder, new_name, 0);
        return r;
    }
    return fsync(folder) < 0 ? -errno : 0;
}

struct state_trouble state_explain(int error)
{
    static const struct {
        int error;
        struct state_trouble trouble;
    } troubles[] = {
        {-E2BIG,
         {"it is longer than the " DIGITS(LIMIT_SECRET_FILE) " bytes that a password may have",
          "name a file that holds the password alone"}},
        {-EILSEQ,
         {"it holds what no password has: a NUL, a control character or broken UTF-8",
          "name a file that holds the password alone"}},
        {-ENODATA, {"it is empty", "write the password into it"}},
        {-EFBIG,
         {"it is longer than " DIGITS(LIMIT_STATE_FILE) " bytes", "restore it, or remove it"}},
        {-ENOTSUP,
         {"the file is of a newer nabaztagd", "install that one again, or move the file away"}},
        {-EBADMSG, {"it does not hold what nabaztagd writes", "restore it, or remove it"}},
        {-EACCES, {"permission denied", "it must belong to the user that the service runs as"}},
        {-ENOSPC, {"the disk is full", "make room on it"}},
        {-EROFS, {"the file system is read-only", "mount it writable"}},
    };

    for (size_t i = 0; i < ARRAY_SIZE(troubles); i++)
        if (troubles[i].error == error)
            return troubles[i].trouble;
    return (struct state_trouble){strerror(-error), "check the disk and the permissions"};
}
