/*
 * A small XMPP server for test-link, in a thread of its own: it takes connections one after the
 * other and plays a script on each: wait until this text came, send that. What it received can be
 * read at any time.
 */
#ifndef NABAZTAGD_TESTS_LINK_SERVER_H
#define NABAZTAGD_TESTS_LINK_SERVER_H

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>

#include "helper.h"

/* One line of a script. Both may be NULL: waits for nothing, sends nothing; {0} ends the script and
 * the server goes on reading in silence. */
struct step {
    const char *expect, *send;
};

/* Sent instead of a text: */
static const char DROP[] = "close the connection";
static const char TLS[] = "shake hands as a TLS server";
static const char HOLD[] = "do nothing, not even read, until server_go()";

#define SCRIPTS 2
#define PADDING "                                                                " /* bytewise */

struct server {
    const struct step *scripts[SCRIPTS]; /* of the first connection, of all later ones */
    bool bytewise;                       /* one byte a segment */
    uint16_t port;

    int listener, stop_fd, go_fd;
    pthread_t thread;
    SSL_CTX *context;
    char fingerprint[65];

    pthread_mutex_t lock; /* guards the rest */
    pthread_cond_t more;
    char *seen;
    size_t size;
    unsigned connections;
};

struct guest {
    struct server *server;
    int fd;
    SSL *tls;
    size_t from; /* what was seen before has been waited for */
};

/* False: the test is over. */
static inline bool guest_ready(struct guest *guest, int fd, short events)
{
    struct pollfd fds[2] = {{.fd = fd, .events = events},
                            {.fd = guest->server->stop_fd, .events = POLLIN}};

    return poll(fds, 2, -1) > 0 && !fds[1].revents;
}

static inline bool guest_read(struct guest *guest)
{
    struct server *server = guest->server;
    char buffer[65536];
    ssize_t n;

    if (!(guest->tls && SSL_pending(guest->tls)) && !guest_ready(guest, guest->fd, POLLIN))
        return false;
    n = guest->tls ? SSL_read(guest->tls, buffer, sizeof(buffer))
                   : read(guest->fd, buffer, sizeof(buffer));
    if (n <= 0)
        return false;
    pthread_mutex_lock(&server->lock);
    server->seen = realloc(server->seen, server->size + (size_t)n);
    memcpy(server->seen + server->size, buffer, (size_t)n);
    server->size += (size_t)n;
    pthread_cond_broadcast(&server->more);
    pthread_mutex_unlock(&server->lock);
    return true;
}

static inline bool guest_found(struct guest *guest, const char *text)
{
    struct server *server = guest->server;
    char *found;

    pthread_mutex_lock(&server->lock);
    found = server->size > guest->from
                ? memmem(server->seen + guest->from, server->size - guest->from, text, strlen(text))
                : NULL;
    if (found)
        guest->from = (size_t)(found - server->seen) + strlen(text);
    pthread_mutex_unlock(&server->lock);
    return found;
}

