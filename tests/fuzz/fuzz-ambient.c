/*
 * Ambient frames: what is read is the same when it is written and read again.
 */
#include "fuzz.h"
#include "violet/ambient.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t payload[AMBIENT_PAYLOAD_SIZE], again[AMBIENT_PAYLOAD_SIZE];
    struct ambient ambient;
    size_t n, m;

    if (ambient_decode(&ambient, data, size) < 0)
        return 0;
    require(ambient.count <= AMBIENT_SERVICES);
    require((ambient.ears[0] < 0) == (ambient.ears[1] < 0));
    require(ambient_encode(&ambient, payload, sizeof(payload), &n) == 0);
    require(ambient_decode(&ambient, payload, n) == 0 && ambient.ignored == 0);
    require(ambient_encode(&ambient, again, sizeof(again), &m) == 0);
    require(n == m && memcmp(again, payload, n) == 0);
    return 0;
}
