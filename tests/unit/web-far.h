/*
 * The server of web-server.h at a second address, which is far in the eyes of the tests that
 * include this: address_is_near() and address_text_is_near() are wrapped.
 */
#ifndef NABAZTAGD_TESTS_WEB_FAR_H
#define NABAZTAGD_TESTS_WEB_FAR_H

#include "web-client.h"

#include "web/address.h"

#define FAR (INADDR_LOOPBACK + 1) /* 127.0.0.2 */

static pid_t far_pid;

bool __real_address_is_near(const struct sockaddr *address);
bool __wrap_address_is_near(const struct sockaddr *address);
bool __real_address_text_is_near(const char *text);
bool __wrap_address_text_is_near(const char *text);

bool __wrap_address_is_near(const struct sockaddr *address)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
    bool is_far = address->sa_family == AF_INET && v4->sin_addr.s_addr == htonl(FAR);

    return !is_far && __real_address_is_near(address);
}

bool __wrap_address_text_is_near(const char *text)
{
    return !streq(text, "127.0.0.2") && __real_address_text_is_near(text);
}

static int start_servers(void **state)
{
    uint16_t port;

    if (start_server(state) < 0)
        return -1;
    far_pid = fork_server(listen_at(FAR, server_port, &port));
    return far_pid > 0 ? 0 : -1;
}

static int stop_servers(void **state)
{
    int r = end_server(far_pid);

    return stop_server(state) < 0 ? -1 : r;
}

#endif
