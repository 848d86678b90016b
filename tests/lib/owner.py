"""An owner with an independent XMPP client (slixmpp, 1.8 and 1.10), run by a thread of its own."""

import asyncio
import logging
import ssl
import threading
from xml.etree import ElementTree

logging.getLogger("slixmpp").setLevel(logging.CRITICAL)  # from its very import on

import slixmpp  # noqa: E402
from slixmpp.xmlstream.handler import Callback  # noqa: E402
from slixmpp.xmlstream.matcher import MatchXPath  # noqa: E402

from .waiting import wait_for  # noqa: E402


class _Client(slixmpp.ClientXMPP):
    """Versions differ in how a client is told its loop, its server and its TLS."""

    def __init__(self, jid, password, loop, tls):
        super().__init__(
            jid,
            password,
            plugin_config={
                "feature_mechanisms": {
                    f"unencrypted_{name}": not tls for name in ("scram", "digest", "plain")
                }
            },
        )
        self.loop = loop
        self.enable_plaintext, self.enable_starttls, self.enable_direct_tls = (
            not tls,
            tls,
            False,
        )  # 1.10
        self.ssl_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.ssl_context.check_hostname = False
        self.ssl_context.verify_mode = ssl.CERT_NONE
        self.get_ssl_context = lambda: self.ssl_context
        self.use_message_ids = True
        self._tls = tls

    def go(self, host, port):
        if slixmpp.__version_info__[:2] >= (1, 9):
            self.connect(host, port)
        else:
            self.connect(
                (host, port),
                use_ssl=False,
                force_starttls=self._tls,
                disable_starttls=not self._tls,
            )


class Owner:
    def __init__(self, jid, password, server, resource="test", mechanism=None):
        self.jid = jid
        self.messages = []  # (bare sender, body, Element)
        self.presences = []  # (sender, type or <show/>)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._started = threading.Event()
        self._online = threading.Event()
        self._arguments = (f"{jid}/{resource}", password, server)
        self._thread.start()

    def _run(self):
        asyncio.set_event_loop(self._loop)
        jid, password, server = self._arguments
        client = _Client(jid, password, self._loop, bool(server.tls))
        self._client = client
        for plugin in ("xep_0030", "xep_0092", "xep_0199"):
            client.register_plugin(plugin)
        client.add_event_handler("session_start", self._on_session)
        client.register_handler(
            Callback("messages", MatchXPath("{jabber:client}message"), self._on_message)
        )
        for kind in (
            "available",
            "xa",
            "unavailable",
            "subscribe",
            "subscribed",
            "unsubscribed",
            "unsubscribe",
            "error",
        ):
            client.add_event_handler("presence_" + kind, self._on_presence)
        self._loop.call_soon(client.go, "127.0.0.1", server.port)
        self._loop.run_forever()
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self._loop.close()

    async def _on_session(self, _event):
        try:
            await self._client.get_roster()
        except slixmpp.exceptions.XMPPError:
            pass
        self._client.send_presence()
        self._online.set()

    def _on_message(self, message):
        self.messages.append((message["from"].bare, message["body"], message.xml))

    def _on_presence(self, presence):
        self.presences.append((str(presence["from"]), presence["type"]))

    def _call(self, function, *arguments):
        """Runs a function (or a coroutine) inside the client's thread and waits for its result."""

        async def inside():
            result = function(*arguments)
            return (
                await result if asyncio.iscoroutine(result) or asyncio.isfuture(result) else result
            )

        return asyncio.run_coroutine_threadsafe(inside(), self._loop).result(30)

    def wait_online(self, timeout=20):
        assert self._online.wait(timeout), f"the owner {self.jid} cannot log in"
        return self

    def say(self, to, text):
        """Sends a chat message."""
        self._call(lambda: self._client.send_message(mto=to, mbody=text, mtype="chat"))

    def send_raw(self, text):
        self._call(lambda: self._client.send_raw(text))

    def ask(self, to, text, timeout=10):
        """Sends a chat message and returns the text of the answer."""
        seen = len(self.messages)
        self.say(to, text)
        return wait_for(lambda: self.bodies(seen), timeout, f"an answer to {text!r}")[0]

    def bodies(self, since=0):
        return [body for _, body, _ in self.messages[since:] if body]

    def clicks(self):
        """The values of <clic/> received so far."""
        path = ".//{violet:nabaztag:button}clic"
        return [found.text for _, _, xml in list(self.messages) for found in xml.iterfind(path)]

    def hand_moves(self):
        """Both positions of each <ears/> received so far."""
        namespace = "{violet:nabaztag:ears}"
        return [
            (found.findtext(f"{namespace}left"), found.findtext(f"{namespace}right"))
            for _, _, xml in list(self.messages)
            for found in xml.iterfind(f"./{namespace}ears")
        ]

    def query(self, to, namespace, name="query", kind="get", timeout=10, text=None, **attributes):
        """Sends an IQ with one element. Returns (type, Element of the answer)."""
        element = ElementTree.Element(f"{{{namespace}}}{name}", attributes)
        element.text = text

        async def exchange():
            iq = self._client.make_iq(ito=to, itype=kind)
            iq.append(element)
            try:
                return await iq.send(timeout=timeout)
            except slixmpp.exceptions.IqError as error:
                return error.iq

        answer = self._call(exchange)
        return answer["type"], answer.xml

    def approve_all(self):
        """From now on this owner accepts every request to see its presence."""

        def approve():
            self._client.auto_authorize = True
            self._client.auto_subscribe = True

        self._call(approve)

    def resource_of(self, bare, timeout=15):
        """The full address under which `bare` was seen available."""

        def seen():
            return [
                sender
                for sender, kind in list(self.presences)
                if kind in ("available", "xa") and sender.startswith(bare + "/")
            ]

        return wait_for(seen, timeout, f"{bare} to show its presence")[-1]

    def wait_show(self, full, show, timeout=15):
        """Waits until the last that was seen of `full` is `show`: "available", "xa", …"""

        def last():
            return [kind for sender, kind in list(self.presences) if sender == full][-1:]

        wait_for(lambda: last() == [show], timeout, lambda: f"{full} to be {show}, not {last()}")

    def close(self):
        """May be called twice."""
        if self._loop.is_closed():
            return

        async def leave():
            self._client.auto_reconnect = False
            left = self._client.disconnect(wait=1)
            if left is not None:
                try:
                    await asyncio.wait_for(asyncio.shield(left), 2)
                except (asyncio.TimeoutError, asyncio.CancelledError):
                    pass

        try:
            asyncio.run_coroutine_threadsafe(leave(), self._loop).result(5)
        except Exception:  # whatever state it was in, it ends now
            pass
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
