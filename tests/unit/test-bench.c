#include "bench-rig.h"

/* ---- what it shows and touches ---- */

static void stop_and_free_stop_the_motors(void **state)
{
    struct rig *rig = *state;

    assert_int_equal(start_body(rig), 0);
    struct client *client = join(rig, 0);
    ask(rig, client, "state\n", "\"motors\":{\"left\":1,\"right\":1}");
    body_stop(rig->body);
    ask(rig, client, "state\n", "\"motors\":{\"left\":0,\"right\":0}");
    RUN_UNTIL(rig, rig->settled);

    body_home(rig->body);
    body_led_set(rig->body, LED_NOSE, 0xff0000);
    ask(rig, client, "watch\n", "{\"ok\":true}\n");
    rig->body = body_free(rig->body);
    expect_closed(rig, client);
    assert_non_null(strstr(client->text, "\"which\":\"left\",\"value\":0}\n"));
    assert_non_null(strstr(client->text, "\"which\":\"right\",\"value\":0}\n"));
    assert_non_null(strstr(client->text, "\"which\":\"nose\",\"value\":\"000000\"}\n"));
}

static void clicks_are_told(void **state)
{
    struct rig *rig = *state;

    assert_int_equal(start_body(rig), 0);
    struct client *client = join(rig, 0);
    ask(rig, client, "watch\n", "{\"ok\":true}\n");
    ask(rig, client, "press\nstate\n", "\"button\":\"down\"");
    expect(rig, client, "\"what\":\"button\",\"which\":\"button\",\"value\":\"down\"}\n");
    ask(rig, client, "release\n", "\"value\":\"up\"}\n");
    RUN_UNTIL(rig, rig->clicks == 1);

    /* Longer than the debounce apart, and far within the time of a double click. */
    rig->config.button.double_usec = 400 * USEC_PER_MSEC;
    rig->config.button.long_usec = 10 * USEC_PER_SEC;
    body_reconfigure(rig->body, &rig->config);
    for (unsigned i = 0; i < 4; i++) {
        ask(rig, client, i % 2 ? "release\n" : "press\n", i % 2 ? "up" : "down");
        uint64_t pause = clock_now_usec() + 4 * rig->config.button.debounce_usec;
        RUN_UNTIL(rig, clock_now_usec() > pause);
    }
    rig->clicks = 0;
    RUN_UNTIL(rig, rig->clicks == 2);
}

static void leds_are_shown(void **state)
{
    struct rig *rig = *state;

    rig->config.body.brightness = 50;
    assert_int_equal(start_body(rig), 0);
    struct client *client = join(rig, 0);
    ask(rig, client, "watch\n", "{\"ok\":true}\n");
    body_led_set(rig->body, LED_NOSE, 0xff0000);
    expect(rig, client, "\"what\":\"led\",\"which\":\"nose\",\"value\":\"800000\"}\n");
    assert_int_equal(body_led_get(rig->body, LED_NOSE), 0xff0000);
    rig->config.body.brightness = 100;
    body_reconfigure(rig->body, &rig->config);
    ask(rig, client, "state\n",
        "\"leds\":{\"nose\":\"ff0000\",\"left\":\"000000\",\"middle\":\"000000\",\"right\":"
        "\"000000\","
        "\"bottom\":\"000000\"}");
}

/* ---- the socket ---- */

