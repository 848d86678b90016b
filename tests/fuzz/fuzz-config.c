/*
 * A configuration file: refused with a reason, or taken and dumped as one that is taken again.
 */
#include "base/config.h"
#include "fuzz.h"

static char *dump(const struct config *config)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    require(out && config_dump(config, out) == 0 && fclose(out) == 0);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config_problems problems = {.count = 0};
    struct config *config = NULL;
    FILE *file = size > 0 ? fmemopen((void *)data, size, "r") : NULL;

    if (!file)
        return 0;
    if (config_load_stream(&config, file, "fuzz", &problems) == 0) {
        char *text = dump(config);

        require(*text && problems.errors == 0);
        free(text);
    } else {
        require(problems.errors > 0);
    }
    config_problems_clear(&problems);
    config_free(config);
    fclose(file);
    return 0;
}
