/* What is seen of the hardware, what follows from it, and which profiles there are. */
#include "helper.h"

#include "base/parse.h"
#include "ctl/boards.h"

static void check_guess(const struct evidence *evidence, const char *board, const char *reason)
{
    struct guess guess;

    board_guess(evidence, &guess);
    if (board)
        assert_string_equal(guess.board, board);
    else
        assert_null(guess.board);
    assert_string_equal(guess.reason, reason);
}

static void test_certain(void **state)
{
    check_guess(&(struct evidence){.chips = {"other", "nabsim"}, .chip_count = 2}, "gpio-sim",
                "There is a GPIO chip called nabsim, which tells gpio-sim.");
    check_guess(&(struct evidence){.model = "Raspberry Pi Zero W Rev 1.1",
                                   .chips = {"pinctrl-bcm2835"},
                                   .chip_count = 1,
                                   .cards = {"Headphones", "tagtagtagsound"},
                                   .card_count = 2},
                "tagtagtag-2019",
                "There is a sound card called tagtagtagsound, which tells tagtagtag-2019.");
}

static void test_none(void **state)
{
    check_guess(&(struct evidence){.chip_count = 0}, "sim",
                "There is no GPIO chip here, so the body can only be simulated.");
    check_guess(&(struct evidence){.model = "Raspberry Pi 4",
                                   .cards = {"sndrpihifiberry"},
                                   .card_count = 1},
                "sim", "There is no GPIO chip here, so the body can only be simulated.");
    check_guess(&(struct evidence){.chips = {"INT3450:00"}, .chip_count = 1}, "sim",
                "There are GPIO chips here, but none that is known to be a rabbit's.");
    check_guess(&(struct evidence){.hidden = true}, "sim",
                "There are GPIO chips here, but none that is known to be a rabbit's.");
}

/* A wrong guess would turn motors. */
static void test_unknown(void **state)
{
    struct evidence evidence = {
        .model = "Raspberry Pi 3 Model B", .chips = {"pinctrl-bcm2835"}, .chip_count = 1};

    check_guess(&evidence, NULL,
                "This is a Raspberry Pi 3 Model B; what is wired to its GPIO lines cannot be "
                "seen.");
    strcpy(evidence.hat, "Sense HAT");
    check_guess(&evidence, NULL,
                "This is a Raspberry Pi 3 Model B with Sense HAT; what is wired to its GPIO lines "
                "cannot be seen.");
    *evidence.hat = '\0';
    strcpy(evidence.cards[evidence.card_count++], "sndrpihifiberry");
    check_guess(&evidence, NULL,
                "This is a Raspberry Pi 3 Model B; what is wired to its GPIO lines cannot be seen. "
                "Its sound card is sndrpihifiberry, as with tagtagtag-2018, but others have that "
                "as well.");
    evidence.chip_count = 0;
    evidence.hidden = true;
    *evidence.cards[0] = '\0';
    check_guess(&evidence, NULL,
                "This is a Raspberry Pi 3 Model B; what is wired to its GPIO lines cannot be "
                "seen.");
}

/* The longest of all may be cut, but ends. */
static void test_long(void **state)
{
    struct evidence evidence = {.chip_count = 1, .cards = {"sndrpihifiberry"}, .card_count = 1};
    struct guess guess;

    memset(evidence.model, 'm', sizeof(evidence.model) - 1);
    memset(evidence.hat, 'h', sizeof(evidence.hat) - 1);
    board_guess(&evidence, &guess);
    assert_non_null(strstr(guess.reason, "but others have that as well."));
}

static void make_folders(const char *root, const char *path)
{
    char *copy = strdup(path), *rest = copy, *part, *folder = strdup(root);

    while ((part = strsep(&rest, "/"))) {
        char *next = NULL;

        assert_true(asprintf(&next, "%s/%s", folder, part) > 0);
        if (access(next, F_OK) < 0) {
            free(next);
            next = folder_make(folder, part);
        }
        free(folder);
        folder = next;
    }
    free(folder);
    free(copy);
}

