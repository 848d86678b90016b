#include "helper.h"

#include <errno.h>

#include "base/config.h"
#include "base/limits.h"
#include "base/options.h"

#define X10  "xxxxxxxxxx"
#define X50  X10 X10 X10 X10 X10
#define X180 X50 X50 X50 X10 X10 X10

/* All errors as "LINE: text\n", all notes left out. */
static char *errors_text(const struct config_problems *problems, const char *path)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    for (size_t i = 0; i < problems->count; i++) {
        const char *place = after_prefix(problems->list[i].place, path);

        assert_non_null(place);
        if (!problems->list[i].note)
            fprintf(out, "%s: %s\n", place + (*place == ':'), problems->list[i].text);
    }
    fclose(out);
    return text;
}

static struct config *load_bytes(const char *bytes, size_t size, struct config_problems *problems)
{
    struct config *config = NULL;
    FILE *file = fmemopen((void *)bytes, size, "r");
    int r;

    assert_non_null(file);
    r = config_load_stream(&config, file, "x.conf", problems);
    fclose(file);
    assert_int_equal(r, problems->errors > 0 ? -EINVAL : 0);
    assert_int_equal(!config, r < 0);
    return config;
}

static struct config *load_good(const char *text)
{
    struct config_problems problems = {0};
    struct config *config = load_bytes(text, strlen(text), &problems);

    if (!config)
        fail_msg("%s: %s", problems.list[0].place, problems.list[0].text);
    config_problems_clear(&problems);
    return config;
}

static char *dump_text(const struct config *config)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    assert_int_equal(config_dump(config, out), 0);
    fclose(out);
    return text;
}

/* Removes the lines that begin with "#": where the values came from. */
static char *without_comments(char *text)
{
    char *to = text, *next;

    for (char *line = text; *line; line = next) {
        size_t n = strcspn(line, "\n") + 1;

        next = line + (line[n - 1] ? n : n - 1);
        if (*line == '#')
            continue;
        memmove(to, line, (size_t)(next - line));
        to += next - line;
    }
    *to = '\0';
    return text;
}

static void assert_list(char *const *list, const char *expected)
{
    char text[1000] = "";

    for (; *list; list++)
        strcat(strcat(text, *list), " ");
    assert_string_equal(text, expected);
}

/* Reading what is right */

static void test_defaults(void **state)
{
    struct config *config = load_good("");

    assert_null(config->account.jid);
    assert_string_equal(config->account.resource, "nabaztagd");
    assert_int_equal(config->account.dialect, DIALECT_STANDARD);
    assert_true(config->account.register_account);
    assert_int_equal(config->tls.mode, TLS_REQUIRED);
    assert_list(config->sasl.mechanisms, "SCRAM-SHA-256 SCRAM-SHA-1 DIGEST-MD5 PLAIN ");
    assert_false(config->sasl.plaintext);
    assert_null(config->report.url);
    assert_int_equal(config->report.timeout_usec, 10 * USEC_PER_SEC);
    assert_string_equal(config->rabbit.version, "18673");
    assert_string_equal(config->rabbit.name, "Nabaztag");
    assert_string_equal(language_names[config->rabbit.language], "en");
    assert_string_equal(config->body.board, "sim");
    assert_int_equal(config->body.brightness, 100);
    assert_int_equal(config->button.debounce_usec, 20 * USEC_PER_MSEC);
    assert_int_equal(config->button.double_usec, 500 * USEC_PER_MSEC);
    assert_int_equal(config->button.long_usec, 1500 * USEC_PER_MSEC);
    assert_list(config->access.owners, "");
    assert_list(config->violet.platforms, "");
    config_free(config);
}

static void test_values(void **state)
{
    struct config *config = load_good("\xef\xbb\xbf; a comment ;\r\n"
                                      "[account]\r\n"
                                      "jid=F81EDFEE27C1@Almacska\r\n"
                                      "server =\t[::1]:5222 \r\n"
                                      "register = no\n"
                                      "name = Lapin à dormir # = a;b\n"
                                      "[access]\n"
                                      "owners = Alice@Example.org\tbob@example.org\n"
                                      "\n"
                                      "    # a comment inside the list\n"
                                      "    carol@example.org\n"
                                      "\tdave@example.org erin@example.org\n"
                                      "rooms = #one%irc@gate #two%irc@gate\n"
                                      "fetch =\n"
                                      "  ::1 Example.ORG\n"
                                      "[violet]\n"
                                      "platforms = net.Openjabnab.platform@X *@y.z w\n"
                                      "[account]\n"
                                      "email = a@b\n"
                                      "[tls]\n"
                                      "mode = optional\n"
                                      "[rabbit]\n"
                                      "serial = F81EDFEE27C1\n"
                                      "locate =\n"
                                      "language = it");

    assert_string_equal(config->account.jid, "F81EDFEE27C1@Almacska");
    assert_string_equal(config->account.server, "[::1]:5222");
    assert_false(config->account.register_account);
    assert_string_equal(config->account.name, "Lapin à dormir # = a;b");
    assert_string_equal(config->account.email, "a@b");
    assert_list(config->access.owners, "alice@example.org bob@example.org carol@example.org "
                                       "dave@example.org erin@example.org ");
    assert_list(config->access.rooms, "#one%irc@gate #two%irc@gate ");
    assert_list(config->access.fetch, "::1 example.org ");
    assert_list(config->violet.platforms, "net.openjabnab.platform@x *@y.z w ");
    assert_int_equal(config->tls.mode, TLS_OPTIONAL);
    assert_string_equal(config->rabbit.serial, "f81edfee27c1");
    assert_null(config->rabbit.locate);
    assert_int_equal(config->rabbit.language, LANGUAGE_IT);
    config_free(config);
}

