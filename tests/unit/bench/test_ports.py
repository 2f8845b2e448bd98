"""A port that was found free stays free until a server binds it."""

import socket
from pathlib import Path

import pytest

from bench.ports import HOST, SHARE, free_port, keep_to_share


def test_no_port_is_given_twice_nor_while_it_is_taken() -> None:
    ports = [free_port() for _ in range(200)]
    assert len(set(ports)) == len(ports)
    with socket.socket() as taken:
        taken.bind((HOST, ports[0]))
        assert ports[0] not in {free_port() for _ in range(200)}


def test_who_keeps_to_another_share_is_given_other_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SHARE, "what it was comes back")
    shares = []
    for number in range(3):
        keep_to_share(number, 2)
        shares.append({free_port() for _ in range(200)})
    assert max(shares[0] | shares[2]) < min(shares[1])


def test_connections_that_go_out_do_not_take_it() -> None:
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert all(free_port() < first for _ in range(50))