static void test_gathering(void **state)
{
    char *root = folder_new();
    struct evidence evidence;

    evidence_gather(&evidence, root);
    assert_string_equal(evidence.model, "");
    assert_int_equal(evidence.chip_count + evidence.card_count + evidence.hidden, 0);

    make_folders(root, "proc/device-tree/hat");
    make_folders(root, "proc/asound/card0");
    make_folders(root, "proc/asound/card3");
    make_folders(root, "dev");
    free(folder_write(root, "proc/device-tree/model", "Raspberry Pi Zero W Rev 1.1"));
    free(folder_write(root, "proc/device-tree/hat/product", "evil\033[31m"));
    free(folder_write(root, "proc/asound/card0/id", "vc4hdmi\n"));
    free(folder_write(root, "proc/asound/card3/id", "tagtagtagsound\n"));
    evidence_gather(&evidence, root);
    assert_string_equal(evidence.model, "Raspberry Pi Zero W Rev 1.1");
    assert_string_equal(evidence.hat, "");
    assert_int_equal(evidence.card_count, 2);
    assert_string_equal(evidence.cards[1], "tagtagtagsound");
    assert_false(evidence.hidden);

    free(folder_write(root, "dev/gpiochip0", "no chip at all"));
    evidence_gather(&evidence, root);
    assert_int_equal(evidence.chip_count, 0);
    assert_true(evidence.hidden);
    folder_remove(root);
}

static void test_this_computer(void **state)
{
    struct evidence evidence;
    struct guess guess;

    evidence_gather(&evidence, "");
    board_guess(&evidence, &guess);
    assert_true(text_is_clean(guess.reason) && *guess.reason);
}

static void test_profiles(void **state)
{
    char *root = folder_new(), *own = folder_make(root, "own"), *vendor = folder_make(root, "all");
    const char *const folders[] = {"/nowhere", own, vendor, NULL};
    struct boards boards;

    free(folder_write(own, "b.conf", "# Mine.\n"));
    free(folder_write(own, "sim.conf", "# Not this one.\n"));
    free(folder_write(own, "a b.conf", "# No word.\n"));
    free(folder_write(own, "notes.txt", "# No profile.\n"));
    free(folder_write(own, ".conf", "# No name.\n"));
    free(folder_write(vendor, "b.conf", "# Theirs.\n"));
    free(folder_write(vendor, "a.conf", "[gpio]\n"));
    free(folder_write(vendor, "evil.conf", "# \033[31m\n"));
    free(folder_write(vendor, "template.conf", "# Nothing in it.\n"));
    assert_int_equal(boards_read(&boards, folders), 0);
    assert_int_equal(boards.count, 4);
    assert_string_equal(boards.list[0].name, "sim");
    assert_null(boards.list[0].path);
    assert_string_equal(boards.list[1].name, "b");
    assert_string_equal(boards.list[1].about, "Mine.");
    assert_non_null(strstr(boards.list[1].path, "/own/b.conf"));
    assert_string_equal(boards.list[2].name, "a");
    assert_string_equal(boards.list[2].about, "");
    assert_string_equal(boards.list[3].about, "");
    assert_ptr_equal(board_find(&boards, "a"), &boards.list[2]);
    assert_null(board_find(&boards, "template"));
    boards_clear(&boards);

    for (size_t i = 0; i < 2 * BOARDS_MAX; i++) {
        char name[32];

        snprintf(name, sizeof(name), "%03zu.conf", i);
        free(folder_write(own, name, ""));
    }
    assert_int_equal(boards_read(&boards, folders), 0);
    assert_int_equal(boards.count, BOARDS_MAX);
    boards_clear(&boards);
    free(own);
    free(vendor);
    folder_remove(root);
}

/* Each says in one line what it is for, and each board that is guessed has one. */
static void test_installed_profiles(void **state)
{
    char *folder = source_path("conf/boards");
    const char *const folders[] = {folder, NULL}, *const guessed[] = {"gpio-sim", "tagtagtag-2019"};
    struct boards boards;

    assert_int_equal(boards_read(&boards, folders), 0);
    assert_true(boards.count > 4);
    for (size_t i = 0; i < boards.count; i++) {
        const char *about = boards.list[i].about;

        assert_true(*about && about[strlen(about) - 1] == '.');
    }
    for (size_t i = 0; i < ARRAY_SIZE(guessed); i++)
        assert_non_null(board_find(&boards, guessed[i]));
    boards_clear(&boards);
    free(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_certain),   cmocka_unit_test(test_none),
        cmocka_unit_test(test_unknown),   cmocka_unit_test(test_long),
        cmocka_unit_test(test_gathering), cmocka_unit_test(test_this_computer),
        cmocka_unit_test(test_profiles),  cmocka_unit_test(test_installed_profiles),
    };

    return cmocka_run_group_tests_name("boards", tests, NULL, NULL);
}
