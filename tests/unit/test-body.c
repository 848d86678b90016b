/* These wait for ears that turn at their true speed, hence their suite of their own. */
#include "bench-rig.h"

static void homes_goes_and_tells(void **state)
{
    struct rig *rig = *state;

    assert_int_equal(start_body(rig), 0);
    assert_string_equal(body_description(rig->body), "simulated body");
    struct client *client = join(rig, 0);
    ask(rig, client, "state\n", "\"motors\":{\"left\":1,\"right\":1}");
    assert_int_equal(body_ear_state(rig->body, EAR_LEFT), EAR_HOMING);
    assert_int_equal(body_ear_position(rig->body, EAR_LEFT), -1);
    RUN_UNTIL(rig, rig->settled);
    assert_true(body_ears_settled(rig->body));
    assert_int_equal(body_ear_position(rig->body, EAR_LEFT), 0);
    ask(rig, client, "state\n", "\"ears\":{\"left\":0,\"right\":0}");

    ask(rig, client, "watch\n", "{\"ok\":true}\n");
    assert_int_equal(body_ear_go(rig->body, EAR_LEFT, 3, EAR_FORWARD), 0);
    assert_int_equal(body_ear_go(rig->body, EAR_RIGHT, 15, EAR_SHORTEST), 0);
    assert_int_equal(body_ear_state(rig->body, EAR_LEFT), EAR_MOVING);
    RUN_UNTIL(rig, rig->settled == 2);
    expect(rig, client, "\"what\":\"motor\",\"which\":\"left\",\"value\":1}\n");
    expect(rig, client, "\"what\":\"motor\",\"which\":\"right\",\"value\":-1}\n");
    expect(rig, client, "\"what\":\"motor\",\"which\":\"left\",\"value\":0}\n");
    for (int i = 1; i <= 3; i++) {
        char text[80];
        snprintf(text, sizeof(text), "\"what\":\"ear\",\"which\":\"left\",\"value\":%d}\n", i);
        expect(rig, client, text);
    }
    assert_int_equal(count(client->text, "\"what\":\"ear\",\"which\":\"right\""), 2);
    assert_int_equal(body_ear_position(rig->body, EAR_RIGHT), 15);
    ask(rig, client, "state\n", "\"ears\":{\"left\":3,\"right\":15},\"angles\":{\"left\":5");

    /* Nothing to do is settled as well, and told from the loop, not from within the order. */
    assert_int_equal(body_ear_go(rig->body, EAR_LEFT, 3, EAR_FORWARD), 0);
    assert_int_equal(rig->settled, 2);
    RUN_UNTIL(rig, rig->settled == 3);
    assert_int_equal(body_ear_go(rig->body, EAR_LEFT, 51, EAR_FORWARD), -ERANGE);
}

static void hand_is_told_with_both_ears(void **state)
{
    struct rig *rig = *state;

    assert_int_equal(start_body(rig), 0);
    struct client *client = join(rig, 0);
    RUN_UNTIL(rig, rig->settled);
    ask(rig, client, "turn left 4\nturn right -1\n", "{\"ok\":true}\n{\"ok\":true}\n");
    RUN_UNTIL(rig, rig->moved);
    assert_int_equal(rig->left, 4);
    assert_int_equal(rig->right, 16);
    assert_int_equal(rig->moved, 1);
    assert_int_equal(rig->strayed, 0);
    ask(rig, client, "state\n", "\"ears\":{\"left\":4,\"right\":16}");
}

static void stray_is_told(void **state)
{
    struct rig *rig = *state;

    assert_int_equal(start_body(rig), 0);
    struct client *client = join(rig, 0);
    RUN_UNTIL(rig, rig->settled);
    ask(rig, client, "turn right -1\n", "{\"ok\":true}\n");
    RUN_UNTIL(rig, rig->strayed);
    assert_int_equal(body_ear_state(rig->body, EAR_RIGHT), EAR_UNKNOWN);
    assert_int_equal(rig->moved, 0);
}

static void fault_breaks_and_home_heals(void **state)
{
    struct rig *rig = *state;

    assert_int_equal(start_body(rig), 0);
    struct client *client = join(rig, 0);
    ask(rig, client, "fault left stall\n", "{\"ok\":true}\n");
    RUN_UNTIL(rig, body_ear_state(rig->body, EAR_LEFT) == EAR_BROKEN);
    assert_int_equal(body_ear_go(rig->body, EAR_LEFT, 3, EAR_FORWARD), -EIO);
    ask(rig, client, "state\n", "\"motors\":{\"left\":0,");
    ask(rig, client, "fault left none\n", "{\"ok\":true}\n");
    body_home(rig->body);
    RUN_UNTIL(rig, body_ear_state(rig->body, EAR_LEFT) == EAR_RESTING);
    assert_int_equal(body_ear_position(rig->body, EAR_LEFT), 0);
}

/* Rest is rest: once homed the loop has nothing to do at all. */
static void no_wakeups_at_rest(void **state)
{
    struct rig *rig = *state;

    rig->config.sim.socket = NULL;
    assert_int_equal(start_body(rig), 0);
    RUN_UNTIL(rig, rig->settled);
    while (sd_event_run(rig->event, 0) > 0)
        ;
    assert_int_equal(sd_event_run(rig->event, 700 * USEC_PER_MSEC), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(homes_goes_and_tells), BENCH_TEST(hand_is_told_with_both_ears),
        BENCH_TEST(stray_is_told),        BENCH_TEST(fault_breaks_and_home_heals),
        BENCH_TEST(no_wakeups_at_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
