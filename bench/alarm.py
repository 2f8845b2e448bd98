"""A timer that is as exact as the kernel's: those of the loop know milliseconds only."""

from __future__ import annotations

import asyncio
import ctypes
import os
from typing import Final

__all__ = ["Alarm"]

_MONOTONIC: Final = 1
_ABSOLUTE: Final = 1
_libc: Final = ctypes.CDLL(None, use_errno=True)


class _Moment(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _Timer(ctypes.Structure):
    _fields_ = (("interval", _Moment), ("first", _Moment))


class Alarm:
    """Wakes whoever waits for it. Linux only: it is a timerfd (Python has them from 3.13 on)."""

    def __init__(self) -> None:
        """Raises OSError: there can be no more descriptors."""
        self._fd: Final = _libc.timerfd_create(_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._loop: Final = asyncio.get_running_loop()
        self._rung: asyncio.Future[None] | None = None
        self._loop.add_reader(self._fd, self._ring)

    async def wait(self, moment: float) -> None:
        """Wait until a moment on the clock of ``time.perf_counter``; one that is past is now."""
        self._rung = self._loop.create_future()
        # Nothing at all would mean: never.
        nanoseconds = max(1, round(moment * 1_000_000_000))
        timer = _Timer(_Moment(0, 0), _Moment(*divmod(nanoseconds, 1_000_000_000)))
        if _libc.timerfd_settime(self._fd, _ABSOLUTE, ctypes.byref(timer), None):
            raise OSError(ctypes.get_errno(), "timerfd_settime")
        await self._rung

    def close(self) -> None:
        """Give the descriptor back."""
        self._loop.remove_reader(self._fd)
        os.close(self._fd)

    def _ring(self) -> None:
        os.read(self._fd, 8)
        if self._rung is not None and not self._rung.done():
            self._rung.set_result(None)
