/* Liveness with short times on a real event loop. */
#include "wire.h"

#include "xmpp/ping.h"

#define SILENCE (50 * USEC_PER_MSEC)
#define ANSWER  (50 * USEC_PER_MSEC)
#define SLACK   (100 * USEC_PER_MSEC) /* more than the accuracy of the timer */

static const struct timing timing = {.ping_silence_usec = SILENCE, .ping_answer_usec = ANSWER};
static unsigned deaths;

static void on_dead(void *userdata)
{
    deaths++;
}

static struct ping *start(struct wire *wire)
{
    struct ping *ping;

    deaths = 0;
    assert_int_equal(ping_new(&ping, wire->event, wire->router, &timing, on_dead, NULL), 0);
    assert_int_equal(ping_start(ping), 0);
    return ping;
}

/* Runs until so many stanzas were sent; no more, no fewer. */
static void run_until_sent(struct wire *wire, size_t count)
{
    uint64_t end = clock_now_usec() + 10 * USEC_PER_SEC;

    while (wire->count < count && clock_now_usec() < end)
        assert_true(sd_event_run(wire->event, USEC_PER_SEC) >= 0);
    assert_int_equal(wire->count, count);
}

static void run_until_dead(struct wire *wire)
{
    uint64_t end = clock_now_usec() + 10 * USEC_PER_SEC;

    while (deaths == 0 && clock_now_usec() < end)
        assert_true(sd_event_run(wire->event, USEC_PER_SEC) >= 0);
    assert_int_equal(deaths, 1);
}

static void test_silence(void **state)
{
    struct wire *wire = *state;
    uint64_t begin = clock_now_usec();
    struct ping *ping = start(wire);

    run_until_sent(wire, 1);
    assert_true(clock_now_usec() - begin >= SILENCE);
    assert_string_equal(xmpp_stanza_get_type(wire->sent[0]), "get");
    assert_string_equal(xmpp_stanza_get_to(wire->sent[0]), "almacska");
    assert_true(stanza_is(stanza_only_child(wire->sent[0]), "ping", "urn:xmpp:ping"));

    run_until_dead(wire);
    assert_true(clock_now_usec() - begin >= SILENCE + ANSWER);
    wire_run_for(wire, SILENCE + ANSWER + SLACK);
    assert_int_equal(deaths, 1);
    assert_int_equal(wire->count, 1);
    ping_free(ping);
}

static void answered(struct wire *wire, const char *type)
{
    struct ping *ping = start(wire);
    char text[256];

    run_until_sent(wire, 1);
    snprintf(text, sizeof(text), "<iq type='%s' id='%s' from='almacska'/>", type,
             xmpp_stanza_get_id(wire->sent[0]));
    wire_feed(wire, text);
    run_until_sent(wire, 2); /* alive: the next silence is pinged again */
    assert_int_equal(deaths, 0);
    ping_free(ping);
}

static void test_answered(void **state)
{
    answered(*state, "result");
}

static void test_answered_by_an_error(void **state)
{
    answered(*state, "error");
}

static void test_anything_heard_is_life(void **state)
{
    struct wire *wire = *state;
    struct ping *ping = start(wire);

    run_until_sent(wire, 1);
    ping_heard(ping);
    run_until_sent(wire, 2);
    assert_int_equal(deaths, 0);
    run_until_dead(wire);
    ping_free(ping);
}

static void test_no_ping_while_something_comes(void **state)
{
    struct wire *wire = *state;
    struct ping *ping = start(wire);
    uint64_t end = clock_now_usec() + 3 * SILENCE;

    while (clock_now_usec() < end) {
        uint64_t heard = clock_now_usec();

        wire_run_for(wire, 10 * USEC_PER_MSEC);
        if (clock_now_usec() - heard >= SILENCE)
            skip(); /* the machine slept, not we */
        assert_int_equal(wire->count, 0);
        ping_heard(ping);
    }
    ping_free(ping);
}

static void test_stopped(void **state)
{
    struct wire *wire = *state;
    struct ping *ping = start(wire);

    run_until_sent(wire, 1);
    ping_stop(ping);
    ping_heard(ping);
    wire_run_for(wire, SILENCE + ANSWER + SLACK);
    assert_int_equal(deaths, 0);
    assert_int_equal(wire->count, 1);

    assert_int_equal(ping_start(ping), 0);
    run_until_sent(wire, 2);
    ping_free(ping);
}

/* A queue that takes nothing more is as dead as a stream that gives nothing more. */
static void test_unsendable(void **state)
{
    struct wire *wire = *state;
    struct ping *ping = start(wire);

    wire->send_result = -1;
    run_until_dead(wire);
    ping_free(ping);
}

int main(void)
{
#define on_wire(test) cmocka_unit_test_setup_teardown(test, wire_setup, wire_teardown)
    const struct CMUnitTest tests[] = {
        on_wire(test_silence),
        on_wire(test_answered),
        on_wire(test_answered_by_an_error),
        on_wire(test_anything_heard_is_life),
        on_wire(test_no_ping_while_something_comes),
        on_wire(test_stopped),
        on_wire(test_unsendable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
