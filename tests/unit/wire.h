/*
 * A router with the test at the other end of its stream: what it sends is kept, what the test feeds
 * it comes from a context of its own, as from the link thread.
 */
#ifndef NABAZTAGD_TESTS_WIRE_H
#define NABAZTAGD_TESTS_WIRE_H

#include "helper.h"

#include "base/clock.h"
#include "xmpp/router.h"
#include "xmpp/stanza.h"

#define WIRE_JID "F81edfee27c1@Almacska/nabaztagd"
#define WIRE_MAX 64

struct wire {
    sd_event *event;
    xmpp_ctx_t *foreign;
    struct router *router;
    xmpp_stanza_t *sent[WIRE_MAX]; /* parsed back */
    size_t count;
    unsigned messages, presences;
    int send_result;
};

static const struct router_identity wire_identity = {
    .software = "nabaztagd", .version = "0.1.0", .name = "Nabaztag <&> \"x\""};

static inline int wire_on_send(const char *text, size_t size, void *userdata)
{
    struct wire *wire = userdata;

    if (wire->send_result < 0)
        return wire->send_result;
    assert_int_equal(strlen(text), size);
    assert_true(wire->count < WIRE_MAX);
    wire->sent[wire->count] = xmpp_stanza_new_from_string(wire->foreign, text);
    assert_non_null(wire->sent[wire->count++]);
    return 0;
}

static inline void wire_on_message(xmpp_stanza_t *message, void *userdata)
{
    ((struct wire *)userdata)->messages++;
}

static inline void wire_on_presence(xmpp_stanza_t *presence, void *userdata)
{
    ((struct wire *)userdata)->presences++;
}

static inline int wire_setup(void **state)
{
    static const struct router_listener listener = {wire_on_send, wire_on_message,
                                                    wire_on_presence};
    struct wire *wire = calloc(1, sizeof(*wire));

    assert_non_null(wire);
    assert_true(sd_event_new(&wire->event) >= 0);
    wire->foreign = xmpp_ctx_new(NULL, NULL);
    assert_non_null(wire->foreign);
    assert_int_equal(router_new(&wire->router, wire->event, &wire_identity, &listener, wire), 0);
    assert_int_equal(router_bind(wire->router, WIRE_JID), 0);
    *state = wire;
    return 0;
}

static inline void wire_forget_sent(struct wire *wire)
{
    while (wire->count > 0)
        xmpp_stanza_release(wire->sent[--wire->count]);
}

static inline int wire_teardown(void **state)
{
    struct wire *wire = *state;

    router_free(wire->router);
    wire_forget_sent(wire);
    xmpp_ctx_free(wire->foreign);
    sd_event_unref(wire->event);
    free(wire);
    return 0;
}

static inline void wire_feed(struct wire *wire, const char *text)
{
    xmpp_stanza_t *stanza = xmpp_stanza_new_from_string(wire->foreign, text);

    assert_non_null(stanza);
    router_dispatch(wire->router, stanza);
    xmpp_stanza_release(stanza);
}

/* Feeds a request and gives the one stanza that answers it. */
static inline xmpp_stanza_t *wire_ask(struct wire *wire, const char *text)
{
    wire_forget_sent(wire);
    wire_feed(wire, text);
    assert_int_equal(wire->count, 1);
    return wire->sent[0];
}

/* Is `stanza` an error of that type and condition, addressed so? */
static inline void expect_error(xmpp_stanza_t *stanza, const char *id, const char *to,
                                const char *type, const char *condition)
{
    assert_string_equal(xmpp_stanza_get_name(stanza), "iq");
    assert_string_equal(xmpp_stanza_get_type(stanza), "error");
    assert_string_equal(xmpp_stanza_get_id(stanza), id);
    assert_true(streq_ptr(xmpp_stanza_get_to(stanza), to));
    assert_true(streq_ptr(stanza_error_type(stanza), type));
    assert_true(streq_ptr(stanza_error_condition(stanza), condition));
    xmpp_stanza_t *error = xmpp_stanza_get_child_by_name(stanza, "error");
    assert_non_null(xmpp_stanza_get_child_by_name_and_ns(error, condition,
                                                         "urn:ietf:params:xml:ns:xmpp-stanzas"));
}

static inline void wire_run_for(struct wire *wire, uint64_t usec)
{
    uint64_t end = clock_now_usec() + usec, now;

    while ((now = clock_now_usec()) < end)
        assert_true(sd_event_run(wire->event, end - now) >= 0);
}

#endif
