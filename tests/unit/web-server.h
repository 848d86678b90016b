/*
 * A small real web server on a free loopback port, one forked process a connection. The test that
 * includes this says in serve() what is answered to a request.
 */
#ifndef NABAZTAGD_TESTS_WEB_SERVER_H
#define NABAZTAGD_TESTS_WEB_SERVER_H

#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "helper.h"

static void serve(int fd, const char *request);

static uint16_t server_port;
static pid_t server_pid;

static void say(int fd, const char *text)
{
    if (write(fd, text, strlen(text)) < 0)
        _exit(0);
}

static inline void say_for_ever(int fd, const char *text, unsigned pause_usec)
{
    for (;;) {
        say(fd, text);
        usleep(pause_usec);
    }
}

static inline void redirect(int fd, const char *location)
{
    dprintf(fd, "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", location);
}

static void serve_connection(int fd)
{
    char request[4096];
    size_t size = 0;
    ssize_t n;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    memset(request, 0, sizeof(request));
    while (!strstr(request, "\r\n\r\n") && size < sizeof(request) - 1) {
        n = read(fd, request + size, sizeof(request) - 1 - size);
        if (n <= 0)
            _exit(1);
        size += (size_t)n;
    }
    serve(fd, request);
    shutdown(fd, SHUT_WR);
    while (read(fd, request, sizeof(request)) > 0)
        ;
    _exit(0);
}

static void run_server(int listener)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* should the test be killed */
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        int fd = accept(listener, NULL, NULL);

        if (fd >= 0 && fork() == 0)
            serve_connection(fd);
        close(fd);
    }
}

/* Port 0: a free one. */
static int listen_at(in_addr_t host, uint16_t port, uint16_t *ret_port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(host)}};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, 32), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

static int listen_somewhere(uint16_t *ret_port)
{
    return listen_at(INADDR_LOOPBACK, 0, ret_port);
}

static pid_t fork_server(int listener)
{
    pid_t pid = fork();

    if (pid == 0) {
        setpgid(0, 0);
        run_server(listener);
    }
    setpgid(pid, pid);
    close(listener);
    return pid;
}

static int end_server(pid_t pid)
{
    kill(-pid, SIGKILL);
    return waitpid(pid, NULL, 0) == pid ? 0 : -1;
}

static int start_server(void **state)
{
    server_pid = fork_server(listen_somewhere(&server_port));
    return server_pid > 0 ? 0 : -1;
}

static int stop_server(void **state)
{
    return end_server(server_pid);
}

#endif
