#include "rabbit/account.h"

#include <errno.h>
#include <limits.h>

#include "base/jid.h"
#include "base/parse.h"
#include "base/secret.h"
#include "base/state.h"
#include "xmpp/password.h"

#define HEADER          "nabaztagd-account 1\n"
#define CREDENTIAL      "nabaztagd.password"
#define PASSWORD_LENGTH 24 /* of 36 characters each: 124 bits */

struct account {
    char *directory;
    char *file;  /* name in the directory */
    char *place; /* what could not be read, for people */
    struct jid jid;
    char *bare;
    bool may_register, is_violet;
    char *configured, *stored, *pending;
};

static int set_place(struct account *account, const char *directory, const char *name)
{
    free(account->place);
    if (asprintf(&account->place, "%s/%s", directory, name) < 0)
        account->place = NULL;
    return account->place ? 0 : -ENOMEM;
}

static int set_jid(struct account *account, const char *text, const char *serial)
{
    int r = jid_parse(text, &account->jid);

    if (r == 0 && !account->jid.local)
        r = strdup_to(&account->jid.local, serial);
    if (r == 0)
        r = jid_to_bare(&account->jid, &account->bare);
    if (r == 0 && asprintf(&account->file, "account-%s", account->bare) < 0) {
        account->file = NULL;
        r = -ENOMEM;
    }
    return r;
}

int account_new(struct account **ret, const struct config *config, const char *serial,
                const char *directory)
{
    struct account *account = calloc(1, sizeof(*account));
    int r;

    if (!account)
        return -ENOMEM;
    account->may_register = config->account.register_account;
    account->is_violet = config_is_violet(config);
    r = strdup_to(&account->directory, directory);
    if (r == 0)
        r = set_jid(account, config->account.jid, serial);
    if (r < 0) {
        account_free(account);
        return r;
    }
    *ret = account;
    return 0;
}

struct account *account_free(struct account *account)
{
    if (!account)
        return NULL;
    secret_free(account->configured);
    secret_free(account->stored);
    secret_free(account->pending);
    jid_clear(&account->jid);
    free(account->bare);
    free(account->file);
    free(account->place);
    free(account->directory);
    free(account);
    return NULL;
}

/* The configured password: from its file, else from systemd's credentials; having neither is fine.
 */
static int load_configured(struct account *account, const struct config *config)
{
    const char *credentials = getenv("CREDENTIALS_DIRECTORY");
    int r;

    account->configured = secret_free(account->configured);
    if (config->account.password_file) {
        r = strdup_to(&account->place, config->account.password_file);
        return r < 0 ? r : secret_read_file(&account->configured, config->account.password_file);
    }
    if (!credentials)
        return 0;
    r = set_place(account, credentials, CREDENTIAL);
    if (r == 0)
        r = secret_read_file(&account->configured, account->place);
    return r == -ENOENT ? 0 : r;
}

/* Takes "name value\n" at *text apart. False: the end, or not such a line. */
static bool next_line(char **text, char **ret_name, char **ret_value)
{
    char *end = strchr(*text, '\n'), *space = strchr(*text, ' ');

    if (!end || !space || space > end)
        return false;
    *end = *space = '\0';
    *ret_name = *text;
    *ret_value = space + 1;
    *text = end + 1;
    return true;
}

static int parse_state(struct account *account, char *text)
{
    char *name, *value;
    int r = state_check(text, HEADER);

    if (r < 0)
        return r;
    text += strlen(HEADER);
    while (r == 0 && next_line(&text, &name, &value)) {
        if (!*value || !text_is_clean(value))
            r = -EBADMSG;
        else if (streq(name, "password"))
            r = strdup_to(&account->stored, value);
        else if (streq(name, "pending"))
            r = strdup_to(&account->pending, value);
    }
    return r == 0 && *text ? -EBADMSG : r;
}

