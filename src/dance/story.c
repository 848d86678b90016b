#include "dance/story.h"

void story_show(struct body *body, enum story story)
{
    static const uint32_t colors[STORY_COUNT] = {
        [STORY_CONNECTING] = 0x0000ff, [STORY_REJECTED] = 0xff0000, [STORY_REGISTERING] = 0xff8000,
        [STORY_ONLINE] = 0x00ff00,     [STORY_WAITING] = 0xff00ff,
    };

    body_led_set(body, LED_BOTTOM, colors[story]);
}
