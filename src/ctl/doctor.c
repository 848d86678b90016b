/* doctor: what `nabaztagd --doctor` finds, then what the daemon and its service manager know. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sysexits.h>

#include "base/parse.h"
#include "ctl/findings.h"
#include "ctl/program.h"

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
static void take_rows(struct findings *findings, FILE *from)
{
    _cleanup_(freep) char *line = NULL;
    size_t size = 0;
    ssize_t n;

    while ((n = getline(&line, &size, from)) >= 0) {
        if (!after_prefix(line, "  {"))
            continue;
        while (n > 0 && strchr("\n,", line[n - 1]))
            line[--n] = '\0';
        printf("%s%s", findings->rows++ > 0 ? ", " : "", line + 2);
    }
}

/* Returns its exit status or -errno. */
static int run_json(struct findings *findings, char *const argv[])
{
    int ends[2], r;
    pid_t process;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    r = program_start(&process, argv, ends[1]);
    close(ends[1]);
    _cleanup_(fclosep) FILE *from = fdopen(ends[0], "r");
    if (!from)
        close(ends[0]);
    if (r < 0)
        return r;
    if (from)
        take_rows(findings, from);
    return program_wait(process);
}

static int run_plainly(char *const argv[])
{
    pid_t process;
    int r;

    fflush(stdout);
    r = program_start(&process, argv, -1);
    return r < 0 ? r : program_wait(process);
}

static void findings_of_examination(struct findings *findings)
{
    const struct ctl *ctl = findings->ctl;
    const char *config = ctl->values[0], *argv[8] = {"nabaztagd", "--doctor", "--instance"};
    size_t n = 3;

    argv[n++] = ctl->instance;
    if (ctl->json)
        argv[n++] = "--json";
    if (config) {
        argv[n++] = "--config";
        argv[n++] = config;
    }

    int r = ctl->json ? run_json(findings, (char *const *)argv) : run_plainly((char *const *)argv);

    if (r == EXIT_SUCCESS)
        return;
    if (r == EXIT_FAILURE)
        findings->failed++; /* it has said what */
    else
        findings_add(findings, "examination", VERDICT_FAILED, "protocol",
                     "install the package nabaztagd anew", "nabaztagd --doctor %s%s",
                     r < 0 ? "cannot be run: " : "has come to a bad end",
                     r < 0 ? strerror(-r) : "");
}

int verb_doctor(struct ctl *ctl, const struct verb *verb, char **words, int count)
{
    struct findings findings = {.ctl = ctl};

    if (ctl->json)
        fputs("{\"rows\": [", stdout);
    findings_of_examination(&findings);
    findings_of_service(&findings);
    findings_of_daemon(&findings);
    if (ctl->json)
        printf("], \"ok\": %s}\n", findings.failed > 0 ? "false" : "true");
    return findings.failed > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
