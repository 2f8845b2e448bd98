"""Request and reply at the edge, beside others in the same run."""

from __future__ import annotations

import asyncio
import time
from argparse import Namespace
from collections import Counter, deque
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from statistics import median
from typing import Any, Final, TypeAlias

import orjson

from bench import wire
from bench.compared.cases import Figure
from bench.latency import Latencies
from bench.load import Portion, drive, in_time, portions
from bench.pace import Kept, Span, keep, until
from bench.peers.edge import PEERS
from bench.report.summary import Summary, summarize
from bench.server import Running, straks

__all__ = ["run"]

CONNECTIONS = 100
ROUNDS = 5
WARM_UP = 0.3
OURS = "straks"
CHANNEL = "conversation:" + "a" * 26
REQUEST = orjson.dumps({"type": "unsubscribe", "id": 1, "channel": CHANNEL})
FRAME = bytes((0x81, 0x80 | len(REQUEST), 0, 0, 0, 0)) + REQUEST
"""Masked with zeros: valid, and unmasked like any other by the server."""

_CLOSED: Final = {
    "ratio": Figure(field="per_cpu_s", unit="requests a second of the server's CPU"),
}
_AT_RATE: Final = {
    "ratio_p50": Figure(field="p50_ms", unit="milliseconds", lower_is_better=True),
    "ratio_p99": Figure(field="p99_ms", unit="milliseconds", lower_is_better=True, best_round=True),
}
"""By the name of the ratio, what is compared."""

Row: TypeAlias = dict[str, Any]


async def run(options: Namespace) -> list[Row]:
    """Rounds on all servers in turn; report medians and the ratios within each round.

    All read the same frames, check every field and write the same reply: what differs is the way
    from the socket to the message. Straks has sessions and limits on it, its peers have neither;
    they are as fast as they can be set. In a closed loop, what is done in a second of the server's
    CPU is compared; with ``--rate`` the time to the reply is.
    """
    missing = {name: reason for name, peer in PEERS.items() if (reason := peer.lacking())}
    async with AsyncExitStack() as stack:
        servers: dict[str, Running] = {
            OURS: await stack.enter_async_context(straks("sqlite")),
        }
        for name, peer in PEERS.items():
            if name not in missing:
                servers[name] = await stack.enter_async_context(peer.start())
        seconds = options.seconds / (len(servers) * ROUNDS)
        rounds: list[dict[str, Row]] = []
        for number in range(ROUNDS):
            order = list(servers)[:: -1 if number % 2 else 1]
            rounds.append(
                {
                    name: await in_time(partial(_round, name, servers[name], seconds, options))
                    for name in order
                }
            )
    rows = {name: _joined([each[name] for each in rounds]) for name in servers}
    ours = {"scenario": "edge", "backend": "none", "server": OURS, **rows.pop(OURS)}
    for name in missing:
        ours[name] = missing[name]
    for label, figure in (_AT_RATE if options.rate else _CLOSED).items():
        by_server = {name: [each[name] for each in rounds] for name in servers}
        for name, beside in summarize(figure, by_server, lambda _: OURS).items():
            if name != OURS:
                ours[f"{name}_{figure.field}"] = float(f"{beside.figure:.6g}")
                ours |= _ratios(f"{PEERS[name].prefix}{label}", beside)
    theirs = [{"scenario": "edge", "server": PEERS[name].name, **row} for name, row in rows.items()]
    return [*theirs, ours]


def _joined(rounds: Sequence[Row]) -> Row:
    """Medians of the rounds; of p99 the best, since on a shared machine it is the machine's."""
    whole: Row = {}
    for name in dict.fromkeys(name for one in rounds for name in one):
        values = [one[name] for one in rounds if name in one]
        if isinstance(values[0], str):
            whole[name] = f"{len(values)} of {len(rounds)} rounds: {values[0]}"
        elif name in ("p99_ms", "p999_ms"):
            whole[name] = min(values)
        else:
            whole[name] = median(values)
    for name in ("sent", "acked", "delivered", "lost", "duplicated", "reordered", "skipped"):
        whole[name] = sum(one[name] for one in rounds)
    return whole


def _ratios(label: str, beside: Summary) -> Row:
    """How many times better we were, and in the single rounds."""
    if beside.ratio is None or beside.lowest is None or beside.highest is None:
        return {}
    return {
        label: round(beside.ratio, 2),
        f"{label}_min": round(beside.lowest, 2),
        f"{label}_max": round(beside.highest, 2),
    }


async def _round(name: str, server: Running, seconds: float, options: Namespace) -> Row:
    works = [
        Requests(
            server.port,
            connections,
            options.rate and options.rate / options.processes,
            number / options.processes,
            hello=name == OURS,
        )
        for number, connections in enumerate(portions(CONNECTIONS, options.processes))
    ]
    row, portion = await drive(works, server, WARM_UP, seconds)
    return {**portion.counts, **row, **portion.figures()}


