#include "web/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/limits.h"
#include "web/address.h"

#define USER_AGENT "nabaztagd/" NABAZTAGD_VERSION
#define PROTOCOLS  "http,https"

struct http {
    sd_event *event;
    CURLM *multi;
    sd_event_source *timer;    /* curl's one timer */
    sd_event_source *finished; /* hands out answers when no function of curl is on the stack */
    struct http_request *requests;
};

struct http_request {
    struct http *http;
    struct http_request *next, **link; /* `link` points at whatever points at us */
    CURL *easy;
    unsigned timeout_msec;
    bool headers_complete; /* of the latest answer, be it a redirect */
    struct http_options options;
    char *body;
    size_t size, room;
    bool too_long;
    char refused[64]; /* the latest address that may not be connected to */
    http_handler handler;
    void *userdata;
};

/* One clause for what the world does wrong most often; curl's own words for the rest. */
static const struct {
    CURLcode code;
    const char *text;
} clauses[] = {
    {CURLE_COULDNT_RESOLVE_HOST, "the host name could not be resolved"},
    {CURLE_ABORTED_BY_CALLBACK, "the answer was too long"},
    {CURLE_GOT_NOTHING, "the connection was closed without an answer"},
    {CURLE_SEND_ERROR, "the connection was lost"},
    {CURLE_RECV_ERROR, "the connection was lost"},
    {CURLE_WEIRD_SERVER_REPLY, "the answer was not HTTP"},
    {CURLE_PEER_FAILED_VERIFICATION, "the server's certificate is not trusted"},
    {CURLE_SSL_CONNECT_ERROR, "the TLS handshake failed"},
    {CURLE_URL_MALFORMAT, "redirect to a malformed URL"},
    {CURLE_PARTIAL_FILE, "the answer was cut off"},
};

static const char *clause_of(CURLcode code)
{
    for (size_t i = 0; i < ARRAY_SIZE(clauses); i++)
        if (clauses[i].code == code)
            return clauses[i].text;
    return curl_easy_strerror(code);
}

static void explain_connect(char *text, size_t size, const struct http_request *request)
{
    long error = 0;

    curl_easy_getinfo(request->easy, CURLINFO_OS_ERRNO, &error);
    if (*request->refused)
        snprintf(text, size, "the address %s may not be connected to", request->refused);
    else if (error == ECONNREFUSED)
        snprintf(text, size, "the connection was refused");
    else
        snprintf(text, size, "the connection failed%s%s", error ? ": " : "",
                 error ? strerror((int)error) : "");
}

static void explain_timeout(char *text, size_t size, const struct http_request *request)
{
    unsigned msec = request->timeout_msec;
    bool seconds = msec % 1000 == 0;

    snprintf(text, size, "%s within %u %s", request->size > 0 ? "no whole answer" : "no answer",
             seconds ? msec / 1000 : msec, seconds ? "s" : "ms");
}

/* Why the transfer that ended with `code` gave no HTTP status to judge by. */
static void explain(char *text, size_t size, const struct http_request *request, CURLcode code,
                    bool redirected)
{
    if (code == CURLE_COULDNT_CONNECT)
        explain_connect(text, size, request);
    else if (code == CURLE_OPERATION_TIMEDOUT)
        explain_timeout(text, size, request);
    else if (request->too_long)
        snprintf(text, size, "the answer was longer than %zu bytes", request->options.body_limit);
    else if (code == CURLE_TOO_MANY_REDIRECTS)
        snprintf(text, size, "more than %d redirects", LIMIT_HTTP_REDIRECTS);
    else if (code == CURLE_UNSUPPORTED_PROTOCOL) /* curl says so of HTTP/0.9 as well */
        snprintf(text, size, "%s",
                 redirected ? "redirect to a protocol other than http and https"
                            : "the answer was not HTTP");
    else
        snprintf(text, size, "%s", clause_of(code));
}

/*
 * The status decides as soon as the headers are complete: how the body ends does not matter where
 * nobody reads it. Only a redirect that is followed is judged by what became of it.
 */
