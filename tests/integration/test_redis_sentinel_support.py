"""The failovers that other tests build on do happen, and lose what they are to lose."""

from __future__ import annotations

from pathlib import Path

from tests.support.redis_sentinel import RedisSentinel, redis_sentinel
from tests.support.redis_server import RedisServer


def append(server: RedisServer, *values: str) -> None:
    with server.client() as client:
        client.rpush("list", *values)


def there(server: RedisServer) -> list[bytes]:
    with server.client() as client:
        found: list[bytes] = client.lrange("list", 0, -1)
        return found


def replicated(sentinel: RedisSentinel) -> None:
    """Append one, and wait until the replica has it."""
    with sentinel.master.client() as client:
        client.rpush("list", "kept")
        assert client.wait(1, 10_000) == 1


def test_what_a_detached_replica_did_not_receive_is_lost(tmp_path: Path) -> None:
    with redis_sentinel(tmp_path) as watched:
        assert watched.url.endswith("/mymaster/0")
        replicated(watched)
        watched.detach_replica()
        append(watched.master, "lost", "lost")
        old = watched.promote()
        new = watched.wait_promoted(old)
        assert watched.master is new is watched.servers[1]
        append(new, "grown")
        assert there(new) == [b"kept", b"grown"]


def test_three_sentinels_replace_a_master_that_died(tmp_path: Path) -> None:
    with redis_sentinel(tmp_path, sentinels=3) as watched:
        replicated(watched)
        new = watched.wait_promoted(watched.promote())
        assert there(new) == [b"kept"]


def test_a_replica_is_detached_for_a_while(tmp_path: Path) -> None:
    with redis_sentinel(tmp_path) as watched:
        replicated(watched)
        watched.detach_replica()
        append(watched.master, "late")
        assert there(watched.replica) == [b"kept"]
        watched.attach_replica()
        assert there(watched.replica) == [b"kept", b"late"]


def test_a_master_that_was_replaced_alive_still_takes_writes(tmp_path: Path) -> None:
    with redis_sentinel(tmp_path) as watched:
        replicated(watched)
        old = watched.hand_over()
        new = watched.wait_promoted(old)
        append(old, "lost")
        append(new, "grown")
        assert there(old) == [b"kept", b"lost"]
        assert there(new) == [b"kept", b"grown"]
        watched.wait_replica(old)
        assert there(old) == [b"kept", b"grown"]
