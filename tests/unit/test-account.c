/* The passwords on a real disk, and a rabbit whose power is cut at every moment. */
#include "helper.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

#include "rabbit/account.h"

#define HEADER    "nabaztagd-account 1\n"
#define JID       "f81edfee27c1@almacska"
#define FILE_NAME "account-" JID

static int set_up(void **state)
{
    unsetenv("CREDENTIALS_DIRECTORY");
    *state = folder_new();
    return 0;
}

static int tear_down(void **state)
{
    unsetenv("CREDENTIALS_DIRECTORY");
    folder_remove(*state);
    return 0;
}

static struct config *plain_config(void)
{
    return config_from("[account]\njid = F81edfee27c1@almacska\n");
}

/* Makes an account and gives what loading it returned. */
static struct account *account_in(const char *folder, const struct config *config, int *ret_result)
{
    struct account *account;

    assert_int_equal(account_new(&account, config, "0013d3849bba", folder), 0);
    *ret_result = account_load(account, config);
    return account;
}

static void expect_passwords(const struct account *account, const char *configured,
                             const char *stored, const char *pending)
{
    const struct session_facts facts = account_facts(account);

    assert_true(streq_ptr(account_password(account, PASSWORD_CONFIGURED), configured));
    assert_true(streq_ptr(account_password(account, PASSWORD_STORED), stored));
    assert_true(streq_ptr(account_password(account, PASSWORD_PENDING), pending));
    assert_null(account_password(account, PASSWORD_NONE));
    assert_int_equal(facts.configured, configured != NULL);
    assert_int_equal(facts.stored, stored != NULL);
    assert_int_equal(facts.pending, pending != NULL);
}

static struct account *load(const char *folder)
{
    struct config *config = plain_config();
    int r;
    struct account *account = account_in(folder, config, &r);

    config_free(config);
    assert_int_equal(r, 0);
    return account;
}

static void expect_file(const char *folder, const char *expected)
{
    char *path, *text;

    assert_true(asprintf(&path, "%s/" FILE_NAME, folder) > 0);
    text = file_text(path);
    assert_string_equal(text, expected);
    free(text);
    free(path);
}

static void test_names(void **state)
{
    static const struct {
        const char *jid, *bare, *local, *domain;
    } cases[] = {
        {"[account]\njid = Rabbit@Example.org\n", "rabbit@example.org", "rabbit", "example.org"},
        {"[account]\njid = Example.org\n", "0013d3849bba@example.org", "0013d3849bba",
         "example.org"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct config *config = config_from(cases[i].jid);
        int r;
        struct account *account = account_in(*state, config, &r);

        assert_int_equal(r, 0);
        assert_string_equal(account_jid(account), cases[i].bare);
        assert_string_equal(account_local(account), cases[i].local);
        assert_string_equal(account_domain(account), cases[i].domain);
        assert_true(account_facts(account).may_register);
        assert_null(account_free(account));
        config_free(config);
    }
    assert_null(account_free(NULL));
}

static void test_files(void **state)
{
    static const struct {
        const char *text;
        int result;
        const char *stored, *pending;
    } cases[] = {
        {HEADER "password old\n", 0, "old", NULL},
        {HEADER "password old\npending new\n", 0, "old", "new"},
        {HEADER "pending new\n", 0, NULL, "new"},
        {HEADER "password a b  c\n", 0, "a b  c", NULL},
        {HEADER, 0, NULL, NULL},
        {HEADER "later thing\npassword old\n", 0, "old", NULL},
        {"", -EBADMSG, NULL, NULL},
        {"nabaztagd-account 2\npassword old\n", -ENOTSUP, NULL, NULL},
        {"nabaztagd-account 0\npassword old\n", -EBADMSG, NULL, NULL},
        {"nabaztagd-account 1 \npassword old\n", -EBADMSG, NULL, NULL},
        {"password old\n", -EBADMSG, NULL, NULL},
        {"garbage", -EBADMSG, NULL, NULL},
        {"\xff\xfe\x01", -EBADMSG, NULL, NULL},
        {HEADER "garbage\n", -EBADMSG, NULL, NULL},
        {HEADER "garbage\npassword old\n", -EBADMSG, NULL, NULL},
        {HEADER "\npassword old\n", -EBADMSG, NULL, NULL},
        {HEADER "\n", -EBADMSG, NULL, NULL},
        {HEADER "\n password", -EBADMSG, NULL, NULL},
        {HEADER "password old\n\n", -EBADMSG, NULL, NULL},
        {HEADER "password \n", -EBADMSG, NULL, NULL},
        {HEADER "password\n", -EBADMSG, NULL, NULL},
        {HEADER "password o\x01ld\n", -EBADMSG, NULL, NULL},
        {HEADER "password \xff\n", -EBADMSG, NULL, NULL},
        {HEADER "password old\npending new", -EBADMSG, NULL, NULL},
    };
    struct config *config = plain_config();

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char *path = folder_write(*state, FILE_NAME, cases[i].text);
        int r;
        struct account *account = account_in(*state, config, &r);

        if (r != cases[i].result)
            fail_msg("case %zu: %d", i, r);
        if (r == 0)
            expect_passwords(account, NULL, cases[i].stored, cases[i].pending);
        else
            assert_string_equal(account_place(account), path);
        account_free(account);
        free(path);
    }
    config_free(config);
}

