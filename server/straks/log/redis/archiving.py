"""Conversations leave Redis for the archive, and come back."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

import msgpack

from straks.log.archive import REMEMBERED_SECONDS, Archive
from straks.log.log import Entry, LogUnavailableError
from straks.log.moving import Head
from straks.log.redis.breaker import Breaker
from straks.log.redis.keys import (
    ARCHIVED,
    absence_key,
    channel_keys,
    conversation_of,
    cursors_key,
    feed_key,
)
from straks.log.redis.lane import Lane
from straks.log.redis.reading import Reading
from straks.log.redis.scanning import scan_channels
from straks.log.redis.wire import Command
from straks.log.redis.writing import ChannelWriter, read_head

__all__ = ["Archiving"]

_PAGE: Final = 500
_AT_ONCE: Final = 8
"""Conversations that are looked for; further ones wait."""
_WAIT_SECONDS: Final = 1.0
"""That they wait while nobody gets on: who reads for many must not stand still for what is far."""
_STAGED_SECONDS: Final = 60
"""After which what was staged and not put into place goes away."""
_BACK_SECONDS: Final = 60
"""What came back stays for that time, or until it has been idle again if that is sooner."""
_TRIES: Final = 2
"""To stage a conversation in time."""


class Archiving:
    """Moves one conversation at a time; its desk goes with it."""

    def __init__(self, archive: Archive, lanes: Sequence[Lane], reading: Reading) -> None:
        """``lanes``: one of all partitions, or one of each. ``reading`` brings what it misses."""
        self._archive = archive
        self._lanes = lanes
        self._plain = Reading(lanes)
        reading.bring = self.bring
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._there = Breaker("the archive")
        self._came_to_an_end = 0.0
        """When the last one who had room gave it back, on the loop's clock."""
        self._coming: dict[str, asyncio.Future[bool]] = {}

    async def bring(self, channel: str) -> bool:
        """Put a channel that is not in Redis there, if the archive has it.

        Several who ask for one conversation share one move.

        Returns:
            Whether its conversation is in Redis; otherwise it is not in the archive either.

        Raises:
            LogUnavailableError: Redis or the archive is away.
        """
        conversation = conversation_of(channel)
        if conversation is None:
            return True
        coming = self._coming.get(conversation)
        if coming is None:
            coming = asyncio.ensure_future(self._bring(conversation))
            self._coming[conversation] = coming
            coming.add_done_callback(lambda done: self._came(conversation, done))
        return await asyncio.shield(coming)

    def _came(self, conversation: str, done: asyncio.Future[bool]) -> None:
        del self._coming[conversation]
        if not done.cancelled():
            done.exception()  # Everybody who waited may have gone.

    async def take(self, conversation: str, before: int) -> bool:
        """Move a conversation to the archive, unless it has an entry that is not older.

        One that came back a moment ago stays, too.

        Args:
            conversation: name of the channel.
            before: milliseconds since the epoch.

        Returns:
            Whether it is there now, and not in Redis.

        Raises:
            LogUnavailableError: Redis or the archive is away.
        """
        ident = conversation.partition(":")[2]
        names = [f"{kind}:{ident}" for kind in ARCHIVED]
        heads = [await read_head(self._ask, name) for name in names]
        first = heads[0]
        if first is not None:
            if first.at >= before:
                return False
            kept = {head.name: head for head in await self._archive.heads(conversation)}
            for head in heads:
                if head is not None and head != kept.get(head.name):
                    await self._copy(head)
            if not await self._evict(names, heads, before):
                return False
        await self._archive.archived(conversation)
        if await read_head(self._ask, conversation) is not None:
            # Somebody brought it back just now, and may have said so before us.
            await self._archive.restored(conversation)
            return False
        return True

    def here(self) -> AsyncIterator[str]:
        """Name all conversations that are in Redis; some may come twice.

        Raises:
            LogUnavailableError: Redis is away.
        """
        return scan_channels(self._lanes, ARCHIVED[0])

    async def everywhere(self) -> AsyncIterator[str]:
        """Name all conversations, in Redis and in the archive; some may come twice.

        Raises:
            LogUnavailableError: Redis or the archive is away.
        """
        async for name in self.here():
            yield name
        last = ""
        while names := await self._archive.conversations(last, _PAGE):
            for name in names:
                yield name
            last = names[-1]

    async def _copy(self, head: Head) -> None:
        async def read(after: int) -> Sequence[Entry]:
            # Not what brings back what is missing: that writes to the archive, too.
            return (await self._plain.read(head.name, after=after, limit=_PAGE)).entries

        await self._archive.store(head, read)

    async def _evict(self, names: Sequence[str], heads: Sequence[Head | None], before: int) -> bool:
        partition = channel_keys(names[0]).partition
        keys = [cursors_key(partition), feed_key(partition)]
        copied: list[Any] = []
        for name, head in zip(names, heads, strict=True):
            each = channel_keys(name)
            keys += (each.state, each.log, each.marks)
            marks = [] if head is None else [part for pair in head.marks.items() for part in pair]
            copied.append((each.live, "" if head is None else head.position.id, marks))
        packed = msgpack.packb(copied, use_bin_type=False)
        args = [packed, REMEMBERED_SECONDS * 1000, before, secrets.token_hex(8)]
        return bool(await self._lane(partition).chore("evict", keys, args))

    async def _bring(self, conversation: str) -> bool:
        await self._enter()
        try:
            for _ in range(_TRIES):
                there = await self._bring_now(conversation)
                if there is not None:
                    return there
        finally:
            self._came_to_an_end = asyncio.get_running_loop().time()
            self._room.release()
        raise LogUnavailableError(f"{conversation} did not come back from the archive in time")

    async def _enter(self) -> None:
        """Wait for room, as long as those who have it get on.

        Raises:
            LogUnavailableError: they do not.
        """
        while True:
            try:
                async with asyncio.timeout(_WAIT_SECONDS):
                    await self._room.acquire()
            except TimeoutError as error:
                ended = self._came_to_an_end
                if asyncio.get_running_loop().time() - ended > _WAIT_SECONDS:
                    raise LogUnavailableError("the archive does not answer") from error
            else:
                return

    async def _bring_now(self, conversation: str) -> bool | None:
        """Tell whether it is there now; None: what was staged has gone."""
        keys = channel_keys(conversation)
        there, absence = await self._ask(
            keys.partition, ("EXISTS", keys.state), ("GET", absence_key(keys))
        )
        if there:
            return True
        async with self._there.attempt():
            heads = await self._archive.heads(conversation)
        if not heads:
            return False
        # Before: one that is in both would else never be moved again, if we ended here.
        await self._archive.restored(conversation)
        pairs: list[tuple[str, str]] = []
        for head in heads:
            pairs += await self._stage(head, [staged for staged, _ in pairs])
        moves = [key for pair in pairs for key in pair]
        # Another may have brought it back and gone on with it, and it may have left again, since.
        args = [_BACK_SECONDS * 1000, absence or b"", *(head.position.offset for head in heads)]
        if not await self._lane(keys.partition).chore("restore", moves, args):
            return None
        # And after: who archives may have found it absent before, and said so since.
        await self._archive.restored(conversation)
        return True

    async def _stage(self, head: Head, before: Sequence[str]) -> list[tuple[str, str]]:
        """Write a channel beside its place; give each key and what it becomes, its state first.

        ``before``: keys that were staged with it, and wait for this one.
        """
        keys = channel_keys(head.name)
        suffix = f"~{secrets.token_hex(8)}"
        staged = keys._replace(
            log=keys.log + suffix, state=keys.state + suffix, marks=keys.marks + suffix
        )
        places = (staged.state, staged.log, staged.marks)
        writer = ChannelWriter(head, staged)
        after = 0
        while after < head.position.offset:
            limit = min(_PAGE, head.position.offset - after)
            entries = await self._archive.entries(head.name, after, limit)
            if not entries:
                raise LogUnavailableError(f"the archive lacks {head.name} after {after}")
            commands = writer.commands(entries)
            commands += [("EXPIRE", key, _STAGED_SECONDS) for key in (*before, *places)]
            await self._ask(keys.partition, *commands)
            after = entries[-1].offset
        return list(zip(places, (keys.state, keys.log, keys.marks), strict=True))

    async def _ask(self, partition: int, *commands: Command) -> list[Any]:
        return await self._lane(partition).reads.ask(*commands)

    def _lane(self, partition: int) -> Lane:
        return self._lanes[partition % len(self._lanes)]
