/*
 * What an examination finds: one row for each thing that was looked at, printed for people or for
 * programs. Plain values, any thread.
 */
#ifndef NABAZTAGD_BASE_FINDING_H
#define NABAZTAGD_BASE_FINDING_H

#include "base/util.h"

enum verdict { VERDICT_OK, VERDICT_WARNING, VERDICT_FAILED, VERDICT_SKIPPED };

struct finding {
    const char *name; /* of the thing */
    enum verdict verdict;
    const char *cause;  /* a token; NULL where all is well */
    const char *remedy; /* what to do; or NULL */
    const char *seen;
};

/* "FAIL tcp           127.0.0.1:5222: Connection refused; is … running? cause=refused" */
void finding_print_line(FILE *out, const struct finding *finding);
/* {"name": …, "state": "ok", "warning", "failed" or "skipped", "cause": …, "seen": …, "remedy": …}
 */
void finding_print_object(FILE *out, const struct finding *finding);

#endif
