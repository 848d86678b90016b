/* The configuration file: read, changed, checked by nabaztagd and only then put in its place. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "base/instance.h"
#include "base/limits.h"
#include "ctl/ini-edit.h"
#include "ctl/setup.h"
#include "ctl/spawn.h"

#define FILE_MODE 0644 /* of a new one: there is no secret in it */

static const char first_lines[] =
    "# The configuration of nabaztagd; see nabaztagd.conf(5) for all that may be set.\n";

/* Where things are. */
struct files {
    char *target;       /* what setup->path leads to */
    char *folder;       /* of the target */
    char *new;          /* beside it */
    char *drop_ins;     /* what belongs to setup->path; NULL: there are none */
    char *new_drop_ins; /* a link to them, for `new` */
};

/* ---- reading ---- */

static int read_stream(FILE *file, char **ret)
{
    char *text = malloc(LIMIT_CONFIG_BYTES + 1);
    size_t n;

    if (!text)
        return -ENOMEM;
    n = fread(text, 1, LIMIT_CONFIG_BYTES, file);
    text[n] = '\0';
    if (!ferror(file) && getc(file) == EOF && strlen(text) == n) {
        *ret = text;
        return 0;
    }
    free(text);
    return ferror(file) ? -EIO : n == LIMIT_CONFIG_BYTES ? -EFBIG : -EBADMSG;
}

/* Not a pipe, which would wait for its other end. */
int setup_read_file(const char *path, char **ret)
{
    _cleanup_(fclosep) FILE *file = NULL;
    struct stat status;

    if (stat(path, &status) < 0)
        return -errno;
    if (!S_ISREG(status.st_mode))
        return S_ISDIR(status.st_mode) ? -EISDIR : -EINVAL;
    file = fopen(path, "re");
    return file ? read_stream(file, ret) : -errno;
}

/* ---- where things are ---- */

static void clear_files(struct files *files)
{
    free(files->target);
    free(files->folder);
    free(files->new);
    free(files->drop_ins);
    free(files->new_drop_ins);
}

static char *join(const char *a, const char *b)
{
    char *joined = NULL;

    return asprintf(&joined, "%s%s", a, b) < 0 ? NULL : joined;
}

static int find_files(const char *path, struct files *ret)
{
    _cleanup_(freep) char *drop_ins = join(path, ".d");
    const char *slash;

    ret->target = realpath(path, NULL);
    if (!ret->target)
        ret->target = strdup(path);
    if (!ret->target || !drop_ins)
        return -ENOMEM;
    slash = strrchr(ret->target, '/');
    ret->folder = slash ? strndup(ret->target, (size_t)(slash - ret->target) + 1) : strdup("./");
    ret->new = join(ret->target, ".nabaztagctl-new");
    ret->new_drop_ins = join(ret->target, ".nabaztagctl-new.d");
    ret->drop_ins = realpath(drop_ins, NULL);
    return ret->folder && ret->new && ret->new_drop_ins ? 0 : -ENOMEM;
}

/* ---- what goes wrong ---- */

static int complain_of_file(const struct setup *setup, const char *what, int error)
{
    const char *instance = setup->ctl->instance;
    bool is_main = instance_is_main(instance);

    if (error == -EACCES || error == -EPERM)
        return ctl_complain(setup->ctl, EX_NOPERM,
                            "%s may not be %s; try: sudo nabaztagctl %s%s%ssetup", setup->path,
                            what, is_main ? "" : "--instance ", is_main ? "" : instance,
                            is_main ? "" : " ");
    return ctl_complain(setup->ctl, EX_CANTCREAT, "%s cannot be %s: %s", setup->path, what,
                        strerror(-error));
}

/* ---- what the file says so far ---- */

static int remember(struct setup *setup, const char *text)
{
    _cleanup_(freep) char *password = NULL;
    int r = ini_get(text, "account", "password-file", &password);

    setup->password_told = password && *password;
    if (r == 0)
        r = ini_get(text, "gpio", "chip", &setup->chip);
    for (size_t i = 0; r == 0 && i < SETUP_QUESTIONS; i++) {
        const struct option *option = setup_option((enum setup_question)i);
        _cleanup_(freep) char *value = NULL;

        r = ini_get(text, option->section, option->key, &value);
        if (r == 0 && value && *value) {
            setup->old[i] = setup_words(value);
            r = setup->old[i] ? 0 : -ENOMEM;
        }
    }
    return r;
}