/* The longest line is read whole; one byte more is refused (see the table below). */
static void test_longest_line(void **state)
{
    struct config *config = load_good("[rabbit]\nname = " X180 "abc\r\n");

    assert_string_equal(config->rabbit.name, X180 "abc");
    config_free(config);
}

/* Every wrong line of a file, in one run */

static const struct {
    const char *text, *errors;
} wrong[] = {
    {"[account]\njid = a@b/c\nregister = maybe\n[tls]\nmode = none\n",
     "2: [account] jid: expected local@domain or domain, without a resource, not `a@b/c`\n"
     "3: [account] register: expected yes or no, not `maybe`\n"
     "5: [tls] mode: expected required, optional, direct or off, not `none`\n"},

    /* What inih would cut or misunderstand */
    {"[rabbit]\nname = " X180 "abcd\nversion = x ; y\nname =;x\n# " X180 X10 "\n",
     "2: [rabbit] name: expected at most 190 bytes in one line; a list goes on in indented lines\n"
     "3: [rabbit] version: expected no ` ;` inside a line; a comment needs a line of its own\n"
     "4: [rabbit] name: expected no ` ;` inside a line; a comment needs a line of its own\n"
     "5: [rabbit]: expected at most 190 bytes in one line; a list goes on in indented lines\n"},
    {"[access]\nowners = a@b\n  c@d\t; e@f\n  g\n",
     "3: [access]: expected no ` ;` inside a line; a comment needs a line of its own\n"
     "4: [access] owners: expected JIDs such as alice@example.org, without a resource, separated "
     "by "
     "spaces, not `g`\n"},
    {"[rabbit]\nname = caf\xe9\nversion = \x1b[1m\n# caf\xe9\nlocate = a\rb\nname = a\tb\n",
     "2: [rabbit] name: expected UTF-8 text without control characters\n"
     "3: [rabbit] version: expected UTF-8 text without control characters\n"
     "4: [rabbit]: expected UTF-8 text without control characters\n"
     "5: [rabbit] locate: expected UTF-8 text without control characters\n"
     "6: [rabbit] name: expected a text without control characters, not `a\tb`\n"},

    /* Form */
    {"jid = a@b\nx\n[account]\nfoo\n= 5\njid: a@b\n",
     "1: expected a section such as [account] before the first key\n"
     "2: expected a section such as [account] before the first key\n"
     "4: [account]: expected `key = value`\n"
     "5: [account]: expected `key = value`\n"
     "6: [account]: expected `key = value`, with `=` instead of `:`\n"},
    {"[tls\nmode = 1\n[sasl] # x\nplaintext = 2\n[body] ; x\nbrightness = 3x\n[]\na = b\n",
     "1: expected a `]` at the end of `[tls`\n"
     "2: [tls] mode: expected required, optional, direct or off, not `1`\n"
     "3: [sasl]: expected nothing behind the section\n"
     "4: [sasl] plaintext: expected yes or no, not `2`\n"
     "5: expected no ` ;` inside a line; a comment needs a line of its own\n"
     "6: [body] brightness: expected a whole number, from 0 to 100, not `3x`\n"
     "7: []: expected a known section, see nabaztagd.conf(5)\n"},
    {"[acount]\njid = a\nfoo\nbar = 1 ; 2\n  x\n[music]\n[tls]\nmdoe = off\nzzz = 1\n  more\n",
     "1: [acount]: expected a known section; did you mean [account]?\n"
     "4: expected no ` ;` inside a line; a comment needs a line of its own\n"
     "6: [music]: expected a known section, see nabaztagd.conf(5)\n"
     "8: [tls] mdoe: expected a known key; did you mean `mode`?\n"
     "9: [tls] zzz: expected a known key, see nabaztagd.conf(5)\n"},
    {"[account]\njid = a@b\nname = x\n[tls]\n[account]\njid = c@d\nname =\nname = y\n",
     "6: [account] jid: expected only once in a file; line 2 sets it already\n"
     "7: [account] name: expected only once in a file; line 3 sets it already\n"
     "8: [account] name: expected only once in a file; line 3 sets it already\n"},

    /* Indented lines */
    {"[account]\n  jid = a@b\nname = x\n  resource = y\n  more\n  [tls]\nmode = x\n",
     "2: [account] jid: expected the key at the start of the line; an indented line goes on with "
     "the value above it\n"
     "4: [account] resource: expected the key at the start of the line; an indented line goes on "
     "with the value above it\n"
     "5: [account] name: expected one value in one line, but this indented line would go on with "
     "it\n"
     "6: [tls]: expected the section at the start of the line\n"
     "7: [tls] mode: expected required, optional, direct or off, not `x`\n"},
    {"[access]\n  x\nowners = a@b\n  users = c@d\n  e@f/g\nfoo\n  swallowed\nusers = A@b\n  a@B\n",
     "2: [access]: expected a key at the start of the line; an indented line goes on with a list\n"
     "4: [access] users: expected the key at the start of the line; an indented line goes on with "
     "the value above it\n"
     "5: [access] owners: expected JIDs such as alice@example.org, without a resource, separated "
     "by spaces, not `e@f/g`\n"
     "6: [access]: expected `key = value`\n"
     "9: [access] users: expected `a@B` only once in the list\n"},

    /* Values */
    {"[account]\nresource = " X50 "\nserver = a:b\ndialect = klingon\nemail = me\n",
     "3: [account] server: expected host, host:port or [IPv6]:port, not `a:b`\n"
     "4: [account] dialect: expected standard or violet, not `klingon`\n"
     "5: [account] email: expected an e-mail address, not `me`\n"},
    {"[tls]\nfingerprint = 00:11\n[sasl]\nmechanisms = PLAIN scram PLAIN\n[rabbit]\nserial = 1\n"
     "language = es\n[sim]\nsocket = /" X50 X50 X10 "\n",
     "2: [tls] fingerprint: expected the 64 hex digits of a SHA-256 fingerprint, with or without "
     "colons, not `00:11`\n"
     "4: [sasl] mechanisms: expected names out of SCRAM-SHA-256 SCRAM-SHA-1 DIGEST-MD5 PLAIN, not "
     "`scram`\n"
     "4: [sasl] mechanisms: expected `PLAIN` only once in the list\n"
     "6: [rabbit] serial: expected 12 hex digits, not `1`\n"
     "7: [rabbit] language: expected en, fr, de or it, not `es`\n"
     "9: [sim] socket: expected a path of at most 107 bytes, not `/" X50 X50 X10 "`\n"},
    {"[report]\nurl = ftp://user:secret@h/\ntimeout = 10\n[rabbit]\nlocate = http://h/#x\n",
     "2: [report] url: expected a URL that begins with http:// or https:// and has no spaces and "
     "no #\n"
     "3: [report] timeout: expected a time such as 500ms, 10s or 5min, from 100ms to 10min, not "
     "`10`\n"
     "5: [rabbit] locate: expected a URL that begins with http:// or https:// and has no spaces "
     "and no #\n"},
    {"[body]\nbrightness = 101\n[button]\ndebounce = 1ms\nlong = 31s\n",
     "2: [body] brightness: expected a whole number, from 0 to 100, not `101`\n"
     "4: [button] debounce: expected a time such as 500ms, 10s or 5min, from 5ms to 250ms, not "
     "`1ms`\n"
     "5: [button] long: expected a time such as 500ms, 10s or 5min, from 100ms to 30s, not "
     "`31s`\n"},
    {"[access]\nowners = alice bob@x/y\nrooms = @z\nfetch = http://x\n[violet]\nplatforms = "
     "a@b/c\n",
     "2: [access] owners: expected JIDs such as alice@example.org, without a resource, separated "
     "by spaces, not `alice`\n"
     "2: [access] owners: expected JIDs such as alice@example.org, without a resource, separated "
     "by spaces, not `bob@x/y`\n"
     "3: [access] rooms: expected JIDs of rooms such as kitchen@rooms.example.org, separated by "
     "spaces, not `@z`\n"
     "4: [access] fetch: expected names or addresses of hosts, separated by spaces, not "
     "`http://x`\n"
     "6: [violet] platforms: expected JIDs, domains or *@domain, separated by spaces, not "
     "`a@b/c`\n"},

    /* Settings that cannot be, or not together */
    {"[account]\ndialect = violet\njid = rabbit@example.org\n",
     "3: [account] jid: expected a domain, or 12 hex digits before the @, because of dialect = "
     "violet\n"},
    {"[account]\ndialect = violet\n[tls]\nmode = direct\n[sasl]\nmechanisms = DIGEST-MD5 PLAIN\n",
     "6: [sasl] mechanisms: expected DIGEST-MD5 alone, because of dialect = violet\n"
     "4: [tls] mode: expected off, because of dialect = violet\n"},
    {"[tls]\nmode = off\nca-file = /dev/null\nfingerprint = " X50 X10 "xxxx\n"
     "[sasl]\nmechanisms = PLAIN\n",
     "4: [tls] fingerprint: expected the 64 hex digits of a SHA-256 fingerprint, with or without "
     "colons, not `" X50 X10 "xxxx`\n"
     "6: [sasl] mechanisms: expected more than PLAIN, or [sasl] plaintext = yes, because of [tls] "
     "mode = off\n"
     "3: [tls] ca-file: expected none, because of mode = off\n"},
    {"[tls]\nmode = off\nfingerprint = "
     "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n",
     "3: [tls] fingerprint: expected none, because of mode = off\n"},
    {"[body]\nboard = pynab\n[sim]\nsocket = /x\n",
     "4: [sim] socket: expected none, because [body] board is not sim\n"},
    {"[button]\nlong = 500ms\n",
     "2: [button] long: expected debounce to be shorter than double, and double shorter than "
     "long\n"},
    {"[button]\ndebounce = 60ms\ndouble = 60ms\n",
     "3: [button] double: expected debounce to be shorter than double, and double shorter than "
     "long\n"},
    {"[account]\npassword-file = /nonexistent/p\n[tls]\nca-file = /\n",
     "2: [account] password-file: expected a readable file: No such file or directory\n"
     "4: [tls] ca-file: expected a readable file: Is a directory\n"},
};