static void test_no_file(void **state)
{
    struct account *account = load(*state);

    expect_passwords(account, NULL, NULL, NULL);
    account_free(account);
}

/* A file that was cut short is either refused or whole as far as it goes: never half a password. */
static void test_truncated_anywhere(void **state)
{
    static const char whole[] = HEADER "password olderone\npending newerone\n";
    struct config *config = plain_config();

    for (size_t n = 0; n < sizeof(whole) - 1; n++) {
        char text[sizeof(whole)] = "";
        bool line_end = n >= strlen(HEADER) && whole[n - 1] == '\n';
        bool with_stored = n > strlen(HEADER);
        int r;

        memcpy(text, whole, n);
        free(folder_write(*state, FILE_NAME, text));
        struct account *account = account_in(*state, config, &r);
        if (r != (line_end ? 0 : -EBADMSG))
            fail_msg("%zu bytes: %d", n, r);
        if (r == 0)
            expect_passwords(account, NULL, with_stored ? "olderone" : NULL, NULL);
        account_free(account);
    }
    config_free(config);
}

static void test_registering(void **state)
{
    struct account *account = load(*state);
    const char *password = NULL, *again = NULL;
    char pending[64], text[128];
    bool fresh = false;

    assert_int_equal(account_prepare_registration(account, &password, &fresh), 0);
    assert_true(fresh);
    assert_int_equal(strlen(password), 24);
    snprintf(pending, sizeof(pending), "%s", password);
    snprintf(text, sizeof(text), HEADER "pending %s\n", pending);
    expect_file(*state, text);
    expect_passwords(account, NULL, NULL, pending);

    /* The same again as long as it is pending. */
    assert_int_equal(account_prepare_registration(account, &again, &fresh), 0);
    assert_true(fresh);
    assert_string_equal(again, pending);

    assert_int_equal(account_promote(account), 0);
    snprintf(text, sizeof(text), HEADER "password %s\n", pending);
    expect_file(*state, text);
    expect_passwords(account, NULL, pending, NULL);
    assert_int_equal(account_promote(account), 0);
    assert_int_equal(account_drop_pending(account), 0);
    expect_passwords(account, NULL, pending, NULL);

    /* The next one is another, and beside the old. */
    assert_int_equal(account_prepare_registration(account, &password, &fresh), 0);
    assert_string_not_equal(password, pending);
    snprintf(text, sizeof(text), HEADER "password %s\npending %s\n", pending, password);
    expect_file(*state, text);
    assert_int_equal(account_drop_pending(account), 0);
    snprintf(text, sizeof(text), HEADER "password %s\n", pending);
    expect_file(*state, text);
    expect_passwords(account, NULL, pending, NULL);
    account_free(account);
}