/* Several records of TLS leave as one. */
static inline void guest_cork(struct guest *guest, int on)
{
    setsockopt(guest->fd, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
}

static inline bool guest_send(struct guest *guest, const char *text, size_t size)
{
    while (size > 0) {
        size_t part = guest->server->bytewise ? 1 : size;
        ssize_t n;

        if (!guest_ready(guest, guest->fd, POLLOUT))
            return false;
        n = guest->tls ? SSL_write(guest->tls, text, (int)part)
                       : send(guest->fd, text, part, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n <= 0)
            return false;
        text += n;
        size -= (size_t)n;
    }
    return true;
}

static inline bool guest_shake_hands(struct guest *guest)
{
    guest->tls = SSL_new(guest->server->context);
    return guest->tls && SSL_set_fd(guest->tls, guest->fd) == 1 && SSL_accept(guest->tls) == 1;
}

/* One line. False: the connection is at its end. */
static inline bool guest_step(struct guest *guest, const struct step *step)
{
    while (step->expect && !guest_found(guest, step->expect))
        if (!guest_read(guest))
            return false;
    if (step->send == DROP)
        return false;
    if (step->send == TLS)
        return guest_shake_hands(guest);
    if (step->send == HOLD)
        return guest_ready(guest, guest->server->go_fd, POLLIN) &&
               eventfd_read(guest->server->go_fd, &(eventfd_t){0}) == 0;
    if (!step->send)
        return true;
    guest_cork(guest, guest->tls != NULL);
    if (!guest_send(guest, step->send, strlen(step->send)))
        return false;
    guest_cork(guest, 0);
    return !guest->server->bytewise || guest_send(guest, PADDING, strlen(PADDING));
}

static inline void server_entertain(struct server *server, int fd, const struct step *script)
{
    struct guest guest = {.server = server, .fd = fd, .from = server->size}; /* we alone add */
    int on = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    while (script && (script->expect || script->send))
        if (!guest_step(&guest, script++))
            goto end;
    while (guest_read(&guest))
        ;
end:
    SSL_free(guest.tls);
    close(fd);
}

static inline void *server_run(void *argument)
{
    struct server *server = argument;
    struct guest nobody = {.server = server};
    unsigned number = 0;

    while (guest_ready(&nobody, server->listener, POLLIN)) {
        int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);

        if (fd < 0)
            continue;
        pthread_mutex_lock(&server->lock);
        server->connections++;
        pthread_mutex_unlock(&server->lock);
        server_entertain(server, fd, server->scripts[number > 0]);
        number++;
    }
    return NULL;
}

/* A listening socket on loopback. */
static inline int listen_somewhere(int backlog, uint16_t *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, backlog), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

/* A certificate of the server's own making, to be pinned. */
static inline void server_certify(struct server *server)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    unsigned char sum[32];

    server->context = SSL_CTX_new(TLS_server_method());
    assert_true(key && certificate && server->context);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    assert_int_equal(X509_set_pubkey(certificate, key), 1);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    assert_int_equal(X509_digest(certificate, EVP_sha256(), sum, NULL), 1);
    for (int i = 0; i < 32; i++)
        snprintf(server->fingerprint + 2 * i, 3, "%02x", sum[i]);
    assert_int_equal(SSL_CTX_use_certificate(server->context, certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(server->context, key), 1);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static inline void server_start(struct server *server, const struct step *first,
                                const struct step *later)
{
    server->scripts[0] = first;
    server->scripts[1] = later;
    server->listener = listen_somewhere(16, &server->port);
    server->stop_fd = eventfd(0, EFD_CLOEXEC);
    server->go_fd = eventfd(0, EFD_CLOEXEC);
    assert_true(server->stop_fd >= 0 && server->go_fd >= 0);
    server_certify(server);
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->more, NULL);
    assert_int_equal(pthread_create(&server->thread, NULL, server_run, server), 0);
}

static inline void server_stop(struct server *server)
{
    eventfd_write(server->stop_fd, 1);
    assert_int_equal(pthread_join(server->thread, NULL), 0);
    close(server->listener);
    close(server->stop_fd);
    close(server->go_fd);
    SSL_CTX_free(server->context);
    pthread_cond_destroy(&server->more);
    pthread_mutex_destroy(&server->lock);
    free(server->seen);
}

static inline void server_go(struct server *server)
{
    eventfd_write(server->go_fd, 1);
}

/* With the lock held. */
static inline unsigned server_count(struct server *server, const char *text)
{
    size_t from = 0, n = strlen(text);
    unsigned count = 0;
    char *found;

    while (server->size > from &&
           (found = memmem(server->seen + from, server->size - from, text, n))) {
        from = (size_t)(found - server->seen) + n;
        count++;
    }
    return count;
}

/* How often did that text come? */
static inline unsigned server_saw(struct server *server, const char *text)
{
    unsigned count;

    pthread_mutex_lock(&server->lock);
    count = server_count(server, text);
    pthread_mutex_unlock(&server->lock);
    return count;
}

/* Waits for a text without running anything else. */
static inline void server_await(struct server *server, const char *text)
{
    struct timespec until;
    int r = 0;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 5;
    pthread_mutex_lock(&server->lock);
    while (!server_count(server, text) && r == 0)
        r = pthread_cond_timedwait(&server->more, &server->lock, &until);
    pthread_mutex_unlock(&server->lock);
    if (r != 0)
        fail_msg("the server never saw %s", text);
}

#endif
