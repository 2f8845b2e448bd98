"""Data directories of many conversations, made once."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import orjson
from rich.console import Console
from rich.progress import Progress

from bench.aged import house
from bench.aged.house import Agent, Known
from bench.peer import Peer
from bench.server import ORIGIN, StartFailedError, straks_in

__all__ = ["CACHE", "SETTINGS", "Stored", "stored"]

CACHE: Final = Path(__file__).resolve().parents[2] / ".straks-bench"
SETTINGS: Final[dict[str, Any]] = {
    "max_connections": 1_000_000,
    "max_connections_per_address": 1_000_000,
    "visitor_token_days": 3_650,
}
"""Of the servers that serve them: the tokens of the visitors are as old as the directory."""

_KNOWN: Final = 1_000
"""Visitors who can come back, in a house of any size."""
_SEED: Final = 4
_NAMES: Final = "known.json"
_PART: Final = "part-"


@dataclass(frozen=True, slots=True)
class Stored:
    """A data directory that must not be changed: servers run on a copy."""

    count: int
    """Conversations."""
    data: Path
    known: tuple[Known, ...]

    def copy(self, folder: Path) -> None:
        """Copy it to ``folder/data``, without its bytes where the file system can do that.

        A database that a server has open cannot share its file with anything else, and what the
        measured work adds must not be there in the next run. It is on the disk at the end: to
        write it there must not be part of what is measured.

        Raises:
            StartFailedError: it cannot be copied.
        """
        command = ["cp", "-r", "--reflink=auto", str(self.data), str(folder / "data")]
        done = subprocess.run(command, capture_output=True, check=False)
        if done.returncode:
            raise StartFailedError(done.stderr.decode(errors="replace"))
        for path in (folder / "data").iterdir():
            with path.open("rb") as copied:
                os.fsync(copied.fileno())


async def stored(cache: Path, count: int) -> Stored:
    """Give the directory of ``count`` conversations; make it when there is none.

    Raises:
        StartFailedError: it could not be made.
        OSError: the cache cannot be written.
    """
    place = cache / f"v{house.VERSION}-{count}"
    async with _alone(cache):
        if not place.exists():
            await _make(cache, place, count)
    known = json.loads((place / _NAMES).read_bytes())
    return Stored(count, place / "data", tuple(Known(**one) for one in known))


@asynccontextmanager
async def _alone(cache: Path) -> AsyncIterator[None]:
    """Wait until no other bench makes something there."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
        yield


async def _make(cache: Path, place: Path, count: int) -> None:
    for left in cache.glob(f"{_PART}*"):
        shutil.rmtree(left)  # of one that was killed: whoever makes something is alone
    with tempfile.TemporaryDirectory(prefix=_PART, dir=cache) as name:
        part = Path(name)
        beginning, agent, known = await _begin(part / "begin")
        whole = part / "whole"
        whole.mkdir()
        with Progress(console=Console(stderr=True)) as progress:
            task = progress.add_task(f"writing {count:,} conversations", total=count)
            told = house.write(
                part / "house.jsonl", count, _SEED, beginning, agent, known,
                lambda: progress.advance(task),
            )  # fmt: skip
        await asyncio.to_thread(
            _straks, "import", "--data", str(whole / "data"), str(part / "house.jsonl")
        )
        (whole / _NAMES).write_text(json.dumps([asdict(one) for one in told]))
        # Who finds it under its name finds it whole.
        whole.rename(place)


async def _begin(folder: Path) -> tuple[list[bytes], Agent, list[Known]]:
    """Let a server make what only a server can make: a secret, tokens, the agent's account."""
    folder.mkdir()
    async with straks_in(folder, **SETTINGS) as server:
        known = []
        for _ in range(_KNOWN):
            visitor = await Peer.connect(server.port, origin=ORIGIN)
            assert visitor.token is not None
            known.append(Known(visitor.principal["id"], visitor.token))
            visitor.close()
    exported = folder / "begin.jsonl"
    await asyncio.to_thread(_straks, "export", "--data", str(folder / "data"), str(exported))
    beginning, agent = [], None
    with exported.open("rb") as lines:
        for text in lines:
            line = orjson.loads(text)
            match line:
                case {"type": "header" | "secret"}:
                    beginning.append(text)
                case {"type": "row", "table": "agents", "values": values}:
                    beginning.append(text)
                    agent = Agent(values["id"], values["name"])
    assert agent is not None
    return beginning, agent, known


def _straks(*command: str) -> None:
    """Run a command; it tells how far it has come.

    Raises:
        StartFailedError: it did not end well; it has said why.
    """
    done = subprocess.run(
        [sys.executable, "-m", "straks", *command], stdout=sys.stderr, check=False
    )
    if done.returncode:
        raise StartFailedError(f"straks {command[0]} has failed")