static void test_wrong(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        struct config_problems problems = {0};
        struct config *config = load_bytes(wrong[i].text, strlen(wrong[i].text), &problems);
        char *errors = errors_text(&problems, "x.conf");

        assert_null(config);
        assert_string_equal(errors, wrong[i].errors);
        free(errors);
        config_problems_clear(&problems);
    }
}

static void test_nul(void **state)
{
    static const char text[] = "[rabbit]\nname = a\0b\n\0\nversion = \0\n";
    struct config_problems problems = {0};

    assert_null(load_bytes(text, sizeof(text) - 1, &problems));
    char *errors = errors_text(&problems, "x.conf");
    assert_string_equal(errors, "2: [rabbit] name: expected text, not a NUL byte\n"
                                "3: [rabbit]: expected text, not a NUL byte\n"
                                "4: [rabbit] version: expected text, not a NUL byte\n");
    free(errors);
    config_problems_clear(&problems);
}

/* A missing jid is worth a note and nothing more. */
static void test_note(void **state)
{
    struct config_problems problems = {0};

    config_free(load_bytes("", 0, &problems));
    assert_int_equal(problems.count, 1);
    assert_int_equal(problems.errors, 0);
    assert_true(problems.list[0].note);
    assert_string_equal(problems.list[0].place, "x.conf");
    config_problems_clear(&problems);

    config_free(load_bytes("[account]\njid = a\n", 18, &problems));
    assert_int_equal(problems.count, 0);
}

