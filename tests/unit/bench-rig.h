/*
 * For tests of the body in a real event loop: a rabbit in a folder of its own, and clients of its
 * bench.
 */
#ifndef NABAZTAGD_TESTS_UNIT_BENCH_RIG_H
#define NABAZTAGD_TESTS_UNIT_BENCH_RIG_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/limits.h"
#include "body/body.h"

/* A body in a real loop, its bench on a socket of its own, clients of which each keeps the text it
 * got. */
#define CLIENTS_MAX (LIMIT_BENCH_CLIENTS + 1)
#define PATIENCE    (20 * USEC_PER_SEC)

struct client {
    int fd;
    char *text; /* NUL-terminated */
    size_t length;
    bool closed;
};

struct rig {
    char directory[64], path[80];
    struct config config;
    sd_event *event;
    struct body *body;
    struct client clients[CLIENTS_MAX];

    unsigned settled, clicks, moved, strayed;
    unsigned left, right; /* as told with the last hand's move */
};

static inline void on_button(enum button_event event, void *userdata)
{
    struct rig *rig = userdata;

    if (event == BUTTON_CLICK || event == BUTTON_DOUBLE_CLICK)
        rig->clicks = event == BUTTON_CLICK ? 1 : 2;
}

static inline void on_ears_settled(void *userdata)
{
    ((struct rig *)userdata)->settled++;
}

static inline void on_ears_moved(unsigned left, unsigned right, void *userdata)
{
    struct rig *rig = userdata;
    rig->moved++;
    rig->left = left;
    rig->right = right;
}

static inline void on_ears_strayed(void *userdata)
{
    ((struct rig *)userdata)->strayed++;
}

static const struct body_listener listener = {.on_button = on_button,
                                              .on_ears_settled = on_ears_settled,
                                              .on_ears_moved = on_ears_moved,
                                              .on_ears_strayed = on_ears_strayed};

static inline int start_body(struct rig *rig)
{
    return body_new(&rig->body, rig->event, &rig->config, &listener, rig, NULL);
}

static inline int set_up(void **state)
{
    struct rig *rig = calloc(1, sizeof(*rig));
    assert_non_null(rig);
    strcpy(rig->directory, "/tmp/test-bench-XXXXXX");
    assert_non_null(mkdtemp(rig->directory));
    snprintf(rig->path, sizeof(rig->path), "%s/bench", rig->directory);

    rig->config.body.board = strdup("sim");
    assert_non_null(rig->config.body.board);
    rig->config.body.brightness = 100;
    rig->config.button.debounce_usec = 5 * USEC_PER_MSEC;
    rig->config.button.double_usec = 60 * USEC_PER_MSEC;
    rig->config.button.long_usec = 500 * USEC_PER_MSEC;
    rig->config.sim.socket = rig->path;
    for (unsigned i = 0; i < CLIENTS_MAX; i++)
        rig->clients[i].fd = -1;
    assert_true(sd_event_new(&rig->event) >= 0);
    *state = rig;
    return 0;
}

static inline int tear_down(void **state)
{
    struct rig *rig = *state;

    body_free(rig->body);
    for (unsigned i = 0; i < CLIENTS_MAX; i++) {
        closep(&rig->clients[i].fd);
        free(rig->clients[i].text);
    }
    sd_event_unref(rig->event);
    assert_int_equal(access(rig->path, F_OK), -1);
    assert_int_equal(rmdir(rig->directory), 0);
    free(rig->config.body.board);
    free(rig);
    return 0;
}

/* ---- clients ---- */

static inline void fill_address(const char *path, struct sockaddr_un *ret)
{
    *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
    assert_true(strlen(path) < sizeof(ret->sun_path));
    memcpy(ret->sun_path, path, strlen(path) + 1);
}

static inline struct client *join(struct rig *rig, unsigned index)
{
    struct client *client = &rig->clients[index];
    struct sockaddr_un address;

    fill_address(rig->path, &address);
    client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(client->fd >= 0);
    assert_int_equal(connect(client->fd, (struct sockaddr *)&address, sizeof(address)), 0);
    client->text = calloc(1, 1);
    assert_non_null(client->text);
    return client;
}

static inline void client_receive(struct client *client)
{
    char bytes[4096];
    ssize_t n;

    if (client->fd < 0)
        return;
    while ((n = recv(client->fd, bytes, sizeof(bytes), 0)) > 0) {
        client->text = realloc(client->text, client->length + (size_t)n + 1);
        assert_non_null(client->text);
        memcpy(client->text + client->length, bytes, (size_t)n);
        client->length += (size_t)n;
        client->text[client->length] = '\0';
    }
    client->closed = n == 0 || errno != EAGAIN;
}

/* One turn of the loop. */
static inline void turn(struct rig *rig)
{
    assert_true(sd_event_run(rig->event, 20 * USEC_PER_MSEC) >= 0);
}

static inline void forget(struct client *client)
{
    client->length = 0;
    client->text[0] = '\0';
}

static inline void say(struct client *client, const char *text)
{
    assert_int_equal(send(client->fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Runs the loop until the client has got `text`. */
static inline void expect(struct rig *rig, struct client *client, const char *text)
{
    uint64_t until = clock_now_usec() + PATIENCE;

    while (!strstr(client->text, text)) {
        if (clock_now_usec() > until)
            fail_msg("expected %s, got %s", text, client->text);
        turn(rig);
        client_receive(client);
    }
}

static inline void ask(struct rig *rig, struct client *client, const char *question,
                       const char *answer)
{
    forget(client);
    say(client, question);
    expect(rig, client, answer);
}

static inline void expect_closed(struct rig *rig, struct client *client)
{
    uint64_t until = clock_now_usec() + PATIENCE;

    while (!client->closed) {
        assert_true(clock_now_usec() < until);
        turn(rig);
        client_receive(client);
    }
}

#define RUN_UNTIL(rig, condition)                                               \
    for (uint64_t until = clock_now_usec() + PATIENCE; !(condition); turn(rig)) \
    assert_true(clock_now_usec() < until)

static inline unsigned count(const char *text, const char *part)
{
    unsigned n = 0;
    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part))
        n++;
    return n;
}

#define BENCH_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