static void socket_is_private(void **state)
{
    struct rig *rig = *state;
    struct stat status;

    mode_t mask = umask(0);
    int r = start_body(rig);
    umask(mask);
    assert_int_equal(r, 0);
    assert_int_equal(stat(rig->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

static void stale_socket_is_replaced(void **state)
{
    struct rig *rig = *state;
    struct sockaddr_un address;

    fill_address(rig->path, &address);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    close(fd);
    assert_int_equal(start_body(rig), 0);
    ask(rig, join(rig, 0), "state\n", "\"t\":");
}

static void live_socket_is_refused(void **state)
{
    struct rig *rig = *state;
    struct body *second = NULL;

    assert_int_equal(start_body(rig), 0);
    assert_int_equal(body_new(&second, rig->event, &rig->config, &listener, rig, NULL),
                     -EADDRINUSE);
    assert_null(second);
    ask(rig, join(rig, 0), "state\n", "\"t\":");
}

static void other_files_are_refused(void **state)
{
    struct rig *rig = *state;
    char long_path[200];

    FILE *file = fopen(rig->path, "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(start_body(rig), -EEXIST);
    assert_int_equal(access(rig->path, F_OK), 0);
    assert_int_equal(unlink(rig->path), 0);

    memset(long_path, 'a', sizeof(long_path));
    long_path[sizeof(long_path) - 1] = '\0';
    rig->config.sim.socket = long_path;
    assert_int_equal(start_body(rig), -ENAMETOOLONG);
    rig->config.sim.socket = (char[]){"/nonexistent/bench"};
    assert_int_equal(start_body(rig), -ENOENT);
}

/* ---- the protocol ---- */

static void bad_input_keeps_the_connection(void **state)
{
    static const char *const bad[] = {
        "\n",
        "hello\n",
        "state now\n",
        "turn\n",
        "turn left\n",
        "turn up 3\n",
        "turn left three\n",
        "turn left 4x\n",
        "turn left 171\n",
        "turn left 1 2\n",
        "fault left\n",
        "fault left fire\n",
        "fault up stall\n",
        "fault left stall now please\n",
        "STATE\n",
        "press\r\n",
        "\"}{\n",
        " \n",
        "turn left 99999999999999999999\n",
    };
    struct rig *rig = *state;

    assert_int_equal(start_body(rig), 0);
    struct client *client = join(rig, 0);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        ask(rig, client, bad[i], "}\n");
        assert_memory_equal(client->text, "{\"error\":\"", 10);
        assert_int_equal(count(client->text, "\n"), 1);
    }
    forget(client);
    assert_int_equal(send(client->fd, "state\0\n", 7, 0), 7);
    expect(rig, client, "{\"error\":\"");
    ask(rig, client, "state\n", "\"t\":");
}

static void long_lines_are_one_error(void **state)
{
    struct rig *rig = *state;
    char text[5000];

    assert_int_equal(start_body(rig), 0);
    struct client *client = join(rig, 0);
    memset(text, 's', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    for (unsigned i = 0; i < 5; i++)
        say(client, text);
    ask(rig, client, "\nstate\n", "\"t\":");
    assert_int_equal(count(client->text, "{\"error\":\"line too long\"}\n"), 1);
    assert_int_equal(count(client->text, "\n"), 2);

    /* The longest line there may be is only unknown. */
    text[LIMIT_BENCH_LINE - 1] = '\n';
    text[LIMIT_BENCH_LINE] = '\0';
    ask(rig, client, text, "unknown command");
}

static void lines_may_come_in_pieces(void **state)
{
    struct rig *rig = *state;

    assert_int_equal(start_body(rig), 0);
    struct client *client = join(rig, 0);
    for (const char *c = "state\nst"; *c; c++) {
        assert_int_equal(send(client->fd, c, 1, 0), 1);
        turn(rig);
    }
    expect(rig, client, "}\n");
    ask(rig, client, "ate\n", "\"t\":");
}

/* One that closes its writing side still gets its answers. */
static void half_closed_client_is_answered(void **state)
{
    struct rig *rig = *state;

    assert_int_equal(start_body(rig), 0);
    struct client *client = join(rig, 0);
    say(client, "state\nwatch\n");
    shutdown(client->fd, SHUT_WR);
    expect_closed(rig, client);
    assert_non_null(strstr(client->text, "\"t\":"));
    assert_non_null(strstr(client->text, "{\"ok\":true}\n"));
}

static void too_many_clients(void **state)
{
    struct rig *rig = *state;

    assert_int_equal(start_body(rig), 0);
    for (unsigned i = 0; i < LIMIT_BENCH_CLIENTS; i++)
        ask(rig, join(rig, i), "state\n", "\"t\":");
    struct client *extra = join(rig, LIMIT_BENCH_CLIENTS);
    expect_closed(rig, extra);
    assert_non_null(strstr(extra->text, "{\"error\":\"too many clients\"}\n"));

    /* A place that becomes free can be taken. */
    closep(&rig->clients[3].fd);
    closep(&extra->fd);
    free(rig->clients[3].text);
    for (unsigned i = 0; i < 5; i++)
        turn(rig);
    ask(rig, join(rig, 3), "state\n", "\"t\":");
}

/* Every line that any client gets is whole, whatever it asks while events come. */
static void events_never_break_into_a_line(void **state)
{
    struct rig *rig = *state;

    assert_int_equal(start_body(rig), 0);
    struct client *client = join(rig, 0);
    ask(rig, client, "watch\n", "{\"ok\":true}\n");
    for (unsigned i = 0; i < 300; i++) {
        body_led_set(rig->body, LED_LEFT, i + 1);
        say(client, "state\n");
        turn(rig);
        client_receive(client);
    }
    expect(rig, client, "00012c");
    char *rest = NULL;
    for (char *line = strtok_r(client->text, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest)) {
        assert_int_equal(line[0], '{');
        assert_int_equal(line[strlen(line) - 1], '}');
        assert_int_equal(count(line, "\"t\":") + count(line, "\"ok\":"), 1);
    }
}

/* One that does not read is dropped at the bound; the others do not notice. */
static void slow_client_is_dropped(void **state)
{
    struct rig *rig = *state;

    assert_int_equal(start_body(rig), 0);
    struct client *slow = join(rig, 0), *other = join(rig, 1);
    ask(rig, slow, "watch\n", "{\"ok\":true}\n");
    ask(rig, other, "watch\n", "{\"ok\":true}\n");
    /* Late is not yet lost. */
    for (uint32_t i = 1; i <= 600; i++)
        body_led_set(rig->body, LED_NOSE, i);
    expect(rig, slow, "\"000258\"");
    assert_int_equal(count(slow->text, "\"which\":\"nose\""), 600);
    expect(rig, other, "\"000258\"");

    for (uint32_t i = 1; i <= 20000; i++) {
        char last[16];
        body_led_set(rig->body, LED_LEFT, i);
        snprintf(last, sizeof(last), "\"%06x\"", (unsigned)i);
        if (i % 500 == 0)
            expect(rig, other, last);
    }
    assert_int_equal(count(other->text, "\"what\":\"led\",\"which\":\"left\""), 20000);
    expect_closed(rig, slow);
    assert_null(strstr(slow->text, "\"004e20\""));

    ask(rig, other, "state\n", "\"left\":\"004e20\"");
}

/* The same for one that asks and asks without reading: dropped in the middle of its own commands.
 */
static void greedy_client_is_dropped(void **state)
{
    struct rig *rig = *state;

    assert_int_equal(start_body(rig), 0);
    struct client *greedy = join(rig, 0);
    uint64_t until = clock_now_usec() + PATIENCE;
    while (send(greedy->fd, "state\nstate\nstate\nstate\n", 24, MSG_NOSIGNAL) > 0 ||
           errno == EAGAIN) {
        assert_true(clock_now_usec() < until);
        turn(rig);
    }
    expect_closed(rig, greedy);
    ask(rig, join(rig, 1), "state\n", "\"t\":");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(stop_and_free_stop_the_motors),
        BENCH_TEST(clicks_are_told),
        BENCH_TEST(leds_are_shown),
        BENCH_TEST(socket_is_private),
        BENCH_TEST(stale_socket_is_replaced),
        BENCH_TEST(live_socket_is_refused),
        BENCH_TEST(other_files_are_refused),
        BENCH_TEST(bad_input_keeps_the_connection),
        BENCH_TEST(long_lines_are_one_error),
        BENCH_TEST(lines_may_come_in_pieces),
        BENCH_TEST(half_closed_client_is_answered),
        BENCH_TEST(too_many_clients),
        BENCH_TEST(events_never_break_into_a_line),
        BENCH_TEST(slow_client_is_dropped),
        BENCH_TEST(greedy_client_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
