/* The session: its table cell by cell, and its stories on a virtual clock with loaded dice. */
#include "helper.h"

#include "rabbit/session.h"

#define ANY SESSION_STATE_COUNT

/* Everything that does something. What is not in here must change nothing. */
static const struct cell {
    enum session_state state;
    enum session_event event;
    enum session_state next;
    enum session_action action;
} cells[] = {
    {ANY, EVENT_STOP, SESSION_IDLE, ACTION_CLOSE},
    {ANY, EVENT_LOGIN_DUE, SESSION_LOGIN, ACTION_LOGIN},
    {ANY, EVENT_REGISTER_DUE, SESSION_REGISTER, ACTION_REGISTER},
    {ANY, EVENT_QUOTA_EXHAUSTED, SESSION_WAIT, ACTION_WAIT_QUOTA},
    {SESSION_LOGIN, EVENT_ONLINE, SESSION_ONLINE, ACTION_ANNOUNCE},
    {SESSION_LOGIN, EVENT_REJECTED, SESSION_REPORT, ACTION_REPORT_LOGIN},
    {SESSION_LOGIN, EVENT_REJECTED_REPLAY, SESSION_PAUSE, ACTION_PAUSE},
    {SESSION_LOGIN, EVENT_REJECTED_FOR_GOOD, SESSION_TELL, ACTION_REPORT_LOGIN},
    {SESSION_LOGIN, EVENT_PENDING_USELESS, SESSION_LOGIN, ACTION_FALL_BACK},
    {SESSION_LOGIN, EVENT_REFUSED, SESSION_WAIT, ACTION_WAIT_REJECTED},
    {SESSION_LOGIN, EVENT_FAILED, SESSION_WAIT, ACTION_WAIT_NETWORK},
    {SESSION_ONLINE, EVENT_REFUSED, SESSION_WAIT, ACTION_WAIT_REJECTED},
    {SESSION_ONLINE, EVENT_FAILED, SESSION_WAIT, ACTION_WAIT_NETWORK},
    {SESSION_REPORT, EVENT_REPORTED, SESSION_PAUSE, ACTION_PAUSE},
    {SESSION_REGISTER, EVENT_REGISTERED, SESSION_LOGIN, ACTION_PROMOTE},
    {SESSION_REGISTER, EVENT_CONFLICT, SESSION_PARK, ACTION_REPORT_SET},
    {SESSION_REGISTER, EVENT_PENDING_USELESS, SESSION_LOGIN, ACTION_FALL_BACK},
    {SESSION_REGISTER, EVENT_REGISTER_GET_FAILED, SESSION_TELL, ACTION_REPORT_GET},
    {SESSION_REGISTER, EVENT_REGISTER_SET_FAILED, SESSION_TELL, ACTION_REPORT_SET},
    {SESSION_REGISTER, EVENT_REGISTER_LOST, SESSION_WAIT, ACTION_WAIT_NETWORK},
    {SESSION_REGISTER, EVENT_REFUSED, SESSION_WAIT, ACTION_WAIT_REJECTED},
    {SESSION_REGISTER, EVENT_FAILED, SESSION_WAIT, ACTION_WAIT_NETWORK},
    {SESSION_TELL, EVENT_REPORTED, SESSION_WAIT, ACTION_WAIT_REJECTED},
    {SESSION_PARK, EVENT_REPORTED, SESSION_WAIT, ACTION_WAIT_LONGEST},
};

static struct cell expected(enum session_state state, enum session_event event)
{
    for (size_t i = 0; i < ARRAY_SIZE(cells); i++)
        if ((cells[i].state == state || cells[i].state == ANY) && cells[i].event == event)
            return cells[i];
    return (struct cell){state, event, state, ACTION_NONE};
}

static void test_every_cell(void **state)
{
    for (unsigned s = 0; s < SESSION_STATE_COUNT; s++)
        for (unsigned e = 0; e < SESSION_EVENT_COUNT; e++) {
            struct cell cell = expected((enum session_state)s, (enum session_event)e);
            enum session_state next = SESSION_STATE_COUNT;
            enum session_action action =
                session_transition((enum session_state)s, (enum session_event)e, &next);

            if (action != cell.action || next != cell.next)
                fail_msg("state %u, event %u: action %d, state %d", s, e, (int)action, (int)next);
        }
}

