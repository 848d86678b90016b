#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>

#include "base/limits.h"
#include "base/parse.h"

#define MAX_FIELDS 16

/* Written by main before other threads start, and by a reload in the main thread: an int read
 * whole. */
static _Atomic int max_level = LOG_INFO;
static bool to_journal;

static const char *const level_names[] = {"emerg",   "alert",  "crit", "err",
                                          "warning", "notice", "info", "debug"};

/* Is stderr the very stream that systemd connected to the journal? $JOURNAL_STREAM says its device
 * and inode. */
static bool stderr_is_journal(void)
{
    const char *text = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat st;
    char *end;

    if (!text || fstat(STDERR_FILENO, &st) < 0)
        return false;
    device = strtoull(text, &end, 10);
    if (*end != ':')
        return false;
    inode = strtoull(end + 1, &end, 10);
    return !*end && device == st.st_dev && inode == st.st_ino;
}

void log_open(void)
{
    to_journal = stderr_is_journal();
}

void log_set_level(int level)
{
    max_level = level;
}

int log_get_level(void)
{
    return max_level;
}

int log_level_from_string(const char *text)
{
    for (int level = LOG_ERR; level <= LOG_DEBUG; level++)
        if (streq(text, level_names[level]))
            return level;
    return -EINVAL;
}

/* Copies text so that a terminal and a log line survive it: control characters (U+0080 to U+009F
 * are some too) and what is not UTF-8 become \xNN. */
static void escape(char *out, size_t size, const char *text)
{
    size_t used = 0;

    while (*text && used + 5 < size) {
        size_t n = utf8_sequence(text);
        unsigned char byte = (unsigned char)*text;

        if (n == 0 || byte < 0x20 || byte == 0x7f ||
            (byte == 0xc2 && (unsigned char)text[1] < 0xa0)) {
            used += (size_t)snprintf(out + used, size - used, "\\x%02x", byte);
            text++;
            continue;
        }
        memcpy(out + used, text, n);
        used += n;
        text += n;
    }
    out[used] = '\0';
}

static bool add_field(struct iovec *list, size_t *count, const char *name, const char *value)
{
    char *text;
    int n = asprintf(&text, "%s=%s", name, value);

    if (n < 0)
        return false;
    list[(*count)++] = (struct iovec){.iov_base = text, .iov_len = (size_t)n};
    return true;
}

static void send_to_journal(int level, const char *message_id, const struct log_field *fields,
                            const char *text)
{
    struct iovec list[MAX_FIELDS + 4];
    char priority[4];
    size_t count = 0;

    snprintf(priority, sizeof(priority), "%d", level);
    add_field(list, &count, "MESSAGE", text);
    add_field(list, &count, "PRIORITY", priority);
    add_field(list, &count, "SYSLOG_IDENTIFIER", "nabaztagd");
    if (message_id)
        add_field(list, &count, "MESSAGE_ID", message_id);
    for (; fields && fields->name && count < ARRAY_SIZE(list); fields++)
        if (fields->value)
            add_field(list, &count, fields->name, fields->value);
    sd_journal_sendv(list, (int)count);
    for (size_t i = 0; i < count; i++)
        free(list[i].iov_base);
}

static void send_to_stderr(int level, const struct log_field *fields, const char *text)
{
    char cause[128] = "";

    for (; fields && fields->name; fields++)
        if (streq(fields->name, "NAB_CAUSE") && fields->value)
            escape(cause, sizeof(cause), fields->value);
    fprintf(stderr, "%s: %s%s%s\n", level_names[level], text, *cause ? " cause=" : "", cause);
}

void log_event(int level, const char *message_id, const struct log_field *fields,
               const char *format, ...)
{
    char raw[LIMIT_LOG_TEXT], text[LIMIT_LOG_TEXT + 8];
    va_list arguments;

    if (level > max_level)
        return;
    va_start(arguments, format);
    vsnprintf(raw, sizeof(raw), format, arguments);
    va_end(arguments);
    escape(text, sizeof(text), raw);
    if (to_journal)
        send_to_journal(level, message_id, fields, text);
    else
        send_to_stderr(level, fields, text);
}
