#include "rabbit/parcel.h"

#include <errno.h>

#include "base/base64.h"
#include "violet/ambient.h"
#include "xmpp/stanza.h"

#define NS_PACKET "violet:packet"
#define FORMAT    "1.0"

xmpp_stanza_t *parcel_find(xmpp_stanza_t *parent)
{
    xmpp_stanza_t *child = parent ? xmpp_stanza_get_children(parent) : NULL;

    while (child && !stanza_is(child, "packet", NS_PACKET))
        child = xmpp_stanza_get_next(child);
    return child;
}

/* In seconds; as long as that may be when nothing, or more, is said. False: it is no number. */
static bool read_ttl(const char *text, uint64_t *ret_usec)
{
    uint64_t seconds = text ? 0 : LIMIT_PLATFORM_TTL;

    if (text && (!*text || text[strspn(text, "0123456789")]))
        return false;
    for (; text && *text && seconds < LIMIT_PLATFORM_TTL; text++)
        seconds = seconds * 10 + (uint64_t)(*text - '0');
    *ret_usec = (seconds < LIMIT_PLATFORM_TTL ? seconds : LIMIT_PLATFORM_TTL) * USEC_PER_SEC;
    return true;
}

int parcel_program(struct program **ret, const struct packet_frame *frame)
{
    _cleanup_(freep) struct program *program = malloc(sizeof(*program));
    int r = program ? program_decode(program, frame->payload, frame->size) : -ENOMEM;

    if (r < 0)
        return r;
    *ret = program;
    program = NULL;
    return 0;
}

/* Looks through all frames, before any is obeyed. */
static int check_frames(struct packet packet)
{
    struct packet_frame frame;
    struct ambient ambient;
    int r = 0;

    while (r == 0 && packet_next(&packet, &frame)) {
        _cleanup_(freep) struct program *program = NULL;

        if (frame.type == PACKET_AMBIENT)
            r = ambient_decode(&ambient, frame.payload, frame.size);
        else if (frame.type == PACKET_PROGRAM)
            r = parcel_program(&program, &frame);
    }
    return r;
}

/* The text of a packet is one node as a rule, which needs no copy. */
static int decode(xmpp_stanza_t *element, uint8_t bytes[LIMIT_PACKET_BYTES], size_t *ret_size)
{
    xmpp_stanza_t *child = xmpp_stanza_get_children(element);
    const char *text = child && !xmpp_stanza_get_next(child) && xmpp_stanza_is_text(child)
                           ? xmpp_stanza_get_text_ptr(child)
                           : NULL;
    char *copy = text ? NULL : xmpp_stanza_get_text(element);
    int r = -EBADMSG;

    text = text ? text : copy;
    if (text)
        r = base64_decode(bytes, LIMIT_PACKET_BYTES, ret_size, text, strlen(text));
    if (copy)
        xmpp_free(xmpp_stanza_get_context(element), copy);
    return r;
}

const char *parcel_read(struct parcel *ret, const uint8_t *bytes, size_t size)
{
    int r;

    ret->size = size;
    if (packet_parse(&ret->packet, bytes, size) < 0)
        return "it is broken, or too long";
    r = check_frames(ret->packet);
    if (r == -ENOMEM)
        return "no memory is left";
    return r < 0 ? "a frame in it is broken, or too long" : NULL;
}

const char *parcel_open(struct parcel *ret, xmpp_stanza_t *element,
                        uint8_t bytes[LIMIT_PACKET_BYTES])
{
    if (!streq_ptr(xmpp_stanza_get_attribute(element, "format"), FORMAT))
        return "its format is not " FORMAT;
    if (!read_ttl(xmpp_stanza_get_attribute(element, "ttl"), &ret->ttl_usec))
        return "its ttl is no number";
    if (decode(element, bytes, &ret->size) < 0)
        return "its text is no base64, or too long";
    return parcel_read(ret, bytes, ret->size);
}
