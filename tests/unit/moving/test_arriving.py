"""What was stored is compared with the file, entry by entry, in little memory."""

from __future__ import annotations

import sqlite3
import tracemalloc
from pathlib import Path

import pytest

from straks.config import Settings, load_settings
from straks.log.log import Entry
from straks.log.moving import Head
from straks.log.sqlite_moving import SQLiteMoving
from straks.moving.arriving import import_all
from straks.moving.errors import MovingError
from straks.moving.file import ExportFile
from straks.moving.lines import FORMAT, Channel, Header, Said, Secret
from straks.records.migration import NEWEST
from straks_protocol import Position


def export(path: Path, channels: int, entries: int) -> Path:
    with ExportFile.create(path) as file:
        file.write(Header(format=FORMAT, straks="1", records=NEWEST, at=1, consumers=("inbox",)))
        file.write(Secret(secret=bytes(range(32))))
        for number in range(channels):
            name = f"conversation:c{number:05}"
            last = Position(offset=entries, id=f"e{entries}")
            file.write(Channel(head=Head(name=name, position=last, at=9, state=1, marks={})))
            for offset in range(1, entries + 1):
                entry = Entry(
                    channel=name,
                    offset=offset,
                    id=f"e{offset}",
                    at=9,
                    sender="visitor:v",
                    name=None,
                    key=f"k{offset}",
                    kind="message",
                    data=b'{"text":"Hi"}',
                    advances=offset == 1,
                )
                file.write(Said.of(entry))
    return path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(data=tmp_path / "data")


async def test_channels_of_more_than_a_page_arrive(tmp_path: Path, settings: Settings) -> None:
    counts = await import_all(settings, export(tmp_path / "house", 2, 1_234), lambda _: None)
    assert (counts.channels, counts.entries) == (2, 2_468)


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE entries SET data = x'7B7D' WHERE channel = 2 AND offset = 2",
        "UPDATE entries SET offset = 7 WHERE channel = 2 AND offset = 2",
        "DELETE FROM entries WHERE channel = 3 AND offset = 1",
    ],
)
async def test_what_is_stored_otherwise_is_not_used(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch, spoil: str
) -> None:
    finish = SQLiteMoving.finish

    async def spoiled(self: SQLiteMoving, consumers: tuple[str, ...]) -> None:
        await finish(self, consumers)
        connection: sqlite3.Connection = self._connection
        connection.execute(spoil)

    monkeypatch.setattr(SQLiteMoving, "finish", spoiled)
    with pytest.raises(MovingError, match="differs from the file"):
        await import_all(settings, export(tmp_path / "house", 3, 3), lambda _: None)
    assert not (settings.data / "log.db").exists()


async def test_what_was_compared_is_let_go(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = SQLiteMoving.head
    used: dict[str, int] = {}

    async def measured(self: SQLiteMoving, channel: str) -> Head:
        used[channel], _ = tracemalloc.get_traced_memory()
        return await head(self, channel)

    monkeypatch.setattr(SQLiteMoving, "head", measured)
    house = export(tmp_path / "house", 401, 10)
    tracemalloc.start()
    try:
        await import_all(settings, house, lambda _: None)
    finally:
        tracemalloc.stop()
    grown = used["conversation:c00400"] - used["conversation:c00100"]
    assert grown < 300 * 500  # Bytes: some remember the name of each channel, none its entries.
