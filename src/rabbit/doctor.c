#include "rabbit/doctor.h"

#include <stdarg.h>

#include "base/parse.h"
#include "rabbit/doctor-probes.h"

#define TEXT_MAX 1024

/* In this order. What has no sense before another one is good comes after it. */
enum {
    PROBE_CONFIGURATION,
    PROBE_CLOCK,
    PROBE_ACCOUNT,
    PROBE_LOCATE,
    PROBE_DNS,
    PROBE_TCP,
    PROBE_TLS,
    PROBE_MECHANISMS,
    PROBE_REGISTRATION,
    PROBE_HOOK,
    PROBE_GPIO,
    PROBE_RIVALS,
    PROBE_OUTPUTS,
    PROBE_COUNT,
};

#define NOTHING (-1)

static const struct probe {
    const char *name;
    bool (*run)(struct doctor *doctor);
    int after; /* the probe that must have been good */
} probes[PROBE_COUNT] = {
    [PROBE_CONFIGURATION] = {"configuration", doctor_probe_configuration, NOTHING},
    [PROBE_CLOCK] = {"clock", doctor_probe_clock, NOTHING},
    [PROBE_ACCOUNT] = {"account", doctor_probe_account, PROBE_CONFIGURATION},
    [PROBE_LOCATE] = {"locate", doctor_probe_locate, PROBE_ACCOUNT},
    [PROBE_DNS] = {"dns", doctor_probe_dns, PROBE_LOCATE},
    [PROBE_TCP] = {"tcp", doctor_probe_tcp, PROBE_DNS},
    [PROBE_TLS] = {"tls", doctor_probe_tls, PROBE_TCP},
    [PROBE_MECHANISMS] = {"mechanisms", doctor_probe_mechanisms, PROBE_TLS},
    [PROBE_REGISTRATION] = {"registration", doctor_probe_registration, PROBE_TLS},
    [PROBE_HOOK] = {"hook", doctor_probe_hook, PROBE_CONFIGURATION},
    [PROBE_GPIO] = {"gpio", doctor_probe_gpio, PROBE_CONFIGURATION},
    [PROBE_RIVALS] = {"rivals", doctor_probe_rivals, PROBE_CONFIGURATION},
    [PROBE_OUTPUTS] = {"outputs", doctor_probe_outputs, PROBE_CONFIGURATION},
};

/* Servers and chips name themselves as they like; a terminal shall survive it. */
void doctor_tell(struct doctor *doctor, enum verdict verdict, const char *cause, const char *remedy,
                 const char *format, ...)
{
    char seen[TEXT_MAX], advice[256];
    const struct finding finding = {.name = doctor->name,
                                    .verdict = verdict,
                                    .cause = cause,
                                    .remedy = remedy ? advice : NULL,
                                    .seen = seen};
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(seen, sizeof(seen), format, arguments);
    va_end(arguments);
    text_clean(seen, sizeof(seen), seen);
    text_clean(advice, sizeof(advice), remedy ? remedy : "");
    if (doctor->json) {
        fputs(doctor->rows > 0 ? ",\n  " : "\n  ", doctor->out);
        finding_print_object(doctor->out, &finding);
    } else {
        finding_print_line(doctor->out, &finding);
    }
    fflush(doctor->out); /* the next one may take its time */
    doctor->rows++;
    doctor->failed += verdict == VERDICT_FAILED;
}

void doctor_tell_failure(struct doctor *doctor, enum verdict verdict, const struct failure *failure,
                         const char *more)
{
    const char *remedy = failure_remedy(failure->cause);
    size_t length = strlen(failure->text), tail = strlen(remedy) + strlen("; ");
    bool has_tail = length > tail && streq(failure->text + length - tail + strlen("; "), remedy);

    doctor_tell(doctor, verdict, failure->cause, remedy, "%.*s%s%s",
                (int)(has_tail ? length - tail : length), failure->text, *more ? ": " : "", more);
}

static void run_probes(struct doctor *doctor)
{
    bool good[PROBE_COUNT] = {false};

    for (size_t i = 0; i < PROBE_COUNT; i++) {
        const struct probe *probe = &probes[i];

        doctor->name = probe->name;
        if (probe->after == NOTHING || good[probe->after])
            good[i] = probe->run(doctor);
        else
            doctor_tell(doctor, VERDICT_SKIPPED, NULL, NULL, "makes no sense without a good %s",
                        probes[probe->after].name);
    }
}

int doctor_run(const char *path, const char *drop_ins, bool optional, bool json, FILE *out)
{
    struct doctor doctor = {
        .path = path, .drop_ins = drop_ins, .optional = optional, .out = out, .json = json};
    int status;

    if (json)
        fputs("{\"rows\": [", out);
    run_probes(&doctor);
    status = doctor.failed > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
    if (json)
        fprintf(out, "\n], \"ok\": %s}\n", doctor.failed > 0 ? "false" : "true");
    fflush(out);
    if (doctor.stuck) /* leave the thread no memory to stumble over */
        _exit(status);
    servers_free(doctor.servers);
    account_free(doctor.account);
    config_free(doctor.config);
    free(doctor.host);
    return status;
}
