/*
 * Logging: to the journal with fields when stderr is the journal, else one line on stderr.
 *
 * Floors base to dance call log_debug() at most; floor rabbit and main say things once, in a
 * sentence that names what to do. Any thread may log. No secret and no SASL text may be passed in.
 */
#ifndef NABAZTAGD_BASE_LOG_H
#define NABAZTAGD_BASE_LOG_H

#include <syslog.h>

#include "base/util.h"

/* One journal field beside the message; a list ends with a NULL name. A field whose value is NULL
 * is left out. */
struct log_field {
    const char *name; /* NAB_CAUSE, NAB_JID, … */
    const char *value;
};

/* Decides between journal and stderr. Call once, before any other thread starts. */
void log_open(void);

/* `level` as in syslog(3); default LOG_INFO. */
void log_set_level(int level);
int log_get_level(void);

/* err, warning, notice, info, debug → the syslog level, or -EINVAL. */
int log_level_from_string(const char *text);

/*
 * Logs one event. `message_id` is 32 hex digits from base/message-id.h or NULL; `fields` may be
 * NULL. The text is cut at LIMIT_LOG_TEXT bytes and control characters and broken UTF-8 in it are
 * escaped. On stderr the fields NAB_CAUSE is appended as cause=TOKEN.
 */
void log_event(int level, const char *message_id, const struct log_field *fields,
               const char *format, ...) _printf_(4, 5);

#define log_error(...)   log_event(LOG_ERR, NULL, NULL, __VA_ARGS__)
#define log_warning(...) log_event(LOG_WARNING, NULL, NULL, __VA_ARGS__)
#define log_notice(...)  log_event(LOG_NOTICE, NULL, NULL, __VA_ARGS__)
#define log_info(...)    log_event(LOG_INFO, NULL, NULL, __VA_ARGS__)
#define log_debug(...)   log_event(LOG_DEBUG, NULL, NULL, __VA_ARGS__)

#endif
