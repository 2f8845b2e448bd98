"""The log in Redis: its adapter, and what it is made of."""

from straks.log.redis.log import RedisLog

__all__ = ["RedisLog"]
