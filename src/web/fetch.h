/*
 * Downloads of what programs name: choreographies, sounds (protocol.md 1.2, 3.5). Only http and
 * https, only from hosts that address.h allows, looked at again at every redirect and at every
 * address; bounded in size, time and number. Owned by struct rabbit, made anew when the platform's
 * names or the configuration change; main thread.
 */
#ifndef NABAZTAGD_WEB_FETCH_H
#define NABAZTAGD_WEB_FETCH_H

#include "web/address.h"
#include "web/http.h"

struct fetch;
struct fetch_job;

struct fetch_wish {
    const char *url; /* as the program has it, in whatever characters */
    size_t limit;    /* bytes; above 0 */
};

struct fetch_listener {
    /* Once for each wish, in their order. `data` is the listener's to free, with a NUL behind its
     * `size` bytes; it is NULL when there is an error, one clause. */
    void (*on_loaded)(size_t index, char *data, size_t size, const char *error, void *userdata);

    /* After the last one, when the job is no more. */
    void (*on_done)(void *userdata);
    void *userdata;
};

/* `http` must live longer. Returns 0, -EINVAL when a name is none, or -ENOMEM. */
int fetch_new(struct fetch **ret, sd_event *event, struct http *http,
              const struct allow_names *names);

/* Cancels all jobs. Accepts NULL, returns NULL. */
struct fetch *fetch_free(struct fetch *fetch);

/*
 * Loads what one program wishes, one after the other as the original does. The listener is called
 * later, from the event loop; it may cancel the job or free anything. Wishes that are too many, too
 * much or too late get an error each. Returns 0, -ENETDOWN without a fetch, -EBUSY when
 * LIMIT_FETCH_JOBS are under way, or -errno.
 */
int fetch_start(struct fetch_job **ret, struct fetch *fetch, const struct fetch_wish *wishes,
                size_t count, const struct fetch_listener *listener);

/* Ends a job without a further call. Accepts NULL, returns NULL; not for a job that is done. */
struct fetch_job *fetch_cancel(struct fetch_job *job);

#endif
