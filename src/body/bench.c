#include "body/bench.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/parse.h"

#define WORDS_MAX 4
#define TURN_MAX  170 /* holes: ten turns are enough for any hand */

struct client {
    struct bench *bench;
    struct client *next;
    sd_event_source *source; /* owns the descriptor */
    int fd;
    bool watches;
    bool ended; /* nothing more will be read */
    bool doomed;

    char line[LIMIT_BENCH_LINE];
    size_t line_length;
    bool too_long; /* the rest of this line is skipped */

    char *backlog; /* allocated while there is any */
    size_t backlog_length;
};

struct bench {
    struct lines_sim *sim;
    struct leds_sim *leds;
    sd_event *event;
    sd_event_source *source;
    struct client *clients;
    size_t client_count;
    char *path;
};

/* ---- clients ---- */

static void client_drop(struct client *client)
{
    struct client **link = &client->bench->clients;
    while (*link != client)
        link = &(*link)->next;
    *link = client->next;

    client->bench->client_count--;
    sd_event_source_disable_unref(client->source);
    free(client->backlog);
    free(client);
}

/* Ends a client from anywhere, even from within its own handler: the hang-up makes that handler
 * drop it. */
static void client_doom(struct client *client)
{
    client->doomed = true;
    shutdown(client->fd, SHUT_RDWR);
}

static int client_update_events(struct client *client)
{
    uint32_t events = (client->ended ? 0 : EPOLLIN) | (client->backlog_length ? EPOLLOUT : 0);
    return sd_event_source_set_io_events(client->source, events);
}

static void client_keep(struct client *client, const char *bytes, size_t size)
{
    if (client->backlog_length + size > LIMIT_BENCH_BACKLOG) {
        client_doom(client);
        return;
    }
    if (!client->backlog)
        client->backlog = malloc(LIMIT_BENCH_BACKLOG);
    if (!client->backlog) {
        client_doom(client);
        return;
    }
    memcpy(client->backlog + client->backlog_length, bytes, size);
    client->backlog_length += size;
    if (client_update_events(client) < 0)
        client_doom(client);
}

