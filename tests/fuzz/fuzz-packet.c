/*
 * Packets as bytes and as base64: what is good is the same when it is made anew of its frames, and
 * each frame lies within it.
 */
#include "base/base64.h"
#include "fuzz.h"
#include "violet/packet.h"

static void check_packet(const uint8_t *data, size_t size)
{
    struct packet_frame frames[LIMIT_PACKET_FRAMES];
    struct packet_writer writer;
    struct packet packet;
    size_t count = 0, used;
    uint8_t *again = malloc(size + 1);

    require(again);
    if (packet_parse(&packet, data, size) == 0) {
        while (packet_next(&packet, &frames[count]))
            count++;
        require(count > 0 && packet_begin(&writer, again, size) == 0);
        while (count-- > 0)
            require(packet_add(&writer, frames[count].type, frames[count].payload,
                               frames[count].size) == 0);
        require(packet_end(&writer, &used) == 0 && memcmp(again, data, used) == 0);
    }
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *bytes = malloc(size + 1);
    struct packet packet;
    size_t used;

    require(bytes);
    check_packet(data, size);
    if (base64_decode(bytes, size, &used, (const char *)data, size) == 0) {
        require(used <= size * 3 / 4);
        check_packet(bytes, used);
    }
    packet_decode(&packet, bytes, size / 2, (const char *)data, size);
    free(bytes);
    return 0;
}
