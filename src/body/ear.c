#include "body/ear.h"

#include <errno.h>

#include "body/ear-encoder.h"
#include "body/ear-motor.h"
#include "body/ear-wheel.h"

#define SETTLE_USEC     EAR_PAUSE_USEC         /* a fast ear that coasts creeps for 520 ms */
#define HAND_COUNTS     2                      /* more of them at rest are a hand */
#define HAND_REST_USEC  (2 * USEC_PER_SEC)     /* it has let go */
#define HAND_MAX_USEC   (2 * USEC_PER_MIN)     /* nobody turns an ear for so long without a rest */
#define NO_COUNT_USEC   (2500 * USEC_PER_MSEC) /* a slow gap takes 1.4 s */
#define RETRY_USEC      USEC_PER_SEC
#define CAP_HOLE_USEC   (400 * USEC_PER_MSEC)
#define CAP_EXTRA_USEC  (3 * USEC_PER_SEC)
#define CORRECTIONS_MAX 2

enum phase {
    PHASE_REST,
    PHASE_DRIVE,
    PHASE_SETTLE, /* the motor is off, edges still count in its direction */
    PHASE_PAUSE,  /* there is more to do, but the motor may not run yet */
    PHASE_HAND,   /* a hand turns the ear */
};

enum job { JOB_GO, JOB_HOME, JOB_READ };

struct goal {
    bool pending;
    int position;
    enum ear_way way;
};

struct run {
    int direction; /* 0: nothing to do */
    int steps;
};

struct ear {
    const struct ear_listener *listener;
    void *userdata;

    struct ear_encoder encoder;
    struct ear_wheel wheel;
    struct ear_motor motor;

    /* Where the ear is. */
    int position;
    int side;       /* of the hole at `position`: -1, 1, or 0 in it */
    unsigned stray; /* counts while the motor was off */
    bool disturbed; /* moved without the motor: the position is a guess */
    bool doubt;     /* at rest: was that a hand, or did the ear creep? */

    /* What the ear is about. */
    enum phase phase;
    enum job job;
    int job_direction; /* of JOB_HOME and JOB_READ */
    struct goal goal;
    int steps_left; /* of the last run; below zero: so many holes too far */
    unsigned corrections;
    bool retried;
    bool broken;
    bool read; /* tell that the position was read after a hand moved the ear */

    /* When the phase is over; while driving, when the motor has to stop at the latest, for either
     * reason. */
    uint64_t until_usec;
    uint64_t no_count_usec;

    uint64_t hand_usec; /* since when it turns the ear */
};

static bool is_known(const struct ear *ear)
{
    return ear->position >= 0 && !ear->disturbed;
}

/* ---- the motor ---- */

static void motor_off(struct ear *ear, uint64_t now_usec)
{
    if (!ear->motor.drive)
        return;
    ear_motor_stop(&ear->motor, now_usec);
    ear->listener->on_motor(0, ear->userdata);
}

static void stop_motor(struct ear *ear, enum phase phase, uint64_t now_usec)
{
    motor_off(ear, now_usec);
    ear->phase = phase;
    ear->until_usec = now_usec + (phase == PHASE_PAUSE ? RETRY_USEC : SETTLE_USEC);
}

/* What a slow ear takes for it. */
static uint64_t run_usec(struct run run)
{
    return (uint64_t)run.steps * CAP_HOLE_USEC;
}

/* Sets the motor going, or lets it go on: new goals do not make a run longer than its limit. */
static void start_run(struct ear *ear, struct run run, uint64_t now_usec)
{
    ear->steps_left = run.steps;
    ear->stray = 0;
    ear->doubt = false;
    ear->phase = PHASE_DRIVE;
    if (!ear->motor.drive) {
        ear_motor_start(&ear->motor, run.direction, now_usec);
        ear_wheel_start(&ear->wheel);
        ear->no_count_usec = now_usec + NO_COUNT_USEC;
        ear->listener->on_motor(run.direction, ear->userdata);
    }
    ear->until_usec =
        usec_earlier(now_usec + run_usec(run) + CAP_EXTRA_USEC, ear->motor.limit_usec);
}

