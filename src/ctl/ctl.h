/*
 * nabaztagctl: one run of it, its table of verbs, and what the verbs share. Lives in main()'s
 * frame; one thread.
 */
#ifndef NABAZTAGD_CTL_CTL_H
#define NABAZTAGD_CTL_CTL_H

#include "base/bus-name.h"

#define VERB_OPTIONS_MAX 8

struct ctl {
    const char *which;    /* the bus, as in bus_open() */
    const char *instance; /* "main" */
    bool json;            /* one object a line, errors too */
    bool draws;           /* stdout is a terminal that knows UTF-8 */
    bool colors;
    const char *values[VERB_OPTIONS_MAX]; /* of the verb's options, in its order; NULL: not given */
    char name[BUS_NAME_SIZE];
    sd_bus *bus; /* NULL until ctl_connect() */
};

struct verb;

/* Returns an exit status. `words` are the verb and its arguments. */
typedef int (*verb_run)(struct ctl *ctl, const struct verb *verb, char **words, int count);

/* Of one verb, and behind it: --name VALUE or --name=VALUE. */
struct verb_option {
    const char *name;
    const char *argument; /* for people: "FILE", or all that may be said: "yes|no"; "": none */
    const char *help;
};

struct verb {
    const char *name;
    const char *arguments; /* for people: "LEFT RIGHT" */
    const char *help;
    int least, most; /* arguments */
    verb_run run;
    const char *method; /* of the rabbit, and what to say when it is done */
    const char *done;
    const struct verb_option *options; /* ends with a NULL name; NULL: none */
};

/* Those of nabaztagctl itself, and all verbs; both end with a NULL name. */
extern const struct verb_option ctl_options[];
extern const struct verb verb_table[];

/* The verb of that name, or NULL. */
const struct verb *verb_find(const char *name);

/* Runs `words`; at least one. Returns an exit status. */
int ctl_run(struct ctl *ctl, char **words, int count);

/* Both return 0 or an exit status, and say what is wrong. */
int ctl_connect(struct ctl *ctl);
/* Calls a method of the rabbit; `types` and what follows as in sd_bus_message_append(). */
int ctl_call(struct ctl *ctl, const char *interface, const char *method, sd_bus_message **ret,
             const char *types, ...);

/* Reads GetAll's reply: calls `on_property` for each, which reads the variant and returns 1, leaves
 * it and returns 0, or fails. Returns 0 or -errno. */
int ctl_read_properties(sd_bus_message *message,
                        int (*on_property)(sd_bus_message *message, const char *name,
                                           void *userdata),
                        void *userdata);

/* Runs `begin`, then calls `on_signal` for whatever the rabbit tells and `on_owner` when the daemon
 * comes or goes, with `ctl`, as long as there is a bus. Returns an exit status. */
int ctl_follow(struct ctl *ctl, sd_bus_message_handler_t on_signal,
               sd_bus_message_handler_t on_owner, verb_run begin);

/* Says what is wrong and what to do about it; `error` may be NULL. Returns an exit status. */
int ctl_fail(const struct ctl *ctl, int r, const sd_bus_error *error);
/* The same in our own words. */
int ctl_complain(const struct ctl *ctl, int status, const char *format, ...) _printf_(3, 4);

/* The command that starts the daemon of this instance on this bus. */
void ctl_describe_start(const struct ctl *ctl, char *ret, size_t size);

/* The verbs with files of their own. */
int verb_doctor(struct ctl *ctl, const struct verb *verb, char **words, int count);
int verb_status(struct ctl *ctl, const struct verb *verb, char **words, int count);
int verb_monitor(struct ctl *ctl, const struct verb *verb, char **words, int count);
int verb_setup(struct ctl *ctl, const struct verb *verb, char **words, int count);
extern const struct verb_option setup_options[];
int verb_watch(struct ctl *ctl, const struct verb *verb, char **words, int count);

#endif
