#include "xmpp/queue.h"

#include <errno.h>
#include <pthread.h>
#include <sys/eventfd.h>

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t room;
    void (*drop)(void *item);
    size_t capacity, first, count;
    bool closed;
    int fd;
    void *items[];
};

int queue_new(struct queue **ret, size_t capacity, void (*drop)(void *item))
{
    struct queue *queue = calloc(1, sizeof(*queue) + capacity * sizeof(void *));

    if (!queue)
        return -ENOMEM;
    queue->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (queue->fd < 0) {
        int r = -errno;

        free(queue);
        return r;
    }
    queue->capacity = capacity;
    queue->drop = drop;
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->room, NULL);
    *ret = queue;
    return 0;
}

struct queue *queue_free(struct queue *queue)
{
    void *item;

    if (!queue)
        return NULL;
    while ((item = queue_pop(queue)))
        queue->drop(item);
    close(queue->fd);
    pthread_cond_destroy(&queue->room);
    pthread_mutex_destroy(&queue->lock);
    free(queue);
    return NULL;
}

/* With the lock held and room there. */
static void append(struct queue *queue, void *item)
{
    queue->items[(queue->first + queue->count++) % queue->capacity] = item;
    if (queue->count == 1)
        eventfd_write(queue->fd, 1);
}

static int push(struct queue *queue, void *item, bool wait)
{
    int r = 0;

    pthread_mutex_lock(&queue->lock);
    while (wait && !queue->closed && queue->count == queue->capacity)
        pthread_cond_wait(&queue->room, &queue->lock);
    if (queue->closed)
        r = -EPIPE;
    else if (queue->count == queue->capacity)
        r = -ENOSPC;
    else
        append(queue, item);
    pthread_mutex_unlock(&queue->lock);
    return r;
}

int queue_push(struct queue *queue, void *item)
{
    return push(queue, item, false);
}

int queue_push_wait(struct queue *queue, void *item)
{
    return push(queue, item, true);
}

void *queue_pop(struct queue *queue)
{
    eventfd_t ignored;
    void *item = NULL;

    pthread_mutex_lock(&queue->lock);
    if (queue->count > 0) {
        item = queue->items[queue->first];
        queue->first = (queue->first + 1) % queue->capacity;
        if (--queue->count == 0)
            eventfd_read(queue->fd, &ignored);
        pthread_cond_signal(&queue->room);
    }
    pthread_mutex_unlock(&queue->lock);
    return item;
}

int queue_fd(const struct queue *queue)
{
    return queue->fd;
}

void queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_cond_broadcast(&queue->room);
    pthread_mutex_unlock(&queue->lock);
}