static void test_limits(void **state)
{
    struct config_problems problems = {0};
    size_t size = LIMIT_CONFIG_LINES + 1;
    char *lines = malloc(size);

    assert_non_null(lines);
    memset(lines, '\n', size);
    config_free(load_bytes(lines, size - 1, &problems));
    assert_int_equal(problems.errors, 0);
    config_problems_clear(&problems);

    assert_null(load_bytes(lines, size, &problems));
    assert_string_equal(problems.list[0].place, "x.conf:4097");
    assert_string_equal(problems.list[0].text, "expected a file of at most 4096 lines");
    config_problems_clear(&problems);

    for (size_t i = 0; i < size; i++)
        lines[i] = i % 2 ? '\n' : 'x';
    assert_null(load_bytes(lines, size - 1, &problems));
    assert_int_equal(problems.errors, LIMIT_CONFIG_LINES / 2);
    assert_int_equal(problems.count, LIMIT_CONFIG_PROBLEMS + 1);
    config_problems_clear(&problems);
    free(lines);
}

/* An endless line ends the reading, and at once. */
static void test_endless(void **state)
{
    struct config_problems problems = {0};
    struct config *config = NULL;

    assert_int_equal(config_load(&config, "/dev/zero", NULL, false, &problems), -EINVAL);
    assert_int_equal(problems.errors, 1);
    assert_string_equal(problems.list[0].text, "expected a file of at most 4096 lines");
    config_problems_clear(&problems);
}

/* Files */

static void test_drop_ins(void **state)
{
    char *folder = folder_new(), *drop_ins = folder_make(folder, "x.conf.d");
    char *path = folder_write(folder, "x.conf",
                              "[access]\nowners = a@b\n  c@d\nusers = u@v\n[rabbit]\nname = One\n"
                              "version = 1\n[tls]\nmode = off\n");
    struct config_problems problems = {0};
    struct config *config = NULL;

    free(folder_write(drop_ins, "20-b.conf", "[rabbit]\nname = Three\nversion =\n"));
    free(folder_write(drop_ins, "10-a.conf",
                      "[rabbit]\nname = Two\n[access]\nowners = e@f\nusers =\n"));
    free(folder_write(drop_ins, ".hidden.conf", "nonsense"));
    free(folder_write(drop_ins, "10-a.conf~", "nonsense"));
    assert_int_equal(config_load(&config, path, drop_ins, false, &problems), 0);
    assert_list(config->access.owners, "e@f ");
    assert_list(config->access.users, "");
    assert_string_equal(config->rabbit.name, "Three");
    assert_string_equal(config->rabbit.version, "18673");
    assert_int_equal(config->tls.mode, TLS_OFF);

    char *dump = dump_text(config), line[200];
    snprintf(line, sizeof(line), "\n# %s/20-b.conf:2\nname = Three\n", drop_ins);
    assert_non_null(strstr(dump, line));
    snprintf(line, sizeof(line), "\n# %s/10-a.conf:4\nowners = e@f\n", drop_ins);
    assert_non_null(strstr(dump, line));
    snprintf(line, sizeof(line), "\n# %s:9\nmode = off\n", path);
    assert_non_null(strstr(dump, line));
    assert_non_null(strstr(dump, "\n# default\nversion = 18673\n"));
    assert_non_null(strstr(dump, "\n# default\nusers =\n"));

    free(dump);
    config_free(config);
    config_problems_clear(&problems);
    free(path);
    free(drop_ins);
    folder_remove(folder);
}

