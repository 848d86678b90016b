#include "xmpp/ping.h"

#include <errno.h>

#include "base/clock.h"
#include "base/log.h"
#include "xmpp/stanza.h"

#define TIMER_ACCURACY (100 * USEC_PER_MSEC)

enum state { STOPPED, LISTENING, ASKED };

struct ping {
    struct router *router;
    const struct timing *timing;
    void (*on_dead)(void *userdata);
    void *userdata;
    sd_event_source *timer;
    enum state state;
};

static int wait_in(struct ping *ping, enum state state, uint64_t usec)
{
    int r = sd_event_source_set_time(ping->timer, clock_now_usec() + usec);

    ping->state = state;
    return r < 0 ? r : sd_event_source_set_enabled(ping->timer, SD_EVENT_ONESHOT);
}

/* An error is as good as a result, and that nothing came our own timer knows. */
static void on_answer(xmpp_stanza_t *answer, void *userdata)
{
    if (answer)
        ping_heard(userdata);
}

static int ask(struct ping *ping)
{
    const char *account = router_bare_jid(ping->router);
    const char *at = account ? strchr(account, '@') : NULL;
    _cleanup_(stanza_releasep) xmpp_stanza_t *iq =
        xmpp_iq_new(router_context(ping->router), "get", NULL);

    if (!account)
        return -ENOTCONN;
    if (!iq || xmpp_stanza_set_to(iq, at ? at + 1 : account) != XMPP_EOK ||
        !stanza_add(iq, "ping", "urn:xmpp:ping"))
        return -ENOMEM;
    return router_request(ping->router, iq, ping->timing->ping_answer_usec, on_answer, ping);
}

/* A ping that cannot be sent is one that is not answered. */
static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct ping *ping = userdata;
    int r;

    if (ping->state == ASKED) {
        ping_stop(ping);
        ping->on_dead(ping->userdata);
        return 0;
    }
    r = ask(ping);
    if (r < 0)
        log_debug("The server could not be pinged: %s.", strerror(-r));
    return wait_in(ping, ASKED, ping->timing->ping_answer_usec);
}

int ping_start(struct ping *ping)
{
    ping_stop(ping);
    return wait_in(ping, LISTENING, ping->timing->ping_silence_usec);
}

void ping_stop(struct ping *ping)
{
    ping->state = STOPPED;
    sd_event_source_set_enabled(ping->timer, SD_EVENT_OFF);
    router_forget(ping->router, ping);
}

void ping_heard(struct ping *ping)
{
    if (ping->state != STOPPED)
        wait_in(ping, LISTENING, ping->timing->ping_silence_usec);
}

int ping_new(struct ping **ret, sd_event *event, struct router *router, const struct timing *timing,
             void (*on_dead)(void *userdata), void *userdata)
{
    struct ping *ping = calloc(1, sizeof(*ping));
    int r;

    if (!ping)
        return -ENOMEM;
    *ping =
        (struct ping){.router = router, .timing = timing, .on_dead = on_dead, .userdata = userdata};
    r = sd_event_add_time(event, &ping->timer, CLOCK_MONOTONIC, 0, TIMER_ACCURACY, on_timer, ping);
    if (r >= 0)
        r = sd_event_source_set_enabled(ping->timer, SD_EVENT_OFF);
    if (r < 0) {
        ping_free(ping);
        return r;
    }
    *ret = ping;
    return 0;
}

struct ping *ping_free(struct ping *ping)
{
    if (!ping)
        return NULL;
    router_forget(ping->router, ping);
    sd_event_source_disable_unref(ping->timer);
    free(ping);
    return NULL;
}
