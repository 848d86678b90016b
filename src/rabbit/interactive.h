/*
 * Interactive mode (protocol.md, sections 1.2, 3.5 and 4.1): an application of the platform is told
 * by HTTP (itmode.jsp) what a person does to the rabbit and when a program has ended, and answers
 * with the next packet. Begun, ended and set by programs (IS, IE, IC). One question at a time, in
 * their order; a question that finds no answer ends the mode. Owned by struct violet; main thread.
 */
#ifndef NABAZTAGD_RABBIT_INTERACTIVE_H
#define NABAZTAGD_RABBIT_INTERACTIVE_H

#include "violet/program.h"
#include "web/fetch.h"

struct interactive;

struct interactive_listener {
    /* The packet that the application answers with; the bytes are the caller's. From the event
     * loop. */
    void (*on_packet)(const void *data, size_t size, void *userdata);
    /* The application does not answer, and the mode is over. From the event loop. */
    void (*on_failed)(void *userdata);
    void *userdata;
};

/* Where applications are, and to whom; copied. */
struct interactive_place {
    const char *ping;   /* host[:port]; NULL or "": there are none */
    const char *serial; /* twelve digits */
    const char *version;
};

/* `listener` is copied. */
int interactive_new(struct interactive **ret, const struct interactive_listener *listener);
/* Accepts NULL, returns NULL. */
struct interactive *interactive_free(struct interactive *interactive);

/* `fetch` is borrowed, and to be changed before it is freed; NULL: no application can be asked.
 * Another place ends the mode. Returns 0 or -ENOMEM. */
int interactive_set_place(struct interactive *interactive, const struct interactive_place *place,
                          struct fetch *fetch);

/* Begins with the question `start`; another application takes the place of the one before. Returns
 * 0, -ENETDOWN when no application can be asked, or -errno; then the mode is over. */
int interactive_start(struct interactive *interactive, const char *application);
/* When it is on or not. What was asked is not answered any more. */
void interactive_stop(struct interactive *interactive);

/* The application's name, or NULL when the mode is not on. */
const char *interactive_application(const struct interactive *interactive);

/* "KEY=VALUE" of an IC line. Without effect while the mode is not on. False: we know no such key,
 * or have nothing that it would set. */
bool interactive_set(struct interactive *interactive, const char *setting);

/* Each asks the application, unless the mode is not on or the application does not want to know. */
void interactive_tell_clicks(struct interactive *interactive, unsigned clicks);
/* Which of the ears a hand has turned. */
void interactive_tell_ears(struct interactive *interactive, bool left, bool right);
/* A program is over. Nothing is asked when a question is under way: its answer says what is next.
 */
void interactive_tell_end(struct interactive *interactive);

#endif