/* The errors of all files, each with its own name. */
static void test_errors_of_all_files(void **state)
{
    char *folder = folder_new(), *drop_ins = folder_make(folder, "x.conf.d");
    char *path = folder_write(folder, "x.conf", "[tls]\nmode = x\n");
    struct config_problems problems = {0};
    struct config *config = NULL;

    free(folder_write(drop_ins, "1.conf", "[tls]\nmode = y\n"));
    free(folder_make(drop_ins, "2.conf"));
    free(folder_write(drop_ins, "3.conf", "\n[tls]\nmode = z\n"));
    assert_int_equal(config_load(&config, path, drop_ins, false, &problems), -EISDIR);
    assert_null(config);

    char *errors = errors_text(&problems, path);
    assert_string_equal(
        errors, "2: [tls] mode: expected required, optional, direct or off, not `x`\n"
                ".d/1.conf:2: [tls] mode: expected required, optional, direct or off, not `y`\n"
                ".d/2.conf: cannot be read: Is a directory\n"
                ".d/3.conf:3: [tls] mode: expected required, optional, direct or off, not `z`\n");
    free(errors);
    config_problems_clear(&problems);
    free(path);
    free(drop_ins);
    folder_remove(folder);
}

/* Board profiles */

struct board_case {
    char *folder, *path, *drop_ins, *profile;
    struct config *config;
    struct config_problems problems;
    int result;
};

/* Loads `text` (%s: the path of the profile) over a profile, and a drop-in unless NULL. */
static struct board_case board_load(const char *profile, const char *text, const char *drop_in)
{
    struct board_case it = {.folder = folder_new()};
    char filled[1000];

    it.profile = folder_write(it.folder, "board.conf", profile);
    it.drop_ins = folder_make(it.folder, "x.conf.d");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(filled, sizeof(filled), text, it.profile);
    it.path = folder_write(it.folder, "x.conf", filled);
    if (drop_in) {
        snprintf(filled, sizeof(filled), drop_in, it.profile);
        free(folder_write(it.drop_ins, "1.conf", filled));
    }
#pragma GCC diagnostic pop
    it.result = config_load(&it.config, it.path, it.drop_ins, false, &it.problems);
    return it;
}

static void board_end(struct board_case *it)
{
    config_free(it->config);
    config_problems_clear(&it->problems);
    free(it->path);
    free(it->drop_ins);
    free(it->profile);
    folder_remove(it->folder);
}

#define PROFILE                                                              \
    "[gpio]\nchip = c\n[ear-left]\nforward = 1\nbackward = 2\nencoder = 3\n" \
    "[leds]\nnose = 4 5\n  6\n[button]\nline = 7\nlong = 2s\n"

/* The profile lies beneath the file and its drop-ins, key by key; an empty key there is a word,
 * too.
 */
static void test_board(void **state)
{
    struct board_case it = board_load(
        PROFILE, "[ear-left]\nencoder = 30\nbackward =\n[leds]\nnose =\n[body]\nboard = %s\n",
        "[ear-left]\nforward = 10\n[button]\nlong = 3s\n");
    const struct config *config = it.config;
    char line[200];

    assert_int_equal(it.result, 0);
    assert_string_equal(config->gpio.chip, "c");
    assert_string_equal(config->ears[0].forward, "10");
    assert_null(config->ears[0].backward);
    assert_string_equal(config->ears[0].encoder, "30");
    assert_list(config->leds.at[0], "");
    assert_string_equal(config->button.line, "7");
    assert_int_equal(config->button.long_usec, 3 * USEC_PER_SEC);

    char *dump = dump_text(config);
    snprintf(line, sizeof(line), "\n# %s:2\nchip = c\n", it.profile);
    assert_non_null(strstr(dump, line));
    snprintf(line, sizeof(line), "\n# %s/1.conf:2\nforward = 10\n", it.drop_ins);
    assert_non_null(strstr(dump, line));
    snprintf(line, sizeof(line), "\n# %s:2\nencoder = 30\n", it.path);
    assert_non_null(strstr(dump, line));
    assert_non_null(strstr(dump, "\n# default\nbackward =\n"));
    free(dump);
    board_end(&it);
}

static void test_board_in_drop_in(void **state)
{
    struct board_case it =
        board_load(PROFILE, "[body]\nboard = nowhere\n[leds]\nnose = 8\n", "[body]\nboard = %s\n");

    assert_int_equal(it.result, 0);
    assert_string_equal(it.config->ears[0].backward, "2");
    assert_list(it.config->leds.at[0], "8 ");
    assert_list(it.config->leds.at[1], "");
    board_end(&it);

    it = board_load("nonsense", "[body]\nboard = %s\n", "[body]\nboard = sim\n");
    assert_int_equal(it.result, 0); /* not even looked at */
    board_end(&it);
}

static const struct {
    const char *profile, *text, *errors; /* "x.conf:LINE: …" is the configuration's */
} wrong_boards[] = {
    {"[gpio]\nchip = c\n[account]\njid = a@b\n[rabbit]\n", "[body]\nboard = %s\n",
     "board.conf:3: [account]: expected a section that a board profile may have\n"
     "board.conf:5: [rabbit]: expected a section that a board profile may have\n"},
    {"[ear-left]\nforward = a,b\nbakward = 1\nencoder = 2\nencoder = 3\nbridge = h\n",
     "[ear-left]\nencoder = 5\n[body]\nboard = %s\nbrightness = 101\n",
     "x.conf:5: [body] brightness: expected a whole number, from 0 to 100, not `101`\n"
     "board.conf:2: [ear-left] forward: expected a line such as 17, GPIO17 or "
     "CHIP:17,active-low,pull-up, not `a,b`\n"
     "board.conf:3: [ear-left] bakward: expected a known key; did you mean `backward`?\n"
     "board.conf:5: [ear-left] encoder: expected only once in a file; line 4 sets it already\n"
     "board.conf:6: [ear-left] bridge: expected in-in, in-in-en or phase-enable, not `h`\n"},
    /* What the file overrides, is not the profile's mistake any more. */
    {"[ear-left]\nforward = a,b\n[leds]\nnose = 1 1\n  1\norder = x\n",
     "[ear-left]\nforward = 1\n[leds]\nnose = 2\norder = rgb\n[body]\nboard = %s\n", ""},
    {"", "[tls]\nmode = off\n[body]\nboard = no-such-board\n",
     "x.conf:4: [body] board: expected sim, a profile in " NABAZTAGD_SYSCONFDIR
     "/boards or " NABAZTAGD_BOARDDIR ", or a path with a `/`\n"},
    {"", "[body]\nboard = %s/x\n", "board.conf/x: cannot be read: Not a directory\n"},
};