/* Returns how much the socket took, 0 when it is full, or -errno. */
static ssize_t client_write(struct client *client, const char *bytes, size_t size)
{
    ssize_t n = send(client->fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0)
        return n;
    return errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

static void client_send(struct client *client, const char *bytes, size_t size)
{
    if (client->doomed)
        return;

    ssize_t n = client->backlog_length ? 0 : client_write(client, bytes, size);
    if (n < 0)
        client_doom(client);
    else if ((size_t)n < size)
        client_keep(client, bytes + n, size - (size_t)n);
}

static void client_flush(struct client *client)
{
    ssize_t n = client_write(client, client->backlog, client->backlog_length);
    if (n < 0) {
        client_doom(client);
        return;
    }
    client->backlog_length -= (size_t)n;
    if (client->backlog_length > 0) {
        memmove(client->backlog, client->backlog + n, client->backlog_length);
        return;
    }
    free(client->backlog);
    client->backlog = NULL;
    if (client_update_events(client) < 0)
        client_doom(client);
}

static void client_say(struct client *client, const char *format, ...) _printf_(2, 3);

static void client_say(struct client *client, const char *format, ...)
{
    char text[1024];
    va_list arguments;

    va_start(arguments, format);
    int n = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (n > 0 && (size_t)n < sizeof(text))
        client_send(client, text, (size_t)n);
}

static void client_ok(struct client *client)
{
    client_say(client, "{\"ok\":true}\n");
}

static void client_error(struct client *client, const char *text)
{
    client_say(client, "{\"error\":\"%s\"}\n", text);
}

/* ---- events ---- */

/* One line for every watching client. `value` is JSON already. */
static void tell(struct bench *bench, uint64_t usec, const char *what, const char *which,
                 const char *value)
{
    for (struct client *client = bench->clients; client; client = client->next)
        if (client->watches)
            client_say(client, "{\"t\":%llu,\"what\":\"%s\",\"which\":\"%s\",\"value\":%s}\n",
                       (unsigned long long)usec, what, which, value);
}

static void tell_number(struct bench *bench, uint64_t usec, const char *what, const char *which,
                        int value)
{
    char text[16];
    snprintf(text, sizeof(text), "%d", value);
    tell(bench, usec, what, which, text);
}

static void on_motor(enum ear_index ear, int direction, uint64_t usec, void *userdata)
{
    tell_number(userdata, usec, "motor", ear_name(ear), direction);
}

static void on_hole(enum ear_index ear, unsigned hole, uint64_t usec, void *userdata)
{
    tell_number(userdata, usec, "ear", ear_name(ear), (int)hole);
}

static const char *button_word(bool pressed)
{
    return pressed ? "down" : "up";
}

static void on_button(bool pressed, uint64_t usec, void *userdata)
{
    tell(userdata, usec, "button", "button", pressed ? "\"down\"" : "\"up\"");
}

static void on_led(enum led_index led, uint32_t color, void *userdata)
{
    char text[16];
    snprintf(text, sizeof(text), "\"%06x\"", (unsigned)color);
    tell(userdata, clock_now_usec(), "led", led_name(led), text);
}

/* ---- commands ---- */

/* In tenths, so that 359.96 does not become 360.0. */
static unsigned angle_tenths(struct lines_sim *sim, enum ear_index ear)
{
    return (unsigned)(ear_model_angle(lines_sim_ear(sim, ear)) * 10 + 0.5) % 3600;
}

/* The LEDs are shown as they shine, that is, after brightness. */
static void do_state(struct client *client, char *words[WORDS_MAX])
{
    struct lines_sim *sim = client->bench->sim;
    unsigned left = angle_tenths(sim, EAR_LEFT), right = angle_tenths(sim, EAR_RIGHT);
    char leds[256];
    size_t n = 0;

    for (enum led_index i = 0; i < LED_COUNT; i++)
        n += (size_t)snprintf(leds + n, sizeof(leds) - n, "%s\"%s\":\"%06x\"", i ? "," : "",
                              led_name(i), (unsigned)leds_sim_shown(client->bench->leds, i));
    client_say(client,
               "{\"t\":%llu,\"ears\":{\"left\":%u,\"right\":%u},\"angles\":{\"left\":%u.%u,"
               "\"right\":%u.%u},"
               "\"motors\":{\"left\":%d,\"right\":%d},\"leds\":{%s},\"button\":\"%s\"}\n",
               (unsigned long long)clock_now_usec(), ear_model_hole(lines_sim_ear(sim, EAR_LEFT)),
               ear_model_hole(lines_sim_ear(sim, EAR_RIGHT)), left / 10, left % 10, right / 10,
               right % 10, lines_sim_motor(sim, EAR_LEFT), lines_sim_motor(sim, EAR_RIGHT), leds,
               button_word(lines_sim_pressed(sim)));
}

static void do_watch(struct client *client, char *words[WORDS_MAX])
{
    client->watches = true;
    client_ok(client);
}

static void do_press(struct client *client, char *words[WORDS_MAX])
{
    lines_sim_press(client->bench->sim, true);
    client_ok(client);
}

static void do_release(struct client *client, char *words[WORDS_MAX])
{
    lines_sim_press(client->bench->sim, false);
    client_ok(client);
}

static bool ear_from_word(const char *word, enum ear_index *ret)
{
    for (enum ear_index i = 0; i < EAR_COUNT; i++) {
        if (!streq(word, ear_name(i)))
            continue;
        *ret = i;
        return true;
    }
    return false;
}

static void do_turn(struct client *client, char *words[WORDS_MAX])
{
    enum ear_index ear;
    int holes;

    if (!ear_from_word(words[1], &ear) || parse_int(words[2], -TURN_MAX, TURN_MAX, &holes) < 0) {
        client_error(client, "expected: turn left|right HOLES, at most 170 either way");
        return;
    }
    lines_sim_turn(client->bench->sim, ear, holes);
    client_ok(client);
}

static void do_fault(struct client *client, char *words[WORDS_MAX])
{
    static const char *const names[EAR_FAULT_COUNT] = {
        [EAR_FAULT_NONE] = "none",
        [EAR_FAULT_STALL] = "stall",
        [EAR_FAULT_ENCODER] = "encoder",
        [EAR_FAULT_BELT] = "belt",
    };
    enum ear_fault fault = 0;
    enum ear_index ear;

    while (fault < EAR_FAULT_COUNT && !streq(words[2], names[fault]))
        fault++;
    if (fault == EAR_FAULT_COUNT || !ear_from_word(words[1], &ear)) {
        client_error(client, "expected: fault left|right stall|encoder|belt|none");
        return;
    }
    lines_sim_set_fault(client->bench->sim, ear, fault);
    client_ok(client);
}

static const struct {
    const char *name;
    size_t words;
    void (*run)(struct client *client, char *words[WORDS_MAX]);
} commands[] = {
    {"state", 1, do_state},     {"watch", 1, do_watch}, {"press", 1, do_press},
    {"release", 1, do_release}, {"turn", 3, do_turn},   {"fault", 3, do_fault},
};

/* More words than any command has are told apart by their number. */
static size_t split(char *line, char *words[WORDS_MAX])
{
    size_t count = 0;
    char *rest = NULL;

    for (char *word = strtok_r(line, " ", &rest); word && count < WORDS_MAX;
         word = strtok_r(NULL, " ", &rest))
        words[count++] = word;
    return count;
}

static void run_line(struct client *client, char *line, size_t length)
{
    char *words[WORDS_MAX] = {0};

    size_t count = strlen(line) == length ? split(line, words) : 0;
    for (size_t i = 0; count > 0 && i < ARRAY_SIZE(commands); i++) {
        if (!streq(words[0], commands[i].name))
            continue;
        if (count == commands[i].words)
            commands[i].run(client, words);
        else
            client_error(client, "wrong number of words");
        return;
    }
    client_error(client, "unknown command; there are: state watch press release turn fault");
}

/* ---- reading ---- */

static void end_line(struct client *client)
{
    if (client->too_long) {
        client_error(client, "line too long");
    } else {
        client->line[client->line_length] = '\0';
        run_line(client, client->line, client->line_length);
    }
    client->line_length = 0;
    client->too_long = false;
}

static void take_byte(struct client *client, char byte)
{
    if (byte == '\n')
        end_line(client);
    else if (client->line_length + 1 < sizeof(client->line))
        client->line[client->line_length++] = byte;
    else
        client->too_long = true;
}

static void client_read(struct client *client)
{
    char bytes[4096];

    ssize_t n = recv(client->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
    if (n < 0) {
        if (errno != EAGAIN && errno != EINTR)
            client_doom(client);
        return;
    }
    for (ssize_t i = 0; i < n && !client->doomed; i++)
        take_byte(client, bytes[i]);
    if (n > 0)
        return;

    /* It may still read what we owe it. */
    client->ended = true;
    if (client_update_events(client) < 0)
        client_doom(client);
}

static int on_client(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct client *client = userdata;

    if (!client->doomed && (events & EPOLLOUT))
        client_flush(client);
    if (!client->doomed && (events & (EPOLLIN | EPOLLHUP)) && !client->ended)
        client_read(client);

    bool gone = (events & (EPOLLERR | EPOLLHUP)) && !(events & EPOLLIN);
    if (client->doomed || gone || (client->ended && client->backlog_length == 0))
        client_drop(client);
    return 0;
}

/* ---- accepting ---- */

static int client_new(struct bench *bench, int fd)
{
    struct client *client = calloc(1, sizeof(*client));
    if (!client)
        return -ENOMEM;

    int r = sd_event_add_io(bench->event, &client->source, fd, EPOLLIN, on_client, client);
    if (r < 0) {
        free(client);
        return r;
    }
    /* From here on the source closes the descriptor. */
    sd_event_source_set_io_fd_own(client->source, true);

    client->bench = bench;
    client->fd = fd;
    client->next = bench->clients;
    bench->clients = client;
    bench->client_count++;
    return 0;
}

static int on_connection(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    static const char full[] = "{\"error\":\"too many clients\"}\n";
    struct bench *bench = userdata;

    int client_fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client_fd < 0)
        return 0;
    if (bench->client_count < LIMIT_BENCH_CLIENTS) {
        if (client_new(bench, client_fd) < 0)
            close(client_fd);
        return 0;
    }
    send(client_fd, full, sizeof(full) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    close(client_fd);
    return 0;
}

/* ---- the socket ---- */

static int open_socket(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return fd < 0 ? -errno : fd;
}

/* Makes way for our socket: only one that nobody listens to is removed. */
static int remove_stale(const struct sockaddr_un *address)
{
    struct stat status;

    if (lstat(address->sun_path, &status) < 0)
        return errno == ENOENT ? 0 : -errno;
    if (!S_ISSOCK(status.st_mode))
        return -EEXIST;

    _cleanup_(closep) int fd = open_socket();
    if (fd < 0)
        return fd;
    if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) >= 0 || errno == EAGAIN)
        return -EADDRINUSE;
    if (errno != ECONNREFUSED)
        return -errno;
    return unlink(address->sun_path) < 0 ? -errno : 0;
}

