#include "rabbit/access.h"

#include <errno.h>

#include "rabbit/crowd.h"

/* Commands a second and at once. */
static const struct rate {
    unsigned per_second, burst;
} rates[] = {
    [ACCESS_USER] = {1, 5},
    [ACCESS_OWNER] = {10, 30},
};

struct person {
    char *jid;
    enum access_level level;
    uint64_t tokens_usec; /* what is left in the bucket, as time at the rate it fills */
    uint64_t filled_usec; /* when it was last filled up */
};

struct access {
    struct person *people;
    size_t count;
    struct crowd strangers;
};

static size_t list_length(char *const *list)
{
    size_t n = 0;

    while (list[n])
        n++;
    return n;
}

/* A full bucket, as time at the rate it fills. */
static uint64_t capacity(enum access_level level)
{
    return USEC_PER_SEC / rates[level].per_second * rates[level].burst;
}

static int add_people(struct access *access, char *const *list, enum access_level level)
{
    for (; *list; list++) {
        struct person *person = &access->people[access->count];

        person->level = level;
        person->tokens_usec = capacity(level);
        if (strdup_to(&person->jid, *list) < 0)
            return -ENOMEM;
        access->count++;
    }
    return 0;
}

int access_new(struct access **ret, const struct config *config)
{
    struct access *access = calloc(1, sizeof(*access));
    size_t n = list_length(config->access.owners) + list_length(config->access.users);
    int r = access ? 0 : -ENOMEM;

    if (r == 0) {
        access->people = calloc(n + 1, sizeof(*access->people));
        r = access->people ? 0 : -ENOMEM;
    }
    if (r == 0)
        r = add_people(access, config->access.owners, ACCESS_OWNER);
    if (r == 0)
        r = add_people(access, config->access.users, ACCESS_USER);
    if (r < 0) {
        access_free(access);
        return r;
    }
    *ret = access;
    return 0;
}

struct access *access_free(struct access *access)
{
    if (!access)
        return NULL;
    for (size_t i = 0; i < access->count; i++)
        free(access->people[i].jid);
    crowd_clear(&access->strangers);
    free(access->people);
    free(access);
    return NULL;
}

/* Owners come first, so that somebody who is both is an owner. */
static struct person *find(const struct access *access, const char *bare_jid)
{
    for (size_t i = 0; i < access->count; i++)
        if (streq(access->people[i].jid, bare_jid))
            return &access->people[i];
    return NULL;
}

enum access_level access_level(const struct access *access, const char *bare_jid)
{
    const struct person *person = find(access, bare_jid);

    return person ? person->level : ACCESS_NOBODY;
}

bool access_admit(struct access *access, const char *bare_jid, uint64_t now_usec)
{
    struct person *person = find(access, bare_jid);
    uint64_t price;

    if (!person)
        return false;
    price = USEC_PER_SEC / rates[person->level].per_second;
    person->tokens_usec += now_usec - person->filled_usec;
    if (person->tokens_usec > capacity(person->level))
        person->tokens_usec = capacity(person->level);
    person->filled_usec = now_usec;
    if (person->tokens_usec < price)
        return false;
    person->tokens_usec -= price;
    return true;
}

bool access_note_stranger(struct access *access, const char *bare_jid, uint64_t now_usec)
{
    return crowd_is_news(&access->strangers, bare_jid, now_usec);
}