static struct http_answer judge(char *text, size_t size, const struct http_request *request,
                                CURLcode code)
{
    bool wanted = request->options.body_limit > 0;
    long status = 0;

    if (request->headers_complete)
        curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);

    bool redirected = status >= 300 && status < 400;
    bool final = status >= 200 && !redirected;
    bool good = wanted ? status == 200 : final && status < 300;

    if (good && (!wanted || code == CURLE_OK))
        return (struct http_answer){.status = status};
    if ((final && !good) || code == CURLE_OK)
        snprintf(text, size, "HTTP status %ld", status);
    else
        explain(text, size, request, code, redirected);
    return (struct http_answer){.status = status, .error = text};
}

/* Room for so many bytes and a NUL. */
static bool make_room(struct http_request *request, size_t size)
{
    size_t room = 4096;
    char *body;

    if (request->body && size < request->room)
        return true;
    while (room <= size)
        room *= 2;
    body = realloc(request->body, room);
    if (!body)
        return false;
    request->body = body;
    request->room = room;
    return true;
}

/* Copies of what curl knows of a transfer, with which it is gone. */
struct remains {
    char address[64];
    char redirect[LIMIT_URL + 1];
};

static bool keep(char *ret, size_t size, CURL *easy, CURLINFO what)
{
    char *text = NULL;

    if (curl_easy_getinfo(easy, what, &text) != CURLE_OK || !text || !*text || strlen(text) >= size)
        return false;
    memcpy(ret, text, strlen(text) + 1);
    return true;
}

static void hand_over(struct http_answer *answer, struct http_request *request)
{
    if (!make_room(request, request->size)) {
        answer->error = strerror(ENOMEM);
        return;
    }
    answer->body = request->body;
    answer->size = request->size;
    answer->body[answer->size] = '\0';
    request->body = NULL;
}

static void complete(struct http_answer *answer, struct remains *remains,
                     struct http_request *request)
{
    CURL *easy = request->easy;
    long redirects = 0;

    if (!answer->error && request->options.body_limit > 0)
        hand_over(answer, request);
    if (request->options.stay && answer->status >= 300 &&
        keep(remains->redirect, sizeof(remains->redirect), easy, CURLINFO_REDIRECT_URL))
        answer->redirect = remains->redirect;
    curl_easy_getinfo(easy, CURLINFO_REDIRECT_COUNT, &redirects);
    if (redirects == 0 &&
        keep(remains->address, sizeof(remains->address), easy, CURLINFO_PRIMARY_IP))
        answer->address = remains->address;
}

/* The handler comes last: it may start, cancel or free anything, us included. */
static void deliver(struct http_request *request, CURLcode code)
{
    char text[160];
    struct http_answer answer = judge(text, sizeof(text), request, code);
    struct remains remains;
    http_handler handler = request->handler;
    void *userdata = request->userdata;

    complete(&answer, &remains, request);
    http_cancel(request);
    handler(&answer, userdata);
}

/* One request a turn of the event loop, so that nothing here outlives a handler. */
static int on_finished(sd_event_source *source, void *userdata)
{
    struct http *http = userdata;
    struct http_request *request = NULL;
    int left;
    CURLMsg *message = curl_multi_info_read(http->multi, &left);

    if (!message)
        return sd_event_source_set_enabled(source, SD_EVENT_OFF);

    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &request);
    deliver(request, message->data.result);
    return 0;
}

static int turn(struct http *http, curl_socket_t socket, int events)
{
    int running;

    curl_multi_socket_action(http->multi, socket, events, &running);
    return sd_event_source_set_enabled(http->finished, SD_EVENT_ON);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
    return turn(userdata, CURL_SOCKET_TIMEOUT, 0);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    int what = 0;

    if (events & (EPOLLIN | EPOLLHUP))
        what |= CURL_CSELECT_IN;
    if (events & EPOLLOUT)
        what |= CURL_CSELECT_OUT;
    if (events & EPOLLERR)
        what |= CURL_CSELECT_ERR;
    return turn(userdata, fd, what);
}

static int on_curl_timer(CURLM *multi, long timeout_msec, void *userdata)
{
    struct http *http = userdata;

    if (timeout_msec < 0)
        return sd_event_source_set_enabled(http->timer, SD_EVENT_OFF) < 0 ? -1 : 0;
    if (sd_event_source_set_time(http->timer,
                                 clock_now_usec() + (uint64_t)timeout_msec * USEC_PER_MSEC) < 0)
        return -1;
    return sd_event_source_set_enabled(http->timer, SD_EVENT_ONESHOT) < 0 ? -1 : 0;
}

