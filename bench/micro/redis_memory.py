"""What a conversation takes of Redis' memory: ``python -m bench.micro.redis_memory``.

Conversations of ten short messages and two read watermarks, as visitors and agents write them, with
what the log keeps of their keys and state. The feed is trimmed as consumers do it. The sizes are
those that Redis gives (``MEMORY USAGE``, and ``used_memory`` before and after).
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from pathlib import Path
from typing import Any

import uvloop

from bench.figures import show
from bench.server import redis
from straks.log.log import Append
from straks.log.redis import RedisLog
from straks.log.redis.address import parse
from straks.log.redis.keys import channel_keys, feed_key
from straks.log.redis.wire import Wire, open_wire
from straks_protocol import KEY_RANDOM_BYTES, make_key

NODE_BYTES = (1024, 4096)
"""Of ``stream-node-max-bytes``: what the README says, and what Redis has by itself."""
TALK = (
    "Hi, do you have the Nordlys lamp in green?",
    "Let me check that for you.",
    "Thanks!",
    "We have it in green and in white, both in stock right now.",
    "How long does delivery take to Uppsala?",
    "Two to three working days with PostNord.",
    "Can I return it if the colour is wrong?",
    "Yes, within 30 days, unused and in its box.",
    "Great, I will order one then. Thank you for the help!",
    "You are welcome, have a nice day.",
)
BATCH = 200


class Writer:
    """Writes conversations."""

    def __init__(self, log: RedisLog, seed: random.Random) -> None:
        self._log = log
        self._random = seed
        self._at = time.time_ns() // 1_000_000

    async def write(self, names: list[str]) -> None:
        """Write one conversation for each name."""
        for number, text in enumerate(TALK):
            batch = [self._item(name, number, text) for name in names]
            await self._log.append(batch)
        for name in names:
            for reader in (self._visitor(name), self._agent(name)):
                self._log.mark(name, reader, len(TALK))

    def _item(self, name: str, number: int, text: str) -> Append:
        self._at += 1
        visitor = number % 2 == 0
        return Append(
            channel=name,
            sender=self._visitor(name) if visitor else self._agent(name),
            name=None if visitor else "Robin",
            key=make_key(self._at, self._random.randbytes(KEY_RANDOM_BYTES)),
            kind="message",
            data=b'{"text":"' + text.encode() + b'"}',
            id=f"{self._random.getrandbits(128):022x}"[:22],
            at=self._at,
            advances=number == 0,
        )

    def _visitor(self, name: str) -> str:
        return f"visitor:{name[-22:]}"

    def _agent(self, name: str) -> str:
        return f"agent:{name[-22:]}"


async def measure(url: str, node_bytes: int, conversations: int) -> dict[str, Any]:
    """Write to an empty Redis, and weigh."""
    where = parse(url)
    wire = await open_wire(where.addresses[0], where.access, deadline=5)
    await wire.ask_all([("FLUSHALL",), ("CONFIG", "SET", "stream-node-max-bytes", node_bytes)])
    log = await RedisLog.open(url, node="bench")
    seed = random.Random(1)
    before = await used(wire)
    names = [f"conversation:{seed.randbytes(16).hex()[:26]}" for _ in range(conversations)]
    writer = Writer(log, seed)
    for start in range(0, conversations, BATCH):
        await writer.write(names[start : start + BATCH])
    for partition in range(log.partitions):
        await log.cursor("bench", partition)
        (info,) = await wire.ask_all([("XINFO", "STREAM", feed_key(partition))])
        last = dict(zip(info[::2], info[1::2], strict=True))[b"last-generated-id"]
        await log.move_cursor("bench", partition, int(last.partition(b"-")[2]))
    await log.close()  # Watermarks are stored with it.
    after = await used(wire)
    sizes = dict.fromkeys(("log", "state", "marks"), 0)
    for name in names:
        keys = channel_keys(name)
        for part in sizes:
            sizes[part] += await wire.ask(("MEMORY", "USAGE", getattr(keys, part), "SAMPLES", 0))
    wire.close()
    return {
        "stream_node_max_bytes": node_bytes,
        "conversations": conversations,
        "bytes_each": round((after - before) / conversations),
        **{f"{part}_bytes": round(size / conversations) for part, size in sizes.items()},
        "sum_bytes": round(sum(sizes.values()) / conversations),
    }


async def used(wire: Wire) -> int:
    """Read how much memory Redis uses."""
    text = (await wire.ask(("INFO", "memory"))).decode()
    return int(dict(line.split(":", 1) for line in text.splitlines() if ":" in line)["used_memory"])


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=5_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        async with redis(Path(folder), appendfsync="no") as server:
            rows = [await measure(server.url, size, options.conversations) for size in NODE_BYTES]
    show(rows, as_json=False)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
