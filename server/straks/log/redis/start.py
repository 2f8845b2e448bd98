"""What has to be true of a Redis before the log uses it."""

from __future__ import annotations

import logging
from typing import Any, Final
from urllib.parse import urlsplit

from redis.asyncio import Redis
from redis.exceptions import (
    AuthenticationError,
    NoPermissionError,
    RedisError,
    ResponseError,
)

from straks.errors import StartError
from straks.log.redis.keys import META, PARTITIONS
from straks.log.redis.link import LIBRARY

__all__ = ["check_and_prepare", "place"]

_LOG: Final = logging.getLogger(__name__)
_VERSION: Final = 1
_OLDEST: Final = 7


def place(url: str) -> str:
    """Say which Redis a URL means, without its password."""
    parts = urlsplit(url)
    if parts.hostname is None:
        return f"{parts.scheme}://{parts.path}"
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"


async def check_and_prepare(client: Redis, where: str) -> None:
    """Check a Redis' version and data, and load the function library.

    Raises:
        StartError: it cannot be used; the message says why.
    """
    try:
        info = await client.info("everything")
        _check_server(info, where)
        if info.get("aof_enabled"):
            await _check_writing(client, where)
        try:
            await client.function_load(LIBRARY, replace=True)
        except NoPermissionError:
            raise
        except ResponseError as error:
            raise StartError(f"Redis at {where} does not take functions ({error}).") from error
        await _check_data(client, where)
    except (AuthenticationError, NoPermissionError) as error:
        raise StartError(
            f"Redis at {where} refuses this user or password ({error}); check the URL."
        ) from error
    except (RedisError, OSError) as error:
        raise StartError(
            f"Redis at {where} cannot be used ({error}); start it, or check the URL."
        ) from error


def _check_server(info: dict[str, Any], where: str) -> None:
    version = str(info.get("redis_version", "0"))
    if int(version.partition(".")[0]) < _OLDEST:
        raise StartError(f"Redis at {where} is version {version}; {_OLDEST}.0 or newer is needed.")
    if info.get("cluster_enabled"):
        raise StartError(f"Redis at {where} is a cluster; a single Redis is needed.")
    if info.get("role") != "master":
        raise StartError(f"Redis at {where} is a replica; give the address of its master.")
    if info.get("maxmemory") and info.get("maxmemory_policy") != "noeviction":
        _LOG.warning(
            "Redis at %s may throw conversations away: set maxmemory-policy to noeviction", where
        )
    if not info.get("aof_enabled"):
        _LOG.warning(
            "Redis at %s loses what is newer than its last snapshot when it stops: "
            "set appendonly to yes, and appendfsync to always to lose nothing",
            where,
        )


async def _check_writing(client: Redis, where: str) -> None:
    """Warn unless every write is on the disk before it is acknowledged, as far as we may know."""
    try:
        found = await client.config_get("appendfsync")
    except ResponseError:
        # Hosted ones do not show their settings, nor do users without the right.
        _LOG.info("Redis at %s does not show when it writes to the disk", where)
        return
    setting = found.get("appendfsync", "always")
    if setting != "always":
        _LOG.warning(
            "Redis at %s loses what is newer than its last write to the disk when its machine "
            "stops: set appendfsync to always (it is %s) to lose nothing",
            where,
            setting,
        )


async def _check_data(client: Redis, where: str) -> None:
    async with client.pipeline(transaction=True) as pipeline:
        pipeline.hsetnx(META, "version", str(_VERSION))
        pipeline.hsetnx(META, "partitions", str(PARTITIONS))
        pipeline.hmget(META, ["version", "partitions"])
        version, partitions = (int(value) for value in (await pipeline.execute())[-1])
    if version > _VERSION:
        raise StartError(
            f"Redis at {where} was written by a newer version of Straks; install that version."
        )
    if partitions != PARTITIONS:
        raise StartError(
            f"Redis at {where} was made for {partitions} partitions, this server has {PARTITIONS}."
        )