static void test_survives_a_restart(void **state)
{
    struct account *account = load(*state);
    const char *password;
    char kept[64];
    bool fresh;

    assert_int_equal(account_prepare_registration(account, &password, &fresh), 0);
    snprintf(kept, sizeof(kept), "%s", password);
    account_free(account);
    account = load(*state);
    expect_passwords(account, NULL, NULL, kept);
    assert_int_equal(account_promote(account), 0);
    account_free(account);
    account = load(*state);
    expect_passwords(account, NULL, kept, NULL);
    account_free(account);
}

/* Configured passwords */

static void test_password_file(void **state)
{
    char *path = folder_write(*state, "password", "sesame\n"), *text;
    struct config *config;
    const char *password;
    bool fresh = true;
    int r;

    /* With a configured password the state file is not looked at. */
    free(folder_write(*state, FILE_NAME, "garbage"));
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", "/nowhere", 1), 0);
    assert_true(asprintf(&text, "[account]\njid = " JID "\npassword-file = %s\n", path) > 0);
    config = config_from(text);
    struct account *account = account_in(*state, config, &r);
    assert_int_equal(r, 0);
    expect_passwords(account, "sesame", NULL, NULL);
    assert_int_equal(account_prepare_registration(account, &password, &fresh), 0);
    assert_string_equal(password, "sesame");
    assert_false(fresh);
    expect_file(*state, "garbage");
    account_free(account);

    assert_int_equal(unlink(path), 0);
    account = account_in(*state, config, &r);
    assert_int_equal(r, -ENOENT); /* it was asked for, so registering without it is no way out */
    assert_string_equal(account_place(account), path);
    account_free(account);
    config_free(config);
    free(text);
    free(path);
}

static void test_credential(void **state)
{
    char *path = folder_write(*state, "nabaztagd.password", "sesame");
    struct config *config = plain_config();
    int r;

    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", *state, 1), 0);
    struct account *account = account_in(*state, config, &r);
    assert_int_equal(r, 0);
    expect_passwords(account, "sesame", NULL, NULL);
    account_free(account);

    free(folder_write(*state, "nabaztagd.password", "\n"));
    account = account_in(*state, config, &r);
    assert_int_equal(r, -ENODATA);
    assert_string_equal(account_place(account), path);
    account_free(account);

    /* Other credentials than ours are fine. */
    assert_int_equal(unlink(path), 0);
    free(folder_write(*state, FILE_NAME, HEADER "password old\n"));
    account = account_in(*state, config, &r);
    assert_int_equal(r, 0);
    expect_passwords(account, NULL, "old", NULL);
    account_free(account);
    config_free(config);
    free(path);
}

static void test_register_is_obeyed(void **state)
{
    struct config *config = config_from("[account]\njid = " JID "\nregister = no\n");
    int r;
    struct account *account = account_in(*state, config, &r);

    assert_false(account_facts(account).may_register);
    account_free(account);
    config_free(config);
}

/* Disks that fail */

static void test_no_folder(void **state)
{
    char *file = folder_write(*state, "file", ""), *below = NULL;
    struct config *config = plain_config();
    const char *password = NULL;
    bool fresh;
    int r;

    assert_true(asprintf(&below, "%s/below", file) > 0);
    struct account *account = account_in(below, config, &r);
    assert_int_equal(r, -ENOTDIR);
    assert_int_equal(account_prepare_registration(account, &password, &fresh), -ENOTDIR);
    assert_null(password);
    expect_passwords(account, NULL, NULL, NULL);
    assert_non_null(strstr(account_place(account), "file/below/" FILE_NAME));
    account_free(account);
    config_free(config);
    free(below);
    free(file);
}

