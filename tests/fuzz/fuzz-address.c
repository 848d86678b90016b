/*
 * URLs of programs: what is allowed is http or https, short enough apart from the name of the
 * platform, and allowed again as it stands, with the same verdict on near addresses.
 */
#include <strings.h>

#include "base/limits.h"
#include "fuzz.h"
#include "web/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *const listed[] = {(char[]){"Cdn.Example"}, (char[]){"2001:db8::7"}, (char[]){"127.0.0.1"},
                            NULL};
    static struct allow *allow;
    char error[ALLOW_ERROR_SIZE] = "", *text = fuzz_text(data, size), *url = NULL, *again = NULL;
    bool may_be_near, may_still;

    if (!allow)
        require(allow_new(&allow, &(struct allow_names){.locate = "http://r.example/vl",
                                                        .ping = "ping.example:3000",
                                                        .broad = "broad.example",
                                                        .listed = listed}) == 0);
    if (allow_program_url(allow, text, &url, &may_be_near, error) < 0) {
        require(!url && *error && strlen(error) < sizeof(error));
        free(text);
        return 0;
    }
    require(strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0);
    require(!strpbrk(url, "\r\n \t"));
    if (strlen(url) <= LIMIT_URL) {
        require(allow_url(allow, url, &again, &may_still, error) == 0);
        require(strcmp(again, url) == 0 && may_still == may_be_near);
    }
    address_text_is_near(text);
    free(again);
    free(url);
    free(text);
    return 0;
}
