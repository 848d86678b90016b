/*
 * The platform's packets: 7F { type(1) length(3, big endian) payload } FF. Source: the firmware's
 * pingextract and OpenJabNab's Packet. One bad frame voids the packet, and frames are taken last to
 * first. A packet is a view of the caller's bytes; nothing is allocated. Pure; any thread.
 */
#ifndef NABAZTAGD_VIOLET_PACKET_H
#define NABAZTAGD_VIOLET_PACKET_H

#include "base/limits.h"
#include "base/util.h"

/* Those that say something; others up to PACKET_TYPE_MAX are ignored. */
enum packet_type {
    PACKET_DELAY = 3, /* of the HTTP days: ignored as well */
    PACKET_AMBIENT = 4,
    PACKET_REBOOT = 9,
    PACKET_PROGRAM = 10,
    PACKET_MODE = 11,
};

#define PACKET_TYPE_MAX 11

struct packet_frame {
    unsigned type;
    const uint8_t *payload;
    size_t size;
};

/* Holds as long as the bytes it was parsed from. */
struct packet {
    const uint8_t *data;
    size_t left; /* frames not taken yet */
    uint32_t starts[LIMIT_PACKET_FRAMES];
};

/*
 * Looks through the whole packet. Returns 0, -EBADMSG when it is bad (no 7F, no FF, a type above
 * PACKET_TYPE_MAX, a length past the end, no frame at all), or -E2BIG above LIMIT_PACKET_BYTES or
 * LIMIT_PACKET_FRAMES. Bytes behind FF are ignored.
 */
int packet_parse(struct packet *ret, const uint8_t *data, size_t size);

/* The same for the base64 text that XML carries; `bytes` has room for `size` (LIMIT_PACKET_BYTES is
 * enough) and must stay. */
int packet_decode(struct packet *ret, uint8_t *bytes, size_t size, const char *text, size_t length);

/* Takes the next frame, from the last to the first; false when there is none. */
bool packet_next(struct packet *packet, struct packet_frame *ret);

/* Whether a frame of type PACKET_MODE says to sleep or to wake; false when it says neither. */
bool packet_frame_mode(const struct packet_frame *frame, bool *ret_asleep);

/* Makes a packet in the caller's buffer. */
struct packet_writer {
    uint8_t *data;
    size_t size, used;
};

/* Return 0, -ENOSPC when the buffer is too small, or -EINVAL for a type or a size that no frame can
 * have. */
int packet_begin(struct packet_writer *writer, uint8_t *data, size_t size);
int packet_add(struct packet_writer *writer, unsigned type, const uint8_t *payload, size_t size);
int packet_end(struct packet_writer *writer, size_t *ret_size);

#endif
