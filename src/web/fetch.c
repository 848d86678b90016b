#include "web/fetch.h"

#include <errno.h>

#include "base/clock.h"
#include "base/limits.h"

struct fetch {
    sd_event *event;
    struct http *http;
    struct allow *allow;
    struct fetch_job *jobs;
    unsigned count;
};

struct wish {
    char *url; /* NULL: longer than LIMIT_URL */
    size_t limit;
};

struct fetch_job {
    struct fetch *fetch;
    struct fetch_job *next, **link; /* `link` points at whatever points at us */
    struct fetch_listener listener;
    sd_event_source *step; /* begins the next wish when no handler is on the stack */
    struct wish *wishes;
    size_t count;
    size_t index; /* of the wish under way */
    size_t bytes; /* so far, of all wishes */
    uint64_t deadline_usec;

    /* The wish under way */
    struct http_request *request;
    uint64_t wish_deadline_usec;
    unsigned redirects;
    bool may_be_near;
};

int fetch_new(struct fetch **ret, sd_event *event, struct http *http,
              const struct allow_names *names)
{
    struct fetch *fetch = calloc(1, sizeof(*fetch));
    int r;

    if (!fetch)
        return -ENOMEM;
    r = allow_new(&fetch->allow, names);
    if (r < 0) {
        free(fetch);
        return r;
    }
    fetch->event = sd_event_ref(event);
    fetch->http = http;
    *ret = fetch;
    return 0;
}

struct fetch *fetch_free(struct fetch *fetch)
{
    if (!fetch)
        return NULL;
    while (fetch->jobs)
        fetch_cancel(fetch->jobs);
    allow_free(fetch->allow);
    sd_event_unref(fetch->event);
    free(fetch);
    return NULL;
}

/* Goes on to the next wish later on; the listener comes last, as it may free all. */
static void tell(struct fetch_job *job, char *data, size_t size, const char *error)
{
    struct fetch_listener listener = job->listener;
    size_t index = job->index++;

    job->bytes += size;
    sd_event_source_set_enabled(job->step, SD_EVENT_ONESHOT);
    listener.on_loaded(index, data, size, error, listener.userdata);
}

static void on_answer(const struct http_answer *answer, void *userdata);

static size_t limit_of(const struct fetch_job *job)
{
    size_t left = LIMIT_FETCH_BYTES - job->bytes, limit = job->wishes[job->index].limit;

    return limit < left ? limit : left;
}

/* Asks for a URL that was found good. */
static int request(struct fetch_job *job, const char *url, char error[ALLOW_ERROR_SIZE])
{
    struct http_options options = {
        .body_limit = limit_of(job), .stay = true, .far_only = !job->may_be_near};
    uint64_t now = clock_now_usec();
    int r = 0;

    if (now >= job->wish_deadline_usec)
        r = -ETIMEDOUT;
    else
        r = http_get(&job->request, job->fetch->http, url, job->wish_deadline_usec - now, &options,
                     on_answer, job);
    if (r < 0)
        snprintf(error, ALLOW_ERROR_SIZE, "%s",
                 r == -ETIMEDOUT ? "the redirects took too long" : strerror(-r));
    return r;
}

static int follow(struct fetch_job *job, const char *target, char error[ALLOW_ERROR_SIZE])
{
    _cleanup_(freep) char *url = NULL;
    char clause[ALLOW_ERROR_SIZE];
    int r;

    if (++job->redirects > LIMIT_HTTP_REDIRECTS) {
        snprintf(error, ALLOW_ERROR_SIZE, "more than %d redirects", LIMIT_HTTP_REDIRECTS);
        return -ELOOP;
    }
    r = allow_url(job->fetch->allow, target, &url, &job->may_be_near, clause);
    if (r == 0)
        return request(job, url, error);
    snprintf(error, ALLOW_ERROR_SIZE, "redirect: %.*s", ALLOW_ERROR_SIZE - 12, clause);
    return r;
}