/* ---- planning ---- */

/* The way from here to the goal: floor division makes backward targets below zero come out as
 * protocol.md has them. */
static struct run plan_goal(const struct ear *ear)
{
    int target = ear_wheel_hole(ear->goal.position);
    int turns = (ear->goal.position - target) / EAR_POSITIONS;
    int forward = ear_wheel_hole(target - ear->position);
    int backward = ear_wheel_hole(ear->position - target);
    bool up =
        ear->goal.way == EAR_FORWARD || (ear->goal.way == EAR_SHORTEST && forward <= backward);

    if (turns < 0)
        turns = up ? 0 : -turns - 1;
    int steps = (up ? forward : backward) + turns * EAR_POSITIONS;
    return (struct run){.direction = steps == 0 ? 0 : up ? 1 : -1, .steps = steps};
}

/* The last run overshot, or was cut short by its limit. */
static bool is_unfinished(const struct ear *ear)
{
    return ear->steps_left > 0 || (ear->steps_left < 0 && ear->corrections < CORRECTIONS_MAX);
}

/* Homing may take two turns: the window of 17 intervals slides until a disturbance has left it. */
static struct run next_run(const struct ear *ear)
{
    if (ear->job == JOB_HOME)
        return (struct run){.direction = ear->job_direction, .steps = 2 * EAR_POSITIONS};
    if (ear->job == JOB_READ)
        return (struct run){.direction = ear->job_direction, .steps = EAR_POSITIONS};
    if (ear->goal.pending)
        return plan_goal(ear);
    if (!is_unfinished(ear))
        return (struct run){0};
    return ear->steps_left > 0
               ? (struct run){.direction = ear->motor.direction, .steps = ear->steps_left}
               : (struct run){.direction = -ear->motor.direction, .steps = -ear->steps_left};
}

static void start_job(struct ear *ear, enum job job, int direction)
{
    ear->job = job;
    ear->job_direction = direction;
    ear->position = -1;
    ear->disturbed = false;
    ear->side = 0;
}

static void rest(struct ear *ear)
{
    bool read = ear->read;

    ear->phase = PHASE_REST;
    ear->job = JOB_GO;
    ear->steps_left = 0;
    ear->read = false;
    ear->listener->on_rest(read, ear->userdata);
}

/* Left alone until it is homed. */
static void break_down(struct ear *ear, uint64_t now_usec)
{
    motor_off(ear, now_usec);
    ear->broken = true;
    ear->position = -1;
    ear->disturbed = ear->doubt = false;
    ear->goal.pending = false;
    ear->read = false;
    rest(ear);
}

/* The plan is carried out now: what it was made from is done with. */
static void take_goal(struct ear *ear)
{
    if (ear->goal.pending) {
        ear->corrections = 0;
        ear->read = false;
    } else if (ear->steps_left < 0) {
        ear->corrections++;
    }
    ear->goal.pending = false;
}

/* An ear that no longer knows where it is cannot go anywhere: the whole goal then comes after
 * homing. */
static void doubt_goal(struct ear *ear)
{
    if (ear->job != JOB_GO || is_known(ear) || !(ear->goal.pending || is_unfinished(ear)))
        return;
    ear->goal.pending = true;
    start_job(ear, JOB_HOME, 1);
}

/* The motor is off, or runs where the next run goes as well: begins what is to be done next, if
 * anything, as soon as the motor may. */
static void proceed(struct ear *ear, uint64_t now_usec)
{
    doubt_goal(ear);

    struct run run = next_run(ear);
    if (run.direction == 0) {
        ear->goal.pending = false;
        rest(ear);
        return;
    }
    ear->until_usec = ear->motor.drive
                          ? now_usec
                          : ear_motor_when(&ear->motor, run.direction, run_usec(run), now_usec);
    if (ear->until_usec > now_usec) {
        ear->phase = PHASE_PAUSE;
        return;
    }
    if (ear->job == JOB_GO)
        take_goal(ear);
    start_run(ear, run, now_usec);
}