static int with_full_disk(struct account *account, int (*act)(struct account *))
{
    struct rlimit old, small;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    int r;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = (struct rlimit){.rlim_cur = 10, .rlim_max = old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    r = act(account);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, handler);
    return r;
}

static int prepare(struct account *account)
{
    const char *password;
    bool fresh;

    return account_prepare_registration(account, &password, &fresh);
}

static void test_full_disk(void **state)
{
    static const char before[] = HEADER "password olderone\npending newerone\n";

    free(folder_write(*state, FILE_NAME, HEADER "password olderone\n"));
    struct account *account = load(*state);
    /* What is not on the disk must not be sent. */
    assert_int_equal(with_full_disk(account, prepare), -EFBIG);
    expect_passwords(account, NULL, "olderone", NULL);
    expect_file(*state, HEADER "password olderone\n");
    account_free(account);

    free(folder_write(*state, FILE_NAME, before));
    account = load(*state);
    assert_int_equal(with_full_disk(account, account_promote), -EFBIG);
    expect_passwords(account, NULL, "newerone", NULL);
    expect_file(*state, before);
    account_free(account);

    account = load(*state);
    assert_int_equal(with_full_disk(account, account_drop_pending), -EFBIG);
    expect_passwords(account, NULL, "olderone", NULL);
    expect_file(*state, before);
    account_free(account);
}

/* Where something is told to people there are no passwords. */
static void test_place_tells_no_password(void **state)
{
    const char *password;
    bool fresh;

    free(folder_write(*state, FILE_NAME, HEADER "password olderone\npending newerone\n"));
    struct account *account = load(*state);
    assert_null(strstr(account_place(account), "olderone"));
    assert_null(strstr(account_place(account), "newerone"));
    assert_int_equal(account_drop_pending(account), 0);
    assert_int_equal(account_prepare_registration(account, &password, &fresh), 0);
    assert_null(strstr(account_place(account), password));
    account_free(account);
}

/* Power cuts. The session decides, a small driver obeys as struct login does; each thing that
 * happens in the world costs one unit of power. */

struct world {
    const char *folder;
    char server[64];     /* the password the server knows; "" when it knows no such account */
    unsigned power;      /* what is left of it */
    unsigned registered; /* how many accounts were made */
    bool online;
};

static bool consume(struct world *world)
{
    if (world->power == 0)
        return false;
    world->power--;
    return true;
}

static bool known_to_server(const struct world *world, const char *password)
{
    return *world->server && streq(world->server, password);
}

/* The registration itself; the answer may be lost together with the power. */
static enum session_event submit(struct world *world, struct account *account, const char *password)
{
    if (*world->server) {
        account_drop_pending(account);
        return EVENT_CONFLICT;
    }
    snprintf(world->server, sizeof(world->server), "%s", password);
    world->registered++;
    return EVENT_REGISTERED;
}

static enum session_event log_in(const struct world *world, const struct account *account,
                                 enum session_password which)
{
    const char *password = account_password(account, which);

    assert_non_null(password);
    return known_to_server(world, password) ? EVENT_ONLINE : EVENT_REJECTED;
}

