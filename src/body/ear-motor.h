/*
 * What the motor of an ear may do (gpio.md, section 7.2): at most 15 s in one go, at most 30 s in
 * any 60, and not the other way within 100 ms. Accounting without clock or I/O; a part of struct
 * ear, which switches the motor and tells it here. Main thread.
 */
#ifndef NABAZTAGD_BODY_EAR_MOTOR_H
#define NABAZTAGD_BODY_EAR_MOTOR_H

#include "base/util.h"

#define EAR_RUN_MAX_USEC (15 * USEC_PER_SEC)
#define EAR_DUTY_USEC    (30 * USEC_PER_SEC)
#define EAR_WINDOW_USEC  (60 * USEC_PER_SEC)

/* At least so long is the pause after a run that is not already longer than that: it bounds how
 * many runs a window holds. */
#define EAR_PAUSE_USEC (600 * USEC_PER_MSEC)
#define EAR_RUNS_MAX   (EAR_WINDOW_USEC / EAR_PAUSE_USEC)

/* Starts as all zeros. */
struct ear_motor {
    int drive;           /* 1 forward, -1 backward, 0 off */
    int direction;       /* the last one driven; 0: not known */
    uint64_t limit_usec; /* while driving: it stops then whatever happens */

    uint64_t started_usec, stopped_usec;
    struct {
        uint64_t from_usec, to_usec;
    } runs[EAR_RUNS_MAX]; /* a ring */
    unsigned oldest;
};

/* Whoever had it until then may have driven it either way. */
void ear_motor_seize(struct ear_motor *motor, uint64_t usec);

void ear_motor_start(struct ear_motor *motor, int direction, uint64_t now_usec);
void ear_motor_stop(struct ear_motor *motor, uint64_t now_usec);

/* When a motor that is off may start a run of `need_usec`, of which EAR_RUN_MAX_USEC count:
 * `now_usec` if it may at once. */
uint64_t ear_motor_when(const struct ear_motor *motor, int direction, uint64_t need_usec,
                        uint64_t now_usec);

#endif
