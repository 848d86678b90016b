/*
 * What the files of a login share: login.c carries out what the session decides, login-orders.c
 * tells the link where to connect and as whom. Private to them; main thread.
 */
#ifndef NABAZTAGD_RABBIT_LOGIN_PARTS_H
#define NABAZTAGD_RABBIT_LOGIN_PARTS_H

#include "rabbit/account.h"
#include "rabbit/login.h"
#include "rabbit/session.h"

struct login {
    sd_event_source *timer;
    const struct config *config;
    const char *config_path;
    struct timing timing;
    struct login_listener listener;
    void *userdata;

    char *serial;
    struct account *account; /* NULL: there is none … */
    const char *missing;     /* … before this is set; a literal */
    struct session *session;
    struct servers *servers;
    struct { /* what waits for them */
        enum order_purpose purpose;
        const char *password;
        bool fresh;
    } errand;
    struct link *link;
    struct http *http;
    struct http_request *report;
    enum report_reason report_reason;
    bool unreadable;            /* the account could not be loaded, the timer tries again */
    bool pending_is_new;        /* the pending password was made for the registration under way */
    char last_cause[64];        /* logged already since the last time online */
    char trouble[FAILURE_TEXT]; /* why we are waiting, for people */
    enum stage stage;           /* of the attempt under way */
    struct failure failure;     /* the last one, and when it was */
    uint64_t failure_usec;
};

/* Something has happened: the session says what to do, and it is done. */
void login_handle(struct login *login, enum session_event event);

/* The attempt is over, for this reason. */
void login_on_ended(const struct failure *failure, void *userdata);

/* Connects, after asking where to if need be. The password is the account's. */
void login_connect(struct login *login, enum order_purpose purpose, const char *password,
                   bool fresh);
void login_on_found(const char *error, void *userdata);

#endif
