#include "violet/packet.h"

#include <errno.h>

#include "base/base64.h"

#define PACKET_START 0x7f
#define PACKET_END   0xff
#define HEAD_SIZE    4 /* of a frame */
#define PAYLOAD_MAX  0xffffff

#define MODE_WAKE  0
#define MODE_SLEEP 1

static size_t payload_size(const uint8_t *head)
{
    return (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
}

int packet_parse(struct packet *ret, const uint8_t *data, size_t size)
{
    size_t at = 1;

    ret->data = data;
    ret->left = 0;
    if (size > LIMIT_PACKET_BYTES)
        return -E2BIG;
    if (size == 0 || data[0] != PACKET_START)
        return -EBADMSG;
    while (at < size && data[at] != PACKET_END) {
        if (data[at] > PACKET_TYPE_MAX || size - at < HEAD_SIZE ||
            size - at - HEAD_SIZE < payload_size(data + at))
            return -EBADMSG;
        if (ret->left == LIMIT_PACKET_FRAMES)
            return -E2BIG;
        ret->starts[ret->left++] = (uint32_t)at;
        at += HEAD_SIZE + payload_size(data + at);
    }
    return at < size && ret->left > 0 ? 0 : -EBADMSG;
}

int packet_decode(struct packet *ret, uint8_t *bytes, size_t size, const char *text, size_t length)
{
    size_t used;
    int r = base64_decode(bytes, size, &used, text, length);

    return r < 0 ? r : packet_parse(ret, bytes, used);
}

bool packet_next(struct packet *packet, struct packet_frame *ret)
{
    const uint8_t *head;

    if (packet->left == 0)
        return false;
    head = packet->data + packet->starts[--packet->left];
    *ret = (struct packet_frame){head[0], head + HEAD_SIZE, payload_size(head)};
    return true;
}

bool packet_frame_mode(const struct packet_frame *frame, bool *ret_asleep)
{
    if (frame->size == 0 || frame->payload[0] > MODE_SLEEP)
        return false;
    *ret_asleep = frame->payload[0] != MODE_WAKE;
    return true;
}

static int put(struct packet_writer *writer, const void *bytes, size_t size)
{
    if (size > writer->size - writer->used)
        return -ENOSPC;
    if (size > 0)
        memcpy(writer->data + writer->used, bytes, size);
    writer->used += size;
    return 0;
}

int packet_begin(struct packet_writer *writer, uint8_t *data, size_t size)
{
    *writer = (struct packet_writer){data, size, 0};
    return put(writer, (uint8_t[]){PACKET_START}, 1);
}

int packet_add(struct packet_writer *writer, unsigned type, const uint8_t *payload, size_t size)
{
    uint8_t head[HEAD_SIZE] = {(uint8_t)type, (uint8_t)(size >> 16), (uint8_t)(size >> 8),
                               (uint8_t)size};

    if (type > PACKET_TYPE_MAX || size > PAYLOAD_MAX)
        return -EINVAL;
    if (writer->size - writer->used < HEAD_SIZE + size)
        return -ENOSPC;
    put(writer, head, sizeof(head));
    return put(writer, payload, size);
}

int packet_end(struct packet_writer *writer, size_t *ret_size)
{
    int r = put(writer, (uint8_t[]){PACKET_END}, 1);

    *ret_size = writer->used;
    return r;
}
