#include "body/ear-model.h"

#include <errno.h>
#include <math.h>

#define HOLES         17
#define PITCH         18.0
#define HOLE_WIDTH    6.3
#define LAST_BEFORE   13 /* the hole before the gap … */
#define MISSING       3  /* … and how many pitches of it have none */
#define SPEED         90.0
#define RIPPLE        0.08
#define STICKS_BELOW  4.0
#define SPIN_UP_USEC  60e3
#define BRAKE_USEC    25e3
#define COAST_USEC    150e3
#define HAND_SPEED    120.0
#define STEP_USEC     (4 * USEC_PER_MSEC)
#define HORIZON_STEPS 250

/*
 * The wheel is cut into zones: an even one is a hole, the odd one after it the dark up to the next.
 * Keeping the zone beside the angle makes an ear that rests exactly on an edge unambiguous.
 */
struct ear_model {
    struct ear_model_traits traits;
    uint64_t usec;
    double angle; /* both count whole turns as well */
    int zone;
    double lower, upper; /* its edges */
    double speed;
    int drive;
    unsigned hole;
    enum ear_fault fault;
    bool hand;
    double hand_angle; /* where the hand is taking the ear */
    int hand_hole;     /* that hole, whole turns included */
};

static int floor_div(int a, int b)
{
    return a / b - (a % b < 0);
}

/* Holes are counted on through whole turns; this is the one on the wheel. */
static unsigned wheel_hole(int hole)
{
    return (unsigned)(hole - floor_div(hole, HOLES) * HOLES);
}

static double hole_center(int hole)
{
    unsigned index = wheel_hole(hole);
    return 360.0 * floor_div(hole, HOLES) + PITCH * (index > LAST_BEFORE ? index + MISSING : index);
}

static double zone_upper_edge(int zone)
{
    int hole = floor_div(zone, 2);
    return zone == 2 * hole ? hole_center(hole) + HOLE_WIDTH / 2
                            : hole_center(hole + 1) - HOLE_WIDTH / 2;
}

static void enter_zone(struct ear_model *model, int zone)
{
    model->zone = zone;
    model->lower = zone_upper_edge(zone - 1);
    model->upper = zone_upper_edge(zone);
}