/* Returns a listening descriptor or -errno. */
static int listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof(address.sun_path))
        return -ENAMETOOLONG;
    memcpy(address.sun_path, path, strlen(path) + 1);
    int r = remove_stale(&address);
    if (r < 0)
        return r;

    int fd = open_socket();
    if (fd < 0)
        return fd;
    /* Linux gives the name the mode of the unbound socket, so it is never open to others, whatever
     * the umask. */
    if (fchmod(fd, 0600) < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
        r = -errno;
        close(fd);
        return r;
    }
    if (listen(fd, LIMIT_BENCH_CLIENTS) < 0) {
        r = -errno;
        unlink(path);
        close(fd);
        return r;
    }
    return fd;
}

static int start(struct bench *bench, const char *path)
{
    int fd = listen_at(path);
    if (fd < 0)
        return fd;

    int r = sd_event_add_io(bench->event, &bench->source, fd, EPOLLIN, on_connection, bench);
    if (r < 0) {
        unlink(path);
        close(fd);
        return r;
    }
    sd_event_source_set_io_fd_own(bench->source, true);

    r = strdup_to(&bench->path, path);
    if (r < 0)
        unlink(path);
    return r;
}

int bench_new(struct bench **ret, sd_event *event, const char *path, struct lines_sim *sim,
              struct leds_sim *leds)
{
    static const struct lines_sim_watcher watcher = {
        .on_motor = on_motor, .on_hole = on_hole, .on_button = on_button};

    struct bench *bench = calloc(1, sizeof(*bench));
    if (!bench)
        return -ENOMEM;
    bench->sim = sim;
    bench->leds = leds;
    bench->event = event;

    int r = start(bench, path);
    if (r < 0) {
        bench_free(bench);
        return r;
    }
    lines_sim_watch(sim, &watcher, bench);
    leds_sim_watch(leds, on_led, bench);
    *ret = bench;
    return 0;
}

struct bench *bench_free(struct bench *bench)
{
    if (!bench)
        return NULL;

    lines_sim_watch(bench->sim, NULL, NULL);
    leds_sim_watch(bench->leds, NULL, NULL);
    while (bench->clients)
        client_drop(bench->clients);
    if (bench->path)
        unlink(bench->path);
    sd_event_source_disable_unref(bench->source);
    free(bench->path);
    free(bench);
    return NULL;
}
