/* The loop of --test-body: answers come from a terminal, a pipe or a file. */
#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>

#include "rabbit/body-test.h"

#define LINE_MAX_BYTES 80

struct session {
    sd_event *event;
    sd_event_source *input;
    int fd;
    bool is_terminal;
    struct body_test *test;
    char line[LINE_MAX_BYTES];
    size_t length;
};

static void on_done(bool good, void *userdata)
{
    struct session *session = userdata;

    sd_event_exit(session->event, !good);
}

/* One byte at a time, so that no more is taken than is asked for. */
static int on_input(sd_event_source *source, void *userdata)
{
    struct session *session = userdata;
    char c = '\n';
    ssize_t n;

    if (!session->is_terminal && !body_test_asks(session->test))
        return sd_event_source_set_enabled(source, SD_EVENT_OFF);
    n = read(session->fd, &c, 1);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n > 0 && c != '\n') {
        if (session->length < sizeof(session->line) - 1)
            session->line[session->length++] = c;
        return 0;
    }
    session->line[session->length] = '\0';
    session->length = 0;
    body_test_answer(session->test, n > 0 ? session->line : NULL);
    return 0;
}

static int on_input_ready(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    return on_input(source, userdata);
}

/* After everything else. A script is read while there is a question; what a person types at other
 * times is read as well, and no answer to anything. */
static int on_turn(sd_event_source *source, void *userdata)
{
    struct session *session = userdata;
    bool reads = session->is_terminal || body_test_asks(session->test);

    return sd_event_source_set_enabled(session->input, reads ? SD_EVENT_ON : SD_EVENT_OFF);
}

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
    struct session *session = userdata;

    return sd_event_exit(session->event, 1);
}

/* Also when the terminal is closed. */
static int add_signals(struct session *session)
{
    static const int endings[] = {SIGINT, SIGTERM, SIGHUP};
    sigset_t signals;
    int r = 0;

    sigemptyset(&signals);
    for (size_t i = 0; i < ARRAY_SIZE(endings); i++)
        sigaddset(&signals, endings[i]);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(endings); i++)
        r = sd_event_add_signal(session->event, NULL, endings[i], on_signal, session);
    return r;
}

/* A file cannot be polled, and need not be. */
static int add_input(struct session *session)
{
    int r = sd_event_add_io(session->event, &session->input, session->fd, EPOLLIN, on_input_ready,
                            session);

    if (r == -EPERM)
        r = sd_event_add_defer(session->event, &session->input, on_input, session);
    if (r >= 0)
        r = sd_event_source_set_enabled(session->input, SD_EVENT_OFF);
    return r < 0 ? r : sd_event_add_post(session->event, NULL, on_turn, session);
}

static int set_up(struct session *session, const struct config *config, FILE *out)
{
    int r = sd_event_new(&session->event);

    if (r >= 0)
        r = add_signals(session);
    if (r >= 0)
        r = add_input(session);
    if (r < 0) {
        fprintf(out, "The test cannot start: %s\n", strerror(-r));
        return r;
    }
    return body_test_new(&session->test, session->event, config, out, on_done, session);
}

int body_test_run(const struct config *config, int input, FILE *out)
{
    struct session session = {.fd = input, .is_terminal = isatty(input)};
    int r = set_up(&session, config, out);

    if (r >= 0)
        r = sd_event_loop(session.event);
    body_test_free(session.test);
    sd_event_source_disable_unref(session.input);
    sd_event_unref(session.event);
    return r;
}
