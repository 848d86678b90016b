/*
 * What nabaztagctl's own part of the doctor finds out: about the service, and from the daemon.
 * Lives in verb_doctor()'s frame; one thread.
 */
#ifndef NABAZTAGD_CTL_FINDINGS_H
#define NABAZTAGD_CTL_FINDINGS_H

#include "base/finding.h"
#include "base/instance.h"
#include "ctl/ctl.h"

struct findings {
    struct ctl *ctl;
    char unit[INSTANCE_UNIT_SIZE]; /* of the rabbit */
    unsigned rows, failed;
    bool runs;    /* the service manager says so */
    bool answers; /* the daemon is on the bus */
};

/* Prints a row; `cause` and `remedy` may be NULL. */
void findings_add(struct findings *findings, const char *name, enum verdict verdict,
                  const char *cause, const char *remedy, const char *format, ...) _printf_(6, 7);

/* The unit of the rabbit as systemd sees it: its state, its sandbox. */
void findings_of_service(struct findings *findings);
/* What the daemon knows: of its login, its password and its body. */
void findings_of_daemon(struct findings *findings);

#endif
