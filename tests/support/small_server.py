"""A small server that speaks the protocol over real sockets, with faults on demand."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from msgspec.structs import replace
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from straks_protocol import (
    CODECS,
    START,
    Answer,
    Answers,
    Ask,
    ClientMessage,
    Codec,
    Entry,
    EntryPush,
    Error,
    Hello,
    History,
    HistoryPage,
    Limits,
    Open,
    Opened,
    Presence,
    PresencePush,
    Principal,
    Publish,
    Published,
    Read,
    RemoteProtocolError,
    ServerMessage,
    Signal,
    SignalPush,
    Subscribe,
    Subscribed,
    Unsubscribe,
    Unsubscribed,
    Welcome,
    position_of,
)
from tests.support.server_session import ServerSession

__all__ = ["SmallServer", "Visit", "eventually"]


async def eventually(condition: Callable[[], bool], what: str = "", within: float = 60.0) -> None:
    """Wait until something is so."""
    try:
        async with asyncio.timeout(within):
            while not condition():
                await asyncio.sleep(0.002)
    except TimeoutError:
        raise AssertionError(f"did not come true in {within} s: {what or condition}") from None


@dataclass(slots=True)
class Visit:
    """One connection of a client."""

    socket: ServerConnection
    codec: Codec
    who: Principal
    session: ServerSession = field(default_factory=ServerSession)
    channels: set[str] = field(default_factory=set)
    heard: list[ClientMessage] = field(default_factory=list)

    def sees(self, entry: Entry) -> Entry:
        """Show an entry's key to its sender only."""
        own = (entry.sender.kind, entry.sender.id) == (self.who.kind, self.who.id)
        return entry if own else replace(entry, key=None)

    async def say(self, message: ServerMessage) -> None:
        self.session.send(message)
        await self.socket.send(self.codec.encode(message), text=not self.codec.binary)

    async def say_raw(self, obj: dict[str, Any]) -> None:
        await self.socket.send(self.codec.encode_raw(obj), text=not self.codec.binary)