/* Turns a moving ear whose position is known to its goal: without a stop if that lies ahead. */
static void pursue_goal(struct ear *ear, uint64_t now_usec)
{
    ear->job = JOB_GO;
    ear->steps_left = 0;
    ear->corrections = 0;
    if (plan_goal(ear).direction == ear->motor.drive) {
        proceed(ear, now_usec);
        return;
    }
    if (plan_goal(ear).direction == 0)
        ear->goal.pending = false;
    stop_motor(ear, PHASE_SETTLE, now_usec);
}

/* ---- homing and reading ---- */

/* By the counts of this run alone, whatever moved the ear before it. */
static void find(struct ear *ear, int position)
{
    ear->position = position;
    ear->disturbed = ear->retried = false;
}

static void home_count(struct ear *ear, uint64_t now_usec)
{
    int position = ear_wheel_home(&ear->wheel, ear->motor.drive);
    if (position < 0)
        return;

    find(ear, position);
    if (!ear->goal.pending)
        ear->goal = (struct goal){.pending = true,
                                  .way = ear->motor.drive > 0 ? EAR_FORWARD : EAR_BACKWARD};
    pursue_goal(ear, now_usec);
}

/* A count while reading: 17 of them end in the hole where the hand left the ear. */
static void read_count(struct ear *ear, uint64_t now_usec)
{
    if (ear->steps_left > 0)
        return;

    stop_motor(ear, PHASE_SETTLE, now_usec);
    int position = ear_wheel_read(&ear->wheel);
    if (position < 0) {
        start_job(ear, JOB_HOME, 1);
        return;
    }
    find(ear, position);
    if (!ear->goal.pending)
        ear->goal = (struct goal){.position = position};
    ear->job = JOB_GO;
    ear->steps_left = 0;
    ear->corrections = 0;
    ear->read = true;
}

/* ---- edges ---- */

/* The motor turned the ear, or it rolls out: the direction of the edge is known. */
static bool edge_is_ours(const struct ear *ear)
{
    return ear->motor.drive != 0 || ear->phase == PHASE_SETTLE;
}

/* An edge that no motor made. At rest it takes a while to see what it was. */
static void disturb(struct ear *ear, uint64_t usec)
{
    ear->disturbed = true;
    if (ear->phase != PHASE_REST)
        return;
    ear->doubt = true;
    ear->until_usec = usec + HAND_REST_USEC;
}

/* What was to be done while a hand came between is done after the reading. */
static void notice_hand(struct ear *ear, uint64_t usec)
{
    if (++ear->stray <= HAND_COUNTS)
        return;
    ear->goal.pending = ear->goal.pending || (ear->job == JOB_GO && is_unfinished(ear));
    ear->doubt = false;
    ear->phase = PHASE_HAND;
    ear->position = -1;
    ear->hand_usec = usec;
    ear->until_usec = usec + HAND_REST_USEC;
}

/* Books a count in the direction of the motor, unless it is the hole that the ear already stood
 * beside. */
static void book_count(struct ear *ear)
{
    bool same = ear->side == -ear->motor.direction;

    ear->side = 0;
    if (same)
        return;
    if (ear->position >= 0)
        ear->position = ear_wheel_hole(ear->position + ear->motor.direction);
    ear->steps_left--;
}

static void count(struct ear *ear, uint64_t usec, uint64_t now_usec)
{
    if (edge_is_ours(ear))
        book_count(ear);
    else
        disturb(ear, usec);

    if (ear->phase == PHASE_REST || ear->phase == PHASE_PAUSE)
        notice_hand(ear, usec);
    if (ear->phase != PHASE_DRIVE)
        return;

    ear->no_count_usec = usec + NO_COUNT_USEC;
    ear_wheel_count(&ear->wheel, usec);
    if (ear->job == JOB_HOME)
        home_count(ear, now_usec);
    else if (ear->job == JOB_READ)
        read_count(ear, now_usec);
    else if (ear->steps_left <= 0)
        stop_motor(ear, PHASE_SETTLE, now_usec);
}

