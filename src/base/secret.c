#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/parse.h"

char *secret_free(char *secret)
{
    if (secret)
        explicit_bzero(secret, strlen(secret));
    free(secret);
    return NULL;
}

/* Reads until the end or until `size` is full. Returns the number of bytes or -errno. */
static ssize_t read_up_to(int fd, char *buffer, size_t size)
{
    size_t length = 0;

    while (length < size) {
        ssize_t n = read(fd, buffer + length, size - length);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        length += (size_t)n;
    }
    return (ssize_t)length;
}

/* Takes the newline off and checks what is left. */
static int check_secret(char *text, size_t length)
{
    if (memchr(text, '\0', length))
        return -EILSEQ;
    if (length > 0 && text[length - 1] == '\n')
        text[length - 1] = '\0';
    if (!*text)
        return -ENODATA;
    return text_is_clean(text) ? 0 : -EILSEQ;
}

int secret_read_file(char **ret, const char *path)
{
    _cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    char buffer[LIMIT_SECRET_FILE + 2];
    ssize_t length;
    int r;

    if (fd < 0)
        return -errno;
    length = read_up_to(fd, buffer, sizeof(buffer) - 1);
    if (length < 0)
        return (int)length;
    buffer[length] = '\0';
    r = length > LIMIT_SECRET_FILE ? -E2BIG : check_secret(buffer, (size_t)length);
    if (r == 0) {
        *ret = strdup(buffer);
        r = *ret ? 0 : -ENOMEM;
    }
    explicit_bzero(buffer, sizeof(buffer));
    return r;
}

/* Draws characters evenly: bytes beyond the last whole multiple of the alphabet are thrown away. */
static int generate(char **ret, size_t length, const char *alphabet)
{
    size_t letters = strlen(alphabet), made = 0;
    unsigned char byte;
    char *secret = calloc(1, length + 1);

    if (!secret)
        return -ENOMEM;
    while (made < length) {
        int r = random_bytes(&byte, 1);

        if (r < 0) {
            secret_free(secret);
            return r;
        }
        if (byte < 256 - 256 % letters)
            secret[made++] = alphabet[byte % letters];
    }
    *ret = secret;
    return 0;
}

int secret_generate(char **ret, size_t length)
{
    return generate(ret, length, "abcdefghijklmnopqrstuvwxyz0123456789");
}

int secret_generate_hex(char **ret, size_t length)
{
    return generate(ret, length, "0123456789abcdef");
}