/* One rabbit on a clock of its own. */

struct story {
    struct session *session;
    struct session_facts facts;
    uint64_t now_usec;
    bool high;                    /* which extreme the dice show */
    uint64_t low_usec, high_usec; /* what they could have shown */
    struct session_step step;     /* the last one */
};

static uint64_t roll(uint64_t low, uint64_t high, void *userdata)
{
    struct story *story = userdata;

    assert_true(low <= high);
    story->low_usec = low;
    story->high_usec = high;
    return story->high ? high : low;
}

static int begin_story(void **state)
{
    struct story *story = calloc(1, sizeof(*story));
    struct timing timing = timing_default();

    assert_non_null(story);
    assert_int_equal(session_new(&story->session, &timing, roll, story), 0);
    assert_int_equal(session_state(story->session), SESSION_IDLE);
    story->facts = (struct session_facts){.stored = true, .may_register = true};
    *state = story;
    return 0;
}

static int end_story(void **state)
{
    struct story *story = *state;

    assert_null(session_free(story->session));
    free(story);
    return 0;
}

static void happen(struct story *story, enum session_event event)
{
    story->step = session_handle(story->session, event, &story->facts, story->now_usec);
}

/* What happens, what is done about it, and where that leads. */
static void expect(struct story *story, enum session_event event, enum session_action action,
                   enum session_state next)
{
    happen(story, event);
    if (story->step.action != action || session_state(story->session) != next)
        fail_msg("event %d: action %d, state %s", (int)event, (int)story->step.action,
                 session_state_name(session_state(story->session)));
}

static void expect_window(const struct story *story, uint64_t low_usec, uint64_t high_usec)
{
    assert_int_equal(story->low_usec, low_usec);
    assert_int_equal(story->high_usec, high_usec);
    assert_int_equal(story->step.delay_usec, story->high ? high_usec : low_usec);
}

/* Lets the delay pass. */
static void wait_out(struct story *story, enum session_action action, enum session_state next)
{
    assert_true(story->step.delay_usec > 0);
    story->now_usec += story->step.delay_usec;
    expect(story, EVENT_TIMER, action, next);
}

static void go_online(struct story *story)
{
    expect(story, EVENT_START, ACTION_LOGIN, SESSION_LOGIN);
    expect(story, EVENT_ONLINE, ACTION_ANNOUNCE, SESSION_ONLINE);
}

static void be_rejected(struct story *story)
{
    expect(story, EVENT_REJECTED, ACTION_REPORT_LOGIN, SESSION_REPORT);
    expect(story, EVENT_REPORTED, ACTION_PAUSE, SESSION_PAUSE);
}