int setup_read(struct setup *setup)
{
    struct files files = {.target = NULL};
    _cleanup_(freep) char *text = NULL;
    int r = setup_read_file(setup->path, &text), status = 0;

    if (r == 0)
        r = remember(setup, text);
    if (r < 0 && r != -ENOENT)
        return complain_of_file(setup, "read", r);
    r = find_files(setup->path, &files);
    if (r == 0 && access(files.folder, W_OK) < 0)
        r = -errno;
    if (r < 0)
        status = complain_of_file(setup, "written", r);
    clear_files(&files);
    return status;
}

/* ---- the new file ---- */

static int write_text(int fd, const char *text)
{
    FILE *file = fdopen(fd, "w");
    bool good;

    if (!file) {
        close(fd);
        return -errno;
    }
    good = fputs(text, file) >= 0 && fflush(file) == 0 && fsync(fd) == 0;
    int error = good ? 0 : -errno;
    return fclose(file) == 0 || error ? error : -errno;
}

/* With the owner and the mode of the old one. */
static int make_like(int fd, const char *old)
{
    struct stat status, own;

    if (fstat(fd, &own) < 0)
        return -errno;
    if (stat(old, &status) < 0)
        return errno == ENOENT && fchmod(fd, FILE_MODE) == 0 ? 0 : -errno;
    if ((own.st_uid != status.st_uid || own.st_gid != status.st_gid) &&
        fchown(fd, status.st_uid, status.st_gid) < 0)
        return -errno;
    return fchmod(fd, status.st_mode & 07777) < 0 ? -errno : 0;
}

static void remove_new(const struct files *files)
{
    unlink(files->new);
    unlink(files->new_drop_ins);
}

