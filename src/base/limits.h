/*
 * Every size, rate and count that somebody else controls has its bound here, by name.
 */
#ifndef NABAZTAGD_BASE_LIMITS_H
#define NABAZTAGD_BASE_LIMITS_H

/* Configuration */
#define LIMIT_CONFIG_LINE     190  /* bytes, without the newline: inih cuts at 200 */
#define LIMIT_CONFIG_LINES    4096 /* in one file */
#define LIMIT_CONFIG_BYTES    ((size_t)LIMIT_CONFIG_LINES * (LIMIT_CONFIG_LINE + 2))
#define LIMIT_CONFIG_PROBLEMS 200  /* reported in one run */
#define LIMIT_SECRET_FILE     1024 /* bytes in a password file */
#define LIMIT_STATE_FILE      65536

/* Logging */
#define LIMIT_LOG_TEXT 1024 /* bytes of one message */

/* XMPP */
#define LIMIT_STANZA_MEMORY (2L * 1024 * 1024) /* bytes libstrophe may hold, unsent ones too */
#define LIMIT_STANZA_USEC   3000000L           /* processor time for one stanza, in µs */
#define LIMIT_QUEUE_ITEMS   1024               /* stanzas waiting to be sent */
/* Stanzas waiting for main: as many, and those of one read besides, fit into the queue above when
 * main answers each before the link thread gets to send, as on a board with one processor. */
#define LIMIT_QUEUE_UP         512
#define LIMIT_SEND_BACKLOG     256 /* unsent stanzas inside the library before we give up */
#define LIMIT_SCRAM_ITERATIONS 500000
#define LIMIT_SASL_TEXT        16384 /* base64 characters of one challenge */
#define LIMIT_SASL_ROUNDS      6     /* challenges in one login */
#define LIMIT_FEATURES         64    /* mechanisms looked at */
#define LIMIT_ROSTER_ITEMS     1000
#define LIMIT_PENDING_IQS      32
#define LIMIT_SRV_RECORDS      8   /* of one domain */
#define LIMIT_ADDRESSES        16  /* tried in one attempt */
#define LIMIT_VIOLET_QUEUE     64  /* stanzas that wait for their turn in the violet dialect */
#define LIMIT_RESOURCE         64  /* bytes of a resource that a server binds in it */
#define LIMIT_FOREIGN_TEXT     200 /* bytes of a server's text that are repeated in a message */

/* Our own network */
#define LIMIT_NET_TEXT 16384 /* bytes of the routes, or of resolv.conf */

/* Commands */
#define LIMIT_COMMAND_TEXT  1000 /* bytes of a chat message that are looked at */
#define LIMIT_COMMAND_WORDS 16

/* The bus */
#define LIMIT_BUS_BACKLOG 64 /* messages waiting for a bus that does not read */
#define LIMIT_BUS_WAITING 16 /* calls that wait for the body */

/* HTTP */
#define LIMIT_HTTP_BODY      (64L * 1024) /* bytes of an answer that is ignored anyway */
#define LIMIT_HTTP_REDIRECTS 3
#define LIMIT_LOCATE_BODY    4096 /* bytes of the platform's locate.jsp */

/* Downloads for one program */
#define LIMIT_FETCHES        32        /* URLs */
#define LIMIT_FETCH_BYTES    1200000   /* of all of them */
#define LIMIT_FETCH_USEC     10000000L /* for one, its redirects included */
#define LIMIT_FETCH_ALL_USEC 60000000L /* for all of them */
#define LIMIT_FETCH_JOBS     4         /* programs that download at a time */
#define LIMIT_CALL_BYTES     65536     /* of the answer to a URL that a program calls */

/* The rabbit platform */
#define LIMIT_PLATFORM_QUEUE        10        /* packets that wait: the original is busy then */
#define LIMIT_PLATFORM_TTL          604800    /* seconds that one may wait at the most */
#define LIMIT_INTERACTIVE_QUESTIONS 4         /* that wait for an application's answer */
#define LIMIT_PLATFORM_REBOOT_USEC  60000000L /* µs between two new beginnings that it asks for */

/* Its formats */
#define LIMIT_PACKET_BYTES           65536
#define LIMIT_PACKET_FRAMES          64           /* in one packet */
#define LIMIT_PROGRAM_TEXT           16384        /* bytes of one program */
#define LIMIT_PROGRAM_STEPS          256          /* commands in one program */
#define LIMIT_PROGRAM_USEC           3600000000UL /* one that would take longer ends then */
#define LIMIT_STREAM_USEC            30000000UL   /* of a dance to a stream that nobody hears */
#define LIMIT_PROGRAM_TURN           64      /* steps that are run in one turn of the event loop */
#define LIMIT_PROGRAM_WAIT           3600000 /* milliseconds of one WT */
#define LIMIT_URL                    2048    /* bytes */
#define LIMIT_EVENT_ID               20      /* digits of a message id that clicks give back */
#define LIMIT_CLIENT_NAME            64      /* characters of the name of one of its clients */
#define LIMIT_EVENT_ID               20      /* digits of a message id that clicks give back */
#define LIMIT_CHOREOGRAPHY_BYTES     300000
#define LIMIT_CHOREOGRAPHY_POLL_USEC 10000 /* at least, between two looks at the ears */
#define LIMIT_CHOREOGRAPHY_TURN      64    /* records that are run in one turn of the event loop */
#define LIMIT_CHOREOGRAPHY_USEC      3600000000UL /* one that would take longer ends then */
#define LIMIT_DIGEST_TEXT            2048         /* bytes of a DIGEST-MD5 challenge */
#define LIMIT_DIGEST_FIELD           256          /* bytes of one value in it */

/* Bench socket */
#define LIMIT_BENCH_CLIENTS 16
#define LIMIT_BENCH_LINE    256
#define LIMIT_BENCH_BACKLOG 65536 /* bytes waiting for a client that does not read */

#endif
