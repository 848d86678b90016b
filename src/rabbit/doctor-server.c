/* Probes of the server itself: an attempt by the daemon's own link that ends before any password.
 */
#include <errno.h>
#include <systemd/sd-event.h>

#include "base/limits.h"
#include "rabbit/doctor-probes.h"
#include "xmpp/link.h"
#include "xmpp/sasl.h"
#include "xmpp/tls-versions.h"

struct attempt {
    struct doctor *doctor;
    sd_event *event;
};

static void on_stage(enum stage stage, void *userdata)
{
}

static void on_seen(const struct sight *sight, void *userdata)
{
    struct attempt *attempt = userdata;

    attempt->doctor->sight = *sight;
    offer_copy(&attempt->doctor->sight.offer, &sight->offer);
}

static void on_registered(void *userdata)
{
    struct attempt *attempt = userdata;

    attempt->doctor->registers = true;
    sd_event_exit(attempt->event, 0);
}

static void on_ended(const struct failure *failure, void *userdata)
{
    struct attempt *attempt = userdata;

    attempt->doctor->failure = *failure;
    sd_event_exit(attempt->event, 0);
}

static int make_attempt(struct doctor *doctor, sd_event *event)
{
    static const struct link_listener listener = {.on_stage = on_stage,
                                                  .on_seen = on_seen,
                                                  .on_registered = on_registered,
                                                  .on_ended = on_ended};
    const struct timing timing = timing_default();
    struct attempt attempt = {doctor, event};
    struct order order = doctor->order;
    struct link *link;
    int r = link_new(&link, event, &timing, &listener, &attempt);

    if (r < 0)
        return r;
    order.purpose = ORDER_PROBE;
    order.password = (char *)""; /* goes into a form that is not sent */
    order.password_is_fresh = !account_facts(doctor->account).configured;
    r = link_connect(link, &order);
    if (r == 0)
        r = sd_event_loop(event);
    doctor->stuck = !link_free(link);
    return r;
}

static void describe_certificate(const struct tls_sight *tls, char *ret, size_t size)
{
    *ret = '\0';
    if (*tls->fingerprint)
        snprintf(ret, size, "certificate for%s, from %s until %s, by %s, SHA-256 %s",
                 *tls->names ? tls->names : " nobody by DNS", tls->not_before, tls->not_after,
                 tls->issuer, tls->fingerprint);
}

/* One more connection to where the first one was made. */
static int dial(void *userdata)
{
    const struct doctor *doctor = userdata;

    return doctor_connect(doctor->address, doctor->port, timing_default().tls_usec);
}

/* "TLS 1.3, TLS 1.2" */
static void describe_versions(struct doctor *doctor, char *ret, size_t size)
{
    bool direct = doctor->order.tls == TLS_DIRECT;

    tls_versions(dial, doctor, doctor->order.domain, direct, ret, size);
}

static void tell_line(struct doctor *doctor, const char *certificate)
{
    char versions[64];

    if (!doctor->sight.secured && config_is_violet(doctor->config)) {
        doctor_tell(doctor, VERDICT_OK, NULL, NULL, "none, as the rabbits' own servers want it");
        return;
    }
    if (!doctor->sight.secured) {
        doctor_tell(doctor, VERDICT_WARNING, "tls-not-offered",
                    "set [tls] mode = required where the server can do it",
                    "the server speaks XMPP, without TLS: everybody on the way can read along");
        return;
    }
    describe_versions(doctor, versions, sizeof(versions));
    doctor_tell(doctor, VERDICT_OK, NULL, NULL, "%s, %s: %s", versions,
                doctor->order.fingerprint ? "pinned" : "trusted", certificate);
}

/* A server may be so old that OpenSSL wants nothing to do with it. */
static void tell_failed_handshake(struct doctor *doctor)
{
    char versions[64], more[96];

    describe_versions(doctor, versions, sizeof(versions));
    snprintf(more, sizeof(more), "it takes %s", *versions ? versions : "no version of TLS");
    doctor_tell_failure(doctor, VERDICT_FAILED, &doctor->failure, more);
}

bool doctor_probe_tls(struct doctor *doctor)
{
    sd_event *event = NULL;
    char certificate[896];
    int r = sd_event_new(&event);

    if (r >= 0)
        r = make_attempt(doctor, event);
    sd_event_unref(event);
    if (r < 0) {
        doctor_tell(doctor, VERDICT_FAILED, "protocol", "free some memory", "cannot try: %s",
                    strerror(-r));
        return false;
    }
    describe_certificate(&doctor->sight.tls, certificate, sizeof(certificate));
    if (doctor->sight.features)
        tell_line(doctor, certificate);
    else if (streq(doctor->failure.cause, "tls-failed"))
        tell_failed_handshake(doctor);
    else
        doctor_tell_failure(doctor, VERDICT_FAILED, &doctor->failure, certificate);
    return doctor->sight.features;
}

bool doctor_probe_mechanisms(struct doctor *doctor)
{
    const struct config *config = doctor->config;
    const struct offer *offer = &doctor->sight.offer;
    bool secured = doctor->sight.secured;
    const char *chosen =
        sasl_choose(config->sasl.mechanisms, offer->list, secured, config->sasl.plaintext);
    char text[LIMIT_FOREIGN_TEXT];
    struct failure failure;

    offer_describe(offer, text, sizeof(text));
    if (chosen) {
        doctor_tell(doctor, VERDICT_OK, NULL, NULL, "%s, of those offered: %s", chosen, text);
        return true;
    }
    failure_set(&failure, "no-mechanism", "offered%s: %s", secured ? "" : " without TLS", text);
    doctor_tell_failure(doctor, VERDICT_FAILED, &failure, "");
    return false;
}

/* With a password that works nobody needs it; without one nothing goes on. */
bool doctor_probe_registration(struct doctor *doctor)
{
    struct session_facts facts = account_facts(doctor->account);
    bool known = facts.configured || facts.stored || facts.pending || doctor->is_hidden;

    if (!facts.may_register)
        doctor_tell(doctor, VERDICT_SKIPPED, NULL, NULL, "register = no");
    else if (doctor->registers)
        doctor_tell(doctor, VERDICT_OK, NULL, NULL, "the server offers it to everybody");
    else
        doctor_tell_failure(doctor, known ? VERDICT_WARNING : VERDICT_FAILED, &doctor->failure, "");
    return doctor->registers;
}