/* Errors as "FILE:LINE: text\n" without folders. */
static char *board_errors(const struct board_case *it)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    for (size_t i = 0; i < it->problems.count; i++) {
        const char *place = after_prefix(it->problems.list[i].place, it->folder);

        if (it->problems.list[i].note)
            continue;
        assert_non_null(place);
        fprintf(out, "%s: %s\n", place + 1, it->problems.list[i].text);
    }
    fclose(out);
    return text;
}

static void test_wrong_boards(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(wrong_boards); i++) {
        struct board_case it = board_load(wrong_boards[i].profile, wrong_boards[i].text, NULL);
        char *errors = board_errors(&it);

        assert_string_equal(errors, wrong_boards[i].errors);
        assert_int_equal(it.result == 0, !*wrong_boards[i].errors);
        free(errors);
        board_end(&it);
    }
}

/* A profile may be named by a path from where the rabbit was started. */
static void test_board_by_relative_path(void **state)
{
    char *folder = folder_new(), *before = getcwd(NULL, 0);
    struct config_problems problems = {0};
    struct config *config = NULL;

    assert_non_null(before);
    assert_int_equal(chdir(folder), 0);
    free(folder_write(folder, "b", PROFILE));
    free(folder_write(folder, "x.conf", "[body]\nboard = ./b\n"));
    assert_int_equal(config_load(&config, "x.conf", NULL, false, &problems), 0);
    assert_string_equal(config->gpio.chip, "c");
    assert_int_equal(chdir(before), 0);
    config_free(config);
    config_problems_clear(&problems);
    free(before);
    folder_remove(folder);
}

/* Files are read once, so a pipe will do. */
static void test_board_from_pipe(void **state)
{
    struct config_problems problems = {0};
    struct config *config = NULL;
    char *folder = folder_new(), *profile = folder_write(folder, "b", PROFILE), path[40];
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    assert_true(dprintf(ends[1], "[body]\nboard = %s\n[rabbit]\nname = Piped\n", profile) > 0);
    close(ends[1]);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[0]);
    assert_int_equal(config_load(&config, path, NULL, false, &problems), 0);
    assert_string_equal(config->rabbit.name, "Piped");
    assert_string_equal(config->gpio.chip, "c");
    close(ends[0]);
    config_free(config);
    config_problems_clear(&problems);
    free(profile);
    folder_remove(folder);
}

static void test_same_board(void **state)
{
    static const struct {
        const char *text;
        bool same;
    } others[] = {
        {PROFILE, true},
        {PROFILE "double = 300ms\n[body]\nbrightness = 5\n[rabbit]\nname = x\n", true},
        {PROFILE "[body]\nboard = x\n", false},
        {PROFILE "[gpio]\n[ear-left]\nenable = 9\n", false},
        {PROFILE "[ear-left]\nbridge = in-in-en\n", false},
        {PROFILE "[leds]\ndriver = gpio\n", false},
        {PROFILE "[leds]\nbottom = 8\n", false},
        {"[gpio]\nchip = c\n", false},
        {"", false},
    };
    struct config *config = load_good(PROFILE);

    for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
        struct config *other = load_good(others[i].text);

        assert_int_equal(config_same_board(config, other), others[i].same);
        assert_int_equal(config_same_board(other, config), others[i].same);
        config_free(other);
    }
    config_free(config);
}

static void test_reference(void **state)
{
    struct config *config = load_good("[rabbit]\nname = Held\n"), *held = config_ref(config);

    assert_null(config_free(config));
    assert_string_equal(held->rabbit.name, "Held");
    assert_null(config_free(held));
}

static void test_missing(void **state)
{
    char *folder = folder_new(), *loop;
    struct config_problems problems = {0};
    struct config *config = NULL;

    assert_true(asprintf(&loop, "%s/loop", folder) > 0);
    assert_int_equal(config_load(&config, loop, loop, false, &problems), -ENOENT);
    assert_int_equal(problems.errors, 1);
    assert_string_equal(problems.list[0].place, loop);
    assert_string_equal(problems.list[0].text, "cannot be read: No such file or directory");
    config_problems_clear(&problems);

    assert_int_equal(config_load(&config, loop, loop, true, &problems), 0);
    config = config_free(config);
    config_problems_clear(&problems);

    /* Optional means that it may be missing, not that it may be unreadable. */
    assert_int_equal(symlink("loop", loop), 0);
    assert_int_equal(config_load(&config, loop, NULL, true, &problems), -ELOOP);
    assert_null(config);
    config_problems_clear(&problems);
    free(loop);
    folder_remove(folder);
}

/* Writing */

