/* The rig of tests that ask web-server.h: an event loop with HTTP on it. */
#ifndef NABAZTAGD_TESTS_WEB_CLIENT_H
#define NABAZTAGD_TESTS_WEB_CLIENT_H

#include "web-server.h"

#include "base/clock.h"
#include "web/http.h"

struct web {
    sd_event *event;
    struct http *http;
};

static inline void web_open(struct web *web)
{
    assert_true(sd_event_new(&web->event) >= 0);
    assert_int_equal(http_new(&web->http, web->event), 0);
}

static inline void web_close(struct web *web)
{
    http_free(web->http);
    sd_event_unref(web->event);
}

/* Runs the loop until this counter of answers is there; far beyond any time-out used in tests it
 * gives up. */
static inline void web_run_until(struct web *web, const unsigned *counter, unsigned answers)
{
    uint64_t end = clock_now_usec() + 40 * USEC_PER_SEC;

    while (*counter < answers && clock_now_usec() < end)
        assert_true(sd_event_run(web->event, 100 * USEC_PER_MSEC) >= 0);
    assert_int_equal(*counter, answers);
}

/* Whatever is ready or becomes so within the time. */
static inline void web_run_for(struct web *web, uint64_t usec)
{
    uint64_t end = clock_now_usec() + usec;

    while (clock_now_usec() < end)
        assert_true(sd_event_run(web->event, 10 * USEC_PER_MSEC) >= 0);
}

#endif