static int load_state(struct account *account)
{
    char *text = NULL;
    int r = set_place(account, account->directory, account->file);

    account->stored = secret_free(account->stored);
    account->pending = secret_free(account->pending);
    if (r == 0)
        r = state_read(account->directory, account->file, &text);
    if (r == 0) {
        size_t size = strlen(text);

        r = parse_state(account, text);
        explicit_bzero(text, size);
        free(text);
    }
    return r == -ENOENT ? 0 : r;
}

int account_load(struct account *account, const struct config *config)
{
    int r = load_configured(account, config);

    /* With a configured password the stored one is not needed, and its file may be as broken as it
     * likes. */
    return r == 0 && !account->configured ? load_state(account) : r;
}

static int save(const struct account *account, const char *stored, const char *pending)
{
    _cleanup_(secret_freep) char *text = NULL;

    if (asprintf(&text, HEADER "%s%s%s%s%s%s", stored ? "password " : "", stored ? stored : "",
                 stored ? "\n" : "", pending ? "pending " : "", pending ? pending : "",
                 pending ? "\n" : "") < 0) {
        text = NULL;
        return -ENOMEM;
    }
    return state_write(account->directory, account->file, text);
}

const char *account_place(const struct account *account)
{
    return account->place ? account->place : account->directory;
}

const char *account_jid(const struct account *account)
{
    return account->bare;
}

const char *account_local(const struct account *account)
{
    return account->jid.local;
}

const char *account_domain(const struct account *account)
{
    return account->jid.domain;
}

void account_order(const struct account *account, const struct config *config, const char *serial,
                   struct order *ret, char **ret_host)
{
    *ret_host = NULL;
    *ret = (struct order){
        .local = account->jid.local,
        .domain = account->jid.domain,
        .resource = config->account.resource,
        .name = config->account.name ? config->account.name : (char *)serial,
        .email = config->account.email,
        .dialect = config->account.dialect,
        .tls = config->tls.mode,
        .ca_file = config->tls.ca_file,
        .fingerprint = config->tls.fingerprint,
        .mechanisms = config->sasl.mechanisms,
        .plaintext = config->sasl.plaintext,
    };
    if (config->account.server &&
        parse_host_port(config->account.server, ret_host, &ret->port) == 0)
        ret->host = *ret_host;
}

struct session_facts account_facts(const struct account *account)
{
    return (struct session_facts){
        .configured = account->configured,
        .stored = account->stored,
        .pending = account->pending,
        .may_register = account->may_register,
        .hook_clears = account->is_violet,
    };
}

const char *account_password(const struct account *account, enum session_password which)
{
    const char *const passwords[] = {
        [PASSWORD_NONE] = NULL,
        [PASSWORD_CONFIGURED] = account->configured,
        [PASSWORD_PENDING] = account->pending,
        [PASSWORD_STORED] = account->stored,
    };

    return passwords[which];
}

int account_prepare_registration(struct account *account, const char **ret, bool *ret_fresh)
{
    _cleanup_(secret_freep) char *fresh = NULL;
    int r;

    *ret_fresh = !account->configured;
    *ret = account->configured ? account->configured : account->pending;
    if (*ret)
        return 0;
    r = account->is_violet ? secret_generate_hex(&fresh, PASSWORD_DIGITS)
                           : secret_generate(&fresh, PASSWORD_LENGTH);
    if (r == 0)
        r = set_place(account, account->directory, account->file);
    if (r == 0)
        r = save(account, account->stored, fresh);
    if (r < 0)
        return r;
    *ret = account->pending = fresh;
    fresh = NULL;
    return 0;
}

int account_promote(struct account *account)
{
    if (!account->pending)
        return 0;
    secret_free(account->stored);
    account->stored = account->pending;
    account->pending = NULL;
    return save(account, account->stored, NULL);
}

int account_drop_pending(struct account *account)
{
    if (!account->pending)
        return 0;
    account->pending = secret_free(account->pending);
    return save(account, account->stored, NULL);
}
