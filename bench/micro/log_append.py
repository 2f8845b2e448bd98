"""What an append costs: ``python -m bench.micro.log_append [--redis URL]``.

Group commit over a real log, without sockets: seeded appends to many conversations, as many in
flight as asked for. CPU time is that of this process with all its threads.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import pstats
import random
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvloop

from straks.log.commit import GroupCommit
from straks.log.log import Append, Appended, AppendResult, Log, LogError
from straks.log.redis import RedisLog
from straks.log.sqlite import SQLiteLog

DATA = b'{"text":"' + b"How long is the delivery to Aarhus, and what does it cost? " * 2 + b'"}'


class Load:
    """Keeps ``in_flight`` appends on their way until ``count`` are done."""

    def __init__(self, commit: GroupCommit, *, channels: int, count: int) -> None:
        self._commit = commit
        self._random = random.Random(1)
        self._names = [f"conversation:{self._random.randbytes(16).hex()}" for _ in range(channels)]
        self._at = time.time_ns() // 1_000_000
        self._sent = 0
        self._count = count
        self.acked = 0
        self.finished = asyncio.get_running_loop().create_future()

    def send(self) -> None:
        """Submit the next append."""
        self._sent += 1
        number = self._random.randrange(len(self._names))
        item = Append(
            channel=self._names[number],
            sender=f"visitor:{number:032x}",
            name=None,
            key=f"01890000-0000-7000-8000-{self._sent:012x}",
            kind="message",
            data=DATA,
            id=f"{self._sent:022d}",
            at=self._at + self._sent,
        )
        self._commit.submit(item, self._done)

    def _done(self, result: AppendResult | LogError) -> None:
        if not isinstance(result, Appended):
            raise TypeError(result)
        self.acked += 1
        if self._sent < self._count:
            self.send()
        elif self.acked == self._count:
            self.finished.set_result(None)


@asynccontextmanager
async def opened(options: argparse.Namespace) -> AsyncIterator[Log]:
    """Open the log that is to be measured."""
    if options.redis:
        log: Log = await RedisLog.open(options.redis, node="bench")
        try:
            yield log
        finally:
            await log.close()
        return
    with tempfile.TemporaryDirectory(dir=options.directory) as directory:
        log = await SQLiteLog.open(Path(directory))
        try:
            yield log
        finally:
            await log.close()


async def measure(options: argparse.Namespace) -> None:
    """Run one load and print what it cost."""
    async with opened(options) as log:
        commit = GroupCommit(log)
        writer = asyncio.create_task(commit.run())
        load = Load(commit, channels=options.channels, count=options.count)
        profile = cProfile.Profile() if options.profile else None
        cpu, wall = time.process_time(), time.perf_counter()
        if profile is not None:
            profile.enable()
        for _ in range(options.in_flight):
            load.send()
        await load.finished
        if profile is not None:
            profile.disable()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        await commit.drain()
        await writer
    per = 1e6 / options.count
    print(f"{options.in_flight} in flight: {cpu * per:.1f} µs of CPU and {wall * per:.1f} µs each")
    if profile is not None:
        pstats.Stats(profile).sort_stats("tottime").print_stats(20)


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--redis", help="measure Redis at this URL; it must be empty")
    parser.add_argument("--directory", help="where the SQLite file goes")
    parser.add_argument("--count", type=int, default=50_000)
    parser.add_argument("--channels", type=int, default=1_000)
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--profile", action="store_true", help="of the event loop's thread")
    options = parser.parse_args()
    uvloop.run(measure(options))


if __name__ == "__main__":
    main()
