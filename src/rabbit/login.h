/*
 * Getting online and staying there: carries out what struct session decides, with the link, the
 * hook's report and the account's passwords, and says in the journal what happened. Owned by struct
 * rabbit; main thread.
 */
#ifndef NABAZTAGD_RABBIT_LOGIN_H
#define NABAZTAGD_RABBIT_LOGIN_H

#include <systemd/sd-event.h>

#include "base/config.h"
#include "base/timing.h"
#include "dance/story.h"
#include "rabbit/servers.h"
#include "web/report.h"
#include "xmpp/link.h"

struct login_listener {
    /* Something that login_status() or the LEDs tell has changed. */
    void (*on_story)(enum story story, void *userdata);
    void (*on_online)(const char *jid, void *userdata);
    void (*on_offline)(void *userdata);
    void (*on_stanza)(xmpp_stanza_t *stanza, void *userdata);
    void (*on_closed)(void *userdata); /* login_close() is done */
};

struct login;

/* `config_path` is named to people who have something to configure; it must outlive the login. */
int login_new(struct login **ret, sd_event *event, const struct timing *timing, struct http *http,
              const char *config_path, const struct login_listener *listener, void *userdata);

/* False: the link thread is stuck and was left behind, see link_free(). Accepts NULL. */
bool login_free(struct login *login);

/*
 * Begins, or begins anew, with this configuration, which must outlive the login or the next call.
 * `serial` may be NULL when the configuration needs none. Returns 0 or -errno; 0 also when there is
 * not enough configuration to log in with.
 */
int login_start(struct login *login, const struct config *config, const char *serial);

/* Has no account with this configuration for want of `missing`, "[rabbit] serial", a literal. */
void login_stop(struct login *login, const struct config *config, const char *missing);

/* Takes a new configuration whose account, tls and sasl settings are the same, and reads the
 * password anew for the next login: nothing is interrupted. */
void login_reconfigure(struct login *login, const struct config *config);

/* The connection has proven dead (ping): drop it and go on as after any loss. */
void login_drop(struct login *login, const char *cause, const char *detail);

/* Registers anew, now. Returns 0, -ENOENT when there is no account, -EPERM when it is not allowed,
 * or -EISCONN when it is online. */
int login_register(struct login *login);

/* Where and as whom a failure is reported; valid until the configuration changes. Returns 0, or
 * -ENOENT when there is no account or no hook. */
int login_report_details(const struct login *login, struct report_details *ret);

/* The domain of the server, as the platform's locate.jsp or the account has it; NULL: none. */
const char *login_domain(const struct login *login);

/* Twelve digits; NULL: there is none. */
const char *login_serial(const struct login *login);

/* What locate.jsp has said. */
const struct servers *login_servers(const struct login *login);

/* Says goodbye and stops; on_closed() follows, unless the thread is stuck. */
void login_close(struct login *login);

int login_send(struct login *login, const char *text, size_t size);
bool login_is_healthy(struct login *login);

/* "f81edfee27c1@almacska online", for STATUS= and `status`. */
void login_status(const struct login *login, char *ret, size_t size);

/* The same in parts, for the bus. */
struct login_view {
    bool online;
    const char *stage;             /* "idle", "resolve" … "bind", "online", "report", "wait" */
    const char *jid, *serial;      /* bare; NULL while not known */
    const struct failure *failure; /* the last one; its cause is empty when there was none */
    uint64_t failure_usec;         /* when that was, CLOCK_REALTIME */
};

struct login_view login_look(const struct login *login);

#endif
