/*
 * A bounded queue between two threads with an eventfd that is readable while something waits in it.
 * One of the two things that main and link share (the other is the order box in link.c). Any
 * thread.
 */
#ifndef NABAZTAGD_XMPP_QUEUE_H
#define NABAZTAGD_XMPP_QUEUE_H

#include "base/util.h"

struct queue;

/* `drop` frees an item that nobody takes any more. */
int queue_new(struct queue **ret, size_t capacity, void (*drop)(void *item));
struct queue *queue_free(struct queue *queue);

/* Appends; the item is the queue's then. Returns 0, -ENOSPC when full, -EPIPE when closed (the item
 * stays yours). */
int queue_push(struct queue *queue, void *item);

/* As queue_push(), but waits for room. Returns 0, or -EPIPE when the queue is or gets closed. */
int queue_push_wait(struct queue *queue, void *item);

/* Takes the oldest item, or NULL. */
void *queue_pop(struct queue *queue);

/* Readable (POLLIN) while the queue is not empty. */
int queue_fd(const struct queue *queue);

/* From now on nothing goes in and nobody waits; what is in it can still be taken. */
void queue_close(struct queue *queue);

#endif
