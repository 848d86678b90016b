#include "helper.h"

#include <ftw.h>
#include <sys/stat.h>

char *folder_new(void)
{
    const char *base = getenv("TMPDIR");
    char *path = NULL;

    assert_true(asprintf(&path, "%s/nabaztagd-test-XXXXXX", base ? base : "/tmp") > 0);
    assert_non_null(mkdtemp(path));
    return path;
}

static int remove_entry(const char *path, const struct stat *status, int flag, struct FTW *where)
{
    return remove(path);
}

void folder_remove(char *folder)
{
    assert_int_equal(nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
    free(folder);
}

static char *join(const char *folder, const char *name)
{
    char *path = NULL;

    assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
    return path;
}

char *folder_write(const char *folder, const char *name, const char *text)
{
    char *path = join(folder, name);
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    return path;
}

char *folder_make(const char *folder, const char *name)
{
    char *path = join(folder, name);

    assert_int_equal(mkdir(path, 0700), 0);
    return path;
}

char *file_text(const char *path)
{
    FILE *file = fopen(path, "re");
    char *text = NULL;
    size_t room = 0;

    assert_non_null(file);
    if (getdelim(&text, &room, '\0', file) < 0) {
        free(text);
        text = strdup("");
    }
    fclose(file);
    assert_non_null(text);
    return text;
}

char *source_path(const char *name)
{
    const char *root = getenv("SOURCE_ROOT");

    assert_non_null(root);
    return join(root, name);
}

struct config *config_from(const char *text)
{
    struct config_problems problems = {.count = 0};
    struct config *config = NULL;
    FILE *file = fmemopen((char *)text, strlen(text), "r");

    assert_non_null(file);
    if (config_load_stream(&config, file, "test", &problems) < 0)
        fail_msg("%s: %s", problems.list[0].place, problems.list[0].text);
    config_problems_clear(&problems);
    fclose(file);
    return config;
}
