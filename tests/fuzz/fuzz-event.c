/*
 * Bodies of click and ear messages: what is read is the same when it is written and read again.
 */
#include "fuzz.h"
#include "violet/event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct platform_event event, again;
    char text[PLATFORM_EVENT_SIZE], copy[PLATFORM_EVENT_SIZE];
    size_t n;

    if (platform_event_parse(&event, (const char *)data, size) < 0)
        return 0;
    n = platform_event_write(&event, text);
    require(n == strlen(text) && platform_event_parse(&again, text, n) == 0);
    require(platform_event_write(&again, copy) == n && memcmp(copy, text, n) == 0);
    return 0;
}