static int write_new(const struct files *files, const char *text)
{
    int fd, r;

    remove_new(files); /* of one that was interrupted */
    fd = open(files->new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    r = make_like(fd, files->target);
    if (r < 0) {
        close(fd);
        return r;
    }
    r = write_text(fd, text);
    if (r == 0 && files->drop_ins && symlink(files->drop_ins, files->new_drop_ins) < 0)
        r = -errno;
    return r;
}

static int install_new(const struct files *files)
{
    _cleanup_(closep) int folder = -1;

    if (rename(files->new, files->target) < 0)
        return -errno;
    folder = open(files->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return folder < 0 || fsync(folder) < 0 ? -errno : 0;
}

/* ---- nabaztagd's opinion ---- */

/* What it says of the new file is true of the one that people know. */
static char *with_known_names(const struct setup *setup, const struct files *files, char *said)
{
    char *text = NULL, *rest = said, *line;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    while (out && (line = strsep(&rest, "\n"))) {
        const char *behind = after_prefix(line, files->new);

        fprintf(out, "%s%s%s", behind ? setup->path : "", behind ? behind : line, rest ? "\n" : "");
    }
    if (!out || fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

static int check_new(struct setup *setup, const struct files *files)
{
    _cleanup_(freep) char *daemon = NULL, *said = NULL, *text = NULL;
    int r = spawn_find_daemon(&daemon);

    if (r == 0)
        r = spawn_run((const char *[]){daemon, "--check", "--config", files->new, NULL}, &said);
    if (said)
        text = with_known_names(setup, files, said);
    if (r < 0 || !text)
        return ctl_complain(setup->ctl, EX_UNAVAILABLE,
                            "nabaztagd, which checks the configuration, cannot be run: %s; nothing "
                            "was written",
                            strerror(r < 0 ? -r : ENOMEM));
    if (r == EXIT_SUCCESS) {
        if (*text)
            setup_note(setup, "%s", text);
        return 0;
    }
    return ctl_complain(setup->ctl, EX_CONFIG,
                        "nabaztagd would not take it, so %s stays as it is:\n%s", setup->path,
                        *text ? text : "it does not say why");
}

/* ---- the chip ---- */

/* A profile is made for one computer; on another the chip has another name. */
static void look_at_chip(struct setup *setup)
{
    const struct evidence *evidence = &setup->evidence;
    const char *answer = setup->answers[SETUP_BOARD], *path = answer, *chip = setup->chip;
    const struct board *board = board_find(&setup->boards, answer);
    _cleanup_(freep) char *text = NULL, *of_profile = NULL;

    if (board)
        path = board->path;
    if (!path || evidence->hidden || setup_read_file(path, &text) < 0)
        return;
    if (!chip && ini_get(text, "gpio", "chip", &of_profile) == 0)
        chip = of_profile;
    /* Labels alone are known here. */
    if (!chip || !*chip || *chip == '/' || after_prefix(chip, "gpiochip") ||
        evidence_has_chip(evidence, chip))
        return;
    setup_note(setup,
               "The GPIO chip %s is not here%s%s; if this is the rabbit's computer, set [gpio] "
               "chip.",
               chip, evidence->chip_count ? ", but " : "",
               evidence->chip_count ? evidence->chips[0] : "");
}

/* ---- files that are read after it ---- */

static void look_at_drop_in(struct setup *setup, const char *path)
{
    _cleanup_(freep) char *text = NULL;

    if (setup_read_file(path, &text) < 0)
        return;
    for (size_t i = 0; i < SETUP_QUESTIONS; i++) {
        const struct option *option = setup_option((enum setup_question)i);
        _cleanup_(freep) char *value = NULL, *words = NULL;

        if (ini_get(text, option->section, option->key, &value) == 0 && value)
            words = setup_words(value);
        if (words && !streq(words, setup->answers[i]))
            setup_note(setup, "%s sets [%s] %s as well, and wins.", path, option->section,
                       option->key);
    }
}

static void look_at_drop_ins(struct setup *setup)
{
    char *folder = join(setup->path, ".d");
    struct dirent **entries;
    int n = folder ? scandir(folder, &entries, NULL, alphasort) : -1;

    for (int i = 0; i < n; i++) {
        _cleanup_(freep) char *path = NULL;

        if (*entries[i]->d_name != '.' && ends_with(entries[i]->d_name, ".conf") &&
            asprintf(&path, "%s/%s", folder, entries[i]->d_name) >= 0)
            look_at_drop_in(setup, path);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    free(folder);
}

/* ---- all of it ---- */

/* The file as it is now, with the answers in it. */
static int make_text(struct setup *setup, char **ret)
{
    _cleanup_(freep) char *text = NULL, *old = NULL;
    int r = setup_read_file(setup->path, &text);

    if (r == -ENOENT)
        r = strdup_to(&text, first_lines);
    else if (r == 0)
        r = strdup_to(&old, text);
    for (size_t i = 0; r == 0 && i < SETUP_QUESTIONS; i++) {
        const struct option *option = setup_option((enum setup_question)i);

        r = ini_set(&text, option->section, option->key, setup->answers[i]);
    }
    if (r < 0)
        return r;
    setup->changed = !streq_ptr(text, old);
    *ret = text;
    text = NULL;
    return 0;
}

static int replace(struct setup *setup, const struct files *files, const char *text)
{
    int r = write_new(files, text), status = 0;

    if (r == 0)
        status = check_new(setup, files);
    if (r == 0 && !status && setup->changed)
        r = install_new(files);
    remove_new(files);
    return r < 0 ? complain_of_file(setup, "written", r) : status;
}

int setup_write(struct setup *setup)
{
    struct files files = {.target = NULL};
    _cleanup_(freep) char *text = NULL;
    int r = make_text(setup, &text), status;

    if (r == 0)
        r = find_files(setup->path, &files);
    status = r == 0 ? replace(setup, &files, text) : complain_of_file(setup, "written", r);
    clear_files(&files);
    if (status)
        return status;
    look_at_chip(setup);
    look_at_drop_ins(setup);
    return 0;
}
