/*
 * The rabbit's platform: takes its packets, from whom they are allowed (in both dialects), lets
 * them run or wait by the rules of protocol.md, section 3.1, and tells it what a person does to the
 * rabbit (section 4). Owned by struct rabbit; main thread.
 */
#ifndef NABAZTAGD_RABBIT_PLATFORM_H
#define NABAZTAGD_RABBIT_PLATFORM_H

#include "base/config.h"
#include "rabbit/interactive.h"
#include "rabbit/show.h"
#include "rabbit/sleep.h"
#include "xmpp/router.h"

struct platform;

struct platform_listener {
    /* Sends a message with this XML as its only child to the platform. Returns 0 or -errno. */
    int (*tell)(const char *to, const char *body, void *userdata);
    /* Which resource a rabbit should have now has changed: "idle", "asleep", "streaming", "itmode",
     * "busy". Static. Of use to the violet dialect alone. What it is when the stream comes is asked
     * with platform_resource(). */
    void (*on_resource)(const char *resource, void *userdata);
    /* The platform wants the rabbit to begin anew; not more often than once in
     * LIMIT_PLATFORM_REBOOT_USEC. It may take the stream away, but not the platform. */
    void (*on_reboot)(void *userdata);
};

/* What it acts on; all of it must live longer. */
struct platform_context {
    struct show *show;
    struct sleep *sleep;
    const struct interactive *interactive;
};

/* `listener` is copied. */
int platform_new(struct platform **ret, const struct config *config, const char *domain,
                 const struct platform_context *context, const struct platform_listener *listener,
                 void *userdata);
/* Accepts NULL, returns NULL. */
struct platform *platform_free(struct platform *platform);

/* Another configuration, or the platform's domain is known now (NULL: that of [account] jid). Both
 * must outlive the platform or the next call. */
void platform_configure(struct platform *platform, const struct config *config, const char *domain);

/* May this JID send packets? By [violet] platforms; NULL may not. */
bool platform_may(const struct platform *platform, const char *jid);

/*
 * A message or an IQ with a packet of `violet:packet`. `to`: whose resource decides whether it runs
 * now, waits or never does. Returns 0 when it was taken (also when it is bad, told once), -ENOENT
 * when the stanza has no packet, or -EPERM when its sender may send none.
 */
int platform_take(struct platform *platform, xmpp_stanza_t *stanza, uint64_t now_usec);

/* The answer to the question for the sources, whose sender is known to be right: its packet runs at
 * once. True: it said whether to sleep. */
bool platform_take_sources(struct platform *platform, xmpp_stanza_t *iq, uint64_t now_usec);

/* The packet that an application has answered with: runs at once. */
void platform_take_answer(struct platform *platform, const void *data, size_t size,
                          uint64_t now_usec);

/* The stream is there, or gone: then what waits is forgotten, and life suspended. */
void platform_set_online(struct platform *platform, bool online, uint64_t now_usec);

/* Which resource it should have. Static. */
const char *platform_resource(const struct platform *platform);

/*
 * In the violet dialect events go to NAME@xmpp.objects.violet.net/NAME, where NAME is "int" until
 * the platform says otherwise (protocol.md, section 2.9) and again when the stream is gone; NULL:
 * "int". Returns 0, -ENOMEM, or -EINVAL for a name that no JID can have. In the standard dialect
 * they go to each platform that is named, and to the last sender that only *@domain lets in.
 */
int platform_rename(struct platform *platform, const char *name);

/* A person clicked once or twice; `program_id` as of show_event_id() before that stopped it. */
void platform_tell_clicks(struct platform *platform, unsigned clicks, const char *program_id);
void platform_tell_ears(struct platform *platform, unsigned left, unsigned right);

/* Something in show or sleep may have changed: what waits may run now. */
void platform_look(struct platform *platform, uint64_t now_usec);

/* When a packet that waits expires. */
uint64_t platform_deadline(const struct platform *platform);

#endif