@dataclass(slots=True)
class Requests:
    """Connections that ask; a work of the load."""

    port: int
    connections: int
    rate: float | None
    """Requests a second; None: each connection asks again as soon as it is answered."""
    phase: float
    """See :func:`bench.pace.keep`."""
    hello: bool
    """Whether the server wants to be greeted."""
    _clients: Sequence[Client] = field(default_factory=list)

    async def begin(self) -> None:
        """Connect all."""
        kind = Client if self.rate is None else PacedClient
        self._clients = [kind() for _ in range(self.connections)]
        for client in self._clients:
            await client.begin(self.port, hello=self.hello)

    async def run(self, span: Span) -> Portion:
        """Ask, and wait for the replies that are outstanding."""
        portion = await (self._closed(span) if self.rate is None else self._paced(span))
        deadline = time.perf_counter() + 5
        while time.perf_counter() < deadline and any(c.replies < c.sent for c in self._clients):
            await asyncio.sleep(0.01)
        for client in self._clients:
            client.close()
        replies = sum(client.replies for client in self._clients)
        sent = sum(client.sent for client in self._clients)
        portion.counts = Counter(
            sent=sent, acked=replies, delivered=replies, lost=sent - replies, duplicated=0,
            reordered=sum(client.strange for client in self._clients), skipped=0,
        )  # fmt: skip
        return portion

    async def _closed(self, span: Span) -> Portion:
        await until(span.began)
        for client in self._clients:
            client.ask()
        await until(span.begin)
        before = sum(client.replies for client in self._clients)
        await until(span.end)
        for client in self._clients:
            client.stopped = True
        return Portion(sum(client.replies for client in self._clients) - before)

    async def _paced(self, span: Span) -> Portion:
        clients = [client for client in self._clients if isinstance(client, PacedClient)]
        book = Book(span)
        for client in clients:
            client.book = book
        assert self.rate is not None
        kept: Kept = await keep(
            span,
            self.rate,
            lambda number, due: clients[number % len(clients)].ask_at(due),
            phase=self.phase,
        )
        while any(client.dues for client in clients) and time.perf_counter() < span.end + 5:
            await asyncio.sleep(0.01)
        return Portion(book.done, {"": book.waits}, kept)


class Book:
    """What is written down of all connections."""

    def __init__(self, span: Span) -> None:
        self.span = span
        self.done = 0
        self.waits = Latencies()


class Client(asyncio.Protocol):
    """One connection that asks again as soon as it is answered.

    The request is the same each time, and so must the reply be, byte for byte: the load costs
    as little as it can, so that the server is what is measured.
    """

    def __init__(self) -> None:
        self.stopped = False
        self.sent = self.replies = self.strange = 0
        self._socket: wire.Socket
        self._first: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._write: Any
        self._reply = b""

    async def begin(self, port: int, *, hello: bool) -> None:
        """Connect, and look closely at a first reply."""
        self._socket = await wire.connect(port, self._first.set_result)
        if hello:
            self._socket.send(b'{"type":"hello","id":1}')
            await self._first
            self._first = asyncio.get_running_loop().create_future()
            self._socket.on_frame = self._first.set_result
        self._socket.send(REQUEST)
        payload = await self._first
        expected = {"type": "unsubscribed", "id": 1, "channel": CHANNEL}
        if orjson.loads(payload) != expected:
            raise AssertionError(f"not the reply: {payload!r}")
        self._reply = bytes((0x81, len(payload))) + payload
        transport = self._socket.transport
        assert transport is not None
        self._write = transport.write
        transport.set_protocol(self)

    def ask(self) -> None:
        """Send the next request."""
        self.sent += 1
        self._write(FRAME)

    def data_received(self, data: bytes) -> None:
        """Count a reply, then ask again."""
        self.replies += 1
        self.strange += data != self._reply
        if not self.stopped:
            self.ask()

    def close(self) -> None:
        """Cut the connection."""
        self._socket.close()


class PacedClient(Client):
    """One that asks when it is time, whatever is outstanding."""

    book: Book

    def __init__(self) -> None:
        super().__init__()
        self.dues: deque[float] = deque()
        """Of what is outstanding, in order."""
        self._rest = b""

    def ask_at(self, due: float) -> None:
        """Send the next request, that was due then."""
        self.dues.append(due)
        self.ask()

    def data_received(self, data: bytes) -> None:
        """Count replies, of which several may come at once."""
        now, book = time.perf_counter(), self.book
        whole = self._rest + data
        count, left = divmod(len(whole), len(self._reply))
        self._rest = whole[len(whole) - left :]
        self.strange += whole[: len(whole) - left] != self._reply * count
        self.replies += count
        for _ in range(count):
            due = self.dues.popleft()
            book.done += book.span.holds(now)
            if book.span.holds(due):
                book.waits.note(now - due)
