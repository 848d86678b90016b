#include "base/finding.h"

#include "base/json.h"

void finding_print_line(FILE *out, const struct finding *finding)
{
    static const char *const marks[] = {"ok  ", "warn", "FAIL", "skip"};

    fprintf(out, "%s %-13s %s", marks[finding->verdict], finding->name, finding->seen);
    if (finding->remedy)
        fprintf(out, "; %s", finding->remedy);
    if (finding->cause)
        fprintf(out, " cause=%s", finding->cause);
    putc('\n', out);
}

void finding_print_object(FILE *out, const struct finding *finding)
{
    static const char *const states[] = {"ok", "warning", "failed", "skipped"};
    const struct {
        const char *key, *value;
    } members[] = {{"name", finding->name},
                   {"state", states[finding->verdict]},
                   {"cause", finding->cause},
                   {"seen", finding->seen},
                   {"remedy", finding->remedy}};

    for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
        fprintf(out, "%s\"%s\": ", i > 0 ? ", " : "{", members[i].key);
        if (members[i].value)
            json_print_text(out, members[i].value);
        else
            fputs("null", out);
    }
    putc('}', out);
}
