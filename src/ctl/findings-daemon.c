/* What the daemon tells of itself. */
#include <errno.h>
#include <inttypes.h>

#include "ctl/findings.h"

/* The rabbit's properties, of which there is one reply. */
struct told {
    int online;
    const char *status, *jid, *version, *cause, *text, *body_cause, *body_text;
    const char *left, *right; /* states of the ears */
};

static const struct member {
    const char *name, *type;
    size_t places[2];
} members[] = {
    {"Online", "b", {offsetof(struct told, online)}},
    {"Status", "s", {offsetof(struct told, status)}},
    {"Jid", "s", {offsetof(struct told, jid)}},
    {"Version", "s", {offsetof(struct told, version)}},
    {"LastFailure", "(sst)", {offsetof(struct told, cause), offsetof(struct told, text)}},
    {"BodyFault", "(ss)", {offsetof(struct told, body_cause), offsetof(struct told, body_text)}},
    {"EarStates", "(ss)", {offsetof(struct told, left), offsetof(struct told, right)}},
};

static int read_member(sd_bus_message *message, const struct member *member, struct told *told)
{
    void *first = (char *)told + member->places[0], *second = (char *)told + member->places[1];
    uint64_t usec;
    int r = sd_bus_message_enter_container(message, 'v', member->type);

    if (r >= 0 && streq(member->type, "(sst)"))
        r = sd_bus_message_read(message, member->type, first, second, &usec);
    else if (r >= 0)
        r = sd_bus_message_read(message, member->type, first, second);
    return r < 0 ? r : sd_bus_message_exit_container(message);
}

/* Texts stay the message's. */
static int read_property(sd_bus_message *message, const char *name, void *userdata)
{
    for (size_t i = 0; i < ARRAY_SIZE(members); i++)
        if (streq(members[i].name, name))
            return read_member(message, &members[i], userdata);
    return 0;
}

static void tell_version(struct findings *findings, const struct told *told)
{
    bool same = streq(told->version, NABAZTAGD_VERSION);
    char remedy[sizeof(findings->unit) + 32];

    snprintf(remedy, sizeof(remedy), "systemctl restart %s", findings->unit);
    findings_add(findings, "daemon", same ? VERDICT_OK : VERDICT_WARNING,
                 same ? NULL : "other-version", same ? NULL : remedy, "version %s is on the bus",
                 told->version);
}

/* The text of a failure closes with its remedy. */
static void tell_login(struct findings *findings, const struct told *told)
{
    if (told->online)
        findings_add(findings, "login", VERDICT_OK, NULL, NULL, "%s is online", told->jid);
    else if (!*told->jid)
        findings_add(findings, "login", VERDICT_FAILED, "not-configured", NULL, "%s", told->status);
    else if (*told->cause)
        findings_add(findings, "login", VERDICT_FAILED, told->cause, NULL, "%s", told->text);
    else
        findings_add(findings, "login", VERDICT_WARNING, NULL, "ask again in a moment",
                     "not online yet: %s", told->status);
}

static bool is_about_password(const char *cause)
{
    return streq(cause, "rejected") || streq(cause, "register-conflict") ||
           streq(cause, "sasl-credentials-expired");
}

static void tell_credentials(struct findings *findings, const struct told *told)
{
    if (told->online)
        findings_add(findings, "credentials", VERDICT_OK, NULL, NULL, "the server accepts them");
    else if (is_about_password(told->cause))
        findings_add(findings, "credentials", VERDICT_FAILED, told->cause,
                     "name the account's password in [account] password-file, or delete the "
                     "account on the server and let the rabbit register it",
                     "the server does not accept them");
    else
        findings_add(findings, "credentials", VERDICT_SKIPPED, NULL, NULL,
                     "the server has not said yet whether it takes them");
}

static void tell_body(struct findings *findings, const struct told *told)
{
    bool left = streq(told->left, "broken"), right = streq(told->right, "broken");

    if (*told->body_cause)
        findings_add(findings, "body", VERDICT_FAILED, told->body_cause, NULL, "%s",
                     told->body_text);
    else if (left || right)
        findings_add(findings, "body", VERDICT_FAILED, "ear-broken",
                     "see that nothing holds it, then nabaztagctl home", "%s does not turn",
                     left && right ? "no ear"
                     : left        ? "the left ear"
                                   : "the right ear");
    else
        findings_add(findings, "body", VERDICT_OK, NULL, NULL, "its ears and LEDs work");
}

static int ask(struct findings *findings, sd_bus_message **ret, sd_bus_error *error)
{
    struct ctl *ctl = findings->ctl;

    return sd_bus_call_method(ctl->bus, ctl->name, BUS_PATH, "org.freedesktop.DBus.Properties",
                              "GetAll", error, ret, "s", BUS_INTERFACE);
}

void findings_of_daemon(struct findings *findings)
{
    struct told told = {0, "", "", "", "", "", "", "", "", ""};
    sd_bus_error error = SD_BUS_ERROR_NULL;
    sd_bus_message *message = NULL;
    int r = findings->answers ? ask(findings, &message, &error) : -ENOENT;
    char remedy[sizeof(findings->unit) + 64];

    if (r >= 0)
        r = ctl_read_properties(message, read_property, &told);
    if (r >= 0) {
        tell_version(findings, &told);
        tell_login(findings, &told);
        tell_credentials(findings, &told);
        tell_body(findings, &told);
    } else if (findings->answers) {
        snprintf(remedy, sizeof(remedy), "look at: journalctl -u %s", findings->unit);
        findings_add(findings, "daemon", VERDICT_FAILED, "silent-daemon", remedy,
                     "it does not answer on the bus: %s",
                     error.message ? error.message : strerror(-r));
    } else {
        snprintf(remedy, sizeof(remedy), "systemctl reload dbus; then look at: journalctl -u %s",
                 findings->unit);
        findings_add(findings, "daemon", findings->runs ? VERDICT_FAILED : VERDICT_SKIPPED,
                     findings->runs ? "not-on-bus" : NULL, findings->runs ? remedy : NULL,
                     "nobody on the bus can be asked about login and password");
    }
    sd_bus_message_unref(message);
    sd_bus_error_free(&error);
}