/* The line was dark too shortly: chatter, the ear is in the hole it seemed to leave. */
static void undo_rise(struct ear *ear)
{
    if (edge_is_ours(ear))
        ear->side = 0;
    else if (ear->stray == 0)
        ear->disturbed = ear->doubt = false;
}

static void rise(struct ear *ear, uint64_t usec)
{
    if (edge_is_ours(ear))
        ear->side = ear->motor.direction;
    else
        disturb(ear, usec);
}

void ear_edge(struct ear *ear, bool level, uint64_t usec, uint64_t now_usec)
{
    enum ear_edge edge = ear_encoder_edge(&ear->encoder, level, usec);

    if (ear->broken || edge == EAR_EDGE_NONE)
        return;
    if (ear->phase == PHASE_HAND && usec - ear->hand_usec > HAND_MAX_USEC)
        edge = EAR_EDGE_BAD;
    if (ear->phase == PHASE_HAND)
        ear->until_usec = usec + HAND_REST_USEC;

    if (edge == EAR_EDGE_BAD)
        break_down(ear, now_usec);
    else if (edge == EAR_EDGE_RISE)
        rise(ear, usec);
    else if (edge == EAR_EDGE_COUNT)
        count(ear, usec, now_usec);
    else
        undo_rise(ear);
}

/* ---- time ---- */

/* It does not turn, or we do not see it turn. A hand may hold it: one try the other way, then it is
 * left alone. */
static void give_up_run(struct ear *ear, uint64_t now_usec)
{
    int direction = -ear->motor.drive;

    if (ear->retried) {
        break_down(ear, now_usec);
        return;
    }
    stop_motor(ear, PHASE_PAUSE, now_usec);
    ear->goal.pending = ear->goal.pending || ear->job == JOB_GO;
    start_job(ear, JOB_HOME, direction);
    ear->read = false;
    ear->retried = true;
}

/* The counts of a move were good, so the ear still knows where it is. A move cut short by the limit
 * of the motor goes on later, one that took longer than it can take does not. */
static void end_run(struct ear *ear, uint64_t now_usec)
{
    if (ear->job != JOB_GO) {
        give_up_run(ear, now_usec);
        return;
    }
    if (now_usec < ear->motor.limit_usec)
        ear->steps_left = 0;
    stop_motor(ear, PHASE_SETTLE, now_usec);
}

/* No hand came after it: the ear left its place by itself. */
static void end_doubt(struct ear *ear)
{
    bool strayed = ear->position >= 0;

    ear->doubt = ear->disturbed = false;
    ear->position = -1;
    ear->stray = 0;
    if (strayed && ear->listener->on_stray)
        ear->listener->on_stray(ear->userdata);
}

/* The hand let go: the ear reads where it is, unless it is to be homed anyway. */
static void end_hand(struct ear *ear, uint64_t now_usec)
{
    if (ear->job == JOB_GO)
        start_job(ear, ear_wheel_is_learnt(&ear->wheel) ? JOB_READ : JOB_HOME, 1);
    proceed(ear, now_usec);
}

uint64_t ear_deadline(const struct ear *ear)
{
    if (ear->phase == PHASE_REST)
        return ear->doubt ? ear->until_usec : USEC_NEVER;
    if (ear->phase == PHASE_DRIVE)
        return usec_earlier(ear->no_count_usec, ear->until_usec);
    return ear->until_usec;
}

void ear_tick(struct ear *ear, uint64_t now_usec)
{
    if (now_usec < ear_deadline(ear))
        return;

    if (ear->phase == PHASE_REST)
        end_doubt(ear);
    else if (ear->phase == PHASE_HAND)
        end_hand(ear, now_usec);
    else if (ear->phase != PHASE_DRIVE)
        proceed(ear, now_usec);
    else if (now_usec >= ear->no_count_usec)
        give_up_run(ear, now_usec);
    else
        end_run(ear, now_usec);
}

