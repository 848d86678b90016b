#include "violet/ambient.h"

#include <errno.h>

#define TAG_SIZE    4
#define TAG_FULL    0xff /* the last byte of the tag */
#define TAG_CHANGES 0xfe

/* The form that holds everything. */
#define FULL_PAIRS   8
#define FULL_EARS    (TAG_SIZE + 2 * FULL_PAIRS)
#define FULL_SIZE    (FULL_EARS + 2)
#define FULL_MESSAGE 0x05 /* one waiting message */
#define FULL_NOSE    2    /* messages that count */

/* Pairs that are no service. */
#define ID_REMOVE    0
#define ID_EAR_LEFT  4
#define ID_EAR_RIGHT 5
#define ID_NOSE      8
#define ID_BASE      9
#define ID_TAICHI    14

static const uint8_t services[AMBIENT_SERVICES] = {AMBIENT_WEATHER, AMBIENT_STOCK, AMBIENT_TRAFFIC,
                                                   AMBIENT_MAIL, AMBIENT_AIR};

/* 0: there is none. */
static unsigned service_of(unsigned id)
{
    if (id == AMBIENT_TRADE)
        return AMBIENT_STOCK;
    for (size_t i = 0; i < AMBIENT_SERVICES; i++)
        if (services[i] == id)
            return id;
    return 0;
}

void ambient_init(struct ambient *ret)
{
    *ret = (struct ambient){.ears = {AMBIENT_UNCHANGED, AMBIENT_UNCHANGED},
                            .nose = AMBIENT_UNCHANGED,
                            .base = AMBIENT_UNCHANGED,
                            .taichi = AMBIENT_UNCHANGED};
}

static struct ambient_value *find(struct ambient *ambient, unsigned service)
{
    for (size_t i = 0; i < ambient->count; i++)
        if (ambient->shown[i].service == service)
            return &ambient->shown[i];
    return NULL;
}

bool ambient_show(struct ambient *ambient, unsigned service, unsigned value)
{
    struct ambient_value *shown;

    service = service_of(service);
    if (service == 0)
        return false;
    shown = find(ambient, service);
    if (!shown)
        shown = &ambient->shown[ambient->count++];
    *shown = (struct ambient_value){(uint8_t)service, (uint8_t)value};
    return true;
}

bool ambient_remove(struct ambient *ambient, unsigned service)
{
    struct ambient_value *shown;

    service = service_of(service);
    if (service == 0)
        return false;
    ambient->removed |= 1U << service;
    shown = find(ambient, service);
    if (shown) {
        ambient->count--;
        memmove(shown, shown + 1,
                (size_t)(ambient->shown + ambient->count - shown) * sizeof(*shown));
    }
    return true;
}

/* An ear that is not named goes to 0 when the other one is. */
static void set_ear(struct ambient *ambient, unsigned ear, unsigned position)
{
    ambient->ears[ear] = (int)position;
    if (ambient->ears[!ear] == AMBIENT_UNCHANGED)
        ambient->ears[!ear] = 0;
}

static bool apply_pair(struct ambient *ambient, unsigned id, unsigned value)
{
    switch (id) {
    case ID_REMOVE:
        return ambient_remove(ambient, value);
    case ID_EAR_LEFT:
    case ID_EAR_RIGHT:
        set_ear(ambient, id - ID_EAR_LEFT, value);
        return true;
    case ID_NOSE:
        ambient->nose = (int)value;
        return true;
    case ID_BASE:
        ambient->base = (int)value;
        return true;
    case ID_TAICHI:
        ambient->taichi = (int)value;
        return true;
    default:
        return ambient_show(ambient, id, value);
    }
}

/* A byte without its second half says nothing. */
static void decode_changes(struct ambient *ret, const uint8_t *payload, size_t size)
{
    for (size_t at = TAG_SIZE; size - at >= 2; at += 2)
        ret->ignored += !apply_pair(ret, payload[at], payload[at + 1]);
}

