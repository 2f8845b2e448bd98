"""A process that appends: ``python -m tests.support.appender DIRECTORY FIRST COUNT``.

For each append, one after the other, it writes ``ack N`` or ``refused N`` to standard output; it
ends with 3 when the log is broken.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Final

from straks.log.commit import GroupCommit
from straks.log.log import Appended, AppendResult, LogBrokenError, LogError
from straks.log.sqlite import SQLiteLog
from tests.support.logs import item

__all__ = ["BROKEN"]

BROKEN: Final = 3


async def run(directory: Path, first: int, count: int) -> None:
    """Append entries with the keys ``first`` to ``first + count - 1``."""
    log = await SQLiteLog.open(directory)
    commit = GroupCommit(log)
    loop = asyncio.get_running_loop()
    last = loop.create_future()

    def send(number: int) -> None:
        if number == first + count:
            last.set_result(None)
            return

        def done(result: AppendResult | LogError) -> None:
            # From here, as the edge does: nothing runs between a commit and its acknowledgement.
            word = "ack" if isinstance(result, Appended) else "refused"
            os.write(1, f"{word} {number}\n".encode())
            loop.call_soon(send, number + 1)

        if not commit_task.done():
            commit.submit(item(key=str(number)), done)

    commit_task = asyncio.create_task(commit.run())
    loop.call_soon(send, first)
    try:
        await asyncio.wait({last, commit_task}, return_when=asyncio.FIRST_COMPLETED)
        await commit.drain()
        await commit_task
    finally:
        await log.close()


if __name__ == "__main__":
    try:
        asyncio.run(run(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
    except LogBrokenError as error:
        print(error, file=sys.stderr)  # noqa: T201
        sys.exit(BROKEN)
