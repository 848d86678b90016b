/*
 * What the two sides of the link share, and the thread's entry. Private to link.c (main thread) and
 * link-thread.c (link thread).
 */
#ifndef NABAZTAGD_XMPP_LINK_THREAD_H
#define NABAZTAGD_XMPP_LINK_THREAD_H

#include <pthread.h>
#include <strophe.h>

#include "xmpp/failure.h"
#include "xmpp/order.h"
#include "xmpp/queue.h"
#include "xmpp/stream.h"

enum link_event_kind {
    LINK_STAGE,
    LINK_SEEN,
    LINK_REGISTERED,
    LINK_ONLINE,
    LINK_STANZA,
    LINK_ENDED,
    LINK_CLOSED
};

/* One message upward. */
struct link_event {
    enum link_event_kind kind;
    unsigned attempt;
    enum stage stage;       /* LINK_STAGE */
    struct sight *sight;    /* LINK_SEEN */
    char *jid;              /* LINK_ONLINE */
    xmpp_stanza_t *stanza;  /* LINK_STANZA; ours */
    struct failure failure; /* LINK_ENDED */
};

void link_event_drop(void *event);

/* What main wants next; the latest wish wins. */
enum link_wish { WISH_NOTHING, WISH_CONNECT, WISH_CLOSE, WISH_ABORT };

struct link_shared {
    struct queue *up;   /* struct link_event */
    struct queue *down; /* serialised stanzas, char * */
    int wake_fd;        /* eventfd: the box below has changed */

    pthread_mutex_t lock; /* guards what follows: the order box */
    enum link_wish wish;
    struct order *order; /* with WISH_CONNECT */
    unsigned attempt;    /* of the last WISH_CONNECT */
    unsigned cancelled;  /* attempts up to this one are no longer wanted */
    bool stop;
    int socket; /* a duplicate of the attempt's socket, for shutdown(); -1: none */

    _Atomic unsigned beats_asked, beats_given; /* signs of life */
};

/* Runs until shared->stop. `argument` is a struct link_shared. */
void *link_thread_run(void *argument);

#endif
