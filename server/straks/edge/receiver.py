"""Bytes to WebSocket messages: a fast path for what is usual, Sans-I/O for the rest."""

from __future__ import annotations

import logging
from typing import Final, Protocol

from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import OPEN
from websockets.server import ServerProtocol
from websockets.speedups import apply_mask

__all__ = ["BINARY", "TEXT", "Receiver", "Sink", "quiet_logger"]

TEXT: Final = 1
BINARY: Final = 2
_FIRST: Final = {0x81: TEXT, 0x82: BINARY}
"""The first byte of a whole data message in one frame without extension bits."""
_CONTROL: Final = 0x08
_OPCODES: Final = frozenset(Opcode)

# Its debug level would log what people write, its info level every connection.
quiet_logger: Final = logging.getLogger("straks.edge.frames")
quiet_logger.setLevel(logging.WARNING)


class Sink(Protocol):
    """Where messages go. Each method may call :meth:`Receiver.hold` or :meth:`Receiver.close`."""

    def message(self, opcode: int, payload: bytes) -> None:
        """Take a whole message; TEXT is valid UTF-8."""
        ...

    def control(self, frames: bytes) -> None:
        """Send an answer to control frames."""
        ...

    def finished(self, frames: bytes, code: int) -> None:
        """Send the last frames and end the connection; ``code`` is the close code."""
        ...


