/*
 * A packet as a stanza brings it (protocol.md, section 3.1): the element <packet/>, its attributes,
 * and what the base64 in it says. Nothing is allocated for what comes often, ambient frames. Pure;
 * any thread.
 */
#ifndef NABAZTAGD_RABBIT_PARCEL_H
#define NABAZTAGD_RABBIT_PARCEL_H

#include <strophe.h>

#include "violet/packet.h"
#include "violet/program.h"

struct parcel {
    uint64_t ttl_usec;
    size_t size; /* of the packet's bytes */
    struct packet packet;
};

/* The first packet among the children of `parent`; NULL: there is none. */
xmpp_stanza_t *parcel_find(xmpp_stanza_t *parent);

/* Looks through the whole packet, each frame that says something included. `bytes` holds it from
 * now on. Returns why it is bad, or NULL when it is good. */
const char *parcel_open(struct parcel *ret, xmpp_stanza_t *element,
                        uint8_t bytes[LIMIT_PACKET_BYTES]);

/* The same of a packet that comes by itself: `size` bytes, which hold it. */
const char *parcel_read(struct parcel *ret, const uint8_t *bytes, size_t size);

/* The program of a frame of type PACKET_PROGRAM, to be freed. Returns 0, -ENOMEM, or as
 * program_decode(). */
int parcel_program(struct program **ret, const struct packet_frame *frame);

#endif
