"""Messages read and written per second of processor time, in both codecs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgpack
import orjson

from bench.micro.timing import measure
from straks_protocol import JSON, MSGPACK, Codec

COUNT = 50_000
PUBLISH: dict[str, Any] = {
    "type": "publish",
    "id": 12345,
    "channel": "conversation:abcdefghijklmnopqrstuvwxyz",
    "key": "0193f4c2-8b20-7000-8000-000000000001",
    "kind": "message",
    "data": {"text": "Hello, my parcel has not come yet. It was to be here on Tuesday."},
}
ENTRY: dict[str, Any] = {
    "type": "entry",
    "channel": PUBLISH["channel"],
    "entry": {
        "offset": 7,
        "id": "x" * 22,
        "at": 1_700_000_000_000,
        "from": {"kind": "agent", "id": "anna", "name": "Anna"},
        "kind": "message",
        "data": PUBLISH["data"],
    },
}


def reading(codec: Codec, data: bytes) -> Callable[[], None]:
    """Read and check what a client sent, again and again."""

    def work() -> None:
        decode = codec.decode_client
        for _ in range(COUNT):
            decode(data)

    return work


def writing(codec: Codec) -> Callable[[], None]:
    """Write what a server sends, again and again."""

    def work() -> None:
        encode = codec.encode_raw
        for _ in range(COUNT):
            encode(ENTRY)

    return work


def main() -> None:
    """Measure both codecs."""
    for codec, data in ((JSON, orjson.dumps(PUBLISH)), (MSGPACK, msgpack.packb(PUBLISH))):
        measure(f"{codec.name}: read and check a publish", COUNT, reading(codec, data))
        measure(f"{codec.name}: write an entry", COUNT, writing(codec))


if __name__ == "__main__":
    main()