static void on_answer(const struct http_answer *answer, void *userdata)
{
    struct fetch_job *job = userdata;
    char error[ALLOW_ERROR_SIZE];

    job->request = NULL;
    if (!answer->redirect)
        tell(job, answer->body, answer->size, answer->error);
    else if (follow(job, answer->redirect, error) < 0)
        tell(job, NULL, 0, error);
}

/* Why the wish under way is refused whatever it is. */
static const char *exhausted(const struct fetch_job *job)
{
    if (job->index >= LIMIT_FETCHES)
        return "the program loads too many resources";
    if (job->bytes >= LIMIT_FETCH_BYTES)
        return "the resources of the program are too large together";
    return clock_now_usec() >= job->deadline_usec ? "the resources of the program took too long"
                                                  : NULL;
}

static int begin(struct fetch_job *job, char error[ALLOW_ERROR_SIZE])
{
    const struct wish *wish = &job->wishes[job->index];
    const char *reason = exhausted(job);
    _cleanup_(freep) char *url = NULL;
    int r;

    if (reason) {
        snprintf(error, ALLOW_ERROR_SIZE, "%s", reason);
        return -E2BIG;
    }
    if (!wish->url) {
        snprintf(error, ALLOW_ERROR_SIZE, "the URL is longer than %d bytes", LIMIT_URL);
        return -E2BIG;
    }
    r = allow_program_url(job->fetch->allow, wish->url, &url, &job->may_be_near, error);
    if (r < 0)
        return r;
    job->redirects = 0;
    job->wish_deadline_usec = usec_earlier(clock_now_usec() + LIMIT_FETCH_USEC, job->deadline_usec);
    return request(job, url, error);
}

static int on_step(sd_event_source *source, void *userdata)
{
    struct fetch_job *job = userdata;
    struct fetch_listener listener = job->listener;
    char error[ALLOW_ERROR_SIZE] = "";

    if (job->index < job->count) {
        if (begin(job, error) < 0)
            tell(job, NULL, 0, error);
    } else {
        fetch_cancel(job);
        listener.on_done(listener.userdata);
    }
    return 0;
}

static int copy_wishes(struct fetch_job *job, const struct fetch_wish *wishes)
{
    for (size_t i = 0; i < job->count; i++) {
        job->wishes[i].limit = wishes[i].limit;
        if (strlen(wishes[i].url) > LIMIT_URL)
            continue;
        job->wishes[i].url = strdup(wishes[i].url);
        if (!job->wishes[i].url)
            return -ENOMEM;
    }
    return 0;
}

int fetch_start(struct fetch_job **ret, struct fetch *fetch, const struct fetch_wish *wishes,
                size_t count, const struct fetch_listener *listener)
{
    struct fetch_job *job;
    int r;

    if (!fetch)
        return -ENETDOWN;
    if (fetch->count >= LIMIT_FETCH_JOBS)
        return -EBUSY;
    job = calloc(1, sizeof(*job));
    if (!job)
        return -ENOMEM;
    *job = (struct fetch_job){
        .fetch = fetch,
        .next = fetch->jobs,
        .link = &fetch->jobs,
        .listener = *listener,
        .wishes = calloc(count + 1, sizeof(*job->wishes)),
        .count = count,
        .deadline_usec = clock_now_usec() + LIMIT_FETCH_ALL_USEC,
    };
    if (job->next)
        job->next->link = &job->next;
    fetch->jobs = job;
    fetch->count++;

    r = job->wishes ? copy_wishes(job, wishes) : -ENOMEM;
    if (r == 0)
        r = sd_event_add_defer(fetch->event, &job->step, on_step, job);
    if (r < 0) {
        fetch_cancel(job);
        return r;
    }
    *ret = job;
    return 0;
}

struct fetch_job *fetch_cancel(struct fetch_job *job)
{
    if (!job)
        return NULL;
    *job->link = job->next;
    if (job->next)
        job->next->link = job->link;
    job->fetch->count--;
    http_cancel(job->request);
    sd_event_source_disable_unref(job->step);
    for (size_t i = 0; job->wishes && i < job->count; i++)
        free(job->wishes[i].url);
    free(job->wishes);
    free(job);
    return NULL;
}