/* What was dumped reads as the same again. */
static void assert_dump_reads_back(const struct config *config)
{
    struct config_problems problems = {0};
    char *first = dump_text(config), *second;
    struct config *again = load_bytes(first, strlen(first), &problems);

    if (!again)
        fail_msg("%s: %s in\n%s", problems.list[0].place, problems.list[0].text, first);
    second = dump_text(again);
    assert_string_equal(without_comments(first), without_comments(second));
    config_free(again);
    config_problems_clear(&problems);
    free(first);
    free(second);
}

static void test_dump(void **state)
{
    struct config *config =
        load_good("[account]\njid=" X180 "xxxx@b\nname=" X180 "12345\n"
                  "[rabbit]\nlocate = https://h\n"
                  "[report]\nurl = http://me:secret@almacska:3000/x?y=@\ntimeout = 1500ms\n"
                  "[access]\nowners=a@" X50 " b@" X50 "\n c" X180 "@efghij\n"
                  "rooms=#a" X50 "@x #b" X50 "@x #c" X50 "@x z@x\n y@x #" X180 "@x\n"
                  "[button]\ndebounce = 7000us\n");
    char *dump = dump_text(config);

    assert_non_null(strstr(dump, "# x.conf:2\njid="));
    assert_non_null(strstr(dump, "\nurl = http://me:*@almacska:3000/x?y=@\n"));
    assert_null(strstr(dump, "secret"));
    assert_non_null(strstr(dump, "\nlocate = https://h\n"));
    assert_non_null(strstr(dump, "\ntimeout = 1500ms\n"));
    assert_non_null(strstr(dump, "\ndebounce = 7ms\n"));
    assert_non_null(strstr(dump, "\nowners =\n    a@"));
    assert_non_null(strstr(dump, "\n# default\nemail =\n"));
    assert_non_null(strstr(dump, "\n# default\nbrightness = 100\n"));
    assert_dump_reads_back(config);
    free(dump);
    config_free(config);
}

static char *template_text(bool board)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    assert_int_equal(config_write_template(board, out), 0);
    fclose(out);
    return text;
}

static void test_templates_are_installed_files(void **state)
{
    static const char *const names[] = {"conf/nabaztagd.conf", "conf/boards/template.conf"};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        char *path = source_path(names[i]), *file = file_text(path), *text = template_text(i == 1);

        assert_string_equal(file, text);
        free(text);
        free(file);
        free(path);
    }
}

/* Each key of the template may lose its "#", and nothing changes. */
static void test_template_tells_defaults(void **state)
{
    char *text = template_text(false), *to = text;
    struct config *defaults = load_good(""), *config;

    for (char *from = text; *from; *to++ = *from++)
        if ((from == text || from[-1] == '\n') && *from == '#' && from[1] >= 'a' && from[1] <= 'z')
            from++;
    *to = '\0';
    config = load_good(text);

    char *expected = dump_text(defaults), *dump = dump_text(config);
    assert_non_null(strstr(dump, "# x.conf:"));
    assert_string_equal(without_comments(dump), without_comments(expected));
    free(dump);
    free(expected);
    config_free(config);
    config_free(defaults);
    free(text);
}

static void test_table(void **state)
{
    const struct option *option;

    for (size_t i = 0; (option = option_at(i)); i++) {
        assert_non_null(option_section_find(option->section));
        assert_ptr_equal(option_find(option->section, option->key), option);
        assert_int_equal(option_index(option), i);
        assert_int_equal(!option->low, !option->high);
        assert_true(strlen(option->help) > 0);
        for (size_t j = 0; j < i; j++)
            assert_true(option_at(j)->offset != option->offset);
    }
}

/*
 * Mutations: whatever the bytes, reading does not crash, and what it accepts it has read in full.
 * "In full" is judged by a reader of the test's own that knows no limits.
 */

static uint64_t random_state;

static size_t random_below(size_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (size_t)(random_state % limit);
}

static const char *const seeds[] = {
    "[account]\njid = f81edfee27c1@almacska\nname = Lapin bleu\npassword-file =\n[tls]\nmode = "
    "off\n",
    "[access]\nowners = alice@example.org bob@example.org\n  #c@d\n  e@f #g%h@i\nusers =\n\tj@k\n",
    "\xef\xbb\xbf[rabbit]\r\nname = \xc3\xa9t\xc3\xa9\r\nversion = 18673\r\nlanguage = fr\r\n",
    "[report]\nurl = http://u:p@almacska:3000/vl?x=1\ntimeout = 2s\n[violet]\nplatforms = *@x y\n",
    "[sasl]\nmechanisms = DIGEST-MD5\n  PLAIN\nplaintext = yes\n# end ; of\n[rabbit]\nname=" X180
    "abcde",
    "[access]\nfetch = " X50 ".a\n  " X50 ".b " X50 ".c\n  [::1]\n\n   d\n[button]\nlong = 2s\n",
};

static const char *const pieces[] = {
    " ;",
    ";",
    "\n",
    "\r\n",
    "\n  ",
    "\t",
    " = ",
    "=",
    ":",
    "#",
    "\n#",
    "[",
    "]",
    "\n[rabbit]\n",
    "\nname = ",
    "\xc3",
    "\xe2\x82\xac",
    "\x01",
    X50,
    X180,
    "\nowners = ",
    " a@b ",
    "\n  name = y",
    "version = ;z\n",
    "\xef\xbb\xbf",
};