/*
 * The event source of a socket is kept by curl beside the socket. A failure is not passed on, as
 * curl would give up every transfer for it: this one ends by its time-out.
 */
static int on_curl_socket(CURL *easy, curl_socket_t socket, int what, void *userdata,
                          void *socket_data)
{
    static const uint32_t events[] = {
        [CURL_POLL_NONE] = 0,
        [CURL_POLL_IN] = EPOLLIN,
        [CURL_POLL_OUT] = EPOLLOUT,
        [CURL_POLL_INOUT] = EPOLLIN | EPOLLOUT,
    };
    struct http *http = userdata;
    sd_event_source *source = socket_data;

    if (what == CURL_POLL_REMOVE)
        sd_event_source_disable_unref(source);
    else if (source)
        sd_event_source_set_io_events(source, events[what]);
    else if (sd_event_add_io(http->event, &source, socket, events[what], on_io, http) >= 0)
        curl_multi_assign(http->multi, socket, source);
    return 0;
}

/* Keeps what is wanted; what is too long of it ends here, before on_progress() says so. curl takes
 * any other result than the size for an error. */
static size_t on_body(char *data, size_t size, size_t count, void *userdata)
{
    struct http_request *request = userdata;
    size_t length = size * count;
    long status = 0;

    curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
    if (request->options.body_limit == 0 || status != 200)
        return length;
    if (length > request->options.body_limit - request->size) {
        request->too_long = true;
        return 0;
    }
    if (!make_room(request, request->size + length))
        return 0;
    memcpy(request->body + request->size, data, length);
    request->size += length;
    return length;
}

static size_t on_header(char *data, size_t size, size_t count, void *userdata)
{
    struct http_request *request = userdata;

    request->headers_complete = data[0] == '\r' || data[0] == '\n';
    return size * count;
}

/* Bounds the body here and not in on_body(), which never sees the body of a redirect. */
static int on_progress(void *userdata, curl_off_t total, curl_off_t received, curl_off_t upload,
                       curl_off_t sent)
{
    const struct http_request *request = userdata;
    curl_off_t limit = (curl_off_t)request->options.body_limit;

    return received > (limit > LIMIT_HTTP_BODY ? limit : LIMIT_HTTP_BODY);
}

/*
 * Whether the connection that is about to be made may be to a near address: the URL leads there
 * unless a stranger has named it, a redirect where a near address told it. No connection is made
 * yet, so what curl knows is the address of the latest answer.
 */
static bool may_be_near(const struct http_request *request)
{
    char latest[64];
    long redirects = 0;

    curl_easy_getinfo(request->easy, CURLINFO_REDIRECT_COUNT, &redirects);
    if (redirects == 0)
        return !request->options.far_only;
    return keep(latest, sizeof(latest), request->easy, CURLINFO_PRIMARY_IP) &&
           address_text_is_near(latest);
}

/* curl goes on to the next address of the host, if there is one. */
static curl_socket_t on_open_socket(void *userdata, curlsocktype purpose,
                                    struct curl_sockaddr *address)
{
    struct http_request *request = userdata;

    if (address_is_near(&address->addr) && !may_be_near(request)) {
        getnameinfo(&address->addr, address->addrlen, request->refused, sizeof(request->refused),
                    NULL, 0, NI_NUMERICHOST);
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static int make_sources(struct http *http)
{
    int r = sd_event_add_time(http->event, &http->timer, CLOCK_MONOTONIC, 0, USEC_PER_MSEC,
                              on_timer, http);
    if (r < 0)
        return r;
    r = sd_event_source_set_enabled(http->timer, SD_EVENT_OFF);
    if (r < 0)
        return r;
    r = sd_event_add_defer(http->event, &http->finished, on_finished, http);
    if (r < 0)
        return r;
    return sd_event_source_set_enabled(http->finished, SD_EVENT_OFF);
}

static bool make_multi(struct http *http)
{
    http->multi = curl_multi_init();
    return http->multi &&
           curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, on_curl_socket) == CURLM_OK &&
           curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http) == CURLM_OK &&
           curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, on_curl_timer) == CURLM_OK &&
           curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http) == CURLM_OK;
}

