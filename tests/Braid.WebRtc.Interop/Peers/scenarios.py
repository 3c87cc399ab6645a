"""The scenarios of scenarios.js, in the words of docs/interop-scenarios.md, for the peers in Python: each says what its library is to main()."""

import argparse
import asyncio
import hashlib
import json
import logging
import os
import random
import re
import sys
import time
import urllib.request

CONTROL = "braid-control"
SINK = "braid-sink"
KIB = 1024
MIB = 1024 * KIB


class Unsupported(Exception):
    """The library does not have what the scenario is about."""


class Library:
    """What a peer has to bring: connections in the shape of aiortc's RTCPeerConnection."""

    name = ""
    version = ""
    Closed = Exception                                       # what send() raises on a channel that closes

    def connect(self, configuration):
        raise NotImplementedError

    def description(self, type, sdp):
        raise NotImplementedError


library = Library()


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def init_of(channel):
    names = ("ordered", "maxRetransmits", "maxPacketLifeTime", "protocol", "negotiated", "id")
    return {name: channel[name] for name in names if channel.get(name) is not None}


class Answerer:
    """The connections that others began."""

    def __init__(self):
        self.sessions = {}
        self.last = 0

    async def offer(self, body):
        session = self.sessions.get(body.get("session"))
        if session is None:
            session = self.begin(body.get("configuration"))
            for channel in body.get("channels") or []:
                self.open(session, channel)
        connection = session["connection"]
        await connection.setRemoteDescription(library.description("offer", body["sdp"]))
        await connection.setLocalDescription(await connection.createAnswer())
        return {"type": "answer", "sdp": connection.localDescription.sdp, "session": session["name"]}

    async def end(self, body):
        session = self.sessions.pop(body.get("session"), None)
        if session:
            await session["connection"].close()
        return {}

    def begin(self, configuration):
        self.last += 1
        connection = library.connect(configuration)
        session = {"name": str(self.last), "connection": connection, "channels": {}}
        self.sessions[session["name"]] = session
        connection.on("datachannel", lambda channel: self.serve(session, channel))

        @connection.on("connectionstatechange")
        async def changed():
            if connection.connectionState in ("failed", "closed"):
                await self.end({"session": session["name"]})

        return session

    def open(self, session, channel):
        self.serve(session, session["connection"].createDataChannel(channel["label"], **init_of(channel)))

    def serve(self, session, channel):
        served = {"channel": channel, "messages": 0, "bytes": 0}
        session["channels"][channel.label] = served

        @channel.on("message")
        def arrived(message):
            served["messages"] += 1
            served["bytes"] += len(message)
            if channel.protocol == CONTROL:
                self.command(session, channel, json.loads(message))
            elif channel.protocol != SINK:
                try:
                    channel.send(message)
                except library.Closed:
                    pass                                     # it closes

    def command(self, session, control, command):
        name, label = command["command"], command.get("label")
        answer = {"command": name, "label": label}
        served = session["channels"].get(label)
        if name == "open":
            for channel in command["channels"]:
                self.open(session, channel)
        elif name == "close":
            served["channel"].close()
        elif name == "count":
            answer.update(
                messages=served["messages"] if served else 0,
                bytes=served["bytes"] if served else 0,
                state=served["channel"].readyState if served else None,
                now=time.monotonic() * 1000,
            )
        control.send(json.dumps(answer))


class Inbox:
    """A channel whose messages wait to be taken."""

    def __init__(self, channel):
        self.channel = channel
        self.queue = asyncio.Queue()
        self.opened = asyncio.Event()
        self.closed = asyncio.Event()
        self.listener = self.queue.put_nowait
        channel.on("open", self.opened.set)
        channel.on("close", self.closed.set)
        channel.on("message", lambda message: self.listener(message))
        if channel.readyState == "open":
            self.opened.set()

    def send(self, message):
        self.channel.send(message)

    async def room(self, size):
        while self.channel.bufferedAmount > size:
            await asyncio.sleep(0.002)

    async def echo(self, message):
        self.send(message)
        check(await self.queue.get() == message, f"{self.channel.label}: another message came back")

    async def close(self):
        # aiortc resets a stream at once. What waits on it goes out after that, as if it were of the next channel of the number.
        await self.room(0)
        self.channel.close()
        await self.closed.wait()


