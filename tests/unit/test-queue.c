/* The queue between the two threads. */
#include "helper.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>

#include "xmpp/queue.h"

#define MANY 20000

static unsigned dropped;

static void on_drop(void *item)
{
    dropped++;
    free(item);
}

static void *number(uintptr_t n)
{
    uintptr_t *item = malloc(sizeof(*item));

    assert_non_null(item);
    *item = n;
    return item;
}

static uintptr_t take(struct queue *queue)
{
    uintptr_t *item = queue_pop(queue), n;

    assert_non_null(item);
    n = *item;
    free(item);
    return n;
}

static struct queue *make(size_t capacity)
{
    struct queue *queue = NULL;

    assert_int_equal(queue_new(&queue, capacity, on_drop), 0);
    dropped = 0;
    return queue;
}

/* Does the fd become readable within so many ms? */
static bool readable(const struct queue *queue, int timeout)
{
    struct pollfd fd = {.fd = queue_fd(queue), .events = POLLIN};
    int r = poll(&fd, 1, timeout);

    assert_true(r >= 0);
    return r > 0;
}

static void test_order_and_limit(void **state)
{
    struct queue *queue = make(3);
    void *item = number(4);

    assert_null(queue_pop(queue));
    for (uintptr_t round = 0; round < 5; round++) { /* round and round the ring */
        for (uintptr_t i = 0; i < 3; i++)
            assert_int_equal(queue_push(queue, number(10 * round + i)), 0);
        assert_int_equal(queue_push(queue, item), -ENOSPC);
        assert_int_equal(take(queue), 10 * round);
        assert_int_equal(queue_push(queue, number(10 * round + 3)), 0);
        for (uintptr_t i = 1; i < 4; i++)
            assert_int_equal(take(queue), 10 * round + i);
        assert_null(queue_pop(queue));
    }
    free(item);
    assert_null(queue_free(queue));
    assert_int_equal(dropped, 0);
}

static void test_fd_tells_whether_it_is_empty(void **state)
{
    struct queue *queue = make(8);

    assert_false(readable(queue, 0));
    for (unsigned round = 0; round < 3; round++) {
        for (uintptr_t i = 0; i < 8; i++) {
            assert_int_equal(queue_push(queue, number(i)), 0);
            assert_true(readable(queue, 0));
        }
        for (uintptr_t i = 0; i < 8; i++) {
            assert_true(readable(queue, 0));
            assert_int_equal(take(queue), i);
        }
        assert_false(readable(queue, 0));
    }
    queue_free(queue);
}

static void test_what_is_left_is_dropped(void **state)
{
    struct queue *queue = make(8);

    for (uintptr_t i = 0; i < 5; i++)
        assert_int_equal(queue_push(queue, number(i)), 0);
    assert_int_equal(take(queue), 0);
    assert_null(queue_free(queue));
    assert_int_equal(dropped, 4);
    assert_null(queue_free(NULL));
}

static void test_closed(void **state)
{
    struct queue *queue = make(8);
    void *item = number(9);

    assert_int_equal(queue_push(queue, number(1)), 0);
    queue_close(queue);
    assert_int_equal(queue_push(queue, item), -EPIPE);
    assert_int_equal(queue_push_wait(queue, item), -EPIPE);
    free(item);
    assert_true(readable(queue, 0));
    assert_int_equal(take(queue), 1);
    assert_false(readable(queue, 0));
    queue_free(queue);
}

static void *run_pusher(void *argument)
{
    struct queue *queue = argument;

    for (uintptr_t i = 0; i < MANY; i++)
        if (queue_push_wait(queue, number(i)) < 0)
            return queue; /* refused */
    return NULL;
}

/* A small queue makes the pusher wait often. */
static void test_two_threads(void **state)
{
    struct queue *queue = make(4);
    pthread_t pusher;
    void *complaint;

    assert_int_equal(pthread_create(&pusher, NULL, run_pusher, queue), 0);
    for (uintptr_t i = 0; i < MANY; i++) {
        assert_true(readable(queue, 5000));
        assert_int_equal(take(queue), i);
    }
    assert_int_equal(pthread_join(pusher, &complaint), 0);
    assert_null(complaint);
    assert_false(readable(queue, 0));
    queue_free(queue);
}

struct waiter {
    struct queue *queue;
    int results[2];
};

static void *run_waiter(void *argument)
{
    struct waiter *waiter = argument;
    void *item = number(2);

    waiter->results[0] = queue_push_wait(waiter->queue, number(1));
    waiter->results[1] = queue_push_wait(waiter->queue, item);
    free(item);
    return NULL;
}

/* Whether it waits already or comes only then: the one who pushes is let go. */
static void test_close_frees_who_waits(void **state)
{
    for (unsigned round = 0; round < 200; round++) {
        struct waiter waiter = {.queue = make(1)};
        pthread_t thread;

        assert_int_equal(pthread_create(&thread, NULL, run_waiter, &waiter), 0);
        assert_true(readable(waiter.queue, 5000)); /* the first is in */
        queue_close(waiter.queue);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(waiter.results[0], 0);
        assert_int_equal(waiter.results[1], -EPIPE);
        queue_free(waiter.queue);
        assert_int_equal(dropped, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_and_limit),
        cmocka_unit_test(test_fd_tells_whether_it_is_empty),
        cmocka_unit_test(test_what_is_left_is_dropped),
        cmocka_unit_test(test_closed),
        cmocka_unit_test(test_two_threads),
        cmocka_unit_test(test_close_frees_who_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