int http_new(struct http **ret, sd_event *event)
{
    struct http *http;
    int r;

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return -ENOMEM;
    http = calloc(1, sizeof(*http));
    if (!http) {
        curl_global_cleanup();
        return -ENOMEM;
    }
    http->event = sd_event_ref(event);

    r = make_sources(http);
    if (r >= 0 && !make_multi(http))
        r = -ENOMEM;
    if (r < 0) {
        http_free(http);
        return r;
    }
    *ret = http;
    return 0;
}

struct http *http_free(struct http *http)
{
    if (!http)
        return NULL;
    while (http->requests)
        http_cancel(http->requests);
    curl_multi_cleanup(http->multi);
    sd_event_source_disable_unref(http->finished);
    sd_event_source_disable_unref(http->timer);
    sd_event_unref(http->event);
    free(http);
    curl_global_cleanup();
    return NULL;
}

static bool is_http(const char *url)
{
    CURLU *parts = curl_url();
    char *scheme = NULL;
    bool good = parts && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
                curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
                (streq(scheme, "http") || streq(scheme, "https"));

    curl_free(scheme);
    curl_url_cleanup(parts);
    return good;
}

static bool set_callbacks(struct http_request *request)
{
    CURL *easy = request->easy;

    return curl_easy_setopt(easy, CURLOPT_PRIVATE, request) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, request) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERDATA, request) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, request) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_XFERINFODATA, request) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L) == CURLE_OK;
}

/*
 * QUICK_EXIT: curl resolves names in a thread and by default joins it when a request ends early,
 * for as long as the resolver likes; so it lets go of the thread, which cleans up after itself. The
 * empty PROXY overrules environment variables.
 */
static bool set_options(struct http_request *request, const char *url)
{
    CURL *easy = request->easy;
    long timeout = request->timeout_msec, follow = !request->options.stay;

    return curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, PROTOCOLS) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, PROTOCOLS) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, follow) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)LIMIT_HTTP_REDIRECTS) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_USERAGENT, USER_AGENT) == CURLE_OK;
}

/* Rounded up: 0 would mean no limit at all. */
static unsigned to_msec(uint64_t usec)
{
    uint64_t msec = usec / USEC_PER_MSEC + (usec % USEC_PER_MSEC != 0);

    return msec == 0 ? 1 : msec > INT_MAX ? INT_MAX : (unsigned)msec;
}

int http_get(struct http_request **ret, struct http *http, const char *url, uint64_t timeout_usec,
             const struct http_options *options, http_handler handler, void *userdata)
{
    struct http_request *request;

    if (!is_http(url))
        return -EINVAL;
    request = calloc(1, sizeof(*request));
    if (!request)
        return -ENOMEM;
    *request = (struct http_request){
        .http = http,
        .next = http->requests,
        .link = &http->requests,
        .easy = curl_easy_init(),
        .timeout_msec = to_msec(timeout_usec),
        .options = *options,
        .handler = handler,
        .userdata = userdata,
    };
    if (request->next)
        request->next->link = &request->next;
    http->requests = request;

    if (!request->easy || !set_callbacks(request) || !set_options(request, url) ||
        curl_multi_add_handle(http->multi, request->easy) != CURLM_OK) {
        http_cancel(request);
        return -ENOMEM;
    }
    *ret = request;
    return 0;
}

struct http_request *http_cancel(struct http_request *request)
{
    if (!request)
        return NULL;
    *request->link = request->next;
    if (request->next)
        request->next->link = request->link;
    if (request->easy) {
        curl_multi_remove_handle(request->http->multi, request->easy);
        curl_easy_cleanup(request->easy);
    }
    free(request->body);
    free(request);
    return NULL;
}

/* Spelt out, as isalnum() would depend on the locale. */
static const char unreserved[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

char *http_escape(const char *text)
{
    static const char hex[] = "0123456789ABCDEF";
    char *escaped = malloc(3 * strlen(text) + 1);
    char *end = escaped;

    if (!escaped)
        return NULL;
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;

        if (strchr(unreserved, byte)) {
            *end++ = *text;
        } else {
            *end++ = '%';
            *end++ = hex[byte >> 4];
            *end++ = hex[byte & 15];
        }
    }
    *end = '\0';
    return escaped;
}