static void test_the_password_to_use(void **state)
{
    static const struct {
        struct session_facts facts;
        enum session_password password;
    } cases[] = {
        {{.configured = true, .stored = true, .pending = true}, PASSWORD_CONFIGURED},
        {{.stored = true, .pending = true}, PASSWORD_PENDING},
        {{.stored = true}, PASSWORD_STORED},
        {{.pending = true}, PASSWORD_PENDING},
        {{.may_register = true}, PASSWORD_NONE},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_int_equal(session_choose_password(&cases[i].facts), cases[i].password);
}

/* The main story: the server has forgotten its rabbit. */
static void heal(struct story *story)
{
    expect(story, EVENT_START, ACTION_LOGIN, SESSION_LOGIN);
    assert_int_equal(story->step.password, PASSWORD_STORED);
    be_rejected(story);
    expect_window(story, 500000, 3000000);
    wait_out(story, ACTION_REGISTER, SESSION_REGISTER);
    story->facts.pending = true;
    expect(story, EVENT_REGISTERED, ACTION_PROMOTE, SESSION_LOGIN);
    assert_int_equal(story->step.password, PASSWORD_STORED);
    story->facts.pending = false;
    expect(story, EVENT_ONLINE, ACTION_ANNOUNCE, SESSION_ONLINE);
}

static void test_heals_after_a_rejection(void **state)
{
    struct story *story = *state;

    heal(story);
    assert_int_equal(story->now_usec, 500000);
}

static void test_heals_with_high_dice(void **state)
{
    struct story *story = *state;

    story->high = true;
    heal(story);
    assert_int_equal(story->now_usec, 3000000);
}

static void test_registers_the_configured_password(void **state)
{
    struct story *story = *state;

    story->facts.configured = true;
    expect(story, EVENT_START, ACTION_LOGIN, SESSION_LOGIN);
    assert_int_equal(story->step.password, PASSWORD_CONFIGURED);
    be_rejected(story);
    wait_out(story, ACTION_REGISTER, SESSION_REGISTER);
    expect(story, EVENT_REGISTERED, ACTION_PROMOTE, SESSION_LOGIN);
    assert_int_equal(story->step.password, PASSWORD_CONFIGURED);
}

static void test_further_rejections_double(void **state)
{
    static const uint64_t seconds[] = {34, 68, 136, 272, 544, 900, 900, 900};
    struct story *story = *state;

    expect(story, EVENT_START, ACTION_LOGIN, SESSION_LOGIN);
    be_rejected(story);
    for (size_t i = 0; i < ARRAY_SIZE(seconds); i++) {
        story->high = i % 2;
        story->now_usec += 60 * USEC_PER_MIN; /* so that the quota has no say */
        wait_out(story, ACTION_REGISTER, SESSION_REGISTER);
        expect(story, EVENT_REGISTERED, ACTION_PROMOTE, SESSION_LOGIN);
        be_rejected(story);
        expect_window(story, 5 * USEC_PER_SEC, seconds[i] * USEC_PER_SEC);
    }
}

static void test_network_loss_doubles(void **state)
{
    static const uint64_t seconds[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900};
    struct story *story = *state;

    expect(story, EVENT_START, ACTION_LOGIN, SESSION_LOGIN);
    for (size_t i = 0; i < ARRAY_SIZE(seconds); i++) {
        story->high = i % 2;
        expect(story, EVENT_FAILED, ACTION_WAIT_NETWORK, SESSION_WAIT);
        expect_window(story, 250000, seconds[i] * USEC_PER_SEC);
        wait_out(story, ACTION_LOGIN, SESSION_LOGIN);
    }
    /* Rejections have a back-off of their own. */
    be_rejected(story);
    expect_window(story, 500000, 3000000);
}

static void test_refusals_double_as_rejections_do(void **state)
{
    struct story *story = *state;

    go_online(story);
    expect(story, EVENT_REFUSED, ACTION_WAIT_REJECTED, SESSION_WAIT);
    expect_window(story, 5000000, 34000000);
    wait_out(story, ACTION_LOGIN, SESSION_LOGIN);
    expect(story, EVENT_REFUSED, ACTION_WAIT_REJECTED, SESSION_WAIT);
    expect_window(story, 5000000, 68000000);
    wait_out(story, ACTION_LOGIN, SESSION_LOGIN);
    be_rejected(story);
    expect_window(story, 500000, 3000000);
}

/* Loses the network after `usec` online and gives the window of the wait. */
static uint64_t lose_after(struct story *story, uint64_t usec)
{
    expect(story, EVENT_ONLINE, ACTION_ANNOUNCE, SESSION_ONLINE);
    story->now_usec += usec;
    expect(story, EVENT_FAILED, ACTION_WAIT_NETWORK, SESSION_WAIT);
    uint64_t window = story->high_usec;
    wait_out(story, ACTION_LOGIN, SESSION_LOGIN);
    return window;
}

static void test_a_minute_online_forgets(void **state)
{
    struct story *story = *state;

    expect(story, EVENT_START, ACTION_LOGIN, SESSION_LOGIN);
    assert_int_equal(lose_after(story, 0), 1 * USEC_PER_SEC);
    assert_int_equal(lose_after(story, 59999999), 2 * USEC_PER_SEC);
    assert_int_equal(lose_after(story, 30 * USEC_PER_SEC), 4 * USEC_PER_SEC);
    assert_int_equal(lose_after(story, 60 * USEC_PER_SEC), 1 * USEC_PER_SEC);
    assert_int_equal(lose_after(story, 1), 2 * USEC_PER_SEC);

    be_rejected(story);
    expect_window(story, 500000, 3000000);
    wait_out(story, ACTION_REGISTER, SESSION_REGISTER);
    expect(story, EVENT_REGISTERED, ACTION_PROMOTE, SESSION_LOGIN);
    lose_after(story, 59999999);
    be_rejected(story);
    expect_window(story, 5000000, 34000000);
    wait_out(story, ACTION_REGISTER, SESSION_REGISTER);
    expect(story, EVENT_REGISTERED, ACTION_PROMOTE, SESSION_LOGIN);
    lose_after(story, 60 * USEC_PER_SEC);
    be_rejected(story);
    expect_window(story, 500000, 3000000);
    wait_out(story, ACTION_REGISTER, SESSION_REGISTER);
    expect(story, EVENT_REGISTERED, ACTION_PROMOTE, SESSION_LOGIN);
    be_rejected(story);
    expect_window(story, 5000000, 34000000);
}

static void test_the_fifth_registration_waits(void **state)
{
    struct story *story = *state;
    uint64_t first_usec = 0;

    story->facts.stored = false;
    story->now_usec = 12345;
    for (unsigned i = 0; i < 4; i++) {
        expect(story, EVENT_START, ACTION_REGISTER, SESSION_REGISTER);
        expect(story, EVENT_REGISTER_LOST, ACTION_WAIT_NETWORK, SESSION_WAIT);
        if (i == 0)
            first_usec = story->now_usec;
        story->now_usec += USEC_PER_MIN;
    }
    expect(story, EVENT_START, ACTION_WAIT_QUOTA, SESSION_WAIT);
    assert_int_equal(story->now_usec + story->step.delay_usec, first_usec + 60 * USEC_PER_MIN);
    story->now_usec += story->step.delay_usec - 1;
    expect(story, EVENT_TIMER, ACTION_WAIT_QUOTA, SESSION_WAIT);
    assert_int_equal(story->step.delay_usec, 1);
    wait_out(story, ACTION_REGISTER, SESSION_REGISTER);
    expect(story, EVENT_REGISTER_LOST, ACTION_WAIT_NETWORK, SESSION_WAIT);
    wait_out(story, ACTION_WAIT_QUOTA, SESSION_WAIT); /* the second one counts still */
    wait_out(story, ACTION_REGISTER, SESSION_REGISTER);
}

/* A server that was down for an hour has seen nothing, and must not be waited for any longer. */
static void test_attempts_that_reach_nobody_do_not_count(void **state)
{
    static const enum session_event unsent[] = {EVENT_FAILED, EVENT_REFUSED};
    struct story *story = *state;

    story->facts.stored = false;
    for (unsigned i = 0; i < 20; i++) {
        expect(story, EVENT_START, ACTION_REGISTER, SESSION_REGISTER);
        happen(story, unsent[i % 2]);
    }
    expect(story, EVENT_START, ACTION_REGISTER, SESSION_REGISTER);
}

/* With a password that is known, waiting for the quota ends in a login: perhaps it works by now. */
static void test_quota_with_a_password(void **state)
{
    struct story *story = *state;

    expect(story, EVENT_START, ACTION_LOGIN, SESSION_LOGIN);
    for (unsigned i = 0; i < 4; i++) {
        be_rejected(story);
        wait_out(story, ACTION_REGISTER, SESSION_REGISTER);
        expect(story, EVENT_REGISTERED, ACTION_PROMOTE, SESSION_LOGIN);
    }
    be_rejected(story);
    wait_out(story, ACTION_WAIT_QUOTA, SESSION_WAIT);
    wait_out(story, ACTION_LOGIN, SESSION_LOGIN);
    expect(story, EVENT_ONLINE, ACTION_ANNOUNCE, SESSION_ONLINE);
}

/* Power cuts, seen from the next start: a pending password lies on the disk. */

static void test_pending_works(void **state)
{
    struct story *story = *state;

    story->facts.pending = true;
    expect(story, EVENT_START, ACTION_LOGIN, SESSION_LOGIN);
    assert_int_equal(story->step.password, PASSWORD_PENDING);
    expect(story, EVENT_ONLINE, ACTION_ANNOUNCE, SESSION_ONLINE);
}

static void replay(struct story *story)
{
    story->facts.pending = true;
    expect(story, EVENT_START, ACTION_LOGIN, SESSION_LOGIN);
    assert_int_equal(story->step.password, PASSWORD_PENDING);
    expect(story, EVENT_REJECTED, ACTION_PAUSE, SESSION_PAUSE); /* not reported */
    expect_window(story, 500000, 3000000);
    wait_out(story, ACTION_REGISTER, SESSION_REGISTER);
}

static void test_pending_is_registered_again(void **state)
{
    struct story *story = *state;

    replay(story);
    expect(story, EVENT_REGISTERED, ACTION_PROMOTE, SESSION_LOGIN);
    assert_int_equal(story->step.password, PASSWORD_STORED);
    story->facts.pending = false;
    /* The next rejection is news again. */
    expect(story, EVENT_REJECTED, ACTION_REPORT_LOGIN, SESSION_REPORT);
}

static void test_pending_conflict_falls_back(void **state)
{
    struct story *story = *state;

    replay(story);
    expect(story, EVENT_CONFLICT, ACTION_FALL_BACK, SESSION_LOGIN);
    assert_int_equal(story->step.password, PASSWORD_STORED);
    story->facts.pending = false;
    be_rejected(story);
    expect_window(story, 5000000, 34000000);
    wait_out(story, ACTION_REGISTER, SESSION_REGISTER);
    /* This time it was no replay. */
    expect(story, EVENT_CONFLICT, ACTION_REPORT_SET, SESSION_PARK);
}

/* Registration was closed in the meantime: the pending password is of no use, the stored one may
 * be. */
static void test_pending_falls_back_when_registration_is_closed(void **state)
{
    struct story *story = *state;

    story->facts.pending = true;
    expect(story, EVENT_START, ACTION_LOGIN, SESSION_LOGIN);
    expect(story, EVENT_REJECTED, ACTION_PAUSE, SESSION_PAUSE);
    wait_out(story, ACTION_REGISTER, SESSION_REGISTER);
    expect(story, EVENT_REGISTER_GET_FAILED, ACTION_FALL_BACK, SESSION_LOGIN);
    assert_int_equal(story->step.password, PASSWORD_STORED);
    story->facts.pending = false;
    be_rejected(story);
    wait_out(story, ACTION_REGISTER, SESSION_REGISTER);
    expect(story, EVENT_REGISTER_GET_FAILED, ACTION_REPORT_GET, SESSION_TELL);
}

static void test_pending_conflict_without_a_stored_one(void **state)
{
    struct story *story = *state;

    story->facts.stored = false;
    replay(story);
    expect(story, EVENT_CONFLICT, ACTION_REPORT_SET, SESSION_PARK);
}

static void test_replay_survives_network_trouble(void **state)
{
    struct story *story = *state;

    replay(story);
    expect(story, EVENT_FAILED, ACTION_WAIT_NETWORK, SESSION_WAIT);
    wait_out(story, ACTION_LOGIN, SESSION_LOGIN);
    assert_int_equal(story->step.password, PASSWORD_PENDING);
    expect(story, EVENT_REJECTED, ACTION_PAUSE, SESSION_PAUSE);
    wait_out(story, ACTION_REGISTER, SESSION_REGISTER);
    expect(story, EVENT_CONFLICT, ACTION_FALL_BACK, SESSION_LOGIN);
}

static void test_pending_without_leave_to_register(void **state)
{
    struct story *story = *state;

    story->facts = (struct session_facts){.stored = true, .pending = true};
    expect(story, EVENT_START, ACTION_LOGIN, SESSION_LOGIN);
    assert_int_equal(story->step.password, PASSWORD_PENDING);
    expect(story, EVENT_REJECTED, ACTION_FALL_BACK, SESSION_LOGIN);
    assert_int_equal(story->step.password, PASSWORD_STORED);
    story->facts.pending = false;
    expect(story, EVENT_REJECTED, ACTION_REPORT_LOGIN, SESSION_TELL);
}

/* A conflict parks: a person has to act. */
static void test_conflict_parks(void **state)
{
    struct story *story = *state;

    for (unsigned i = 0; i < 2; i++) {
        story->high = i;
        expect(story, EVENT_START, ACTION_LOGIN, SESSION_LOGIN);
        be_rejected(story);
        wait_out(story, ACTION_REGISTER, SESSION_REGISTER);
        expect(story, EVENT_CONFLICT, ACTION_REPORT_SET, SESSION_PARK);
        expect(story, EVENT_TIMER, ACTION_NONE, SESSION_PARK);
        expect(story, EVENT_REPORTED, ACTION_WAIT_LONGEST, SESSION_WAIT);
        expect_window(story, 450 * USEC_PER_SEC, 900 * USEC_PER_SEC);
        wait_out(story, ACTION_LOGIN, SESSION_LOGIN);
        assert_int_equal(story->step.password, PASSWORD_STORED);
    }
}

static void test_failed_registrations_are_told(void **state)
{
    struct story *story = *state;

    expect(story, EVENT_START, ACTION_LOGIN, SESSION_LOGIN);
    be_rejected(story);
    wait_out(story, ACTION_REGISTER, SESSION_REGISTER);
    expect(story, EVENT_REGISTER_GET_FAILED, ACTION_REPORT_GET, SESSION_TELL);
    expect(story, EVENT_REPORTED, ACTION_WAIT_REJECTED, SESSION_WAIT);
    expect_window(story, 5000000, 34000000);
    wait_out(story, ACTION_LOGIN, SESSION_LOGIN);
    be_rejected(story);
    expect_window(story, 5000000, 68000000);
    wait_out(story, ACTION_REGISTER, SESSION_REGISTER);
    expect(story, EVENT_REGISTER_SET_FAILED, ACTION_REPORT_SET, SESSION_TELL);
    expect(story, EVENT_REPORTED, ACTION_WAIT_REJECTED, SESSION_WAIT);
    expect_window(story, 5000000, 136000000);
}

static void test_may_not_register(void **state)
{
    struct story *story = *state;

    story->facts = (struct session_facts){.configured = true};
    expect(story, EVENT_START, ACTION_LOGIN, SESSION_LOGIN);
    expect(story, EVENT_REJECTED, ACTION_REPORT_LOGIN, SESSION_TELL);
    expect(story, EVENT_REPORTED, ACTION_WAIT_REJECTED, SESSION_WAIT);
    expect_window(story, 5000000, 34000000);
    wait_out(story, ACTION_LOGIN, SESSION_LOGIN);
    expect(story, EVENT_REJECTED, ACTION_REPORT_LOGIN, SESSION_TELL);
    expect(story, EVENT_REPORTED, ACTION_WAIT_REJECTED, SESSION_WAIT);
    expect_window(story, 5000000, 68000000);

    story->facts = (struct session_facts){0};
    expect(story, EVENT_START, ACTION_CLOSE, SESSION_IDLE);
}

static void test_nothing_known_registers_at_once(void **state)
{
    struct story *story = *state;

    story->facts.stored = false;
    expect(story, EVENT_START, ACTION_REGISTER, SESSION_REGISTER);
    assert_int_equal(story->step.delay_usec, 0);
    story->facts.pending = true;
    expect(story, EVENT_REGISTERED, ACTION_PROMOTE, SESSION_LOGIN);
    assert_int_equal(story->step.password, PASSWORD_STORED);
}

/* Gets there by the shortest way. */
static void reach(struct story *story, enum session_state target)
{
    static const enum session_event ways[SESSION_STATE_COUNT][5] = {
        [SESSION_IDLE] = {EVENT_STOP},
        [SESSION_LOGIN] = {EVENT_START},
        [SESSION_ONLINE] = {EVENT_START, EVENT_ONLINE},
        [SESSION_REPORT] = {EVENT_START, EVENT_REJECTED},
        [SESSION_PAUSE] = {EVENT_START, EVENT_REJECTED, EVENT_REPORTED},
        [SESSION_REGISTER] = {EVENT_START, EVENT_REJECTED, EVENT_REPORTED, EVENT_TIMER},
        [SESSION_TELL] = {EVENT_START, EVENT_REJECTED, EVENT_REPORTED, EVENT_TIMER,
                          EVENT_REGISTER_GET_FAILED},
        [SESSION_PARK] = {EVENT_START, EVENT_REJECTED, EVENT_REPORTED, EVENT_TIMER, EVENT_CONFLICT},
        [SESSION_WAIT] = {EVENT_START, EVENT_FAILED},
    };

    for (unsigned i = 0; session_state(story->session) != target; i++) {
        assert_true(i < ARRAY_SIZE(ways[target]));
        happen(story, ways[target][i]);
    }
}

static void test_stop_and_start_from_everywhere(void **state)
{
    struct story *story = *state;

    for (unsigned s = 0; s < SESSION_STATE_COUNT; s++) {
        story->now_usec += 60 * USEC_PER_MIN;
        reach(story, (enum session_state)s);
        expect(story, EVENT_STOP, ACTION_CLOSE, SESSION_IDLE);
        expect(story, EVENT_TIMER, ACTION_NONE, SESSION_IDLE);
        expect(story, EVENT_REPORTED, ACTION_NONE, SESSION_IDLE);
        reach(story, (enum session_state)s);
        expect(story, EVENT_START, ACTION_LOGIN, SESSION_LOGIN);
    }
}

/* A person wants it registered now, whatever is known; the quota holds all the same. */
static void test_registers_when_asked(void **state)
{
    struct story *story = *state;

    for (unsigned i = 0; i < 4; i++) {
        expect(story, EVENT_STOP, ACTION_CLOSE, SESSION_IDLE);
        expect(story, EVENT_REGISTER_ASKED, ACTION_REGISTER, SESSION_REGISTER);
        expect(story, EVENT_REGISTERED, ACTION_PROMOTE, SESSION_LOGIN);
    }
    expect(story, EVENT_STOP, ACTION_CLOSE, SESSION_IDLE);
    expect(story, EVENT_REGISTER_ASKED, ACTION_WAIT_QUOTA, SESSION_WAIT);
    story->facts.may_register = false;
    expect(story, EVENT_REGISTER_ASKED, ACTION_CLOSE, SESSION_IDLE);
}

/* What means nothing now changes nothing, nor is it remembered. */
static void test_stale_events_leave_no_trace(void **state)
{
    static const enum session_event outside[] = {
        EVENT_TIMER,    EVENT_ONLINE,     EVENT_REJECTED,
        EVENT_REFUSED,  EVENT_FAILED,     EVENT_REPORTED,
        EVENT_CONFLICT, EVENT_REGISTERED, EVENT_REGISTER_GET_FAILED,
    };

    for (unsigned s = 0; s < SESSION_STATE_COUNT; s++)
        for (size_t i = 0; i < ARRAY_SIZE(outside); i++) {
            enum session_state at = (enum session_state)s;
            bool ends_a_wait =
                outside[i] == EVENT_TIMER && (at == SESSION_PAUSE || at == SESSION_WAIT);
            void *own;

            if (ends_a_wait || expected(at, outside[i]).action != ACTION_NONE)
                continue;
            begin_story(&own);
            reach(own, at);
            for (unsigned n = 0; n < 3; n++)
                expect(own, outside[i], ACTION_NONE, at);

            /* The first true rejection is still the first. */
            if (at == SESSION_IDLE || at == SESSION_LOGIN || at == SESSION_ONLINE) {
                expect(own, EVENT_START, ACTION_LOGIN, SESSION_LOGIN);
                be_rejected(own);
                expect_window(own, 500000, 3000000);
            }
            end_story(&own);
        }
}

/* A whole day with a server that never gives in. */

enum server { REJECTS, CONFLICTS, SAYS_WAIT, IS_CLOSED, NEVER_ANSWERS, LIES, SERVER_COUNT };

static enum session_event login_outcome(enum server server)
{
    return server == NEVER_ANSWERS ? EVENT_FAILED : EVENT_REJECTED;
}

static enum session_event register_outcome(enum server server)
{
    static const enum session_event outcomes[SERVER_COUNT] = {
        [REJECTS] = EVENT_REGISTER_SET_FAILED,   [CONFLICTS] = EVENT_CONFLICT,
        [SAYS_WAIT] = EVENT_REGISTER_SET_FAILED, [IS_CLOSED] = EVENT_REGISTER_GET_FAILED,
        [NEVER_ANSWERS] = EVENT_REGISTER_LOST,   [LIES] = EVENT_REGISTERED,
    };

    return outcomes[server];
}

struct day {
    uint64_t registered_usec[128];
    unsigned registrations, logins, reports;
};

static void note_registration(struct day *day, uint64_t now_usec)
{
    assert_true(day->registrations < ARRAY_SIZE(day->registered_usec));
    day->registered_usec[day->registrations++] = now_usec;
    if (day->registrations > 4)
        assert_true(now_usec - day->registered_usec[day->registrations - 5] >= 60 * USEC_PER_MIN);
}

/* Does what the step says, as struct login would, and gives what comes of it. */
static enum session_event carry_out(struct story *story, enum server server, struct day *day)
{
    switch (story->step.action) {
    case ACTION_REGISTER:
        story->facts.pending = server == LIES || server == NEVER_ANSWERS;
        story->now_usec += server == NEVER_ANSWERS ? 20 * USEC_PER_SEC : 0;
        if (server != IS_CLOSED)
            note_registration(day, story->now_usec);
        return register_outcome(server);
    case ACTION_PROMOTE:
        story->facts.stored = true;
        story->facts.pending = false;
        day->logins++;
        return login_outcome(server);
    case ACTION_FALL_BACK:
        story->facts.pending = false;
        day->logins++;
        return login_outcome(server);
    case ACTION_LOGIN:
        day->logins++;
        return login_outcome(server);
    case ACTION_REPORT_LOGIN:
    case ACTION_REPORT_GET:
    case ACTION_REPORT_SET:
        day->reports++;
        return EVENT_REPORTED;
    case ACTION_PAUSE:
    case ACTION_WAIT_NETWORK:
    case ACTION_WAIT_REJECTED:
    case ACTION_WAIT_LONGEST:
    case ACTION_WAIT_QUOTA:
        assert_true(story->step.delay_usec > 0);
        story->now_usec += story->step.delay_usec;
        return EVENT_TIMER;
    case ACTION_NONE:
    case ACTION_ANNOUNCE:
    case ACTION_CLOSE:
    default:
        fail_msg("stuck with action %d", (int)story->step.action);
    }
    return EVENT_STOP;
}

static struct day live_a_day(enum server server, bool stored, bool high)
{
    struct day day = {.registrations = 0};
    struct story *story;
    void *own;

    begin_story(&own);
    story = own;
    story->facts.stored = stored;
    story->high = high;
    happen(story, EVENT_START);
    while (story->now_usec < 24 * 60 * USEC_PER_MIN)
        happen(story, carry_out(story, server, &day));
    end_story(&own);
    return day;
}

static void test_no_server_makes_it_storm(void **state)
{
    for (unsigned server = 0; server < SERVER_COUNT; server++)
        for (unsigned dice = 0; dice < 4; dice++) {
            bool stored = dice & 1, high = dice & 2;
            struct day day = live_a_day((enum server)server, stored, high);

            /* 4 in any hour is checked on the way; low dice are bounded by that alone. */
            assert_true(day.registrations <= 96);
            if (server != IS_CLOSED && server != NEVER_ANSWERS)
                assert_true(day.registrations >= (high ? 24 : 90));
            assert_true(day.reports < 30000 && day.logins < 400000);
            if (high)
                assert_true(day.logins <= 200);
        }
}

int main(void)
{
#define in_story(test) cmocka_unit_test_setup_teardown(test, begin_story, end_story)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_cell),
        cmocka_unit_test(test_the_password_to_use),
        in_story(test_heals_after_a_rejection),
        in_story(test_heals_with_high_dice),
        in_story(test_registers_the_configured_password),
        in_story(test_further_rejections_double),
        in_story(test_network_loss_doubles),
        in_story(test_refusals_double_as_rejections_do),
        in_story(test_a_minute_online_forgets),
        in_story(test_the_fifth_registration_waits),
        in_story(test_attempts_that_reach_nobody_do_not_count),
        in_story(test_quota_with_a_password),
        in_story(test_pending_works),
        in_story(test_pending_is_registered_again),
        in_story(test_pending_conflict_falls_back),
        in_story(test_pending_falls_back_when_registration_is_closed),
        in_story(test_pending_conflict_without_a_stored_one),
        in_story(test_replay_survives_network_trouble),
        in_story(test_pending_without_leave_to_register),
        in_story(test_conflict_parks),
        in_story(test_failed_registrations_are_told),
        in_story(test_may_not_register),
        in_story(test_nothing_known_registers_at_once),
        in_story(test_stop_and_start_from_everywhere),
        in_story(test_registers_when_asked),
        cmocka_unit_test(test_stale_events_leave_no_trace),
        cmocka_unit_test(test_no_server_makes_it_storm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
