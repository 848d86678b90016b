#include "base/config.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>

#include "base/config-parts.h"
#include "base/limits.h"

/* Problems */

int config_place(char **ret, const char *file, unsigned line)
{
    int r = line > 0 ? asprintf(ret, "%s:%u", file, line) : asprintf(ret, "%s", file);

    if (r >= 0)
        return 0;
    *ret = NULL;
    return -ENOMEM;
}

static void add_problem(struct config_problems *problems, struct config_problem problem)
{
    struct config_problem *list =
        reallocarray(problems->list, problems->count + 1, sizeof(problem));

    if (list)
        problems->list = list;
    if (!list || !problem.place || !problem.text) {
        free(problem.place);
        free(problem.text);
        return;
    }
    list[problems->count++] = problem;
}

void config_problem(struct config_problems *problems, bool note, const char *place,
                    const char *format, ...)
{
    struct config_problem problem = {.note = note};
    va_list arguments;

    problems->errors += !note;
    if (problems->count > LIMIT_CONFIG_PROBLEMS)
        return;

    problem.place = strdup(place);
    if (problems->count == LIMIT_CONFIG_PROBLEMS) {
        problem.text = strdup("too many problems, the rest is not shown");
        problem.note = true;
    } else {
        va_start(arguments, format);
        if (vasprintf(&problem.text, format, arguments) < 0)
            problem.text = NULL;
        va_end(arguments);
    }
    add_problem(problems, problem);
}

void config_problems_clear(struct config_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++) {
        free(problems->list[i].place);
        free(problems->list[i].text);
    }
    free(problems->list);
    *problems = (struct config_problems){0};
}

/* The life of a configuration */

static size_t count_options(void)
{
    size_t n = 0;

    while (option_at(n))
        n++;
    return n;
}

static int config_new(struct config **ret, const char *name)
{
    _cleanup_(config_freep) struct config *config = calloc(1, sizeof(*config));

    if (!config)
        return -ENOMEM;
    config->origins = calloc(count_options(), sizeof(*config->origins));
    config->name = strdup(name);
    if (!config->origins || !config->name)
        return -ENOMEM;
    *ret = config;
    config = NULL;
    return 0;
}

/* The count is the one part of a configuration that is not constant. */
struct config *config_ref(const struct config *config)
{
    struct config *counted = (struct config *)config;

    counted->references++;
    return counted;
}

struct config *config_free(struct config *config)
{
    const struct option *option;

    if (!config || config->references-- > 0)
        return NULL;
    for (size_t i = 0; (option = option_at(i)); i++) {
        option->type->clear(option_field(option, config));
        if (config->origins)
            free(config->origins[i].place);
    }
    free(config->origins);
    free(config->name);
    free(config);
    return NULL;
}

/* Defaults */

static int parse_words(const struct option *option, const char *text, void *field)
{
    _cleanup_(freep) char *copy = strdup(text);
    char *rest = copy, *word;
    int r = copy ? 0 : -ENOMEM;

    while (r == 0 && (word = strsep(&rest, " ")))
        r = option->type->parse(option, word, field);
    return r;
}

static int apply_default(const struct option *option, struct config *config)
{
    const char *text = option->fallback;
    void *field = option_field(option, config);

    if (config_is_violet(config) && option->violet_fallback)
        text = option->violet_fallback;
    if (text)
        return option->type->is_list ? parse_words(option, text, field)
                                     : option->type->parse(option, text, field);
    if (!option->type->is_list)
        return 0;
    *(char ***)field = calloc(1, sizeof(char *)); /* a list is never NULL */
    return *(char ***)field ? 0 : -ENOMEM;
}

/* A list that was set to nothing has its default, too. */
static bool needs_default(const struct option *option, struct config *config)
{
    const struct config_origin *origin = &config->origins[option_index(option)];

    if (option->type->is_list)
        return !*(char ***)option_field(option, config);
    return !origin->place || origin->wrong;
}

/* After reading, because some defaults depend on the dialect; the table has the dialect before all
 * of these. */
static int apply_defaults(struct config *config)
{
    const struct option *option;
    int r = 0;

    for (size_t i = 0; r == 0 && (option = option_at(i)); i++) {
        if (!needs_default(option, config))
            continue;
        if (!config->origins[i].wrong)
            strdup_to(&config->origins[i].place, NULL);
        r = apply_default(option, config);
    }
    return r;
}

/* Files */

enum config_kind { CONFIG_REQUIRED, CONFIG_OPTIONAL, CONFIG_BOARD };

