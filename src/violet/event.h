/*
 * What the rabbit tells its platform: the bodies of messages about clicks and turned ears. Source:
 * the firmware's XmppSessionSendButtonMsg and XmppSessionSendEarMsg, Violet's ButtonPacket and
 * EarsPacket; OpenJabNab matches them literally. Pure; any thread.
 */
#ifndef NABAZTAGD_VIOLET_EVENT_H
#define NABAZTAGD_VIOLET_EVENT_H

#include "base/limits.h"
#include "base/util.h"

enum platform_event_what { PLATFORM_CLICK, PLATFORM_EARS };

struct platform_event {
    enum platform_event_what what;
    unsigned clicks;             /* 1 or 2; 3 and 4 (long, double long) are never sent */
    bool in_program;             /* a program was running */
    char id[LIMIT_EVENT_ID + 1]; /* of its ID line: decimal digits, or "" */
    unsigned left, right;        /* ears */
};

#define PLATFORM_CLICKS_MAX   4
#define PLATFORM_POSITION_MAX 255 /* of an ear */

/* Room for any of them and a NUL. */
#define PLATFORM_EVENT_SIZE 128

/* Takes over the value of an ID line; one that is no number, or too long, counts as none. */
void platform_event_set_id(struct platform_event *event, const char *value);

/* Writes the body, byte for byte as the firmware does. Returns its length. */
size_t platform_event_write(const struct platform_event *event, char ret[PLATFORM_EVENT_SIZE]);

/* Reads such a body: white space between elements and either kind of quotes are no difference.
 * Returns 0, or -EBADMSG for anything else. */
int platform_event_parse(struct platform_event *ret, const char *text, size_t length);

#endif
