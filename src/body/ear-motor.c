#include "body/ear-motor.h"

#define BRAKE_USEC (100 * USEC_PER_MSEC)

/* Since when in the window that ends at `now_usec` the motor was on in this run; its end if it was
 * not. */
static uint64_t on_since(const struct ear_motor *motor, size_t run, uint64_t now_usec)
{
    uint64_t window = now_usec > EAR_WINDOW_USEC ? now_usec - EAR_WINDOW_USEC : 0;

    return usec_earlier(usec_later(motor->runs[run].from_usec, window), motor->runs[run].to_usec);
}

static uint64_t used(const struct ear_motor *motor, uint64_t now_usec)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < EAR_RUNS_MAX; i++)
        sum += motor->runs[i].to_usec - on_since(motor, i, now_usec);
    return sum;
}

/* When there is room for so much: the oldest runs leave the window first. */
static uint64_t room_when(const struct ear_motor *motor, uint64_t need_usec, uint64_t now_usec)
{
    uint64_t wanted = used(motor, now_usec) + need_usec;

    if (wanted <= EAR_DUTY_USEC)
        return now_usec;

    uint64_t excess = wanted - EAR_DUTY_USEC;
    for (size_t i = 0; i < EAR_RUNS_MAX; i++) {
        size_t run = (motor->oldest + i) % EAR_RUNS_MAX;
        uint64_t since = on_since(motor, run, now_usec), ran = motor->runs[run].to_usec - since;
        if (ran >= excess)
            return since + excess + EAR_WINDOW_USEC;
        excess -= ran;
    }
    return now_usec + EAR_WINDOW_USEC;
}

uint64_t ear_motor_when(const struct ear_motor *motor, int direction, uint64_t need_usec,
                        uint64_t now_usec)
{
    uint64_t braked = direction == motor->direction ? 0 : motor->stopped_usec + BRAKE_USEC;

    return usec_later(braked,
                      room_when(motor, usec_earlier(need_usec, EAR_RUN_MAX_USEC), now_usec));
}

void ear_motor_seize(struct ear_motor *motor, uint64_t usec)
{
    motor->direction = 0;
    motor->stopped_usec = usec;
}

void ear_motor_start(struct ear_motor *motor, int direction, uint64_t now_usec)
{
    uint64_t busy = used(motor, now_usec);
    uint64_t room = busy < EAR_DUTY_USEC ? EAR_DUTY_USEC - busy : 0;

    motor->drive = motor->direction = direction;
    motor->started_usec = now_usec;
    motor->limit_usec = now_usec + usec_earlier(EAR_RUN_MAX_USEC, room);
}

void ear_motor_stop(struct ear_motor *motor, uint64_t now_usec)
{
    motor->drive = 0;
    motor->stopped_usec = now_usec;
    motor->runs[motor->oldest].from_usec = motor->started_usec;
    motor->runs[motor->oldest].to_usec = now_usec;
    motor->oldest = (motor->oldest + 1) % EAR_RUNS_MAX;
}
