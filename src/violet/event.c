#include "violet/event.h"

#include <assert.h>
#include <errno.h>

#include "base/parse.h"

#define NS_BUTTON "violet:nabaztag:button"
#define NS_EARS   "violet:nabaztag:ears"

void platform_event_set_id(struct platform_event *event, const char *value)
{
    size_t n = strspn(value, "0123456789");

    if (value[n] || n > LIMIT_EVENT_ID)
        n = 0;
    memcpy(event->id, value, n);
    event->id[n] = '\0';
}

static int write_click(const struct platform_event *event, char *ret)
{
    const char *open = "", *close = "";

    if (event->in_program) {
        open = *event->id ? "<event>" : "<event/>";
        close = *event->id ? "</event>" : "";
    }
    return snprintf(ret, PLATFORM_EVENT_SIZE,
                    "<button xmlns=\"" NS_BUTTON "\"><clic>%u</clic>%s%s%s</button>", event->clicks,
                    open, event->in_program ? event->id : "", close);
}

size_t platform_event_write(const struct platform_event *event, char ret[PLATFORM_EVENT_SIZE])
{
    int n;

    if (event->what == PLATFORM_CLICK)
        n = write_click(event, ret);
    else
        n = snprintf(ret, PLATFORM_EVENT_SIZE,
                     "<ears xmlns=\"" NS_EARS "\"><left>%u</left><right>%u</right></ears>",
                     event->left, event->right);
    assert(n > 0 && n < PLATFORM_EVENT_SIZE);
    return (size_t)n;
}

/* ---- reading ---- */

struct source {
    const char *at, *end;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_blanks(struct source *source)
{
    while (source->at < source->end && is_blank(*source->at))
        source->at++;
}

/* Takes `text` where it is next; a quote in it stands for either kind. */
static bool take(struct source *source, const char *text)
{
    const char *at = source->at;

    for (; *text; text++, at++)
        if (at == source->end || (*at != *text && !(*text == '"' && *at == '\'')))
            return false;
    source->at = at;
    return true;
}

/* The same with white space before it. */
static bool take_tag(struct source *source, const char *tag)
{
    struct source rest = *source;

    skip_blanks(&rest);
    if (!take(&rest, tag))
        return false;
    *source = rest;
    return true;
}

static bool take_digits(struct source *source, char ret[LIMIT_EVENT_ID + 1])
{
    size_t n = 0;

    while (source->at < source->end && *source->at >= '0' && *source->at <= '9') {
        if (n == LIMIT_EVENT_ID)
            return false;
        ret[n++] = *source->at++;
    }
    ret[n] = '\0';
    return n > 0;
}

static bool take_number(struct source *source, const char *open, const char *close, unsigned low,
                        unsigned high, unsigned *ret)
{
    char digits[LIMIT_EVENT_ID + 1];

    return take_tag(source, open) && take_digits(source, digits) && take(source, close) &&
           parse_unsigned(digits, low, high, ret) == 0;
}

static bool take_event(struct source *source, struct platform_event *ret)
{
    ret->in_program = take_tag(source, "<event/>") || take_tag(source, "<event></event>");
    if (ret->in_program || !take_tag(source, "<event>"))
        return true;
    ret->in_program = true;
    return take_digits(source, ret->id) && take(source, "</event>");
}

static bool take_click(struct source *source, struct platform_event *ret)
{
    return take_number(source, "<clic>", "</clic>", 1, PLATFORM_CLICKS_MAX, &ret->clicks) &&
           take_event(source, ret) && take_tag(source, "</button>");
}

static bool take_ears(struct source *source, struct platform_event *ret)
{
    return take_number(source, "<left>", "</left>", 0, PLATFORM_POSITION_MAX, &ret->left) &&
           take_number(source, "<right>", "</right>", 0, PLATFORM_POSITION_MAX, &ret->right) &&
           take_tag(source, "</ears>");
}

int platform_event_parse(struct platform_event *ret, const char *text, size_t length)
{
    struct source source = {text, text + length};
    bool is_good;

    *ret = (struct platform_event){.what = PLATFORM_CLICK};
    if (take_tag(&source, "<button xmlns=\"" NS_BUTTON "\">")) {
        is_good = take_click(&source, ret);
    } else {
        ret->what = PLATFORM_EARS;
        is_good = take_tag(&source, "<ears xmlns=\"" NS_EARS "\">") && take_ears(&source, ret);
    }
    skip_blanks(&source);
    return is_good && source.at == source.end ? 0 : -EBADMSG;
}
