"""Reads the protocol's vectors and plays its dialogues with a real server."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

import msgpack
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

__all__ = ["VECTORS", "Dialogue", "DialogueError", "Stage", "dialogues", "expand", "load", "play"]

VECTORS: Final = Path(__file__).resolve().parents[2] / "protocol" / "vectors"
TIMEOUT: Final = 60.0
"""Seconds that one step may take, on a busy machine."""

_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
}


class DialogueError(AssertionError):
    """The server did not say what the script says."""


class Stage(Protocol):
    """Where a dialogue is played: a server, and what the script needs of it."""

    @property
    def socket_url(self) -> str:
        """Address of ``/v1/socket``."""
        ...

    async def agent(self, name: str) -> Mapping[str, str]:
        """Sign an agent in; gives ``token``, ``origin``, ``id`` and ``name``."""
        ...

    async def give(self, variable: str) -> str:
        """Give another variable that the script names under ``gives``."""
        ...

    async def drain(self) -> None:
        """Ask the server for an orderly stop, and come back while it goes on."""
        ...


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One script of ``vectors/sessions``."""

    name: str
    title: str
    steps: tuple[Mapping[str, Any], ...]
    agents: tuple[str, ...]
    gives: tuple[str, ...]


def load(name: str) -> Any:
    """Read one of the vector files."""
    return json.loads((VECTORS / name).read_text(encoding="utf-8"))


def dialogues() -> Iterator[Dialogue]:
    """Read all scripts, in the order of their names."""
    for path in sorted((VECTORS / "sessions").glob("*.json")):
        script = json.loads(path.read_text(encoding="utf-8"))
        yield Dialogue(
            path.stem,
            script["title"],
            tuple(script["steps"]),
            tuple(script.get("agents", ())),
            tuple(script.get("gives", ())),
        )


def expand(value: Any) -> Any:
    """Put the long strings together that ``$repeat`` and ``$join`` stand for."""
    if isinstance(value, dict):
        if value.keys() == {"$repeat"}:
            text, times = value["$repeat"]
            return text * times
        if value.keys() == {"$join"}:
            return "".join(expand(part) for part in value["$join"])
        return {key: expand(found) for key, found in value.items()}
    if isinstance(value, list):
        return [expand(found) for found in value]
    return value


async def play(dialogue: Dialogue, stage: Stage, subprotocol: str) -> None:
    """Play a dialogue in one codec.

    Raises:
        DialogueError: the server left the script; the message names the step.
    """
    variables: dict[str, Any] = {}
    for name in dialogue.agents:
        for key, value in (await stage.agent(name)).items():
            variables[f"{name}_{key}"] = value
    for name in dialogue.gives:
        variables[name] = await stage.give(name)
    player = _Player(stage, subprotocol, variables)
    try:
        for number, step in enumerate(dialogue.steps, 1):
            try:
                await asyncio.wait_for(player.step(step), TIMEOUT)
            except (DialogueError, TimeoutError, ConnectionClosed, OSError) as error:
                what = str(error) or type(error).__name__
                raise DialogueError(f"{dialogue.name}, step {number}: {step}\n{what}") from error
    finally:
        await player.close()


