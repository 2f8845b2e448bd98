"""What has to be true of a Redis before the log uses it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from enum import Enum, auto
from typing import Any, Final

from straks.errors import StartError
from straks.log.log import LogUnavailableError
from straks.log.redis.address import Where, parse
from straks.log.redis.keys import ARRIVING, META, OLD_META, PARTITIONS
from straks.log.redis.link import LIBRARY
from straks.log.redis.master import Master
from straks.log.redis.topology import NoMasterError, Topology
from straks.log.redis.wire import ReplyError, Wire

__all__ = ["Use", "check_and_prepare", "check_and_prepare_all", "find", "where_is"]

_LOG: Final = logging.getLogger(__name__)
_VERSION: Final = 1
_OLDEST: Final = 7


def where_is(url: str) -> Where:
    """Read the URL of a Redis.

    Raises:
        StartError: it is none.
    """
    try:
        return parse(url)
    except ValueError as error:
        raise StartError(f"The address of Redis cannot be used: {error}.") from error


async def find(where: Where, *, deadline: float) -> Topology:
    """Find the masters.

    Raises:
        StartError: there are none; the message says why.
    """
    try:
        return await Topology.find(where, deadline=deadline)
    except ReplyError as error:
        raise _refusal(where.shown, error) from error
    except TimeoutError as error:
        raise StartError(f"Redis at {where.shown} does not answer.") from error
    except (OSError, NoMasterError) as error:
        raise StartError(
            f"Redis at {where.shown} cannot be used ({error}); start it, or check the URL."
        ) from error


class Use(Enum):
    """What somebody wants with a log."""

    SERVE = auto()
    """Who is the first makes it belong to his records."""
    LEAVE = auto()
    """It must belong to them already."""
    RESUME = auto()
    """The same, and then serve: it was filled with them."""
    FILL = auto()
    """What is there may be a part of what is being imported."""


async def check_and_prepare(
    master: Master, shown: str, *, deadline: float, owner: str | None, use: Use = Use.SERVE
) -> None:
    """Check the master of a lane and its data, and load the function library.

    Args:
        owner: names the records that belong to this log; those who have others are kept out.
        use: what for.

    Raises:
        StartError: it cannot be used; the message says why and what to change.
    """
    try:
        wire = await master.connect()
    except LogUnavailableError as error:
        if isinstance(error.__cause__, ReplyError):
            raise _refusal(shown, error.__cause__) from error
        cause = error.__cause__
        if isinstance(cause, NoMasterError):
            raise StartError(
                f"Redis at {shown} cannot be used ({cause}); give the address of a master."
            ) from error
        raise StartError(f"{error}; start it, or check the URL {shown}.") from error
    try:
        async with asyncio.timeout(deadline):
            await _check(wire, shown)
            if use in {Use.SERVE, Use.RESUME}:
                await _warn_of_loss(wire, shown)
            if 0 in master.partitions:
                await _check_data(wire, shown, owner, use)
    except ReplyError as error:
        raise _refusal(shown, error) from error
    except TimeoutError as error:
        raise StartError(f"Redis at {shown} does not answer.") from error
    except OSError as error:
        raise StartError(
            f"Redis at {shown} cannot be used ({error}); start it, or check the URL."
        ) from error
    finally:
        wire.close()


async def check_and_prepare_all(
    masters: Sequence[Master],
    topology: Topology,
    *,
    deadline: float,
    owner: str | None,
    use: Use = Use.SERVE,
) -> None:
    """Do so with the masters of all lanes, each once."""
    for address, master in {master.shown: master for master in reversed(masters)}.items():
        shown = address if topology.clustered else topology.where.shown
        await check_and_prepare(master, shown, deadline=deadline, owner=owner, use=use)


def _refusal(shown: str, error: ReplyError) -> StartError:
    if error.code in {"WRONGPASS", "NOAUTH", "NOPERM"} or "AUTH" in str(error):
        return StartError(
            f"Redis at {shown} refuses this user or password ({error}); check the URL."
        )
    return StartError(f"Redis at {shown} cannot be used ({error}); start it, or check the URL.")


async def _ask(wire: Wire, *command: str | int) -> Any:
    reply = await wire.ask(command)
    if isinstance(reply, ReplyError):
        raise reply
    return reply


async def _check(wire: Wire, shown: str) -> None:
    text = (await _ask(wire, "INFO", "everything")).decode()
    info = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    _check_server(info, shown)
    (known,) = await _ask(wire, "COMMAND", "INFO", "SSUBSCRIBE")
    if not known:
        raise StartError(
            f"Redis at {shown} has no sharded pub/sub (SSUBSCRIBE); use a server that has it."
        )
    reply = await wire.ask(("FUNCTION", "LOAD", LIBRARY))
    if isinstance(reply, ReplyError) and "already exists" not in str(reply):
        if reply.code == "NOPERM":
            raise reply
        raise StartError(
            f"Redis at {shown} does not take functions ({reply}); use a server that does."
        )


def _check_server(info: Mapping[str, str], shown: str) -> None:
    version = info.get("redis_version", "0")
    if int(version.partition(".")[0]) < _OLDEST:
        raise StartError(f"Redis at {shown} is version {version}; {_OLDEST}.0 or newer is needed.")
    policy = info.get("maxmemory_policy", "noeviction")
    if info.get("maxmemory", "0") != "0" and policy != "noeviction":
        raise StartError(
            f"Redis at {shown} may throw conversations away (maxmemory-policy is {policy}); "
            "set maxmemory-policy to noeviction."
        )


async def _warn_of_loss(wire: Wire, shown: str) -> None:
    """Warn unless every write is on the disk before it is acknowledged, as far as we may know."""
    persistence = (await _ask(wire, "INFO", "persistence")).decode()
    if "aof_enabled:1" not in persistence:
        _LOG.warning(
            "Redis at %s loses what is newer than its last snapshot when it stops: "
            "set appendonly to yes, and appendfsync to always to lose nothing",
            shown,
        )
        return
    reply = await wire.ask(("CONFIG", "GET", "appendfsync"))
    if isinstance(reply, ReplyError):
        # Hosted ones do not show their settings, nor do users without the right.
        _LOG.info("Redis at %s does not show when it writes to the disk", shown)
        return
    setting = reply[1].decode() if reply else "always"
    if setting != "always":
        _LOG.warning(
            "Redis at %s loses what is newer than its last write to the disk when its machine "
            "stops: set appendfsync to always (it is %s) to lose nothing",
            shown,
            setting,
        )


async def _check_data(wire: Wire, shown: str, owner: str | None, use: Use) -> None:
    # One that was used before there were clusters; in a cluster this is another slot.
    await wire.ask(("RENAMENX", OLD_META, META))
    await _ask(wire, "HSETNX", META, "version", _VERSION)
    await _ask(wire, "HSETNX", META, "partitions", PARTITIONS)
    if owner is not None and use is Use.SERVE:
        await _ask(wire, "HSETNX", META, "records", owner)
    found = await _ask(wire, "HMGET", META, "version", "partitions", "records", ARRIVING)
    version, partitions = (int(value) for value in found[:2])
    if version > _VERSION:
        raise StartError(
            f"Redis at {shown} was written by a newer version of Straks; install that version."
        )
    if partitions != PARTITIONS:
        raise StartError(
            f"Redis at {shown} was made for {partitions} partitions, this server has "
            f"{PARTITIONS}: use another Redis, or the version of Straks that made this one."
        )
    if found[3] and use is not Use.FILL:
        raise StartError(
            f"Redis at {shown} holds a part of an import that was interrupted; run `straks import` "
            "again, or empty it and the database."
        )
    if use is Use.RESUME and found[2] is None:
        raise StartError(
            f"The records are of an import that was interrupted, and Redis at {shown} is not: "
            "empty the database too, and run `straks import` again."
        )
    if owner is not None and found[2] is None:
        raise StartError(
            f"No server has ever run with Redis at {shown}, or it has lost everything; name the "
            "one of yours, or restore it from a backup."
        )
    if owner is not None and found[2].decode() != owner:
        raise StartError(
            f"Redis at {shown} belongs to servers with other records; give all of them the same "
            "database, or this one a Redis of its own."
        )
