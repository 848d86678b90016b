#include "body/ear.h"

#include <errno.h>

#define DARK_MIN_USEC   (10 * USEC_PER_MSEC)   /* less is chatter: holes are 90 ms apart */
#define SETTLE_USEC     (600 * USEC_PER_MSEC)  /* a fast ear that coasts creeps for 520 ms */
#define HAND_COUNTS     2                      /* more of them at rest are a hand */
#define HAND_REST_USEC  (2 * USEC_PER_SEC)     /* it has let go */
#define NO_COUNT_USEC   (2500 * USEC_PER_MSEC) /* a slow gap takes 1.4 s */
#define RETRY_USEC      USEC_PER_SEC
#define CAP_HOLE_USEC   (400 * USEC_PER_MSEC)
#define CAP_EXTRA_USEC  (3 * USEC_PER_SEC)
#define CAP_MAX_USEC    (15 * USEC_PER_SEC)
#define CORRECTIONS_MAX 2
#define HOLE_AFTER_GAP  14
#define HOLE_BEFORE_GAP 13

enum phase {
    PHASE_REST,
    PHASE_DRIVE,
    PHASE_SETTLE, /* the motor is off, edges still count in its direction */
    PHASE_PAUSE,  /* before the retry of an ear that did not move */
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

    /* The encoder. */
    bool level;
    uint64_t dark_usec; /* since when, while the level is high */

    /* Where the ear is. */
    int position;
    int side;       /* of the hole at `position`: -1, 1, or 0 in it */
    unsigned stray; /* counts at rest */
    bool disturbed; /* moved without the motor: the position is a guess */

    /* What the motor does. */
    int drive;
    int direction; /* the last one driven */

    /* What the ear is about. */
    enum phase phase;
    enum job job;
    int job_direction; /* of JOB_HOME and JOB_READ */
    struct goal goal;
    int steps_left; /* below zero: so many holes too far */
    unsigned corrections;
    bool retried;
    bool broken;
    bool read; /* tell that the position was read after a hand moved the ear */

    /* When the phase is over; while driving, when the motor has to stop at the latest, for either
     * reason. */
    uint64_t until_usec;
    uint64_t no_count_usec;

    /* The last 17 intervals between counts of this run, oldest first. */
    unsigned counts;
    uint64_t counted_usec;
    uint64_t intervals[EAR_POSITIONS];
    uint64_t boundary_usec; /* longer is the gap; 0: not learnt yet */
};

static int wheel(int position)
{
    int rest = position % EAR_POSITIONS;
    return rest < 0 ? rest + EAR_POSITIONS : rest;
}

static bool is_known(const struct ear *ear)
{
    return ear->position >= 0 && !ear->disturbed;
}

/* ---- the motor ---- */

static void drive(struct ear *ear, int direction)
{
    if (ear->drive == direction)
        return;
    ear->drive = direction;
    if (direction)
        ear->direction = direction;
    ear->listener->on_motor(direction, ear->userdata);
}

static void stop_motor(struct ear *ear, enum phase phase, uint64_t now_usec)
{
    drive(ear, 0);
    ear->phase = phase;
    ear->until_usec = now_usec + (phase == PHASE_PAUSE ? RETRY_USEC : SETTLE_USEC);
}

/* Sets the motor going, or lets it go on, with both limits counted anew. */
static void start_run(struct ear *ear, struct run run, uint64_t now_usec)
{
    uint64_t cap = (uint64_t)run.steps * CAP_HOLE_USEC + CAP_EXTRA_USEC;

    ear->steps_left = run.steps;
    ear->stray = 0;
    ear->counts = 0;
    ear->phase = PHASE_DRIVE;
    ear->until_usec = now_usec + (cap < CAP_MAX_USEC ? cap : CAP_MAX_USEC);
    ear->no_count_usec = now_usec + NO_COUNT_USEC;
    drive(ear, run.direction);
}

/* ---- planning ---- */

/* The way from here to the goal: floor division makes backward targets below zero come out as
 * protocol.md has them. */
static struct run plan_goal(const struct ear *ear)
{
    int target = wheel(ear->goal.position);
    int turns = (ear->goal.position - target) / EAR_POSITIONS;
    int forward = wheel(target - ear->position), backward = wheel(ear->position - target);
    bool up =
        ear->goal.way == EAR_FORWARD || (ear->goal.way == EAR_SHORTEST && forward <= backward);

