/* RFC 6120 as today's servers speak it. */
#include <errno.h>

#include "xmpp/dialect.h"

static int open_stream(xmpp_conn_t *conn)
{
    return xmpp_conn_open_stream_default(conn) == XMPP_EOK ? 0 : -EIO;
}

const struct dialect_ops dialect_standard = {
    .open_stream = open_stream,
    .register_ns = XMPP_NS_REGISTER,
};