@dataclass(slots=True)
class _Player:
    stage: Stage
    subprotocol: str
    variables: dict[str, Any]
    connections: dict[str, ClientConnection] = field(default_factory=dict)
    last_id: int = 1_000_000

    async def step(self, step: Mapping[str, Any]) -> None:
        verbs: dict[str, Callable[[Mapping[str, Any]], Awaitable[None]]] = {
            "connect": self._connect,
            "send": self._send,
            "send_other": self._send_other,
            "expect": self._expect,
            "expect_all": self._expect_all,
            "repeat": self._repeat,
            "expect_close": self._expect_close,
            "close": self._close,
            "server": self._server,
        }
        verb = next((verb for verb in verbs if verb in step), None)
        if verb is None:
            raise DialogueError("no such step")
        await verbs[verb](step)

    async def close(self) -> None:
        for connection in self.connections.values():
            await connection.close()

    async def _connect(self, step: Mapping[str, Any]) -> None:
        origin = self._filled(step.get("origin"))
        self.connections[step["connect"]] = await connect(
            self.stage.socket_url,
            subprotocols=[Subprotocol(self.subprotocol)],
            origin=None if origin is None else Origin(origin),
            compression=None,
            ping_interval=None,
            proxy=None,
        )

    async def _send(self, step: Mapping[str, Any]) -> None:
        await self._write(step["send"], self._filled(expand(step["frame"])))

    async def _send_other(self, step: Mapping[str, Any]) -> None:
        frame: bytes | str = '{"type":"pong"}'
        if self.subprotocol.endswith("json"):
            frame = msgpack.packb({"type": "pong"})
        await self.connections[step["send_other"]].send(frame)

    async def _expect(self, step: Mapping[str, Any]) -> None:
        await self._next(step["expect"], [step["frame"]])

    async def _expect_all(self, step: Mapping[str, Any]) -> None:
        wanted = list(step["frames"])
        while wanted:
            wanted.remove(await self._next(step["expect_all"], wanted))

    async def _repeat(self, step: Mapping[str, Any]) -> None:
        name = step["repeat"]
        for round_ in range(1, step["max"] + 1):
            for variable in step.get("fresh", ()):
                self.variables[variable] = str(uuid.uuid4())
            await self._write(name, self._filled(expand(step["frame"])))
            answer = await self._read(name, [step["until"]])
            taken = dict(self.variables)
            if _matches(step["until"], answer, taken):
                if round_ >= step.get("min", 1):
                    self.variables.update(taken)
                    return
            elif "min" in step:
                raise DialogueError(f"came in round {round_}: {answer}")
            await asyncio.sleep(answer.get("retry_after", 0))
        raise DialogueError(f"did not happen in {step['max']} rounds; last came {answer}")

    async def _expect_close(self, step: Mapping[str, Any]) -> None:
        connection = self.connections[step["expect_close"]]
        try:
            while True:
                await connection.recv()
        except ConnectionClosed as closed:
            code = None if closed.rcvd is None else closed.rcvd.code
            if code != step["code"]:
                raise DialogueError(f"closed with {code}") from None

    async def _close(self, step: Mapping[str, Any]) -> None:
        await self.connections.pop(step["close"]).close()

    async def _server(self, step: Mapping[str, Any]) -> None:
        if step["server"] != "drain":
            raise DialogueError("no such order")
        await self.stage.drain()

    async def _write(self, name: str, frame: dict[str, Any]) -> None:
        data: bytes | str = json.dumps(frame, ensure_ascii=False)
        if not self.subprotocol.endswith("json"):
            data = msgpack.packb(frame)
        await self.connections[name].send(data)

    async def _next(self, name: str, wanted: list[Any]) -> Any:
        """Read the next frame and return which of ``wanted`` it is."""
        frame = await self._read(name, wanted)
        for pattern in wanted:
            taken = dict(self.variables)
            if _matches(pattern, frame, taken):
                self.variables.update(taken)
                return pattern
        raise DialogueError(f"came instead: {json.dumps(frame, ensure_ascii=False)}")

    async def _read(self, name: str, wanted: list[Any]) -> dict[str, Any]:
        connection = self.connections[name]
        while True:
            data = await connection.recv()
            if isinstance(data, str) != self.subprotocol.endswith("json"):
                raise DialogueError("a frame with the other codec's opcode")
            frame = json.loads(data) if isinstance(data, str) else msgpack.unpackb(data)
            if frame["type"] == "ping":
                await self._write(name, {"type": "pong"})
            elif not _by_the_way(frame) or any(
                _matches(pattern, frame, dict(self.variables)) for pattern in wanted
            ):
                found: dict[str, Any] = frame
                return found

    def _filled(self, value: Any) -> Any:
        """Put variables in; new keys and request ids are made here."""
        if isinstance(value, dict):
            return {key: self._filled(found) for key, found in value.items()}
        if isinstance(value, list):
            return [self._filled(found) for found in value]
        if not isinstance(value, str) or not value.startswith("$"):
            return value
        if value == "$id":
            self.last_id += 1
            return self.last_id
        name = value[1:]
        if name not in self.variables:
            if not name.startswith("key"):
                raise DialogueError(f"the variable {value} has no value")
            self.variables[name] = str(uuid.uuid4())
        return self.variables[name]


def _by_the_way(frame: Mapping[str, Any]) -> bool:
    """Tell whether a server may push this at any time."""
    if frame["type"] in {"presence", "read", "signal"}:
        return "id" not in frame
    return bool(frame["type"] == "entry" and frame["entry"]["kind"] == "answer")


def _matches(pattern: Any, value: Any, variables: dict[str, Any]) -> bool:
    """Tell whether a value is what a script expects; fills variables in."""
    if isinstance(pattern, str) and pattern.startswith("$"):
        return bool(variables.setdefault(pattern[1:], value) == value)
    if isinstance(pattern, dict):
        if len(pattern) == 1 and (only := next(iter(pattern))).startswith("$"):
            return _special(only, pattern[only], value, variables)
        return isinstance(value, dict) and all(
            key not in value
            if found == {"$absent": True}
            else key in value and _matches(found, value[key], variables)
            for key, found in pattern.items()
        )
    if isinstance(pattern, list):
        return (
            isinstance(value, list)
            and len(value) == len(pattern)
            and all(_matches(p, v, variables) for p, v in zip(pattern, value, strict=True))
        )
    return bool(type(pattern) is type(value) and pattern == value)


def _special(name: str, argument: Any, value: Any, variables: dict[str, Any]) -> bool:
    if name == "$is":
        return isinstance(value, _TYPES[argument]) and (
            argument == "boolean" or not isinstance(value, bool)
        )
    if name == "$length":
        return isinstance(value, list) and len(value) == int(argument)
    if name == "$contains":
        rest = iter(value if isinstance(value, list) else ())
        return all(_found(pattern, rest, variables) for pattern in argument)
    raise DialogueError(f"no such matcher: {name}")


def _found(pattern: Any, rest: Iterator[Any], variables: dict[str, Any]) -> bool:
    """Look for the next element that matches; what it did not match leaves no variables."""
    for value in rest:
        taken = dict(variables)
        if _matches(pattern, value, taken):
            variables.update(taken)
            return True
    return False
