#include "ctl/boards.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/gpio.h>
#include <sys/ioctl.h>

#include "base/parse.h"

/* ---- what there is to see ---- */

/* The text of a small file, as long as it is fit to be shown; what the device tree says ends with a
 * NUL. */
static void read_text(const char *root, const char *path, char *ret, size_t size)
{
    char full[PATH_MAX];
    FILE *file;
    size_t n;

    *ret = '\0';
    snprintf(full, sizeof(full), "%s%s", root, path);
    file = fopen(full, "re");
    if (!file)
        return;
    n = fread(ret, 1, size - 1, file);
    ret[n] = '\0';
    ret[strcspn(ret, "\n")] = '\0';
    if (!text_is_clean(ret))
        *ret = '\0';
    fclose(file);
}

static int is_chip(const struct dirent *entry)
{
    return after_prefix(entry->d_name, "gpiochip") != NULL;
}

bool evidence_has_chip(const struct evidence *evidence, const char *label)
{
    for (size_t i = 0; i < evidence->chip_count; i++)
        if (streq(evidence->chips[i], label))
            return true;
    return false;
}

/* Newer kernels give one chip two names. */
static void look_at_chip(struct evidence *evidence, int folder, const char *name)
{
    _cleanup_(closep) int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct gpiochip_info info;

    if (fd < 0 || ioctl(fd, GPIO_GET_CHIPINFO_IOCTL, &info) < 0) {
        evidence->hidden = true;
        return;
    }
    info.label[sizeof(info.label) - 1] = '\0';
    if (text_is_clean(info.label) && !evidence_has_chip(evidence, info.label) &&
        evidence->chip_count < CHIPS_MAX)
        memcpy(evidence->chips[evidence->chip_count++], info.label, sizeof(info.label));
}

