/* doctor: what `nabaztagd --doctor` finds, then what the daemon and its service manager know. */
#include <errno.h>
#include <stdarg.h>

#include "base/parse.h"
#include "ctl/findings.h"
#include "ctl/spawn.h"

#define TEXT_MAX 1024

void findings_add(struct findings *findings, const char *name, enum verdict verdict,
                  const char *cause, const char *remedy, const char *format, ...)
{
    char seen[TEXT_MAX];
    const struct finding finding = {
        .name = name, .verdict = verdict, .cause = cause, .remedy = remedy, .seen = seen};
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(seen, sizeof(seen), format, arguments);
    va_end(arguments);
    text_clean(seen, sizeof(seen), seen);
    if (findings->ctl->json) {
        fputs(findings->rows > 0 ? ", " : "", stdout);
        finding_print_object(stdout, &finding);
    } else {
        finding_print_line(stdout, &finding);
    }
    findings->rows++;
    findings->failed += verdict == VERDICT_FAILED;
}

/* ---- nabaztagd --doctor ---- */

/* Its rows are lines of their own in what it prints as JSON. */
static void take_rows(struct findings *findings, char *text)
{
    char *rest = text;

    for (char *line; (line = strsep(&rest, "\n"));) {
        size_t n = strlen(line);

        if (!after_prefix(line, "  {"))
            continue;
        if (line[n - 1] == ',')
            line[n - 1] = '\0';
        printf("%s%s", findings->rows++ > 0 ? ", " : "", line + 2);
    }
}

/* Both return its exit status or -errno. */
static int run_json(struct findings *findings, const char *const argv[])
{
    _cleanup_(freep) char *said = NULL;
    int r = spawn_run(argv, &said);

    if (r >= 0)
        take_rows(findings, said);
    return r;
}

static int run_plainly(const char *const argv[])
{
    fflush(stdout);
    return spawn_run_through(argv);
}

static int examine(struct findings *findings)
{
    const struct ctl *ctl = findings->ctl;
    const char *config = ctl->values[0], *argv[8] = {NULL, "--doctor", "--instance", ctl->instance};
    _cleanup_(freep) char *daemon = NULL;
    size_t n = 4;

    if (spawn_find_daemon(&daemon) < 0)
        return -ENOMEM;
    argv[0] = daemon;
    if (ctl->json)
        argv[n++] = "--json";
    if (config) {
        argv[n++] = "--config";
        argv[n++] = config;
    }
    return ctl->json ? run_json(findings, argv) : run_plainly(argv);
}

static void findings_of_examination(struct findings *findings)
{
    int r = examine(findings);

    if (r == EXIT_FAILURE)
        findings->failed++; /* it has said what */
    else if (r != EXIT_SUCCESS)
        findings_add(findings, "examination", VERDICT_FAILED, "protocol",
                     "install the package nabaztagd anew", "nabaztagd --doctor %s%s",
                     r < 0 ? "cannot be run: " : "has come to a bad end",
                     r < 0 ? strerror(-r) : "");
}

int verb_doctor(struct ctl *ctl, const struct verb *verb, char **words, int count)
{
    struct findings findings = {.ctl = ctl};

    instance_unit(ctl->instance, findings.unit);
    if (ctl->json)
        fputs("{\"rows\": [", stdout);
    findings_of_examination(&findings);
    findings_of_service(&findings);
    findings_of_daemon(&findings);
    if (ctl->json)
        printf("], \"ok\": %s}\n", findings.failed > 0 ? "false" : "true");
    return findings.failed > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
