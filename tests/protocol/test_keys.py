"""Keys are UUIDs of version 7."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from straks_protocol import KEY_RANDOM_BYTES, make_key

noise = st.binary(min_size=KEY_RANDOM_BYTES, max_size=KEY_RANDOM_BYTES)


@given(at=st.integers(0, 2**48 - 1), random=noise)
def test_a_key_is_a_uuid_that_begins_with_its_time(at: int, random: bytes) -> None:
    key = make_key(at, random)
    parsed = uuid.UUID(key)
    assert str(parsed) == key
    assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)
    assert parsed.int >> 80 == at


@given(one=noise, other=noise)
def test_all_but_six_random_bits_count(one: bytes, other: bytes) -> None:
    a, b = (int.from_bytes(value, "big") for value in (one, other))
    differ = (a >> 68, a & (2**62 - 1)) != (b >> 68, b & (2**62 - 1))
    assert (make_key(1, one) != make_key(1, other)) == differ


def test_too_little_randomness_is_refused() -> None:
    with pytest.raises(ValueError, match="10"):
        make_key(1, b"short")