/* Its table holds what is shown, and zeros; tai-chi that is not in it is off. */
static int decode_full(struct ambient *ret, const uint8_t *payload, size_t size)
{
    if (size < FULL_SIZE)
        return -EBADMSG;
    ret->is_full = true;
    ret->taichi = 0;
    ret->nose = 0;
    for (size_t at = TAG_SIZE; at < FULL_EARS; at += 2) {
        if (payload[at] == ID_TAICHI)
            ret->taichi = payload[at + 1];
        else if (payload[at] != 0)
            ret->ignored += !ambient_show(ret, payload[at], payload[at + 1]);
    }
    ret->ears[0] = payload[FULL_EARS];
    ret->ears[1] = payload[FULL_EARS + 1];
    for (size_t at = FULL_SIZE; at < size && payload[at] == FULL_MESSAGE; at++)
        ret->nose += ret->nose < FULL_NOSE;
    return 0;
}

int ambient_decode(struct ambient *ret, const uint8_t *payload, size_t size)
{
    ambient_init(ret);
    if (size < TAG_SIZE)
        return -EBADMSG;
    /* The firmware looks at nothing but this byte of the tag. */
    if (payload[TAG_SIZE - 1] == TAG_FULL)
        return decode_full(ret, payload, size);
    decode_changes(ret, payload, size);
    return 0;
}

/* A pair of the update form, where there is something to say. */
static uint8_t *put(uint8_t *at, unsigned id, int value)
{
    if (value == AMBIENT_UNCHANGED)
        return at;
    *at++ = (uint8_t)id;
    *at++ = (uint8_t)value;
    return at;
}

static uint8_t *put_shown(uint8_t *at, const struct ambient *ambient)
{
    for (size_t i = 0; i < ambient->count; i++)
        at = put(at, ambient->shown[i].service, ambient->shown[i].value);
    return at;
}

static uint8_t *put_changes(uint8_t *at, const struct ambient *ambient)
{
    for (size_t i = 0; i < AMBIENT_SERVICES; i++)
        if (ambient->removed >> services[i] & 1)
            at = put(at, ID_REMOVE, services[i]);
    at = put_shown(at, ambient);
    at = put(at, ID_EAR_LEFT, ambient->ears[0]);
    at = put(at, ID_EAR_RIGHT, ambient->ears[1]);
    at = put(at, ID_NOSE, ambient->nose);
    at = put(at, ID_BASE, ambient->base);
    return put(at, ID_TAICHI, ambient->taichi);
}

static uint8_t *put_full(uint8_t *at, const struct ambient *ambient)
{
    uint8_t *ears = at + (size_t)2 * FULL_PAIRS;

    at = put_shown(at, ambient);
    if (ambient->taichi > 0)
        at = put(at, ID_TAICHI, ambient->taichi);
    memset(at, 0, (size_t)(ears - at));
    at = ears;
    *at++ = (uint8_t)(ambient->ears[0] == AMBIENT_UNCHANGED ? 0 : ambient->ears[0]);
    *at++ = (uint8_t)(ambient->ears[1] == AMBIENT_UNCHANGED ? 0 : ambient->ears[1]);
    for (int i = 0; i < ambient->nose && i < FULL_NOSE; i++)
        *at++ = FULL_MESSAGE;
    *at++ = 0;
    return at;
}

int ambient_encode(const struct ambient *ambient, uint8_t *ret, size_t size, size_t *ret_size)
{
    uint8_t payload[AMBIENT_PAYLOAD_SIZE] = {0x7f, 0xff, 0xff,
                                             ambient->is_full ? TAG_FULL : TAG_CHANGES};
    uint8_t *end = (ambient->is_full ? put_full : put_changes)(payload + TAG_SIZE, ambient);

    *ret_size = (size_t)(end - payload);
    if (*ret_size > size)
        return -ENOSPC;
    memcpy(ret, payload, *ret_size);
    return 0;
}
