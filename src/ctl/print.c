#include "ctl/print.h"

#include <errno.h>
#include <inttypes.h>

#include "base/json.h"

/* How things look. */
struct style {
    const char *list[2], *dictionary[2], *between, *is;
    const char *yes, *no;
    void (*text)(FILE *out, const char *text);
};

static int print_styled(FILE *out, sd_bus_message *message, const struct style *style);

static void print_plain_text(FILE *out, const char *text)
{
    for (; *text; text++)
        putc((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text, out);
}

static const struct style styles[] = {
    {{"", ""}, {"", ""}, " ", "=", "yes", "no", print_plain_text},
    {{"[", "]"}, {"{", "}"}, ",", ":", "true", "false", json_print_text},
};

static int print_basic(FILE *out, sd_bus_message *message, char type, const struct style *style)
{
    union {
        int truth;
        int32_t i;
        uint32_t u;
        uint64_t t;
        const char *s;
    } value;
    int r = sd_bus_message_read_basic(message, type, &value);

    if (r < 0)
        return r;
    if (type == 'b')
        fputs(value.truth ? style->yes : style->no, out);
    else if (type == 'i')
        fprintf(out, "%" PRId32, value.i);
    else if (type == 'u')
        fprintf(out, "%" PRIu32, value.u);
    else if (type == 't')
        fprintf(out, "%" PRIu64, value.t);
    else
        style->text(out, value.s);
    return 0;
}

/* Everything up to the end of the container. */
static int print_contents(FILE *out, sd_bus_message *message, const char *between,
                          const struct style *style)
{
    for (bool first = true; !sd_bus_message_at_end(message, false); first = false) {
        if (!first)
            fputs(between, out);

        int r = print_styled(out, message, style);
        if (r < 0)
            return r;
    }
    return 0;
}

static int print_container(FILE *out, sd_bus_message *message, char type, const char *contents,
                           const struct style *style)
{
    bool is_dictionary = type == 'a' && *contents == '{', is_list = type == 'a' || type == 'r';
    const char *const *marks = is_dictionary ? style->dictionary : style->list;
    int r = sd_bus_message_enter_container(message, type, contents);

    if (r < 0)
        return r;
    fputs(is_list ? marks[0] : "", out);
    r = print_contents(out, message, type == 'e' ? style->is : style->between, style);
    fputs(is_list ? marks[1] : "", out);
    return r < 0 ? r : sd_bus_message_exit_container(message);
}

static int print_styled(FILE *out, sd_bus_message *message, const struct style *style)
{
    const char *contents;
    char type;
    int r = sd_bus_message_peek_type(message, &type, &contents);

    if (r <= 0)
        return r < 0 ? r : -ENODATA;
    if (strchr("arev", type))
        return print_container(out, message, type, contents, style);
    return strchr("biutsog", type) ? print_basic(out, message, type, style) : -EOPNOTSUPP;
}

int print_value(FILE *out, sd_bus_message *message, bool json)
{
    int r = print_styled(out, message, &styles[json]);

    return r < 0 ? r : 0;
}