static int unreadable(struct config_problems *problems, const char *path, int error)
{
    config_problem(problems, false, path, "cannot be read: %s", strerror(-error));
    return error;
}

static int read_path(struct config *config, const char *path, enum config_kind kind,
                     struct config_problems *problems)
{
    _cleanup_(fclosep) FILE *file = fopen(path, "re");
    int r = file ? 0 : -errno;

    if (r == -ENOENT && kind == CONFIG_OPTIONAL)
        return 0;
    if (r == 0)
        r = config_read(config, file, path, kind == CONFIG_BOARD, problems);
    return r < 0 ? unreadable(problems, path, r) : 0;
}

static int is_drop_in(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && ends_with(entry->d_name, ".conf");
}

/* Not alphasort(): its order depends on the locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int read_drop_in(struct config *config, const char *directory, const char *name,
                        struct config_problems *problems)
{
    _cleanup_(freep) char *path = NULL;

    if (asprintf(&path, "%s/%s", directory, name) < 0) {
        path = NULL;
        return -ENOMEM;
    }
    return read_path(config, path, CONFIG_REQUIRED, problems);
}

static int read_drop_ins(struct config *config, const char *directory,
                         struct config_problems *problems)
{
    struct dirent **entries;
    int n = scandir(directory, &entries, is_drop_in, by_name), result = 0;

    if (n < 0)
        return errno == ENOENT ? 0 : unreadable(problems, directory, -errno);
    for (int i = 0; i < n; i++) {
        int r = read_drop_in(config, directory, entries[i]->d_name, problems);

        if (result == 0)
            result = r;
        free(entries[i]);
    }
    free(entries);
    return result;
}

/* The file and its drop-ins. */
static int read_files(struct config *config, const char *path, const char *drop_in_dir,
                      bool optional, struct config_problems *problems)
{
    int r = read_path(config, path, optional ? CONFIG_OPTIONAL : CONFIG_REQUIRED, problems);
    int r_drop_ins = drop_in_dir ? read_drop_ins(config, drop_in_dir, problems) : 0;

    return r < 0 ? r : r_drop_ins;
}

/* Where a profile of that name lies. */
static int find_board(char **ret, const char *board)
{
    static const char *const folders[] = {CONFIG_BOARD_FOLDERS};

    if (strchr(board, '/'))
        return strdup_to(ret, board);
    for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
        _cleanup_(freep) char *path = NULL;

        if (asprintf(&path, "%s/%s.conf", folders[i], board) < 0) {
            path = NULL;
            return -ENOMEM;
        }
        if (access(path, F_OK) == 0 || errno != ENOENT)
            return strdup_to(ret, path);
    }
    return -ENOENT;
}

/* After the files, which say which profile it is, and win over it. */
static int read_board(struct config *config, struct config_problems *problems)
{
    _cleanup_(freep) char *path = NULL;
    const char *board = config->body.board;
    int r = !board || streq(board, "sim") ? 0 : find_board(&path, board);

    if (r == -ENOENT) {
        config_blame(config, problems, "body", "board",
                     "expected sim, a profile in " NABAZTAGD_SYSCONFDIR
                     "/boards or " NABAZTAGD_BOARDDIR ", or a path with a `/`");
        return 0;
    }
    if (r == 0 && path)
        r = read_path(config, path, CONFIG_BOARD, problems);
    return r;
}

/* What follows the reading; `result` is how that went. */
static int finish(struct config *config, int result, struct config_problems *problems)
{
    int r = apply_defaults(config);

    if (r < 0)
        return r;
    config_check(config, problems);
    if (result < 0)
        return result;
    return problems->errors > 0 ? -EINVAL : 0;
}

int config_load(struct config **ret, const char *path, const char *drop_in_dir, bool optional,
                struct config_problems *problems)
{
    _cleanup_(config_freep) struct config *config = NULL;
    int r = config_new(&config, path), r_board;

    if (r < 0)
        return r;
    r = read_files(config, path, drop_in_dir, optional, problems);
    r_board = read_board(config, problems);
    r = finish(config, r < 0 ? r : r_board, problems);
    if (r < 0)
        return r;
    *ret = config;
    config = NULL;
    return 0;
}

int config_load_stream(struct config **ret, FILE *file, const char *name,
                       struct config_problems *problems)
{
    _cleanup_(config_freep) struct config *config = NULL;
    int r = config_new(&config, name);

    if (r < 0)
        return r;
    r = config_read(config, file, name, false, problems);
    if (r < 0)
        unreadable(problems, name, r);
    r = finish(config, r, problems);
    if (r < 0)
        return r;
    *ret = config;
    config = NULL;
    return 0;
}