    if (turns < 0)
        turns = up ? 0 : -turns - 1;
    int steps = (up ? forward : backward) + turns * EAR_POSITIONS;
    return (struct run){.direction = steps == 0 ? 0 : up ? 1 : -1, .steps = steps};
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
    if (ear->steps_left < 0 && ear->corrections < CORRECTIONS_MAX)
        return (struct run){.direction = -ear->direction, .steps = -ear->steps_left};
    return (struct run){0};
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

/* The motor is off, or runs where the next run goes as well: begins what is to be done next, if
 * anything. */
static void proceed(struct ear *ear, uint64_t now_usec)
{
    if (ear->goal.pending && ear->job == JOB_GO && !is_known(ear))
        start_job(ear, JOB_HOME, 1);

    struct run run = next_run(ear);
    if (run.direction == 0) {
        ear->goal.pending = false;
        rest(ear);
        return;
    }
    if (ear->job == JOB_GO) {
        ear->corrections = ear->goal.pending ? 0 : ear->corrections + 1;
        ear->read = ear->read && !ear->goal.pending;
        ear->goal.pending = false;
    }
    start_run(ear, run, now_usec);
}

/* Turns a moving ear whose position is known to its goal: without a stop if that lies ahead. */
static void pursue_goal(struct ear *ear, uint64_t now_usec)
{
    ear->job = JOB_GO;
    ear->steps_left = 0;
    ear->corrections = 0;
    if (plan_goal(ear).direction == ear->drive) {
        proceed(ear, now_usec);
        return;
    }
    if (plan_goal(ear).direction == 0)
        ear->goal.pending = false;
    stop_motor(ear, PHASE_SETTLE, now_usec);
}

/* ---- homing and reading ---- */

static int compare_usec(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/*
 * Which of the 17 intervals of a whole turn is the gap, or -1 when that is not plain: a longest one
 * far beyond the others is a stall, and so is a second long one.
 */
static int find_gap(const uint64_t intervals[EAR_POSITIONS], uint64_t *ret_boundary)
{
    uint64_t sorted[EAR_POSITIONS];
    memcpy(sorted, intervals, sizeof(sorted));
    qsort(sorted, EAR_POSITIONS, sizeof(*sorted), compare_usec);

    uint64_t gap = sorted[EAR_POSITIONS - 1], normal = sorted[EAR_POSITIONS - 2];
    if (2 * gap < 3 * normal || gap > 5 * normal || normal > 2 * sorted[EAR_POSITIONS / 2])
        return -1;

    *ret_boundary = (gap + normal) / 2;
    for (int i = 0; i < EAR_POSITIONS; i++)
        if (intervals[i] == gap)
            return i;
    return -1;
}

static void keep_interval(struct ear *ear, uint64_t usec)
{
    if (ear->counts > EAR_POSITIONS) {
        memmove(ear->intervals, ear->intervals + 1, (EAR_POSITIONS - 1) * sizeof(*ear->intervals));
        ear->intervals[EAR_POSITIONS - 1] = usec - ear->counted_usec;
    } else if (ear->counts > 0) {
        ear->intervals[ear->counts - 1] = usec - ear->counted_usec;
    }
    ear->counts++;
    ear->counted_usec = usec;
}

/* A count while homing: with 18 of them a whole turn was seen, its gap included. */
static void home_count(struct ear *ear, uint64_t now_usec)
{
    if (ear->counts <= EAR_POSITIONS)
        return;
    int gap = find_gap(ear->intervals, &ear->boundary_usec);
    if (gap < 0)
        return;

    int since = EAR_POSITIONS - 1 - gap;
    ear->position = wheel(ear->drive > 0 ? HOLE_AFTER_GAP + since : HOLE_BEFORE_GAP - since);
    ear->retried = false;
    if (!ear->goal.pending)
        ear->goal =
            (struct goal){.pending = true, .way = ear->drive > 0 ? EAR_FORWARD : EAR_BACKWARD};
    pursue_goal(ear, now_usec);
}

/* The gap among the 16 intervals of 17 counts, 16 when it lies beyond the last one, -1 when it is
 * not plain. */
static int find_gap_read(const struct ear *ear)
{
    int gap = EAR_POSITIONS - 1;

    for (int i = 0; i < EAR_POSITIONS - 1; i++) {
        if (ear->intervals[i] <= ear->boundary_usec)
            continue;
        if (gap != EAR_POSITIONS - 1 || ear->intervals[i] > 2 * ear->boundary_usec)
            return -1;
        gap = i;
    }
    return gap;
}

/* A count while reading: 17 of them end in the hole where the hand left the ear. */
static void read_count(struct ear *ear, uint64_t now_usec)
{
    if (ear->counts < EAR_POSITIONS)
        return;

    int gap = find_gap_read(ear);
    if (gap < 0) {
        start_job(ear, JOB_HOME, ear->drive);
        proceed(ear, now_usec);
        return;
    }
    ear->position = wheel(HOLE_BEFORE_GAP - (gap + 1));
    if (!ear->goal.pending)
        ear->goal = (struct goal){.position = ear->position};
    ear->job = JOB_GO;
    ear->steps_left = 0;
    ear->corrections = 0;
    ear->read = true;
    stop_motor(ear, PHASE_SETTLE, now_usec);
}

/* ---- edges ---- */

/* The motor turned the ear, or it rolls out: the direction of the edge is known. */
static bool edge_is_ours(const struct ear *ear)
{
    return ear->drive != 0 || ear->phase == PHASE_SETTLE;
}

static void notice_hand(struct ear *ear, uint64_t usec)
{
    if (ear->broken || ++ear->stray <= HAND_COUNTS)
        return;
    ear->phase = PHASE_HAND;
    ear->position = -1;
    ear->until_usec = usec + HAND_REST_USEC;
}

/* Books a count in the direction of the motor, unless it is the hole that the ear already stood
 * beside. */
static void book_count(struct ear *ear)
{
    bool same = ear->side == -ear->direction;

    ear->side = 0;
    if (same)
        return;
    if (ear->position >= 0)
        ear->position = wheel(ear->position + ear->direction);
    ear->steps_left--;
}

static void count(struct ear *ear, uint64_t usec, uint64_t now_usec)
{
    if (edge_is_ours(ear))
        book_count(ear);
    else
        ear->disturbed = true;

    if (ear->phase == PHASE_REST)
        notice_hand(ear, usec);
    if (ear->phase != PHASE_DRIVE)
        return;

    ear->no_count_usec = usec + NO_COUNT_USEC;
    keep_interval(ear, usec);
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
        ear->disturbed = false;
}

static void rise(struct ear *ear, uint64_t usec)
{
    ear->dark_usec = usec;
    if (edge_is_ours(ear))
        ear->side = ear->direction;
    else
        ear->disturbed = true;
}

void ear_edge(struct ear *ear, bool level, uint64_t usec, uint64_t now_usec)
{
    if (level == ear->level)
        return;
    ear->level = level;

    if (ear->phase == PHASE_HAND)
        ear->until_usec = usec + HAND_REST_USEC;
    if (level)
        rise(ear, usec);
    else if (usec - ear->dark_usec >= DARK_MIN_USEC)
        count(ear, usec, now_usec);
    else
        undo_rise(ear);
}

/* ---- time ---- */

/* It does not turn, or we do not see it turn. A hand may hold it: one try the other way, then it is
 * left alone. */
static void give_up_run(struct ear *ear, uint64_t now_usec)
{
    int direction = -ear->drive;
    bool retry = !ear->retried;

    stop_motor(ear, PHASE_PAUSE, now_usec);
    ear->goal.pending = ear->goal.pending || ear->job == JOB_GO;
    start_job(ear, JOB_HOME, direction);
    ear->read = false;
    ear->retried = true;
    if (retry)
        return;
    ear->broken = true;
    ear->goal.pending = false;
    rest(ear);
}

/* A run longer than it can be. Its counts were good, so an ear that knew its position still does.
 */
static void cap_run(struct ear *ear, uint64_t now_usec)
{
    if (ear->job != JOB_GO) {
        give_up_run(ear, now_usec);
        return;
    }
    stop_motor(ear, PHASE_SETTLE, now_usec);
}

uint64_t ear_deadline(const struct ear *ear)
{
    if (ear->phase == PHASE_REST)
        return USEC_NEVER;
    if (ear->phase == PHASE_DRIVE && ear->no_count_usec < ear->until_usec)
        return ear->no_count_usec;
    return ear->until_usec;
}

void ear_tick(struct ear *ear, uint64_t now_usec)
{
    if (now_usec < ear_deadline(ear))
        return;
    if (ear->phase == PHASE_HAND)
        start_job(ear, ear->boundary_usec ? JOB_READ : JOB_HOME, 1);

    if (ear->phase != PHASE_DRIVE)
        proceed(ear, now_usec);
    else if (now_usec >= ear->no_count_usec)
        give_up_run(ear, now_usec);
    else
        cap_run(ear, now_usec);
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

/* Begins a job at once when the motor is off or turns its way, else after the stop. */
static void command_job(struct ear *ear, enum job job, uint64_t now_usec)
{
    start_job(ear, job, 1);
    ear->read = false;
    ear->retried = false;
    if (ear->phase == PHASE_DRIVE && ear->drive < 0)
        stop_motor(ear, PHASE_SETTLE, now_usec);
    else if (ear->phase != PHASE_SETTLE && ear->phase != PHASE_PAUSE)
        proceed(ear, now_usec);
}

void ear_home(struct ear *ear, uint64_t now_usec)
{
    bool under_way = ear->job == JOB_HOME && ear->phase == PHASE_DRIVE;

    ear->broken = false;
    ear->goal.pending = false;
    if (!under_way)
        command_job(ear, JOB_HOME, now_usec);
}

void ear_read(struct ear *ear, uint64_t now_usec)
{
    if (!ear->broken && !ear_busy(ear))
        command_job(ear, ear->boundary_usec ? JOB_READ : JOB_HOME, now_usec);
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
    if (ear->phase == PHASE_HAND)
        return ear->goal.pending ? EAR_HOMING : EAR_UNKNOWN;
    return ear->job == JOB_GO ? EAR_MOVING : EAR_HOMING;
}

int ear_position(const struct ear *ear)
{
    return is_known(ear) ? ear->position : -1;
}

bool ear_busy(const struct ear *ear)
{
    return ear->phase != PHASE_REST;
}

int ear_new(struct ear **ret, bool level, const struct ear_listener *listener, void *userdata)
{
    struct ear *ear = calloc(1, sizeof(*ear));
    if (!ear)
        return -ENOMEM;

    ear->listener = listener;
    ear->userdata = userdata;
    ear->level = level;
    ear->position = -1;
    *ret = ear;
    return 0;
}

struct ear *ear_free(struct ear *ear)
{
    if (ear)
        drive(ear, 0);
    free(ear);
    return NULL;
}
