"""GStreamer's webrtcbin as a peer: gstreamer_peer.py [--host ADDRESS] [--port PORT]. Says "ready URL gstreamer VERSION LIBUSRSCTP", ends when its
standard input does."""

import asyncio
import os

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

import scenarios  # noqa: E402


class Closed(Exception):
    """The channel is not open."""


class Events:
    """Handlers for names. webrtcbin's threads tell the loop, which calls them in the order of what happened."""

    def __init__(self, loop):
        self.loop = loop
        self.handlers = {}

    def on(self, name, handler=None):
        if handler is None:
            return lambda function: self.on(name, function)
        self.handlers[name] = handler
        return handler

    def tell(self, name, *arguments):
        self.loop.call_soon_threadsafe(self.call, name, *arguments)

    def call(self, name, *arguments):
        handler = self.handlers.get(name)
        result = handler(*arguments) if handler else None
        if asyncio.iscoroutine(result):
            asyncio.ensure_future(result)


class Channel(Events):
    STATES = ("connecting", "connecting", "open", "closing", "closed")       # a new one has the 0 that is no value of the enumeration

    def __init__(self, loop, channel):
        super().__init__(loop)
        self.channel = channel
        channel.connect("on-open", lambda _: self.tell("open"))
        channel.connect("on-close", lambda _: self.tell("close"))
        channel.connect("on-message-string", lambda _, text: self.tell("message", text or ""))
        channel.connect("on-message-data", lambda _, data: self.tell("message", data.get_data() if data else b""))

    label = property(lambda self: self.channel.get_property("label"))
    protocol = property(lambda self: self.channel.get_property("protocol"))
    id = property(lambda self: self.channel.get_property("id"))
    bufferedAmount = property(lambda self: self.channel.get_property("buffered-amount"))
    readyState = property(lambda self: self.STATES[int(self.channel.get_property("ready-state"))])

    def send(self, message):
        if self.readyState != "open":
            raise Closed(self.label)
        if isinstance(message, str):
            self.channel.emit("send-string", message)
        else:
            self.channel.emit("send-data", GLib.Bytes.new(bytes(message)))

    def close(self):
        self.channel.emit("close")


class Connection(Events):
    NAMES = {"maxRetransmits": "max-retransmits", "maxPacketLifeTime": "max-packet-lifetime"}

    def __init__(self, configuration):
        super().__init__(asyncio.get_running_loop())
        self.pipeline = Gst.Pipeline.new(None)
        self.bin = Gst.ElementFactory.make("webrtcbin", None)
        self.bin.set_property("bundle-policy", GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
        self.pipeline.add(self.bin)
        self.gathered = asyncio.Event()
        self.bin.connect("on-data-channel", lambda _, channel: self.tell("datachannel", Channel(self.loop, channel)))
        self.bin.connect("notify::connection-state", lambda *_: self.tell("connectionstatechange"))
        self.bin.connect("notify::ice-gathering-state", lambda *_: self.loop.call_soon_threadsafe(self.gathering))
        self.pipeline.set_state(Gst.State.PLAYING)

    connectionState = property(lambda self: self.bin.get_property("connection-state").value_nick)
    localDescription = property(lambda self: Description(self.bin.get_property("local-description")))

    def gathering(self):
        if self.bin.get_property("ice-gathering-state") == GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            self.gathered.set()

    def createDataChannel(self, label, **init):
        options = Gst.Structure.new_empty("options")
        for name, value in init.items():
            options.set_value(self.NAMES.get(name, name), value)
        return Channel(self.loop, self.bin.emit("create-data-channel", label, options))

    async def ask(self, signal, argument, take=lambda reply: None):
        """Takes from the reply what is wanted while it is there: in webrtcbin's thread."""
        answer = self.loop.create_future()

        def replied(promise):
            reply = promise.get_reply()
            failed = reply is not None and reply.has_field("error")
            done = answer.set_exception if failed else answer.set_result
            result = RuntimeError(f"{signal}: {reply.get_value('error').message}") if failed else take(reply)
            self.loop.call_soon_threadsafe(done, result)

        self.bin.emit(signal, argument, Gst.Promise.new_with_change_func(replied))
        return await answer

    async def describe(self, type):
        return description_of(type, await self.ask(f"create-{type}", None, lambda reply: reply.get_value(type).sdp.as_text()))

    async def createOffer(self):
        return await self.describe("offer")

    async def createAnswer(self):
        return await self.describe("answer")

    async def setLocalDescription(self, description):
        await self.ask("set-local-description", description.description)
        await self.gathered.wait()

    async def setRemoteDescription(self, description):
        await self.ask("set-remote-description", description.description)

    async def close(self):
        await self.loop.run_in_executor(None, self.pipeline.set_state, Gst.State.NULL)


class Description:
    def __init__(self, description):
        self.description = description

    @property
    def sdp(self):
        return self.description.sdp.as_text()


def description_of(type, sdp):
    kind = {"offer": GstWebRTC.WebRTCSDPType.OFFER, "answer": GstWebRTC.WebRTCSDPType.ANSWER}[type]
    _, message = GstSdp.SDPMessage.new_from_text(sdp)
    return Description(GstWebRTC.WebRTCSessionDescription.new(kind, message))


class GStreamer(scenarios.Library):
    name = "gstreamer"
    Closed = Closed

    def __init__(self):
        Gst.init(None)
        Gst.Plugin.load_by_name("sctp")
        with open("/proc/self/maps") as maps:
            libraries = {line.split()[-1] for line in maps if "libusrsctp" in line}
        self.version = " ".join([".".join(str(part) for part in Gst.version()[:3]), *libraries])

    def connect(self, configuration):
        return Connection(configuration)

    def description(self, type, sdp):
        return description_of(type, sdp)


if __name__ == "__main__":
    scenarios.main(GStreamer())
