#!/usr/bin/python3
"""The peer of nabaztagd in tests/bench: an echo bot as slixmpp's documentation has it.

slixmpp-echo.py JID PASSWORD HOST PORT CA-FILE"""

import asyncio
import ssl
import sys
import time

import slixmpp


def tell(what):
    print(what, time.monotonic_ns() // 1000, flush=True)


class Echo(slixmpp.ClientXMPP):
    def __init__(self, jid, password):
        super().__init__(jid, password)
        self.add_event_handler("session_start", self.on_start)
        self.add_event_handler("message", self.on_message)

    async def on_start(self, _event):
        tell("online")
        self.send_presence()
        await self.get_roster()

    def on_message(self, message):
        if message["type"] in ("chat", "normal"):
            tell("heard")
            message.reply(message["body"]).send()


def main(jid, password, host, port, ca_file):
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    echo = Echo(jid, password)
    echo.loop = loop
    context = ssl.create_default_context(cafile=ca_file)
    echo.ssl_context = context
    echo.get_ssl_context = lambda: context
    if slixmpp.__version_info__[:2] >= (1, 9):
        loop.call_soon(echo.connect, host, int(port))
    else:
        loop.call_soon(lambda: echo.connect((host, int(port))))
    loop.run_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