class SmallServer:
    """Logs in memory; a token ``visitor:NAME`` or ``agent:NAME`` says who somebody is."""

    def __init__(self, *, page: int = 100, heartbeat: float = 25.0) -> None:
        self.page = page
        self.heartbeat = heartbeat
        self.logs: dict[str, list[Entry]] = {}
        self.visits: list[Visit] = []
        self.reads: list[tuple[str, str, int]] = []
        self.hellos: list[str | None] = []
        self.refuse_hello: deque[tuple[Error, int | None]] = deque()
        """Answers to the next hellos, each with the code to close with."""
        self.refuse: deque[Error] = deque()
        """Answers to the next publishes, in place of storing them."""
        self.cut_after_storing = 0
        """How many publishes are stored and not acknowledged: the connection breaks."""
        self.silent = False
        """Whether nothing is said any more, not even on what is asked."""
        self._ids = itertools.count(1)
        self._blocked: dict[tuple[int, str], str] = {}
        self._server: Server | None = None

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"ws://127.0.0.1:{next(iter(self._server.sockets)).getsockname()[1]}"

    async def __aenter__(self) -> Self:
        self._server = await serve(
            self._visit,
            "127.0.0.1",
            0,
            subprotocols=[Subprotocol(name) for name in CODECS],
            compression=None,
            ping_interval=None,
            close_timeout=1,
        )
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    def store(
        self, channel: str, text: str, who: str = "agent:ann", key: str | None = None
    ) -> Entry:
        """Append an entry and tell nobody."""
        log = self.logs.setdefault(channel, [])
        kind, _, name = who.partition(":")
        entry = Entry(
            offset=len(log) + 1,
            id=f"e{next(self._ids)}",
            at=1_790_000_000_000,
            sender=Principal(kind=kind, id=name),  # type: ignore[arg-type]  # tests say right kinds
            kind="message",
            data={"text": text},
            key=key,
        )
        log.append(entry)
        return entry

    async def deliver(self, channel: str, entry: Entry) -> None:
        """Push an entry to everybody who follows its channel."""
        for visit in self.visits:
            if channel in visit.channels:
                await visit.say(EntryPush(channel=channel, entry=visit.sees(entry)))

    async def cut(self, code: int | None = None) -> None:
        """Close all connections with a code, or break them without one."""
        for visit in list(self.visits):
            if code is None:
                visit.socket.transport.abort()
            else:
                await visit.socket.close(code)

    def texts(self, channel: str) -> list[str]:
        """What a log says, in order."""
        return [entry.data["text"] for entry in self.logs.get(channel, [])]

    async def _visit(self, socket: ServerConnection) -> None:
        codec = CODECS[socket.subprotocol or "straks.v1.json"]
        visit = Visit(socket, codec, Principal(kind="visitor", id="new"))
        self.visits.append(visit)
        try:
            while True:
                frame = await socket.recv(decode=False)
                try:
                    message = codec.decode_client(frame)
                    visit.session.receive(message)
                except RemoteProtocolError as error:
                    await visit.say(
                        Error(id=error.request_id, code=error.code, message=error.message)
                    )
                    continue
                visit.heard.append(message)
                if not self.silent:
                    await self._answer(visit, message)
        except ConnectionClosed:
            pass
        finally:
            visit.session.closed()
            self.visits.remove(visit)

    async def _answer(self, visit: Visit, message: ClientMessage) -> None:
        answers: dict[type, Callable[[Visit, Any], Awaitable[None]]] = {
            Hello: self._hello,
            Open: self._open,
            Publish: self._publish,
            Subscribe: self._subscribe,
            Unsubscribe: self._unsubscribe,
            History: self._history,
            Presence: self._presence,
            Ask: self._ask,
            Read: self._read,
            Signal: self._signal,
        }
        if answer := answers.get(type(message)):
            await answer(visit, message)

    async def _hello(self, visit: Visit, message: Hello) -> None:
        self.hellos.append(message.token)
        if self.refuse_hello:
            error, code = self.refuse_hello.popleft()
            await visit.say(Error(id=message.id, code=error.code, message=error.message))
            if code is not None:
                await visit.socket.close(code)
            return
        token = message.token or f"visitor:v{next(self._ids)}"
        kind, _, name = token.partition(":")
        visit.who = Principal(kind=kind, id=name)  # type: ignore[arg-type]  # tests say right kinds
        limits = Limits(
            frame=65_536, text=10_000, depth=8, subscriptions=100,
            page=self.page, publish_rate=1_000, publish_burst=1_000,
        )  # fmt: skip
        await visit.say(
            Welcome(
                id=message.id,
                session="s",
                principal=visit.who,
                heartbeat=self.heartbeat,
                limits=limits,
                token=None if message.token else token,
            )
        )

    async def _open(self, visit: Visit, message: Open) -> None:
        channel = f"conversation:{message.key}"
        stored, duplicate = await self._append(visit, channel, message.key, message.data)
        await visit.say(
            Opened(
                id=message.id,
                channel=channel,
                offset=stored.offset,
                entry_id=stored.id,
                duplicate=duplicate,
            )
        )

    async def _publish(self, visit: Visit, message: Publish) -> None:
        block = (id(visit), message.channel)
        if self._blocked.get(block, message.key) != message.key:
            await visit.say(Error(id=message.id, code="retry_later", message="", retry_after=0.01))
            return
        self._blocked.pop(block, None)
        if self.refuse:
            error = self.refuse.popleft()
            if error.retry_after is not None:
                self._blocked[block] = message.key
            await visit.say(
                Error(
                    id=message.id,
                    code=error.code,
                    message=error.message,
                    retry_after=error.retry_after,
                    by=error.by,
                    state_offset=error.state_offset,
                )
            )
            return
        stored, duplicate = await self._append(visit, message.channel, message.key, message.data)
        if self.cut_after_storing:
            self.cut_after_storing -= 1
            visit.socket.transport.abort()
            return
        await visit.say(
            Published(
                id=message.id,
                channel=message.channel,
                offset=stored.offset,
                entry_id=stored.id,
                duplicate=duplicate,
            )
        )

    async def _append(
        self, visit: Visit, channel: str, key: str, data: dict[str, Any]
    ) -> tuple[Entry, bool]:
        for entry in self.logs.get(channel, []):
            if entry.key == key:
                return entry, True
        entry = self.store(channel, data["text"], f"{visit.who.kind}:{visit.who.id}", key)
        await self.deliver(channel, entry)
        return entry, False

    async def _subscribe(self, visit: Visit, message: Subscribe) -> None:
        log = self.logs.get(message.channel)
        if log is None:
            await visit.say(Error(id=message.id, code="not_found", message="no such channel"))
            return
        page = min(message.limit or self.page, self.page)
        after, rest, recovered = message.after, log[-page:], False
        if after is not None:
            found = next((position_of(e) for e in log if e.offset == after.offset), None)
            recovered = after in (START, found)
            if recovered:
                rest = log[after.offset :]
        entries = rest[:page]
        more = len(rest) > page
        if not more:
            visit.channels.add(message.channel)
        last = entries[-1] if entries else (log[-1] if log else None)
        await visit.say(
            Subscribed(
                id=message.id,
                channel=message.channel,
                recovered=recovered,
                entries=[visit.sees(entry) for entry in entries],
                position=position_of(last) if last else START,
                more=more,
            )
        )

    async def _unsubscribe(self, visit: Visit, message: Unsubscribe) -> None:
        visit.channels.discard(message.channel)
        await visit.say(Unsubscribed(id=message.id, channel=message.channel))

    async def _history(self, visit: Visit, message: History) -> None:
        entries = self.logs.get(message.channel, [])[message.after or 0 :]
        page = message.limit or self.page
        await visit.say(
            HistoryPage(
                id=message.id,
                entries=[visit.sees(entry) for entry in entries[:page]],
                more=len(entries) > page,
            )
        )

    async def _presence(self, visit: Visit, message: Presence) -> None:
        members = [found.who for found in self.visits]
        await visit.say(
            PresencePush(id=message.id, channel=message.channel, members=members, available=True)
        )

    async def _ask(self, visit: Visit, message: Ask) -> None:
        found = Answer(answer="hours", title=message.text, score=0.9)
        await visit.say(Answers(id=message.id, answers=[found]))

    async def _read(self, visit: Visit, message: Read) -> None:
        self.reads.append((visit.who.id, message.channel, message.offset))

    async def _signal(self, visit: Visit, message: Signal) -> None:
        for other in self.visits:
            if other is not visit and message.channel in other.channels:
                await other.say(
                    SignalPush(
                        channel=message.channel,
                        sender=visit.who,
                        kind=message.kind,
                        data=message.data or {},
                    )
                )
