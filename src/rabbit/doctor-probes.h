/*
 * What the probes of the doctor share: doctor.c has their table and prints what they tell, each of
 * the other doctor-*.c has a few of them. Private to those files; main thread.
 */
#ifndef NABAZTAGD_RABBIT_DOCTOR_PROBES_H
#define NABAZTAGD_RABBIT_DOCTOR_PROBES_H

#include <netinet/in.h>

#include "base/finding.h"
#include "rabbit/account.h"
#include "rabbit/servers.h"
#include "xmpp/stream.h"

struct doctor {
    const char *path, *drop_ins;
    bool optional; /* the configuration file may be missing */
    FILE *out;
    bool json;
    const char *name; /* of the probe that runs */
    unsigned rows, failed;

    /* What probes find out for those after them. */
    struct config *config;
    struct account *account;
    bool is_hidden;  /* whether there is a password: only root may know */
    char serial[13]; /* "": none */
    struct order order;
    char *host;                     /* of the order, ours */
    struct servers *servers;        /* as locate.jsp has them; NULL: it was not asked */
    char address[INET6_ADDRSTRLEN]; /* of the server, that answered */
    uint16_t port;
    struct sight sight;
    bool registers; /* the registration form can be filled in */
    bool stuck;     /* the link thread hangs in the resolver */
    struct failure failure;
};

/* Prints one row of the probe that runs. `cause` is a token, `remedy` says what to do; NULL where
 * all is well. The text says what was seen; control characters and broken UTF-8 in it are masked.
 */
void doctor_tell(struct doctor *doctor, enum verdict verdict, const char *cause, const char *remedy,
                 const char *format, ...) _printf_(5, 6);

/* Tells a failure of the connection; `more`, also seen, may be "". */
void doctor_tell_failure(struct doctor *doctor, enum verdict verdict, const struct failure *failure,
                         const char *more);

/* Connects to a numeric address. Returns a blocking socket with that limit for what is sent and
 * received, -ETIMEDOUT or another -errno. */
int doctor_connect(const char *address, uint16_t port, uint64_t limit_usec);

/* "192.0.2.1:5222", "[2001:db8::1]:5222" */
#define DOCTOR_PLACE_MAX 80
void doctor_describe_place(char ret[DOCTOR_PLACE_MAX], const char *address, uint16_t port);

/* The probes. False: what comes after them makes no sense. */
bool doctor_probe_configuration(struct doctor *doctor);
bool doctor_probe_clock(struct doctor *doctor);
bool doctor_probe_account(struct doctor *doctor);
bool doctor_probe_locate(struct doctor *doctor);
bool doctor_probe_dns(struct doctor *doctor);
bool doctor_probe_tcp(struct doctor *doctor);
bool doctor_probe_tls(struct doctor *doctor);
bool doctor_probe_mechanisms(struct doctor *doctor);
bool doctor_probe_registration(struct doctor *doctor);
bool doctor_probe_hook(struct doctor *doctor);
bool doctor_probe_gpio(struct doctor *doctor);
bool doctor_probe_rivals(struct doctor *doctor);
bool doctor_probe_outputs(struct doctor *doctor);

#endif