class Caller:
    """The offering side of a scenario."""

    def __init__(self, url, configuration):
        self.url = url
        self.session = None
        self.progress = "connecting"
        self.connection = library.connect(configuration)
        self.arrived = asyncio.Queue()
        self.connection.on("datachannel", lambda channel: self.arrived.put_nowait(Inbox(channel)))
        self.control = self.open("control", {"protocol": CONTROL})

    def open(self, label, init=None):
        return Inbox(self.connection.createDataChannel(label, **init_of(init or {})))

    async def connect(self, channels=None, configuration=None):
        connection = self.connection
        await connection.setLocalDescription(await connection.createOffer())
        offer = connection.localDescription.sdp
        body = {"type": "offer", "sdp": offer, "channels": channels, "configuration": configuration}
        answer = await post(f"{self.url}/offer", {name: value for name, value in body.items() if value is not None})
        self.session = answer.get("session")
        await connection.setRemoteDescription(library.description("answer", answer["sdp"]))
        limits = [int(found.group(1)) if found else 65536 for found in (re.search(r"a=max-message-size:(\d+)", text) for text in (offer, answer["sdp"]))]
        self.largest = min(limit or sys.maxsize for limit in limits)
        await self.control.opened.wait()
        self.progress = "connected"
        return offer

    async def command(self, command, **more):
        self.control.send(json.dumps({"command": command, **more}))
        return json.loads(await self.control.queue.get())

    async def end(self):
        await self.connection.close()
        if self.session is not None:
            try:
                await post(f"{self.url}/end", {"session": self.session})
            except OSError:
                pass                                         # optional


