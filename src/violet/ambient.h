/*
 * Ambient frames (type 4): what the rabbit shows when it has nothing else to do. Source: the
 * firmware's newInfoUpdate, Violet's V1Serializer, OpenJabNab's AmbientPacket. Two forms: 7FFFFFFE
 * and pairs of what changes, or 7FFFFFFF and the whole state. Both become the same plain struct.
 * Pure; any thread.
 */
#ifndef NABAZTAGD_VIOLET_AMBIENT_H
#define NABAZTAGD_VIOLET_AMBIENT_H

#include "base/util.h"

/* What is shown on the body's three LEDs in turn; animation.h has how. */
enum ambient_service {
    AMBIENT_WEATHER = 1,
    AMBIENT_STOCK = 2,
    AMBIENT_TRAFFIC = 3,
    AMBIENT_MAIL = 6,
    AMBIENT_AIR = 7,
};

#define AMBIENT_SERVICES     5
#define AMBIENT_SERVICE_END  8  /* each service is below */
#define AMBIENT_TRADE        20 /* Violet's number for a second stock market: the same service */
#define AMBIENT_UNCHANGED    (-1)
#define AMBIENT_PAYLOAD_SIZE 64 /* room for either form */

struct ambient_value {
    uint8_t service, value;
};

/* Numbers are AMBIENT_UNCHANGED where the frame says nothing. */
struct ambient {
    bool is_full;     /* the whole state: services that are not shown are gone */
    unsigned removed; /* services to remove, a bit each (1 << service), before others are shown */
    size_t count;
    struct ambient_value shown[AMBIENT_SERVICES]; /* in the order in which they came */
    int ears[2];      /* left, right: as sent, 0 to 255; both or none are unchanged */
    int nose;         /* 0 off, 1 blinks, 2 and more blinks twice */
    int base;         /* colour of the pulse, see animation_base(); OpenJabNab's */
    int taichi;       /* 0 off, otherwise how often, see animation_taichi_delay() */
    unsigned ignored; /* pairs that say nothing to us */
};

/* A frame that changes nothing. */
void ambient_init(struct ambient *ret);

/* Show a value of a service, or remove the service. False when there is no such service. */
bool ambient_show(struct ambient *ambient, unsigned service, unsigned value);
bool ambient_remove(struct ambient *ambient, unsigned service);

/* Returns 0, or -EBADMSG for a payload that is too short. */
int ambient_decode(struct ambient *ret, const uint8_t *payload, size_t size);

/* Writes the payload of a frame; AMBIENT_PAYLOAD_SIZE is always enough. Returns 0 or -ENOSPC. */
int ambient_encode(const struct ambient *ambient, uint8_t *ret, size_t size, size_t *ret_size);

#endif
