#include "base/timing.h"

struct timing timing_default(void)
{
    return (struct timing){
        .resolve_usec = 30 * USEC_PER_SEC,
        .tcp_usec = 10 * USEC_PER_SEC,
        .tls_usec = 10 * USEC_PER_SEC,
        .sasl_usec = 10 * USEC_PER_SEC,
        .bind_usec = 10 * USEC_PER_SEC,
        .register_usec = 20 * USEC_PER_SEC,
        .violet_register_usec = 12 * USEC_PER_SEC,
        .ping_silence_usec = 60 * USEC_PER_SEC,
        .ping_answer_usec = 20 * USEC_PER_SEC,
        .report_pause_low_usec = 500 * USEC_PER_MSEC,
        .report_pause_high_usec = 3 * USEC_PER_SEC,
        .rejected_low_usec = 5 * USEC_PER_SEC,
        .rejected_high_usec = 34 * USEC_PER_SEC,
        .network_usec = 1 * USEC_PER_SEC,
        .backoff_max_usec = 15 * USEC_PER_MIN,
        .online_reset_usec = 60 * USEC_PER_SEC,
        .registrations = 4,
        .registration_window_usec = 60 * USEC_PER_MIN,
    };
}