struct mutant {
    char bytes[4000];
    size_t size;
};

static void replace(struct mutant *mutant, size_t at, size_t old, const char *piece, size_t size)
{
    if (mutant->size - old + size > sizeof(mutant->bytes))
        return;
    memmove(mutant->bytes + at + size, mutant->bytes + at + old, mutant->size - at - old);
    memcpy(mutant->bytes + at, piece, size);
    mutant->size += size - old;
}

static void mutate(struct mutant *mutant)
{
    size_t at = random_below(mutant->size + 1), left = mutant->size - at;
    const char *piece = pieces[random_below(ARRAY_SIZE(pieces))];
    const char *seed = seeds[random_below(ARRAY_SIZE(seeds))];
    char byte = (char)random_below(256);

    switch (random_below(6)) {
    case 0:
        replace(mutant, at, left ? 1 : 0, &byte, 1);
        break;
    case 1:
        replace(mutant, at, left ? random_below(left) % 9 : 0, "", 0);
        break;
    case 2:
        replace(mutant, mutant->size, 0, seed, strlen(seed));
        break;
    default:
        replace(mutant, at, 0, piece, strlen(piece));
    }
}

/* The text between two points without blanks around it, allocated. */
static char *trimmed(const char *start, const char *end)
{
    while (start < end && strchr(" \t\r", *start))
        start++;
    while (end > start && strchr(" \t\r", end[-1]))
        end--;
    return strndup(start, (size_t)(end - start));
}

static size_t count_words(const char *text)
{
    size_t n = 0;

    for (bool inside = false; *text; text++) {
        bool blank = *text == ' ' || *text == '\t';

        n += !blank && !inside;
        inside = !blank;
    }
    return n;
}

static size_t list_length(char *const *list)
{
    size_t n = 0;

    while (list[n])
        n++;
    return n;
}

/* What the plain reader saw of the keys that are compared. */
struct seen {
    char *name;
    size_t owners;
    bool in_owners;
    char section[32];
};

static void see_line(struct seen *seen, const char *line, const char *end)
{
    char *text = trimmed(line, end), *value;
    size_t length = (size_t)(end - line) - (end > line && end[-1] == '\r');

    assert_true(length <= LIMIT_CONFIG_LINE);
    assert_null(memchr(line, '\0', (size_t)(end - line)));
    if (*text && !strchr("#;", *text)) {
        assert_null(strstr(text, " ;"));
        assert_null(strstr(text, "\t;"));
        if (seen->in_owners && strchr(" \t", *line))
            seen->owners += count_words(text);
        else
            seen->in_owners = false;
        if (*text == '[')
            snprintf(seen->section, sizeof(seen->section), "%s", text);
        value = strchr(text, '=');
        value = value ? trimmed(value + 1, value + strlen(value)) : NULL;
        if (value && streq(seen->section, "[rabbit]") && after_prefix(text, "name")) {
            free(seen->name);
            seen->name = strdup(*value ? value : "Nabaztag");
        } else if (value && streq(seen->section, "[access]") && after_prefix(text, "owners")) {
            seen->in_owners = true;
            seen->owners = count_words(value);
        }
        free(value);
    }
    free(text);
}

static void assert_read_in_full(const struct mutant *mutant, const struct config *config)
{
    const char *line = mutant->bytes, *end = mutant->bytes + mutant->size, *newline;
    struct seen seen = {0};

    if (mutant->size >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0)
        line += 3;
    for (; line < end; line = newline + 1) {
        newline = memchr(line, '\n', (size_t)(end - line));
        if (!newline)
            newline = end;
        see_line(&seen, line, newline);
    }
    assert_string_equal(config->rabbit.name, seen.name ? seen.name : "Nabaztag");
    assert_int_equal(list_length(config->access.owners), seen.owners);
    free(seen.name);
}

static void test_mutations(void **state)
{
    size_t accepted = 0;

    random_state = 0x6e6162617a746167;
    for (int i = 0; i < 20000; i++) {
        struct mutant mutant = {.size = 0};
        struct config_problems problems = {0};
        const char *seed = seeds[random_below(ARRAY_SIZE(seeds))];
        struct config *config;

        replace(&mutant, 0, 0, seed, strlen(seed));
        for (size_t n = random_below(5); n > 0; n--)
            mutate(&mutant);
        config = load_bytes(mutant.bytes, mutant.size, &problems);
        if (config) {
            accepted++;
            assert_read_in_full(&mutant, config);
            assert_dump_reads_back(config);
        }
        config_free(config);
        config_problems_clear(&problems);
    }
    assert_in_range(accepted, 2000, 18000); /* both sides were tried */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_longest_line),
        cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_nul),
        cmocka_unit_test(test_note),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_endless),
        cmocka_unit_test(test_drop_ins),
        cmocka_unit_test(test_errors_of_all_files),
        cmocka_unit_test(test_board),
        cmocka_unit_test(test_board_in_drop_in),
        cmocka_unit_test(test_wrong_boards),
        cmocka_unit_test(test_board_by_relative_path),
        cmocka_unit_test(test_board_from_pipe),
        cmocka_unit_test(test_same_board),
        cmocka_unit_test(test_reference),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_dump),
        cmocka_unit_test(test_templates_are_installed_files),
        cmocka_unit_test(test_template_tells_defaults),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_mutations),
    };
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