/* ---- commands ---- */

int ear_go(struct ear *ear, int position, enum ear_way way, uint64_t now_usec)
{
    if (position >= EAR_TARGETS || position <= -EAR_TARGETS)
        return -ERANGE;
    if (ear->broken)
        return -EIO;

    ear->goal = (struct goal){.pending = true, .position = position, .way = way};
    if (ear->phase == PHASE_REST)
        proceed(ear, now_usec);
    else if (ear->phase == PHASE_DRIVE && ear->job == JOB_GO)
        pursue_goal(ear, now_usec);
    return 0;
}

/* Jobs begin from rest, so that they have a whole run before them. */
static void command_job(struct ear *ear, enum job job, uint64_t now_usec)
{
    start_job(ear, job, 1);
    ear->read = false;
    ear->retried = false;
    if (ear->phase == PHASE_DRIVE)
        stop_motor(ear, PHASE_SETTLE, now_usec);
    else if (ear->phase == PHASE_REST || ear->phase == PHASE_HAND)
        proceed(ear, now_usec);
}

void ear_home(struct ear *ear, uint64_t now_usec)
{
    bool under_way = ear->job == JOB_HOME && ear->phase == PHASE_DRIVE;

    ear->broken = false;
    ear->encoder.bursts = 0;
    ear->goal.pending = false;
    if (!under_way)
        command_job(ear, JOB_HOME, now_usec);
}

void ear_read(struct ear *ear, uint64_t now_usec)
{
    if (!ear->broken && !ear_busy(ear))
        command_job(ear, ear_wheel_is_learnt(&ear->wheel) ? JOB_READ : JOB_HOME, now_usec);
}

void ear_stop(struct ear *ear, uint64_t now_usec)
{
    ear->goal.pending = false;
    ear->job = JOB_GO;
    ear->steps_left = 0;
    ear->corrections = CORRECTIONS_MAX; /* it stays wherever it rolls out to */
    ear->read = false;
    if (ear->phase == PHASE_DRIVE)
        stop_motor(ear, PHASE_SETTLE, now_usec);
    else if (ear->phase == PHASE_PAUSE || ear->phase == PHASE_HAND)
        rest(ear);
}

/* ---- what is seen from outside ---- */

enum ear_state ear_state(const struct ear *ear)
{
    if (ear->broken)
        return EAR_BROKEN;
    if (ear->phase == PHASE_REST)
        return is_known(ear) ? EAR_RESTING : EAR_UNKNOWN;
    if (ear->job != JOB_GO)
        return EAR_HOMING;
    if (ear->phase == PHASE_HAND)
        return ear->goal.pending ? EAR_HOMING : EAR_UNKNOWN;
    return EAR_MOVING;
}

int ear_position(const struct ear *ear)
{
    return is_known(ear) ? ear->position : -1;
}

bool ear_busy(const struct ear *ear)
{
    return ear->phase != PHASE_REST;
}

void ear_seize(struct ear *ear, uint64_t usec)
{
    ear_motor_seize(&ear->motor, usec);
}

bool ear_in_hand(const struct ear *ear)
{
    return ear_busy(ear) && (ear->phase == PHASE_HAND || ear->job == JOB_READ);
}

int ear_new(struct ear **ret, bool level, const struct ear_listener *listener, void *userdata)
{
    struct ear *ear = calloc(1, sizeof(*ear));
    if (!ear)
        return -ENOMEM;

    ear->listener = listener;
    ear->userdata = userdata;
    ear->encoder.level = level;
    ear->position = -1;
    *ret = ear;
    return 0;
}

struct ear *ear_free(struct ear *ear)
{
    if (ear && ear->motor.drive)
        ear->listener->on_motor(0, ear->userdata);
    free(ear);
    return NULL;
}
