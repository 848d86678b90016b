/* Probes of what the machine itself holds: the configuration, the clock, the account. */
#include <errno.h>
#include <sys/timex.h>
#include <time.h>

#include "base/state.h"
#include "body/board.h"
#include "rabbit/doctor-probes.h"
#include "rabbit/serial.h"

#define CLOCK_YEAR 2024 /* of this program: no clock that is right is before it */

bool doctor_probe_configuration(struct doctor *doctor)
{
    struct config_problems problems = {.count = 0};
    int r =
        config_load(&doctor->config, doctor->path, doctor->drop_ins, doctor->optional, &problems);

    if (r == 0)
        board_check(doctor->config, &problems);
    for (size_t i = 0; i < problems.count; i++)
        if (!problems.list[i].note)
            doctor_tell(doctor, VERDICT_FAILED, "config-refused",
                        "correct that line; nabaztagd.conf(5) explains each key", "%s: %s",
                        problems.list[i].place, problems.list[i].text);
    if (r == 0 && problems.errors == 0)
        doctor_tell(doctor, VERDICT_OK, NULL, NULL, "%s %s", doctor->path,
                    access(doctor->path, F_OK) == 0 ? "is valid"
                                                    : "is not there: all is as by default");
    else if (problems.errors == 0)
        doctor_tell(doctor, VERDICT_FAILED, "config-refused", "check that file", "%s: %s",
                    doctor->path, strerror(-r));
    r = problems.errors > 0 ? -EINVAL : r;
    config_problems_clear(&problems);
    return r == 0;
}

/* With a time server. A board without a battery knows what time it was, not what time it is. */
static bool is_synchronised(void)
{
    struct timex state = {.modes = 0};

    return adjtimex(&state) != TIME_ERROR;
}

bool doctor_probe_clock(struct doctor *doctor)
{
    time_t now = time(NULL);
    struct tm utc;
    char text[32];

    if (!gmtime_r(&now, &utc))
        return false;
    strftime(text, sizeof(text), "%Y-%m-%d %H:%M UTC", &utc);
    if (utc.tm_year + 1900 >= CLOCK_YEAR)
        doctor_tell(doctor, VERDICT_OK, NULL, NULL, "it is %s%s", text,
                    is_synchronised() ? "" : ", by no other clock than this machine's own");
    else
        doctor_tell(doctor, VERDICT_FAILED, "clock",
                    "set the clock (timedatectl set-ntp yes); until then no certificate is valid",
                    "the clock says that it is %s", text);
    return utc.tm_year + 1900 >= CLOCK_YEAR;
}

static bool find_serial(struct doctor *doctor)
{
    const struct config *config = doctor->config;
    int r = serial_look(config, state_directory(), doctor->serial);
    bool has_jid = strchr(config->account.jid, '@');
    char trouble[256];

    if (r == 0)
        return true;
    *doctor->serial = '\0';
    if (!config->report.url && has_jid)
        return true;
    if (r == -EACCES) {
        doctor_tell(doctor, VERDICT_WARNING, NULL, "ask again as root",
                    "the rabbit's serial number is in %s, which is for root to read",
                    state_directory());
        return has_jid;
    }
    serial_explain(r, state_directory(), trouble, sizeof(trouble));
    doctor_tell(doctor, VERDICT_FAILED, "not-configured", "set [rabbit] serial",
                "the rabbit has no serial number (%s)", trouble);
    return false;
}

/* Where the password comes from; the password itself is nobody's business. */
static void tell_password(struct doctor *doctor)
{
    const char *jid = account_jid(doctor->account);
    int r = account_load(doctor->account, doctor->config);
    struct session_facts facts = account_facts(doctor->account);

    doctor->is_hidden = r == -EACCES;
    if (doctor->is_hidden)
        doctor_tell(doctor, VERDICT_WARNING, NULL, "ask again as root",
                    "%s; %s is for root to read", jid, account_place(doctor->account));
    else if (r < 0)
        doctor_tell(doctor, VERDICT_FAILED, "state-failed", state_explain(r).remedy,
                    "the password of %s in %s cannot be read: %s", jid,
                    account_place(doctor->account), state_explain(r).what);
    else if (facts.configured)
        doctor_tell(doctor, VERDICT_OK, NULL, NULL, "%s with a configured password", jid);
    else if (facts.stored || facts.pending)
        doctor_tell(doctor, VERDICT_OK, NULL, NULL, "%s with the password it registered", jid);
    else if (facts.may_register)
        doctor_tell(doctor, VERDICT_OK, NULL, NULL, "%s has no password yet and will register",
                    jid);
    else
        doctor_tell(doctor, VERDICT_FAILED, "not-configured",
                    "set [account] password-file or register = yes",
                    "%s has no password and may not register", jid);
}

bool doctor_probe_account(struct doctor *doctor)
{
    const struct config *config = doctor->config;
    int r;

    if (!config->account.jid) {
        doctor_tell(doctor, VERDICT_FAILED, "not-configured", "set [account] jid",
                    "%s names no account", doctor->path);
        return false;
    }
    if (!find_serial(doctor))
        return false;
    r = account_new(&doctor->account, config, doctor->serial, state_directory());
    if (r < 0) {
        doctor_tell(doctor, VERDICT_FAILED, "not-configured", "correct [account] jid", "%s: %s",
                    config->account.jid, strerror(-r));
        return false;
    }
    tell_password(doctor);
    account_order(doctor->account, config, *doctor->serial ? doctor->serial : NULL, &doctor->order,
                  &doctor->host);
    return true;
}
