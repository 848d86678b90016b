/* What the bus and the service manager know of the rabbit's service. */
#include <errno.h>

#include "ctl/findings.h"

#define SYSTEMD    "org.freedesktop.systemd1"
#define MANAGER    SYSTEMD ".Manager"
#define UNIT       SYSTEMD ".Unit"
#define SERVICE    SYSTEMD ".Service"
#define CONFIG_BAD 78 /* how nabaztagd ends when its configuration is invalid */

struct unit {
    struct findings *findings;
    char name[INSTANCE_UNIT_SIZE + sizeof(".service")]; /* "nabaztagd@kitchen.service" */
    char *path;                                         /* of its object */
};

/* ---- properties; "" and 0 where there are none ---- */

static char *text_of(const struct unit *unit, const char *interface, const char *property)
{
    char *text = NULL;
    int r = sd_bus_get_property_string(unit->findings->ctl->bus, SYSTEMD, unit->path, interface,
                                       property, NULL, &text);

    return r < 0 ? strdup("") : text;
}

static uint32_t number_of(const struct unit *unit, const char *interface, const char *property,
                          char type)
{
    uint32_t number = 0; /* as wide as what is asked for */

    sd_bus_get_property_trivial(unit->findings->ctl->bus, SYSTEMD, unit->path, interface, property,
                                NULL, type, &number);
    return number;
}

/* ---- its state ---- */

static void tell_active(const struct unit *unit)
{
    _cleanup_(freep) char *enabled = text_of(unit, UNIT, "UnitFileState");
    uint32_t restarts = number_of(unit, SERVICE, "NRestarts", 'u');
    bool disabled = enabled && streq(enabled, "disabled");
    char remedy[sizeof(unit->name) + 32];

    unit->findings->runs = true;
    if (number_of(unit, UNIT, "NeedDaemonReload", 'b'))
        findings_add(unit->findings, "service", VERDICT_WARNING, "unit-changed",
                     "systemctl daemon-reload", "the file of %s has changed on disk", unit->name);
    snprintf(remedy, sizeof(remedy), "systemctl enable %s", unit->name);
    if (disabled)
        findings_add(unit->findings, "service", VERDICT_WARNING, "not-enabled", remedy,
                     "%s runs, but is not started with the machine", unit->name);
    else
        findings_add(unit->findings, "service", VERDICT_OK, NULL, NULL,
                     "%s runs, restarted %u times since its start", unit->name, restarts);
}

static void tell_failed(const struct unit *unit, const char *state)
{
    _cleanup_(freep) char *result = text_of(unit, SERVICE, "Result");
    uint32_t status = number_of(unit, SERVICE, "ExecMainStatus", 'i');
    bool config = status == CONFIG_BAD;
    char remedy[2 * sizeof(unit->name) + 64];

    snprintf(remedy, sizeof(remedy), "look at: journalctl -u %s; then: systemctl restart %s",
             unit->name, unit->name);
    findings_add(unit->findings, "service", VERDICT_FAILED,
                 config ? "config-refused" : "not-running", remedy, "%s is %s: %s, exit status %u",
                 unit->name, state, result ? result : "?", status);
}

static void tell_stopped(const struct unit *unit)
{
    char remedy[sizeof(unit->name) + 32];

    snprintf(remedy, sizeof(remedy), "systemctl start %s", unit->name);
    /* Somebody has started the daemon by hand. */
    findings_add(unit->findings, "service",
                 unit->findings->answers ? VERDICT_WARNING : VERDICT_FAILED, "not-running", remedy,
                 "%s does not run%s", unit->name,
                 unit->findings->answers ? ", but a nabaztagd is on the bus" : "");
}

static void tell_absent(const struct unit *unit, const char *load)
{
    bool masked = streq(load, "masked");
    char remedy[sizeof(unit->name) + 32];

    snprintf(remedy, sizeof(remedy), "systemctl unmask %s", unit->name);
    findings_add(unit->findings, "service", VERDICT_FAILED, "not-running",
                 masked ? remedy : "install the package nabaztagd", "%s is %s", unit->name, load);
}

static bool tell_state(const struct unit *unit)
{
    _cleanup_(freep) char *load = text_of(unit, UNIT, "LoadState");
    _cleanup_(freep) char *active = text_of(unit, UNIT, "ActiveState");
    _cleanup_(freep) char *sub = text_of(unit, UNIT, "SubState");

    if (!load || !active || !sub)
        return false;
    if (!streq(load, "loaded"))
        tell_absent(unit, load);
    else if (streq(active, "active") || streq(active, "reloading"))
        tell_active(unit);
    else if (streq(active, "failed") || streq(sub, "auto-restart"))
        tell_failed(unit, sub);
    else
        tell_stopped(unit);
    return unit->findings->runs;
}

