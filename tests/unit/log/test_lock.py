"""One server in a data directory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from straks.errors import StartError
from straks.log.lock import DirectoryLock

HOLD = """
import sys, time
from pathlib import Path
from straks.log.lock import DirectoryLock
lock = DirectoryLock.take(Path(sys.argv[1]))
print(lock.node, flush=True)
time.sleep(60)
"""


def test_a_second_server_is_told_so(tmp_path: Path) -> None:
    with DirectoryLock.take(tmp_path / "data"):
        with pytest.raises(StartError, match="Another server is running on the data directory"):
            DirectoryLock.take(tmp_path / "data")
        with DirectoryLock.take(tmp_path / "other"):
            pass


def test_the_lock_ends_with_its_process_and_the_node_keeps_its_name(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout as output:
        node = output.readline().strip()
        with pytest.raises(StartError):
            DirectoryLock.take(tmp_path)
        process.kill()
        process.wait()
    with DirectoryLock.take(tmp_path) as lock:
        assert lock.node == node != ""


def test_directories_have_names_of_their_own(tmp_path: Path) -> None:
    with DirectoryLock.take(tmp_path / "a") as a, DirectoryLock.take(tmp_path / "b") as b:
        assert a.node != b.node


def test_a_released_lock_is_free(tmp_path: Path) -> None:
    lock = DirectoryLock.take(tmp_path)
    lock.release()
    lock.release()
    DirectoryLock.take(tmp_path).release()


def test_an_unusable_directory_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for directory in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/straks")):
        with pytest.raises(StartError, match="cannot be used") as caught:
            DirectoryLock.take(directory)
        assert str(directory) in str(caught.value)


def test_a_damaged_node_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "node").write_bytes(b"\xff\xfe")
    with pytest.raises(StartError, match="node is damaged"):
        DirectoryLock.take(tmp_path)
    (tmp_path / "node").unlink()
    DirectoryLock.take(tmp_path).release()
