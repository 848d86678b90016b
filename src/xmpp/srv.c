#include "xmpp/srv.h"

#include <arpa/nameser.h>
#include <errno.h>
#include <resolv.h>

/* A reader of one DNS message; `at` is NULL once something did not fit. */
struct reader {
    const uint8_t *start, *at, *end;
};

static unsigned read_16(struct reader *reader)
{
    unsigned value;

    if (!reader->at || reader->end - reader->at < 2) {
        reader->at = NULL;
        return 0;
    }
    value = (unsigned)reader->at[0] << 8 | reader->at[1];
    reader->at += 2;
    return value;
}

static void skip(struct reader *reader, size_t size)
{
    if (reader->at && (size_t)(reader->end - reader->at) >= size)
        reader->at += size;
    else
        reader->at = NULL;
}

static void read_name(struct reader *reader, char *ret, size_t size)
{
    int length =
        reader->at ? dn_expand(reader->start, reader->end, reader->at, ret, (int)size) : -1;

    if (length < 0)
        reader->at = NULL;
    else
        skip(reader, (size_t)length);
}

/* One record of the answer; returns whether it was a good SRV record. */
static bool read_record(struct reader *reader, struct srv *ret)
{
    char owner[NS_MAXDNAME];
    struct reader data;
    unsigned type, class, size;

    read_name(reader, owner, sizeof(owner));
    type = read_16(reader);
    class = read_16(reader);
    skip(reader, 4); /* time to live */
    size = read_16(reader);
    data = *reader;
    skip(reader, size);
    if (!reader->at || type != ns_t_srv || class != ns_c_in)
        return false;
    data.end = reader->at; /* names may point backwards, never past this record */
    ret->priority = (uint16_t)read_16(&data);
    ret->weight = (uint16_t)read_16(&data);
    ret->port = (uint16_t)read_16(&data);
    read_name(&data, ret->target, sizeof(ret->target));
    if (streq(ret->target, "."))
        *ret->target = '\0';
    return data.at;
}

int srv_parse(struct srv *ret, size_t max, const uint8_t *message, size_t size)
{
    struct reader reader = {message, message, message + size};
    char question[NS_MAXDNAME];
    unsigned flags, questions, answers;
    size_t n = 0;

    skip(&reader, 2);
    flags = read_16(&reader);
    questions = read_16(&reader);
    answers = read_16(&reader);
    skip(&reader, 4);
    if (!reader.at || !(flags & 0x8000) || (flags & 0xf) != ns_r_noerror)
        return -EBADMSG;
    for (; questions > 0 && reader.at; questions--) {
        read_name(&reader, question, sizeof(question));
        skip(&reader, 4);
    }
    for (; answers > 0 && reader.at && n < max; answers--)
        if (read_record(&reader, &ret[n]))
            n++;
    return reader.at || n > 0 ? (int)n : -EBADMSG;
}

/* Of those with the lowest priority one by chance, the likelier the heavier it is. */
static size_t choose(const struct srv *records, size_t count, random_source random, void *userdata)
{
    uint64_t total = 0, mark;
    unsigned lowest = UINT16_MAX;

    for (size_t i = 0; i < count; i++)
        if (records[i].priority < lowest)
            lowest = records[i].priority;
    for (size_t i = 0; i < count; i++)
        if (records[i].priority == lowest)
            total += records[i].weight + 1u; /* without a weight there is still a small chance */
    mark = random(1, total, userdata);
    for (size_t i = 0; i < count; i++) {
        if (records[i].priority != lowest)
            continue;
        if (mark <= records[i].weight + 1u)
            return i;
        mark -= records[i].weight + 1u;
    }
    return 0;
}

void srv_order(struct srv *records, size_t count, random_source random, void *userdata)
{
    for (size_t i = 0; i + 1 < count; i++) {
        size_t chosen = i + choose(records + i, count - i, random, userdata);
        struct srv record = records[chosen];

        records[chosen] = records[i];
        records[i] = record;
    }
}