static void look_at_chips(struct evidence *evidence, const char *root)
{
    _cleanup_(closep) int folder = -1;
    struct dirent **entries;
    char path[PATH_MAX];
    int n;

    snprintf(path, sizeof(path), "%s/dev", root);
    folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    n = folder < 0 ? -1 : scandirat(folder, ".", &entries, is_chip, versionsort);
    for (int i = 0; i < n; i++) {
        look_at_chip(evidence, folder, entries[i]->d_name);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
}

void evidence_gather(struct evidence *ret, const char *root)
{
    *ret = (struct evidence){.chip_count = 0};
    read_text(root, "/proc/device-tree/model", ret->model, sizeof(ret->model));
    read_text(root, "/proc/device-tree/hat/product", ret->hat, sizeof(ret->hat));
    for (unsigned i = 0; i < CARDS_MAX; i++) {
        char path[64], *card = ret->cards[ret->card_count];

        snprintf(path, sizeof(path), "/proc/asound/card%u/id", i);
        read_text(root, path, card, sizeof(ret->cards[0]));
        ret->card_count += *card != '\0';
    }
    look_at_chips(ret, root);
}

/* ---- what follows from it ---- */

enum sign_kind { SIGN_CHIP, SIGN_CARD };

static const char *const sign_names[] = {"GPIO chip", "sound card"};

/* What tells a board. Motors turn where a guess is wrong, so what others have as well is no sign,
 * but worth a word. */
static const struct sign {
    enum sign_kind kind;
    const char *name, *board;
    bool certain;
} signs[] = {
    {SIGN_CHIP, "nabsim", "gpio-sim", true},
    {SIGN_CARD, "tagtagtagsound", "tagtagtag-2019", true},
    {SIGN_CARD, "sndrpihifiberry", "tagtagtag-2018", false},
};

static bool is_seen(const struct evidence *evidence, const struct sign *sign)
{
    if (sign->kind == SIGN_CHIP)
        return evidence_has_chip(evidence, sign->name);
    for (size_t i = 0; i < evidence->card_count; i++)
        if (streq(evidence->cards[i], sign->name))
            return true;
    return false;
}

static const struct sign *find_sign(const struct evidence *evidence)
{
    for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
        if (is_seen(evidence, &signs[i]))
            return &signs[i];
    return NULL;
}

static void guess_by_computer(const struct evidence *evidence, struct guess *ret)
{
    if (evidence->chip_count == 0 && !evidence->hidden) {
        ret->board = "sim";
        snprintf(ret->reason, sizeof(ret->reason),
                 "There is no GPIO chip here, so the body can only be simulated.");
    } else if (!*evidence->model) {
        ret->board = "sim";
        snprintf(ret->reason, sizeof(ret->reason),
                 "There are GPIO chips here, but none that is known to be a rabbit's.");
    } else {
        snprintf(ret->reason, sizeof(ret->reason),
                 "This is a %s%s%s; what is wired to its GPIO lines cannot be seen.",
                 evidence->model, *evidence->hat ? " with " : "", evidence->hat);
    }
}

void board_guess(const struct evidence *evidence, struct guess *ret)
{
    const struct sign *sign = find_sign(evidence);
    size_t length;

    *ret = (struct guess){.board = NULL};
    if (sign && sign->certain) {
        ret->board = sign->board;
        snprintf(ret->reason, sizeof(ret->reason), "There is a %s called %s, which tells %s.",
                 sign_names[sign->kind], sign->name, sign->board);
        return;
    }
    guess_by_computer(evidence, ret);
    length = strlen(ret->reason);
    if (sign && !ret->board)
        snprintf(ret->reason + length, sizeof(ret->reason) - length,
                 " Its %s is %s, as with %s, but others have that as well.", sign_names[sign->kind],
                 sign->name, sign->board);
}

/* ---- the profiles ---- */

static int is_profile(const struct dirent *entry)
{
    /* The template has nothing in it. */
    return entry->d_name[0] != '.' && ends_with(entry->d_name, ".conf") &&
           !streq(entry->d_name, "template.conf") && text_is_clean(entry->d_name) &&
           !strpbrk(entry->d_name, " ;");
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int add_board(struct boards *boards, const char *name, size_t length, const char *about,
                     const char *path)
{
    struct board *board = &boards->list[boards->count++];

    board->name = strndup(name, length);
    board->about = strdup(about);
    board->path = path ? strdup(path) : NULL;
    return board->name && board->about && !board->path == !path ? 0 : -ENOMEM;
}

static int add_profile(struct boards *boards, const char *folder, const char *file)
{
    size_t length = strlen(file) - strlen(".conf");
    char path[PATH_MAX], about[100];
    const char *text;

    for (size_t i = 0; i < boards->count; i++)
        if (strlen(boards->list[i].name) == length &&
            strncmp(boards->list[i].name, file, length) == 0)
            return 0;
    if (boards->count == BOARDS_MAX)
        return 0;
    snprintf(path, sizeof(path), "%s/%s", folder, file);
    read_text("", path, about, sizeof(about));
    text = after_prefix(about, "# ");
    return add_board(boards, file, length, text ? text : "", path);
}

static int read_folder(struct boards *boards, const char *folder)
{
    struct dirent **entries;
    int n = scandir(folder, &entries, is_profile, by_name), r = 0;

    for (int i = 0; i < n; i++) {
        if (r == 0)
            r = add_profile(boards, folder, entries[i]->d_name);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return r;
}

int boards_read(struct boards *ret, const char *const folders[])
{
    int r;

    *ret = (struct boards){.count = 0};
    r = add_board(ret, "sim", strlen("sim"), "A simulated rabbit, without hardware.", NULL);
    for (; r == 0 && *folders; folders++)
        r = read_folder(ret, *folders);
    return r;
}

void boards_clear(struct boards *boards)
{
    for (size_t i = 0; i < boards->count; i++) {
        free(boards->list[i].name);
        free(boards->list[i].about);
        free(boards->list[i].path);
    }
    boards->count = 0;
}

const struct board *board_find(const struct boards *boards, const char *name)
{
    for (size_t i = 0; i < boards->count; i++)
        if (streq(boards->list[i].name, name))
            return &boards->list[i];
    return NULL;
}