static enum session_event carry_out(struct world *world, struct account *account,
                                    const struct session_step *step)
{
    const char *password;
    bool fresh;

    switch (step->action) {
    case ACTION_REGISTER:
        assert_int_equal(account_prepare_registration(account, &password, &fresh), 0);
        return consume(world) ? submit(world, account, password) : EVENT_STOP;
    case ACTION_PROMOTE:
        assert_int_equal(account_promote(account), 0);
        return consume(world) ? log_in(world, account, step->password) : EVENT_STOP;
    case ACTION_FALL_BACK:
        assert_int_equal(account_drop_pending(account), 0);
        return consume(world) ? log_in(world, account, step->password) : EVENT_STOP;
    case ACTION_LOGIN:
        return log_in(world, account, step->password);
    case ACTION_ANNOUNCE:
        assert_int_equal(account_promote(account), 0);
        world->online = true;
        return EVENT_STOP;
    case ACTION_REPORT_LOGIN:
    case ACTION_REPORT_GET:
    case ACTION_REPORT_SET:
        return EVENT_REPORTED;
    case ACTION_PAUSE:
    case ACTION_WAIT_NETWORK:
    case ACTION_WAIT_REJECTED:
    case ACTION_WAIT_LONGEST:
    case ACTION_WAIT_QUOTA:
        return EVENT_TIMER;
    case ACTION_NONE:
    case ACTION_CLOSE:
    default:
        return EVENT_STOP;
    }
}

static uint64_t lowest(uint64_t low, uint64_t high, void *userdata)
{
    return low;
}

/* From power on until online, or until the power is gone. */
static void live(struct world *world)
{
    struct timing timing = timing_default();
    struct account *account = load(world->folder);
    enum session_event event = EVENT_START;
    struct session *session;
    uint64_t now_usec = 0;

    world->online = false;
    assert_int_equal(session_new(&session, &timing, lowest, NULL), 0);
    while (event != EVENT_STOP && consume(world)) {
        struct session_facts facts = account_facts(account);
        struct session_step step = session_handle(session, event, &facts, now_usec);

        now_usec += step.delay_usec;
        event = carry_out(world, account, &step);
    }
    session_free(session);
    account_free(account);
}

static void forget_state(const char *folder)
{
    char *path;

    assert_true(asprintf(&path, "%s/" FILE_NAME, folder) > 0);
    unlink(path);
    free(path);
}

static void test_power_cuts(void **state)
{
    static const struct {
        const char *disk;   /* NULL: no file */
        const char *server; /* the password it knows */
        unsigned registrations;
    } starts[] = {
        {NULL, "", 1},
        {HEADER "password old\n", "old", 0},
        {HEADER "password old\n", "", 1},                 /* the server forgot */
        {HEADER "password old\npending new\n", "old", 0}, /* cut before the registration */
        {HEADER "password old\npending new\n", "new", 0}, /* cut after it */
        {HEADER "password old\npending new\n", "", 1},
        {HEADER "pending new\n", "new", 0},
        {HEADER "pending new\n", "", 1},
    };
    unsigned cuts = 0;

    for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
        for (unsigned first = 0; first < 14; first++)
            for (unsigned second = 0; second < 14; second++) {
                struct world world = {.folder = *state, .power = first};

                snprintf(world.server, sizeof(world.server), "%s", starts[i].server);
                forget_state(*state);
                if (starts[i].disk)
                    free(folder_write(*state, FILE_NAME, starts[i].disk));
                live(&world);
                cuts += !world.online;
                world.power = second;
                live(&world);
                cuts += !world.online;
                world.power = 40;
                live(&world);
                if (!world.online || world.registered != starts[i].registrations)
                    fail_msg("start %zu, cuts at %u and %u: %s, %u registrations", i, first, second,
                             world.online ? "online" : "locked out", world.registered);
            }
    assert_in_range(cuts, 500, 2000);
}

int main(void)
{
#define in_folder(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        in_folder(test_names),
        in_folder(test_files),
        in_folder(test_no_file),
        in_folder(test_truncated_anywhere),
        in_folder(test_registering),
        in_folder(test_survives_a_restart),
        in_folder(test_password_file),
        in_folder(test_credential),
        in_folder(test_register_is_obeyed),
        in_folder(test_no_folder),
        in_folder(test_full_disk),
        in_folder(test_place_tells_no_password),
        in_folder(test_power_cuts),
    };

    /* Thousands of power cuts, each with an fsync: in memory where there is such a file system. */
    if (access("/dev/shm", W_OK) == 0)
        setenv("TMPDIR", "/dev/shm", 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
