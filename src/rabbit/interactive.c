#include "rabbit/interactive.h"

#include <errno.h>

#include "base/log.h"
#include "base/parse.h"

#define QUESTION_SIZE 32 /* "&st=ear&pos=0&idx=0&el=1&er=1" */

/* What int.mask keeps from the application. */
enum { MASK_BUTTON = 1 << 0, MASK_LEFT_EAR = 1 << 1, MASK_RIGHT_EAR = 1 << 2 };

struct interactive {
    struct interactive_listener listener;
    struct fetch *fetch; /* NULL: nobody can be asked */
    char *base;          /* the URL up to the application's name; NULL: nobody can be asked */

    char *application; /* NULL: the mode is not on */
    char *cookie;      /* NULL: none */
    unsigned mask;

    struct fetch_job *job; /* the question under way */
    char questions[LIMIT_INTERACTIVE_QUESTIONS][QUESTION_SIZE];
    size_t waiting;
};

void interactive_stop(struct interactive *interactive)
{
    interactive->job = fetch_cancel(interactive->job);
    interactive->waiting = 0;
    interactive->mask = 0;
    strdup_to(&interactive->cookie, NULL);
    strdup_to(&interactive->application, NULL);
}

const char *interactive_application(const struct interactive *interactive)
{
    return interactive->application;
}

/* ---- questions ---- */

/* The URL of a question, allocated. Names and cookies are the platform's own words, which it gets
 * back as they are but for what no URL can have. */
static char *make_url(const struct interactive *interactive, const char *question)
{
    _cleanup_(freep) char *application = http_escape(interactive->application);
    _cleanup_(freep) char *cookie = http_escape(interactive->cookie ? interactive->cookie : "");
    char *url;

    if (!application || !cookie ||
        asprintf(&url, "%s%s%s%s%s", interactive->base, application, question, *cookie ? "&c=" : "",
                 cookie) < 0)
        return NULL;
    return url;
}

static int ask_next(struct interactive *interactive);

static void fail(struct interactive *interactive, const char *why)
{
    char name[LIMIT_FOREIGN_TEXT];

    program_text(name, sizeof(name), interactive->application);
    log_notice("The application %s of the platform does not answer, interactive mode is over: %s",
               name, why);
    interactive_stop(interactive);
    interactive->listener.on_failed(interactive->listener.userdata);
}

/* The job is still there until on_done(); who listens may end the mode, and so the job. */
static void on_answered(size_t index, char *data, size_t size, const char *error, void *userdata)
{
    struct interactive *interactive = userdata;

    if (error)
        fail(interactive, error);
    else
        interactive->listener.on_packet(data, size, interactive->listener.userdata);
    free(data);
}

static void on_done(void *userdata)
{
    struct interactive *interactive = userdata;
    int r;

    interactive->job = NULL;
    r = ask_next(interactive);
    if (r < 0)
        fail(interactive, strerror(-r));
}

static int ask(struct interactive *interactive, const char *question)
{
    const struct fetch_listener listener = {on_answered, on_done, interactive};
    _cleanup_(freep) char *url = make_url(interactive, question);
    const struct fetch_wish wish = {.url = url, .limit = LIMIT_PACKET_BYTES};

    if (!url)
        return -ENOMEM;
    return fetch_start(&interactive->job, interactive->fetch, &wish, 1, &listener);
}

static int ask_next(struct interactive *interactive)
{
    char question[QUESTION_SIZE];

    if (interactive->waiting == 0 || interactive->job)
        return 0;
    memcpy(question, interactive->questions[0], sizeof(question));
    interactive->waiting--;
    memmove(interactive->questions, interactive->questions + 1,
            interactive->waiting * sizeof(*interactive->questions));
    return ask(interactive, question);
}

/* Returns 0 or -errno. One too many is lost: who clicks that fast does not wait for answers. */
static int ask_in_turn(struct interactive *interactive, const char *question)
{
    if (interactive->waiting == LIMIT_INTERACTIVE_QUESTIONS) {
        log_debug("The application of the platform is too slow: it is not asked%s", question);
        return 0;
    }
    snprintf(interactive->questions[interactive->waiting++], QUESTION_SIZE, "%s", question);
    return ask_next(interactive);
}

static void tell(struct interactive *interactive, const char *question)
{
    int r = ask_in_turn(interactive, question);

    if (r < 0)
        fail(interactive, strerror(-r));
}

/* ---- what is told ---- */

/* Positions in sounds are 0: there are none. */
void interactive_tell_clicks(struct interactive *interactive, unsigned clicks)
{
    if (!interactive->application || interactive->mask & MASK_BUTTON)
        return;
    tell(interactive, clicks > 1 ? "&st=btn&pos=0&idx=0&btn=2" : "&st=btn&pos=0&idx=0&btn=1");
}

void interactive_tell_ears(struct interactive *interactive, bool left, bool right)
{
    char question[QUESTION_SIZE];

    left = left && !(interactive->mask & MASK_LEFT_EAR);
    right = right && !(interactive->mask & MASK_RIGHT_EAR);
    if (!interactive->application || !(left || right))
        return;
    snprintf(question, sizeof(question), "&st=ear&pos=0&idx=0&el=%d&er=%d", left, right);
    tell(interactive, question);
}

void interactive_tell_end(struct interactive *interactive)
{
    if (interactive->application && !interactive->job)
        tell(interactive, "&st=done");
}

/* ---- what programs say ---- */

int interactive_start(struct interactive *interactive, const char *application)
{
    int r;

    interactive_stop(interactive);
    if (!interactive->base)
        return -ENETDOWN;
    r = strdup_to(&interactive->application, application);
    if (r == 0)
        r = ask_in_turn(interactive, "&st=start");
    if (r < 0)
        interactive_stop(interactive);
    return r;
}

bool interactive_set(struct interactive *interactive, const char *setting)
{
    const char *cookie = after_prefix(setting, "cookie=");
    const char *mask = after_prefix(setting, "int.mask=");

    if (!interactive->application || !(cookie || mask))
        return false;
    if (cookie)
        return strdup_to(&interactive->cookie, cookie) == 0;
    return parse_unsigned(mask, 0, 15, &interactive->mask) == 0;
}

/* ---- life ---- */

int interactive_set_place(struct interactive *interactive, const struct interactive_place *place,
                          struct fetch *fetch)
{
    _cleanup_(freep) char *version = NULL;

    interactive_stop(interactive);
    interactive->fetch = fetch;
    strdup_to(&interactive->base, NULL);
    if (!place->ping || !*place->ping)
        return 0;
    version = http_escape(place->version);
    if (version && asprintf(&interactive->base, "http://%s/vl/itmode.jsp?sn=%s&v=%s&h=4&a=",
                            place->ping, place->serial, version) >= 0)
        return 0;
    interactive->base = NULL;
    return -ENOMEM;
}

int interactive_new(struct interactive **ret, const struct interactive_listener *listener)
{
    struct interactive *interactive = calloc(1, sizeof(*interactive));

    if (!interactive)
        return -ENOMEM;
    interactive->listener = *listener;
    *ret = interactive;
    return 0;
}

struct interactive *interactive_free(struct interactive *interactive)
{
    if (!interactive)
        return NULL;
    interactive_stop(interactive);
    free(interactive->base);
    free(interactive);
    return NULL;
}
