"""An import that is killed is not served, and can be done again."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from straks.config import load_settings
from straks.log.redis.keys import META
from straks.log.sqlite import SQLiteLog
from straks.moving.errors import MovingError
from straks.moving.places import open_target
from straks.moving.stage import Stage
from straks.records.database import Database
from straks.records.rows import Rows
from tests.support.logs import append, item
from tests.support.postgres_server import PostgresServer
from tests.support.redis_server import RedisServer
from tests.support.server import ServerError, ServerProcess, environment, run_straks
from tests.support.tracing import strace

RENAMES = "rename,renameat,renameat2"
KILLED = -9
CUSTOMER = {"visitor_id": "v", "email": None, "name": "Kim", "updated_at": 1}


@pytest.fixture
async def export(tmp_path: Path) -> Path:
    """What a server with an agent and an entry exported."""
    server = ServerProcess(tmp_path / "written")
    log = await SQLiteLog.open(server.data)
    await append(log, item(data=b'{"text":"A lamp, please."}'))
    await log.close()
    server.add_agent("bo@chat.example", "Bo", "correct horse")
    file = tmp_path / "written.jsonl"
    assert straks(server, "export", file).returncode == 0
    return file


def place_of(server: ServerProcess) -> dict[str, str]:
    names = {"data", "redis", "database"} & server.settings.keys()
    return {name: server.settings[name] for name in names}


def straks(server: ServerProcess, command: str, file: Path) -> subprocess.CompletedProcess[str]:
    return run_straks(command, str(file), **place_of(server))


def killed_import(server: ServerProcess, file: Path, calls: str, number: int) -> bool:
    """Import, and be killed at a system call; tell whether it was."""
    inject = f"inject={calls}:signal=SIGKILL:when={number}"
    trace = file.with_name("trace")
    done = subprocess.run(
        [
            *strace(trace, "-e", f"trace={calls}", "-e", inject),
            *(sys.executable, "-B", "-m", "straks", "import", str(file)),
        ],
        env=environment(place_of(server)),
        capture_output=True,
        timeout=60,
        check=False,
    )
    return done.returncode in {KILLED, 128 - KILLED}


def is_complete(server: ServerProcess, file: Path) -> None:
    """What is served is what was exported."""
    with server:
        server.stop()
    back = file.with_name("back.jsonl")
    back.unlink(missing_ok=True)
    assert straks(server, "export", back).returncode == 0
    lines, expected = (
        {
            line
            for line in each.read_text().splitlines()
            if ('"entry"' in line[:20] or '"agents"' in line[:40]) and "app:health" not in line
        }
        for each in (back, file)
    )
    assert lines == expected
    assert len(lines) == 2


def check_kills(make: Callable[[str], ServerProcess], file: Path, calls: str) -> None:
    """Kill at the last calls of an import of each kind, and in the midst of it."""
    server = make("whole")
    assert not killed_import(server, file, calls, 10_000)
    is_complete(server, file)
    # strace counts those of each thread and kind; one thread imports.
    begun = re.findall(r"^(\d+) +(\w+)\(", file.with_name("trace").read_text(), re.MULTILINE)
    for (_, call), total in Counter(begun).items():
        for number in sorted({max(1, total // 2), *range(max(1, total - 2), total + 1)}):
            server = make(f"{call}_{number}")
            assert killed_import(server, file, call, number)
            again = straks(server, "import", file)
            if again.returncode:
                assert "import into an empty" in again.stderr
                is_complete(server, file)
            else:
                assert "Everything is there, and the same" in again.stdout


@pytest.mark.timeout(400)
def test_a_killed_import_into_files(tmp_path: Path, export: Path) -> None:
    def make(name: str) -> ServerProcess:
        (tmp_path / name).mkdir()
        return ServerProcess(tmp_path / name)

    check_kills(make, export, RENAMES)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("shared", [False, True], ids=["sqlite", "postgres"])
def test_a_killed_import_into_redis(
    tmp_path: Path, export: Path, redis: RedisServer, postgres: PostgresServer, shared: bool
) -> None:
    def make(name: str) -> ServerProcess:
        redis.empty()
        (tmp_path / name).mkdir()
        settings = {"database": postgres.create(f"killed_{name}")} if shared else {}
        return ServerProcess(tmp_path / name, redis=redis.url, **settings)

    check_kills(make, export, f"connect,{RENAMES}")


def test_a_part_of_an_import_is_not_used(tmp_path: Path, export: Path) -> None:
    (tmp_path / "part").mkdir()
    server = ServerProcess(tmp_path / "part")
    # The secret is in its place, and nothing else.
    assert killed_import(server, export, RENAMES, 2)
    assert (server.data / "secret").exists()
    assert not (server.data / "log.db").exists()
    with pytest.raises(ServerError, match="run `straks import` again"):
        server.start()
    back = tmp_path / "back.jsonl"
    assert "run `straks import` again" in straks(server, "export", back).stderr
    migrated = run_straks("migrate", data=server.settings["data"])
    assert "run `straks import` again" in migrated.stderr
    assert straks(server, "import", export).returncode == 0
    is_complete(server, export)


def test_what_is_beside_an_import_stays(tmp_path: Path, export: Path, redis: RedisServer) -> None:
    """Who moves from files to Redis may keep the data directory, and has the old log still."""
    redis.empty()
    server = ServerProcess(tmp_path / "written", redis=redis.url)
    for name in ("records.db", "secret"):
        (server.data / name).unlink()
    old = (server.data / "log.db").read_bytes()
    assert killed_import(server, export, RENAMES, 2)
    assert straks(server, "import", export).returncode == 0
    assert (server.data / "log.db").read_bytes() == old


async def test_redis_belongs_to_the_records_it_came_with(
    tmp_path: Path, export: Path, redis: RedisServer, postgres: PostgresServer
) -> None:
    redis.empty()
    (tmp_path / "large").mkdir()
    database = postgres.create("came_with")
    server = ServerProcess(tmp_path / "large", redis=redis.url, database=database)
    assert straks(server, "import", export).returncode == 0
    (tmp_path / "other").mkdir()
    elsewhere = postgres.create("of_others")
    other = ServerProcess(tmp_path / "other", redis=redis.url, database=elsewhere)
    with pytest.raises(ServerError, match="belongs to servers with other records"):
        other.start()
    back = tmp_path / "back.jsonl"
    refused = straks(other, "export", back)
    assert refused.returncode
    assert "belongs to servers with other records" in refused.stderr
    is_complete(server, export)


async def test_an_export_does_not_claim_a_redis(
    tmp_path: Path, redis: RedisServer, postgres: PostgresServer
) -> None:
    redis.empty()
    (tmp_path / "large").mkdir()
    database = postgres.create("claims")
    server = ServerProcess(tmp_path / "large", redis=redis.url, database=database)
    with server:
        server.stop()
    redis.empty()
    refused = straks(server, "export", tmp_path / "back.jsonl")
    assert refused.returncode
    assert "it has lost everything" in refused.stderr


async def test_an_account_that_was_made_meanwhile_stays(tmp_path: Path) -> None:
    settings = load_settings(data=str(tmp_path / "data"))
    async with AsyncExitStack() as stack:
        target = await open_target(settings, stack)
        async with target.open_log() as log:
            await log.finish([])
        await target.put_records([], b"s" * 32)
        # By somebody who looked before the import began.
        database = await Database.open(settings.data / "records.db")
        await Rows(database).fill([("customers", [CUSTOMER])])
        await database.close()
        with pytest.raises(MovingError, match="are not empty"):
            await target.finish()
    database = await Database.open(settings.data / "records.db")
    assert [row async for row in Rows(database).read("customers")] == [CUSTOMER]
    await database.close()
    assert not (settings.data / "log.db").exists()


def test_what_was_written_since_an_import_is_never_replaced(
    tmp_path: Path, export: Path, redis: RedisServer, postgres: PostgresServer
) -> None:
    redis.empty()
    (tmp_path / "large").mkdir()
    database = postgres.create("since")
    server = ServerProcess(tmp_path / "large", redis=redis.url, database=database)
    assert straks(server, "import", export).returncode == 0
    name = postgres.sql("SELECT import_id FROM deployment", "since").strip()
    assert name
    with server:
        server.stop()
    redis.empty()
    # A copy of Redis is put back that was made while the import was at work.
    redis.client().hset(META, mapping={"version": 1, "partitions": 16, "arriving": name})
    refused = straks(server, "import", export)
    assert refused.returncode
    assert "are not empty" in refused.stderr


def test_records_of_half_an_import_are_not_served_over_an_empty_redis(
    tmp_path: Path, export: Path, redis: RedisServer, postgres: PostgresServer
) -> None:
    redis.empty()
    (tmp_path / "large").mkdir()
    database = postgres.create("emptied")
    server = ServerProcess(tmp_path / "large", redis=redis.url, database=database)
    assert killed_import(server, export, RENAMES, 10_000) is False
    redis.empty()  # Instead of importing again.
    with pytest.raises(ServerError, match="empty the database too, and run `straks import` again"):
        server.start()


def test_what_is_not_moved_into_its_file_is_not_put_into_place(tmp_path: Path) -> None:
    """SQLite does not say so when the disk was full while it closed a file."""
    with Stage.open(tmp_path) as stage:
        (stage.path / "records.db").write_bytes(b"a part")
        (stage.path / "records.db-wal").write_bytes(b"the rest")
        with pytest.raises(OSError, match=r"records\.db is not whole"):
            stage.place(["records.db"])
    assert not list(tmp_path.iterdir())