class Receiver:
    """Reads one connection's frames.

    Whole, small, masked data frames are read here. Anything else makes a Sans-I/O protocol that
    lives until the connection is between two messages again, or for ever once it closes; it is
    fed whole frames only, so it always stands at a frame's edge. Sizes are checked before a frame
    is buffered.
    """

    __slots__ = (
        "_closing",
        "_done",
        "_held",
        "_max_size",
        "_opcode",
        "_parts",
        "_rare",
        "_rest",
        "_sink",
    )

    def __init__(self, sink: Sink, max_size: int) -> None:
        """``max_size``: most bytes of a message."""
        self._sink = sink
        self._max_size = max_size
        self._rest: bytearray | None = None
        self._rare: ServerProtocol | None = None
        self._parts: bytearray | None = None
        """What came of a fragmented message. Joined at once: fragments may be empty, and many."""
        self._opcode = 0
        self._held = False
        self._closing = False
        self._done = False

    @property
    def buffered(self) -> int:
        """Bytes that wait for the rest of their frame or message."""
        return len(self._parts or b"") + len(self._rest or b"")

    def feed(self, data: bytes | bytearray) -> None:
        """Read what came; whole messages go to the sink before this returns."""
        if self._done:
            return
        if self._rest is not None:
            self._rest += data
            if self._held:
                return
            data, self._rest = self._rest, None
        used = 0 if self._held else self._read(data)
        if not self._done and used < len(data):
            self._keep(data, used)

    @property
    def held(self) -> bool:
        """Whether reading waits for :meth:`release`."""
        return self._held

    def hold(self) -> None:
        """Keep what follows unread until :meth:`release`."""
        self._held = True

    def release(self) -> None:
        """Read on where :meth:`hold` stopped."""
        self._held = False
        self.feed(b"")

    def close(self, code: int, reason: str = "") -> bytes:
        """Begin the closing handshake; returns what to send. Messages are no longer read."""
        rare = self._protocol()
        self._closing = True
        self._held = False
        self._parts = None
        rare.send_close(code, _short(reason))
        return b"".join(rare.data_to_send())

    def _keep(self, data: bytes | bytearray, used: int) -> None:
        if type(data) is bytearray:
            del data[:used]
            self._rest = data
        else:
            self._rest = bytearray(data[used:])

    def _read(self, data: bytes | bytearray) -> int:
        """Read whole frames; returns how many bytes they took."""
        at, end = 0, len(data)
        message, first_bytes = self._sink.message, _FIRST
        while end - at >= 6:
            opcode = first_bytes.get(data[at])
            length = data[at + 1] - 0x80
            if opcode is None or self._rare is not None or not 0 <= length <= 126:
                used = self._read_rare(data, at, end)
                if used == 0:
                    break
                at += used
            else:
                start = at + 6
                if length == 126:
                    length = data[at + 2] << 8 | data[at + 3]
                    start = at + 8
                    if length > self._max_size:
                        self._fail(CloseCode.MESSAGE_TOO_BIG, self._too_big())
                        return end
                stop = start + length
                if stop > end:
                    break
                payload = apply_mask(data[start:stop], data[start - 4 : start])
                if opcode == TEXT and not _is_text(payload):
                    self._fail(CloseCode.INVALID_DATA, "text is not UTF-8")
                    return end
                at = stop
                message(opcode, payload)
            if self._held or self._done:
                break
        else:
            if end - at >= 2 and _wrong_header(data[at], data[at + 1]):
                self._read_rare(data, at, end)
        return at

    # --- the rare ways ---------------------------------------------------------------------

    def _read_rare(self, data: bytes | bytearray, at: int, end: int) -> int:
        """Read one frame by Sans-I/O; returns its size, 0 when it is not whole yet."""
        first, length = data[at], data[at + 1] & 0x7F
        control = bool(first & _CONTROL)
        if wrong := _wrong_header(first, data[at + 1]):
            self._fail(CloseCode.PROTOCOL_ERROR, wrong)
            return end - at
        size = 6
        if length >= 126:
            size = 8 if length == 126 else 14
            if end - at < size:
                return 0
            length = int.from_bytes(data[at + 2 : at + size - 4], "big")
        room = self._max_size
        if self._parts is not None and not control:
            room -= len(self._parts)
        if length > room:
            self._fail(CloseCode.MESSAGE_TOO_BIG, self._too_big())
            return end - at
        size += length
        if size > end - at:
            return 0
        self._step(bytes(data[at : at + size]))
        return size

    def _step(self, frame: bytes) -> None:
        rare = self._protocol()
        rare.receive_data(frame)
        events = rare.events_received()
        frames = b"".join(rare.data_to_send())
        if rare.close_rcvd is not None or rare.parser_exc is not None:
            code = rare.close_sent.code if rare.close_sent is not None else CloseCode.NORMAL_CLOSURE
            self._finish(frames, code)
            return
        if frames:
            self._sink.control(frames)
        for event in events:
            if isinstance(event, Frame) and not self._closing:
                self._take(event)
        if rare.state is OPEN and rare.current_size is None:
            self._rare = None

    def _take(self, frame: Frame) -> None:
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
            self._parts, self._opcode = bytearray(), frame.opcode
        elif frame.opcode is not Opcode.CONT:
            return
        parts = self._parts
        if parts is None:
            return
        parts += frame.data
        if frame.fin:
            self._parts = None
            payload = bytes(parts)
            if self._opcode == TEXT and not _is_text(payload):
                self._fail(CloseCode.INVALID_DATA, "text is not UTF-8")
            else:
                self._sink.message(self._opcode, payload)

    def _protocol(self) -> ServerProtocol:
        if self._rare is None:
            self._rare = ServerProtocol(state=OPEN, max_size=None, logger=quiet_logger)
        return self._rare

    def _fail(self, code: int, reason: str) -> None:
        rare = self._protocol()
        rare.fail(code, _short(reason))
        self._finish(b"".join(rare.data_to_send()), code)

    def _finish(self, frames: bytes, code: int) -> None:
        self._done = True
        self._rest = self._rare = self._parts = None
        self._sink.finished(frames, code)

    def _too_big(self) -> str:
        return f"a message has {self._max_size} bytes at most"


def _wrong_header(first: int, second: int) -> str:
    """Say what alone is wrong with a frame's first two bytes."""
    if second < 0x80:
        return "incorrect masking"
    if first & 0x70:
        return "reserved bits must be 0"
    if first & 0x0F not in _OPCODES:
        return "invalid opcode"
    if first & _CONTROL and (first < 0x80 or second & 0x7F > 125):
        return "control frames are whole and short"
    return ""


def _is_text(payload: bytes) -> bool:
    if payload.isascii():
        return True
    try:
        payload.decode()
    except UnicodeDecodeError:
        return False
    return True


def _short(reason: str) -> str:
    """Cut a reason to what a close frame holds."""
    return reason.encode()[:120].decode(errors="ignore")
