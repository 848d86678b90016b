#include "xmpp/register.h"

#include <errno.h>

#include "base/limits.h"
#include "xmpp/stanza.h"

#define NS_DATA  "jabber:x:data"
#define NS_OOB   "jabber:x:oob"
#define FORM_MAX 64 /* fields of a data form looked at */

/* What stands for a field of either kind of form. */
static const struct {
    const char *name;
    size_t offset;
} known[] = {
    {"username", offsetof(struct register_fields, username)},
    {"password", offsetof(struct register_fields, password)},
    {"name", offsetof(struct register_fields, name)},
    {"nick", offsetof(struct register_fields, name)},
    {"first", offsetof(struct register_fields, name)},
    {"email", offsetof(struct register_fields, email)},
};

static const char *value_at(const struct register_fields *fields, size_t i)
{
    return *(const char *const *)((const char *)fields + known[i].offset);
}

static const char *value_of(const struct register_fields *fields, const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        if (streq(known[i].name, name))
            return value_at(fields, i);
    return NULL;
}

static bool has_legacy_fields(xmpp_stanza_t *query)
{
    return xmpp_stanza_get_child_by_name(query, "username") &&
           xmpp_stanza_get_child_by_name(query, "password");
}

static int unsupported(struct failure *ret_failure, const char *what, const char *name)
{
    failure_set(ret_failure, "register-unsupported", "%s%.40s", what, name ? name : "");
    return -EPROTO;
}

/* Legacy fields we have nothing for are left out: the server says which one it insists on. */
static int fill_in_legacy(xmpp_stanza_t *query, const struct register_fields *fields,
                          xmpp_stanza_t *answer)
{
    for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
        const char *name = known[i].name, *value = value_at(fields, i);
        bool asked = value && xmpp_stanza_get_child_by_name(query, name);
        int r = asked ? stanza_add_text_child(answer, name, value) : 0;

        if (r < 0)
            return r;
    }
    return 0;
}

static int add_field(xmpp_ctx_t *ctx, xmpp_stanza_t *form, const char *var, const char *value)
{
    xmpp_stanza_t *field = stanza_new(ctx, "field", NULL);
    int r;

    if (!field)
        return -ENOMEM;
    r = xmpp_stanza_set_attribute(field, "var", var) == XMPP_EOK
            ? stanza_add_text_child(field, "value", value)
            : -ENOMEM;
    if (r < 0) {
        xmpp_stanza_release(field);
        return r;
    }
    return xmpp_stanza_add_child_ex(form, field, 0) == XMPP_EOK ? 0 : -ENOMEM;
}

/* FORM_TYPE and other hidden fields go back as they came. */
static int answer_field(xmpp_ctx_t *ctx, xmpp_stanza_t *field, const struct register_fields *fields,
                        xmpp_stanza_t *answer, struct failure *ret_failure)
{
    const char *var = xmpp_stanza_get_attribute(field, "var");
    const char *type = xmpp_stanza_get_type(field);
    const char *value = var ? value_of(fields, var) : NULL;
    char *text = NULL;
    int r;

    if (!var)
        return 0;
    if (streq(var, "ocr") || streq(var, "captcha-fallback-text") ||
        xmpp_stanza_get_child_by_name(field, "media"))
        return unsupported(ret_failure, "it asks to solve a captcha", NULL);
    if (!value && type && streq(type, "hidden"))
        value = text = stanza_child_text(field, "value");
    if (!value && xmpp_stanza_get_child_by_name(field, "required"))
        return unsupported(ret_failure, "it insists on a field called ", var);
    r = value ? add_field(ctx, answer, var, value) : 0;
    if (text)
        xmpp_free(xmpp_stanza_get_context(field), text);
    return r;
}

static int fill_in_form(xmpp_ctx_t *ctx, xmpp_stanza_t *form, const struct register_fields *fields,
                        xmpp_stanza_t *answer, struct failure *ret_failure)
{
    xmpp_stanza_t *submit = stanza_new(ctx, "x", NS_DATA);
    unsigned seen = 0;
    int r = 0;

    if (!submit || xmpp_stanza_set_type(submit, "submit") != XMPP_EOK)
        r = -ENOMEM;
    for (xmpp_stanza_t *child = xmpp_stanza_get_children(form); r == 0 && child && seen < FORM_MAX;
         child = xmpp_stanza_get_next(child), seen++)
        if (streq_ptr(xmpp_stanza_get_name(child), "field"))
            r = answer_field(ctx, child, fields, submit, ret_failure);
    if (r == 0)
        return xmpp_stanza_add_child_ex(answer, submit, 0) == XMPP_EOK ? 0 : -ENOMEM;
    if (submit)
        xmpp_stanza_release(submit);
    return r;
}

static int fill_in(xmpp_ctx_t *ctx, xmpp_stanza_t *query, const struct register_fields *fields,
                   xmpp_stanza_t *answer, struct failure *ret_failure)
{
    xmpp_stanza_t *form = xmpp_stanza_get_child_by_name_and_ns(query, "x", NS_DATA);

    if (has_legacy_fields(query))
        return fill_in_legacy(query, fields, answer);
    if (form)
        return fill_in_form(ctx, form, fields, answer, ret_failure);
    if (xmpp_stanza_get_child_by_ns(query, NS_OOB))
        return unsupported(ret_failure, "it wants accounts to be made on a web page", NULL);
    return unsupported(ret_failure, "it asks neither for a user name and password nor by a form",
                       NULL);
}

int register_fill_in(xmpp_stanza_t **ret, xmpp_ctx_t *ctx, xmpp_stanza_t *query,
                     const struct register_fields *fields, struct failure *ret_failure)
{
    xmpp_stanza_t *answer = stanza_new(ctx, "query", fields->ns);
    int r;

    if (!answer)
        return -ENOMEM;
    r = fill_in(ctx, query, fields, answer, ret_failure);
    if (r < 0) {
        xmpp_stanza_release(answer);
        return r;
    }
    *ret = answer;
    return 0;
}

void register_refusal(xmpp_stanza_t *iq, bool set, struct failure *ret_failure)
{
    static const struct {
        const char *condition;
        const char *of_get, *of_set; /* cause tokens */
    } refusals[] = {
        {"conflict", "register-unsupported", "register-conflict"},
        {"not-allowed", "register-closed", "register-closed"},
        {"forbidden", "register-closed", "register-closed"},
        {"resource-constraint", "register-wait", "register-wait"},
        {"policy-violation", "register-closed", "register-refused"},
        {"service-unavailable", "register-closed", "register-closed"},
        {"feature-not-implemented", "register-closed", "register-closed"},
        {"not-acceptable", "register-unsupported", "register-refused"},
    };
    char text[LIMIT_FOREIGN_TEXT];
    const char *condition = stanza_error_condition(iq);
    const char *cause = set ? "register-refused" : "register-closed";

    for (size_t i = 0; condition && i < ARRAY_SIZE(refusals); i++)
        if (streq(refusals[i].condition, condition))
            cause = set ? refusals[i].of_set : refusals[i].of_get;
    if (streq_ptr(stanza_error_type(iq), "wait"))
        cause = "register-wait";
    stanza_error_text(iq, text, sizeof(text));
    failure_set(ret_failure, cause, "%.40s%s%s", condition ? condition : "no reason given",
                *text ? ": " : "", text);
    ret_failure->kind = streq(cause, "register-conflict") ? FAILURE_REGISTER_CONFLICT
                        : set                             ? FAILURE_REGISTER_SET
                                                          : FAILURE_REGISTER_GET;
}