def text_of(size):
    return "aß→𝄞" * (size // 10) + "x" * (size % 10)


def bytes_of(size, seed=1):
    return random.Random(seed).randbytes(size)


async def until(condition, what):
    for _ in range(500):
        if await condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(what)


async def echo(caller, sizes=(0, 1, 16 * KIB, 64 * KIB, 256 * KIB)):
    await caller.connect()
    fitting = [size for size in sizes if size <= caller.largest]
    messages = 0
    for ordered in (True, False):
        inbox = caller.open("ordered" if ordered else "unordered", {"ordered": ordered})
        await inbox.opened.wait()
        waiting = [message for i, size in enumerate(fitting) for message in (text_of(size), bytes_of(size, i + 1))]
        for message in waiting:
            inbox.send(message)
        while waiting:
            caller.progress = f"{inbox.channel.label}: {len(waiting)} messages did not come back"
            message = await inbox.queue.get()
            found = 0 if ordered else waiting.index(message) if message in waiting else -1
            check(found >= 0 and waiting[found] == message, f"{inbox.channel.label}: {type(message).__name__} of {len(message)} came back")
            waiting.pop(found)
            messages += 1
    return {"messages": messages, "largest": fitting[-1]}


async def bulk(caller, bytes=200_000_000, messageSize=64 * KIB, window=4 * MIB):
    await caller.connect()
    inbox = caller.open("bulk")
    await inbox.opened.wait()
    size = min(messageSize, caller.largest)
    block = os.urandom(MIB + 257)
    sent = (block * (bytes // len(block) + 1))[:bytes]
    received = bytearray()
    changed = asyncio.Event()

    def arrived(message):
        received.extend(message)
        changed.set()

    async def back(least):
        while len(received) < least:
            changed.clear()
            caller.progress = f"{len(received)} of {bytes} bytes came back"
            await changed.wait()

    inbox.listener = arrived
    start = time.monotonic()
    for at in range(0, bytes, size):
        await back(at - window)
        await inbox.room(MIB)
        inbox.send(sent[at:at + size])
    await back(bytes)
    seconds = time.monotonic() - start
    there, again = (hashlib.sha256(data).hexdigest() for data in (sent, received))
    check(there == again, f"{len(received)} bytes came back of {bytes}, with hash {again} instead of {there}")
    return {"bytes": bytes, "seconds": seconds, "megabitsPerSecond": bytes * 8 / seconds / 1e6, "sha256": there}


async def channels(caller, count=1000):
    await caller.connect()
    inboxes = [caller.open(f"ours {i}") for i in range(count // 2)]
    for inbox in inboxes:
        caller.progress = f"{inbox.channel.label} does not open"
        await inbox.opened.wait()
        inbox.send(inbox.channel.label)
    batch = 50
    for i in range(len(inboxes), count, batch):
        labels = [f"theirs {k}" for k in range(i, min(i + batch, count))]
        await caller.command("open", channels=[{"label": label} for label in labels])
        for label in labels:
            caller.progress = f"{label} does not come"
            inbox = await caller.arrived.get()
            await inbox.opened.wait()
            inbox.send(inbox.channel.label)
            inboxes.append(inbox)
    for inbox in inboxes:
        caller.progress = f"{inbox.channel.label} does not echo"
        check(await inbox.queue.get() == inbox.channel.label, f"{inbox.channel.label}: another message came back")
    ids = {inbox.channel.id for inbox in inboxes}
    check(len(ids) == count, f"{count} channels have {len(ids)} ids")
    check(len({inbox.channel.label for inbox in inboxes}) == count, "a channel came twice")
    return {"channels": count, "highestId": max(ids)}


async def close(caller, rounds=10, id=200, complete=True, negotiated=True):
    await caller.connect()
    ids = set()

    async def is_closed(label):
        return (await caller.command("count", label=label))["state"] == "closed"

    for i in range(rounds):
        caller.progress = f"round {i}, closed here"
        here = caller.open(f"closed here {i}", {"protocol": SINK})
        await here.opened.wait()
        ids.add(here.channel.id)

        async def has(messages):
            return (await caller.command("count", label=here.channel.label))["messages"] == messages

        here.send(bytes_of(1000, 0))
        await until(lambda: has(1), "the first message did not arrive")
        for k in range(1, 10):
            here.send(bytes_of(1000, k))
        await here.close()
        await until(lambda: is_closed(here.channel.label), "the other side did not see it close")
        # Some tell of the close before they tell of the last message.
        if complete:
            await until(lambda: has(10), "not all messages arrived before the close")

        caller.progress = f"round {i}, closed there"
        there = caller.open(f"closed there {i}")
        await there.opened.wait()
        await there.echo("before")
        ids.add(there.channel.id)
        await caller.command("close", label=there.channel.label)
        await there.closed.wait()

    for i in range(rounds if negotiated else 0):
        label = f"negotiated {i}"
        caller.progress = label
        init = {"negotiated": True, "id": id}
        await caller.command("open", channels=[{"label": label, **init}])
        inbox = caller.open(label, init)
        await inbox.opened.wait()
        await inbox.echo(label)
        if i % 2 == 0:
            await inbox.close()
        else:
            await caller.command("close", label=label)
            await inbox.closed.wait()
        await until(lambda: is_closed(label), f"{label} did not close on the other side")
    return {"closed": (3 if negotiated else 2) * rounds, "ids": len(ids)}


async def unreliable(caller, ordered=False, maxRetransmits=None, maxPacketLifeTime=None, count=400, size=1000, interval=4, silence=1500):
    await caller.connect()
    inbox = caller.open("unreliable", {"ordered": ordered, "maxRetransmits": maxRetransmits, "maxPacketLifeTime": maxPacketLifeTime})
    await inbox.opened.wait()
    seen = []
    last = time.monotonic()
    wrong = 0

    def arrived(message):
        nonlocal last, wrong
        last = time.monotonic()
        number = int.from_bytes(message[:4], "big")
        wrong += message[4:] != bytes_of(size - 4, number + 1)
        seen.append(number)

    inbox.listener = arrived
    for number in range(count):
        inbox.send(number.to_bytes(4, "big") + bytes_of(size - 4, number + 1))
        last = time.monotonic()
        await asyncio.sleep(interval / 1000)
    while len(seen) < count and time.monotonic() - last < silence / 1000:
        await asyncio.sleep(0.02)
    messages = (await caller.command("count", label="unreliable"))["messages"]
    check(wrong == 0, f"{wrong} messages were damaged")
    check(len(set(seen)) == len(seen), "a message came twice")
    check(not ordered or seen == sorted(seen), "messages came out of order")
    check(seen, "nothing came back")
    check(len(seen) <= messages <= count, f"{count} sent, {messages} there, {len(seen)} back")
    return {"sent": count, "arrived": messages, "echoed": len(seen)}


async def negotiated(caller, before=(100, 101, 500), after=(102, 103)):
    def make(where, id):
        return {"label": f"{where} {id}", "negotiated": True, "id": id, "protocol": f"p{id}", "ordered": id % 2 == 0}

    inboxes = [caller.open(f"here {id}", make("here", id)) for id in before]
    await caller.connect(channels=[make("there", id) for id in before])
    await caller.command("open", channels=[make("there", id) for id in after])
    inboxes += [caller.open(f"here {id}", make("here", id)) for id in after]
    for id, inbox in zip([*before, *after], inboxes):
        caller.progress = inbox.channel.label
        await inbox.opened.wait()
        check(inbox.channel.id == id, f"its id is {inbox.channel.id}")
        await inbox.echo(f"text of {id}")
        await inbox.echo(bytes_of(5000, id))
    check(caller.arrived.empty(), "a negotiated channel was announced")
    return {"channels": len(inboxes)}


async def restart(caller, **options):
    raise Unsupported("no ICE restart")


async def relay(caller, configuration=None):
    offer = await caller.connect(configuration=configuration)
    types = re.findall(r"a=candidate:.* typ (\w+)", offer)
    check(types and set(types) == {"relay"}, f"the offer's candidates are {', '.join(types) or 'none'}")
    inbox = caller.open("relayed")
    await inbox.opened.wait()
    for i in range(100):
        await inbox.echo(bytes_of(10_000, i))
    return {"candidates": len(types), "messages": 100}


async def throughput(caller, seconds=3, warmUp=1, messageSize=64 * KIB, buffer=2 * MIB):
    await caller.connect()
    inbox = caller.open("sink", {"protocol": SINK})
    await inbox.opened.wait()
    message = bytes_of(min(messageSize, caller.largest))

    async def send():
        while True:
            await inbox.room(buffer / 2)
            while inbox.channel.bufferedAmount < buffer:
                inbox.send(message)
            await asyncio.sleep(0)

    sending = asyncio.ensure_future(send())
    await asyncio.sleep(warmUp)
    first = await caller.command("count", label="sink")
    await asyncio.sleep(seconds)
    last = await caller.command("count", label="sink")
    sending.cancel()
    elapsed = (last["now"] - first["now"]) / 1000
    size = last["bytes"] - first["bytes"]
    return {
        "bytes": size, "messages": last["messages"] - first["messages"], "seconds": elapsed,
        "gigabitsPerSecond": size * 8 / elapsed / 1e9,
    }


SCENARIOS = {scenario.__name__: scenario for scenario in (echo, bulk, channels, close, unreliable, negotiated, restart, relay, throughput)}


async def call(body):
    run = SCENARIOS.get(body.get("scenario"))
    if run is None:
        return {"passed": False, "details": f"there is no scenario '{body.get('scenario')}'"}
    options = dict(body.get("options") or {})
    timeout = options.pop("timeout", 30_000)
    caller = None
    try:
        caller = Caller(body["url"], options.pop("configuration", None))
        if run is relay:
            options["configuration"] = options.pop("theirs", None)
        figures = await asyncio.wait_for(run(caller, **options), timeout / 1000)
        return {"passed": True, "details": "", "figures": figures}
    except asyncio.TimeoutError:
        return {"passed": False, "details": f"not done after {timeout} ms: {caller.progress} ({caller.connection.connectionState})"}
    except Unsupported as error:
        return {"passed": False, "unsupported": True, "details": str(error)}
    except Exception as error:
        logging.exception("call %s", body)
        return {"passed": False, "details": f"{type(error).__name__}: {error}"}
    finally:
        if caller:
            await caller.end()


async def post(url, body):
    def send():
        request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as response:
            return json.load(response)

    return await asyncio.get_running_loop().run_in_executor(None, send)


async def serve(reader, writer, actions):
    """One request: enough of HTTP/1.1 for a body with a length."""
    try:
        method, path, _ = (await reader.readline()).decode().split(" ", 2)
        length = 0
        while (line := (await reader.readline()).decode().strip()) != "":
            name, _, value = line.partition(":")
            if name.lower() == "content-length":
                length = int(value)
        body = json.loads(await reader.readexactly(length) or "{}")
        action = actions.get(path) if method == "POST" else None
        status, answer = ("200 OK", await action(body)) if action else ("404 Not Found", {"error": "POST /offer, /call or /end"})
    except (ValueError, asyncio.IncompleteReadError):
        status, answer = "400 Bad Request", {"error": "not understood"}
    except Exception as error:
        logging.exception("request")
        status, answer = "500 Internal Server Error", {"error": f"{type(error).__name__}: {error}"}
    data = json.dumps(answer).encode()
    writer.write(f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(data)}\r\nconnection: close\r\n\r\n".encode() + data)
    await writer.drain()
    writer.close()


async def run(platform):
    """Takes offers and calls, says "ready URL NAME VERSION", and ends when standard input does: [--host ADDRESS] [--port PORT]."""
    global library
    library = platform
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    arguments = parser.parse_args()
    answerer = Answerer()
    actions = {"/offer": answerer.offer, "/end": answerer.end, "/call": call}
    server = await asyncio.start_server(lambda reader, writer: serve(reader, writer, actions), arguments.host, arguments.port)
    print(f"ready http://{arguments.host}:{server.sockets[0].getsockname()[1]} {library.name} {library.version}", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    os._exit(0)


def main(platform):
    asyncio.run(run(platform))
