"""A port that was found free stays free until a server binds it."""

import socket
from pathlib import Path

from bench.ports import HOST, free_port


def test_no_port_is_given_twice_nor_while_it_is_taken() -> None:
    ports = [free_port() for _ in range(200)]
    assert len(set(ports)) == len(ports)
    with socket.socket() as taken:
        taken.bind((HOST, ports[0]))
        assert ports[0] not in {free_port() for _ in range(200)}


def test_connections_that_go_out_do_not_take_it() -> None:
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert all(free_port() < first for _ in range(50))
