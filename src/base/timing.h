/*
 * Every duration and rate of the login story in one struct, injected from main, so that tests run
 * it on a virtual clock. All times in µs. Immutable once made.
 */
#ifndef NABAZTAGD_BASE_TIMING_H
#define NABAZTAGD_BASE_TIMING_H

#include "base/util.h"

struct timing {
    /* How long each stage of a connection may take. */
    uint64_t resolve_usec, tcp_usec, tls_usec, sasl_usec, bind_usec, register_usec;
    uint64_t violet_register_usec; /* in that dialect, as everything there */

    uint64_t ping_silence_usec; /* silence after which we ping */
    uint64_t ping_answer_usec;  /* how long the answer may take */

    uint64_t report_pause_low_usec,
        report_pause_high_usec; /* first rejection: report's answer → registration */
    uint64_t rejected_low_usec, rejected_high_usec; /* further rejections, doubling */
    uint64_t network_usec;                          /* network loss, doubling */
    uint64_t backoff_max_usec;                      /* where doubling ends */
    uint64_t online_reset_usec;                     /* so long online: back-offs start anew */

    unsigned registrations;            /* at most so many … */
    uint64_t registration_window_usec; /* … in this time */
};

/* The figures the documentation promises. */
struct timing timing_default(void);

#endif