/* ---- its sandbox ---- */

/* What somebody's drop-in may have changed; `breaks`: the rabbit cannot live with that. */
static const struct wall {
    const char *property, *good;
    char type;
    bool breaks;
} walls[] = {
    {"User", "_nabaztagd", 's', false},
    {"NoNewPrivileges", "yes", 'b', false},
    {"ProtectSystem", "strict", 's', false},
    {"ProtectHome", "yes", 's', false},
    {"MemoryDenyWriteExecute", "yes", 'b', false},
    {"PrivateTmp", "yes", 'b', false},
    {"PrivateDevices", "no", 'b', true},
    {"PrivateNetwork", "no", 'b', true},
};

static bool is_good(const struct unit *unit, const struct wall *wall)
{
    if (wall->type == 'b')
        return streq(wall->good, number_of(unit, SERVICE, wall->property, 'b') ? "yes" : "no");

    _cleanup_(freep) char *text = text_of(unit, SERVICE, wall->property);
    return text && streq(text, wall->good);
}

static void tell_sandbox(const struct unit *unit)
{
    char changed[256] = "";
    size_t used = 0;
    bool broken = false;

    for (size_t i = 0; i < ARRAY_SIZE(walls); i++) {
        if (is_good(unit, &walls[i]))
            continue;
        broken = broken || walls[i].breaks;
        used += (size_t)snprintf(changed + used, sizeof(changed) - used, "%s%s= is not %s",
                                 used > 0 ? ", " : "", walls[i].property, walls[i].good);
    }
    if (used == 0)
        findings_add(unit->findings, "sandbox", VERDICT_OK, NULL, NULL, "as it should be");
    else
        findings_add(unit->findings, "sandbox", broken ? VERDICT_FAILED : VERDICT_WARNING,
                     "sandbox-changed",
                     "systemctl cat shows by which file, systemctl revert undoes", "%s", changed);
}

/* ---- all of it ---- */

static bool has_owner(struct ctl *ctl)
{
    sd_bus_message *reply = NULL;
    int owned = 0;

    if (sd_bus_call_method(ctl->bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                           "org.freedesktop.DBus", "NameHasOwner", NULL, &reply, "s",
                           ctl->name) >= 0)
        sd_bus_message_read(reply, "b", &owned);
    sd_bus_message_unref(reply);
    return owned;
}

static int find_unit(struct unit *unit)
{
    const char *path;
    sd_bus_message *reply = NULL;
    int r;

    snprintf(unit->name, sizeof(unit->name), "%s.service", unit->findings->unit);
    r = sd_bus_call_method(unit->findings->ctl->bus, SYSTEMD, "/org/freedesktop/systemd1", MANAGER,
                           "LoadUnit", NULL, &reply, "s", unit->name);
    if (r >= 0)
        r = sd_bus_message_read(reply, "o", &path);
    if (r >= 0)
        r = strdup_to(&unit->path, path);
    sd_bus_message_unref(reply);
    return r;
}

/* Where no service manager can be asked, all there is to see is whether somebody answers. */
static void tell_answer(struct findings *findings)
{
    char remedy[256];

    ctl_describe_start(findings->ctl, remedy, sizeof(remedy));
    if (findings->answers)
        findings_add(findings, "service", VERDICT_OK, NULL, NULL, "nabaztagd is on the bus (%s)",
                     findings->ctl->which);
    else
        findings_add(findings, "service", VERDICT_FAILED, "not-running", remedy,
                     "nabaztagd is not on the bus (%s)", findings->ctl->which);
}

void findings_of_service(struct findings *findings)
{
    struct ctl *ctl = findings->ctl;
    struct unit unit = {.findings = findings};
    int r = bus_open(&ctl->bus, ctl->which);

    if (r < 0) {
        findings_add(findings, "service", VERDICT_FAILED, "no-bus",
                     "start the bus (dbus), or name another one by --bus",
                     "there is no bus (%s): %s", ctl->which, strerror(-r));
        return;
    }
    findings->answers = has_owner(ctl);
    if (!streq(ctl->which, "system") || find_unit(&unit) < 0)
        tell_answer(findings);
    else if (tell_state(&unit))
        tell_sandbox(&unit);
    free(unit.path);
}
