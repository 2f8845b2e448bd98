"""The secret of a data directory."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from straks.accounts.secret import derive_key, load_secret
from straks.errors import StartError


def test_the_secret_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    secret = load_secret(path)
    assert len(secret) == 32
    assert load_secret(path) == secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["secret"]


def test_many_that_make_it_at_once_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(load_secret, [tmp_path / "secret"] * 16))
    assert len(set(found)) == 1


def test_a_damaged_secret_is_told_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"half")
    with pytest.raises(StartError, match="damaged"):
        load_secret(path)
    assert path.read_bytes() == b"half"


def test_a_secret_in_no_directory_is_told(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="cannot be used"):
        load_secret(tmp_path / "absent" / "secret")


def test_keys_differ_by_purpose() -> None:
    secret = b"s" * 32
    assert derive_key(secret, "tokens") != derive_key(secret, "channels")
    assert derive_key(secret, "tokens") == derive_key(secret, "tokens")