/* splitmix64: one well mixed number from any seed, however regular. */
static double unit_from_seed(uint64_t seed)
{
    uint64_t z = seed + UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

int ear_model_new(struct ear_model **ret, uint64_t seed, const struct ear_model_traits *traits,
                  uint64_t now_usec)
{
    struct ear_model *model = calloc(1, sizeof(*model));
    if (!model)
        return -ENOMEM;

    model->traits = traits ? *traits : (struct ear_model_traits){.speed = SPEED};
    model->usec = now_usec;
    model->angle = 360.0 * unit_from_seed(seed);
    enter_zone(model, 0);
    while (model->angle >= model->upper)
        enter_zone(model, model->zone + 1);
    model->hole = wheel_hole(model->zone / 2);
    *ret = model;
    return 0;
}

struct ear_model *ear_model_free(struct ear_model *model)
{
    free(model);
    return NULL;
}

static bool in_hole(const struct ear_model *model)
{
    return model->zone % 2 == 0;
}

bool ear_model_level(const struct ear_model *model)
{
    return model->fault == EAR_FAULT_ENCODER || !in_hole(model);
}

static bool is_blocked(const struct ear_model *model)
{
    return model->fault == EAR_FAULT_STALL || model->fault == EAR_FAULT_BELT;
}

bool ear_model_at_rest(const struct ear_model *model)
{
    if (model->hand)
        return false;
    return model->speed == 0.0 && (model->drive == 0 || is_blocked(model));
}

/*
 * Two functions that libm has as well, good to a part in five hundred. Nothing else in this process
 * needs that library, which would hold more memory than all our own code.
 */

/* e to the power of -x, for x >= 0. */
static double decay(double x)
{
    double y = x / 8;
    double root = 1 / (1 + y * (1 + y / 2 * (1 + y / 3 * (1 + y / 4))));

    root *= root;
    root *= root;
    return root * root;
}

/* The sine of an angle in degrees, by Bhaskara's formula. */
static double sine(double degrees)
{
    double turned = degrees - 360.0 * (double)(long)(degrees / 360.0);
    double half = fabs(turned) > 180 ? fabs(turned) - 180 : fabs(turned);
    double value = 4 * half * (180 - half) / (40500 - half * (180 - half));

    return (turned < 0) == (fabs(turned) > 180) ? value : -value;
}

/* The speed after `usec`: it approaches what the motor wants, the quicker the harder it is held. */
static double speed_after(const struct ear_model *model, double usec)
{
    if (is_blocked(model))
        return 0.0;

    double wanted = model->drive * model->traits.speed * (1 + RIPPLE * sine(model->angle));
    double constant = model->drive ? SPIN_UP_USEC : model->traits.coasts ? COAST_USEC : BRAKE_USEC;
    double speed = wanted + (model->speed - wanted) * decay(usec / constant);
    return model->drive == 0 && fabs(speed) < STICKS_BELOW ? 0.0 : speed;
}

/* The angle after `usec` of a hand's or the motor's work; *ret_speed is what the ear has then. */
static double angle_after(const struct ear_model *model, double usec, double *ret_speed)
{
    if (!model->hand) {
        *ret_speed = speed_after(model, usec);
        return model->angle + (model->speed + *ret_speed) / 2 * usec / 1e6;
    }

    *ret_speed = 0.0;
    double left = model->hand_angle - model->angle, reach = HAND_SPEED * usec / 1e6;
    return fabs(left) <= reach ? model->hand_angle : model->angle + copysign(reach, left);
}

static void pass_edge(struct ear_model *model, bool up)
{
    model->angle = up ? model->upper : model->lower;
    enter_zone(model, model->zone + (up ? 1 : -1));
    if (in_hole(model))
        model->hole = wheel_hole(floor_div(model->zone, 2));
}

/* The first µs of `usec` after which the ear is over the edge: the same however the steps before
 * are cut. */
static uint64_t crossing_usec(const struct ear_model *model, uint64_t usec, bool up)
{
    uint64_t before = 0, after = usec;
    double speed;

    while (after - before > 1) {
        uint64_t middle = (before + after) / 2;
        double angle = angle_after(model, (double)middle, &speed);
        if (up ? angle > model->upper : angle < model->lower)
            after = middle;
        else
            before = middle;
    }
    return after;
}

/* One step of at most STEP_USEC. Returns whether it ended early, at an edge. */
static bool step(struct ear_model *model, uint64_t usec)
{
    double speed, angle = angle_after(model, (double)usec, &speed);
    bool up = angle > model->upper, down = angle < model->lower;

    if (up || down) {
        usec = crossing_usec(model, usec, up);
        angle_after(model, (double)usec, &speed);
        pass_edge(model, up);
    } else {
        model->angle = angle;
        if (model->hand && angle == model->hand_angle)
            model->hand = false;
    }
    model->usec += usec;
    model->speed = speed;
    return up || down;
}

bool ear_model_advance(struct ear_model *model, uint64_t until_usec, struct ear_model_edge *ret)
{
    while (model->usec < until_usec && !ear_model_at_rest(model)) {
        uint64_t left = until_usec - model->usec;
        if (!step(model, left < STEP_USEC ? left : STEP_USEC))
            continue;
        *ret = (struct ear_model_edge){.usec = model->usec,
                                       .hole = model->hole,
                                       .level = ear_model_level(model),
                                       .silent = model->fault == EAR_FAULT_ENCODER};
        return true;
    }
    if (model->usec < until_usec)
        model->usec = until_usec;
    return false;
}

uint64_t ear_model_next_usec(const struct ear_model *model)
{
    struct ear_model future = *model;

    for (unsigned i = 0; i < HORIZON_STEPS && !ear_model_at_rest(&future); i++)
        if (step(&future, STEP_USEC))
            return future.usec;
    return ear_model_at_rest(model) ? USEC_NEVER : future.usec;
}

void ear_model_drive(struct ear_model *model, int direction)
{
    model->drive = direction;
    if (is_blocked(model))
        model->speed = 0.0;
}

void ear_model_set_coasting(struct ear_model *model, bool coasts)
{
    model->traits.coasts = coasts;
}

void ear_model_turn(struct ear_model *model, int holes)
{
    /* In the dark the last hole passed is the one before or the one behind. */
    int before = floor_div(model->zone, 2);
    int from = wheel_hole(before) == model->hole ? before : before + 1;

    if (model->hand)
        from = model->hand_hole;
    model->hand_hole = from + holes;
    model->hand_angle = hole_center(model->hand_hole);
    model->hand = true;
    model->speed = 0.0;
}

bool ear_model_set_fault(struct ear_model *model, enum ear_fault fault)
{
    bool level = ear_model_level(model);

    model->fault = fault;
    if (is_blocked(model))
        model->speed = 0.0;
    return ear_model_level(model) != level;
}

double ear_model_angle(const struct ear_model *model)
{
    double angle = model->angle - 360.0 * (double)(long)(model->angle / 360.0);

    return angle < 0 ? angle + 360.0 : angle;
}

unsigned ear_model_hole(const struct ear_model *model)
{
    return model->hole;
}
