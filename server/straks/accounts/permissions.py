"""Who may do what, per kind of channel: what no rule allows is refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Final, Protocol, TypeAlias

from straks.accounts.principals import Principal
from straks.conversation.errors import RefusedError
from straks_protocol import ErrorCode
from straks_protocol import Principal as WirePrincipal
from straks_protocol.channels import Channel

__all__ = [
    "ASKED",
    "TEAMS",
    "Held",
    "check_open",
    "check_publish",
    "check_read",
    "check_signal",
]

TEAMS: Final = frozenset({"default"})
"""The teams that have an inbox."""

ASKED: Final = "question"
"""The kind of ``app:`` channels that the server asks a bot with."""

_APP_KIND: Final = re.compile(r"[a-z][a-z0-9_.]{0,63}", re.ASCII)


class Held(Protocol):
    """What of a conversation decides who may do what."""

    @property
    def owners(self) -> Collection[str]:
        """The visitors (``visitor:id``) whose conversation it is."""
        ...

    @property
    def agent(self) -> WirePrincipal | None:
        """The agent it is with."""
        ...


Rule: TypeAlias = Callable[[Principal, Held], bool]


def _owner(who: Principal, held: Held) -> bool:
    return who.kind == "visitor" and who.sender in held.owners


def _agent(who: Principal, _held: Held) -> bool:
    return who.kind == "agent"


def _agent_in_charge(who: Principal, held: Held) -> bool:
    return who.kind == "agent" and held.agent is not None and held.agent.id == who.id


def _agent_in_charge_or_free(who: Principal, held: Held) -> bool:
    return who.kind == "agent" and (held.agent is None or held.agent.id == who.id)


def _server(who: Principal, _held: Held) -> bool:
    return who.kind == "server"


def _scope(name: str) -> Rule:
    return lambda who, _held: who.kind == "app" and name in who.scopes


def _any(*rules: Rule) -> Rule:
    def allowed(who: Principal, held: Held) -> bool:
        for rule in rules:  # noqa: SIM110  # any() takes three times as long
            if rule(who, held):
                return True
        return False

    return allowed


_PUBLISH: Final[Mapping[str, Mapping[str, Rule]]] = {
    "conversation": {
        "message": _any(_owner, _agent_in_charge, _scope("message")),
        "answer": _scope("answer"),
        "feedback": _owner,
        "step": _owner,
        "details": _any(_owner, _server),
        "ask_human": _any(_owner, _scope("answer")),
        "contact": _any(_owner, _server),
        "accept": _agent,
        "transfer": _agent_in_charge,
        "close": _any(_owner, _agent_in_charge_or_free, _server),
        "reopen": _any(_owner, _agent, _server),
        "rate": _owner,
    },
    "desk": {"note": _agent, "tag": _agent, "assign_reason": _server},
}

_SIGNAL: Final[Mapping[str, Mapping[str, Rule]]] = {
    "conversation": {"typing": _any(_owner, _agent_in_charge, _scope("message"))},
    "desk": {"typing": _agent, "viewing": _agent},
}

_SEES: Final[Mapping[str, Rule]] = {
    "conversation": _any(_owner, _agent, _server, _scope("message"), _scope("answer")),
    "desk": _any(_agent, _server),
}


def check_open(principal: Principal) -> None:
    """Allow a new conversation to visitors only.

    Raises:
        RefusedError: ``forbidden``.
    """
    if principal.kind != "visitor":
        raise RefusedError(ErrorCode.FORBIDDEN, "Only visitors open conversations.")


def check_read(principal: Principal, channel: Channel, conversation: Held | None) -> None:
    """Allow subscribe, history, presence and read marks on a channel.

    Raises:
        RefusedError: ``not_found``, alike for channels that are absent and for foreign ones.
    """
    if not _may_see(principal, channel, conversation):
        raise _not_found(channel)


def check_publish(
    principal: Principal, channel: Channel, kind: str, conversation: Held | None
) -> None:
    """Allow an entry of ``kind`` (PROTOCOL.md §6).

    Raises:
        RefusedError: ``not_found`` when the channel is not theirs to see, ``unknown_kind``, or
            ``forbidden`` when it is another's to publish.
    """
    if conversation is not None:
        allowed = _PUBLISH.get(channel.kind, {}).get(kind)
        if allowed is not None and allowed(principal, conversation):
            return  # Whoever may publish something may see it.
    if not _may_see(principal, channel, conversation):
        raise _not_found(channel)
    if channel.kind == "app":
        if _APP_KIND.fullmatch(kind) is None:
            raise _unknown_kind(kind, channel)
        if kind == ASKED:
            allowed_here = principal.kind == "server"  # nobody else asks a bot in its name
        else:
            allowed_here = f"app:{channel.id}:publish" in principal.scopes
        if not allowed_here:
            raise _forbidden(principal, kind, channel)
    elif channel.kind == "inbox":
        if kind != "conversation":
            raise _unknown_kind(kind, channel)
        if principal.kind != "server":
            raise _forbidden(principal, kind, channel)
    else:
        rule = _PUBLISH[channel.kind].get(kind)
        if rule is None:
            raise _unknown_kind(kind, channel)
        if conversation is None or not rule(principal, conversation):
            raise _forbidden(principal, kind, channel)


def check_signal(
    principal: Principal, channel: Channel, kind: str, conversation: Held | None
) -> None:
    """Allow a signal of ``kind``.

    Raises:
        RefusedError: as :func:`check_publish`.
    """
    if not _may_see(principal, channel, conversation):
        raise _not_found(channel)
    rule = _SIGNAL.get(channel.kind, {}).get(kind)
    if rule is None:
        raise _unknown_kind(kind, channel)
    if conversation is None or not rule(principal, conversation):
        raise _forbidden(principal, kind, channel)


def _may_see(principal: Principal, channel: Channel, conversation: Held | None) -> bool:
    if channel.kind == "inbox":
        return channel.id in TEAMS and principal.kind in {"agent", "server"}
    if channel.kind == "app":
        # An app hears what the server tells it by its name.
        prefix = f"app:{channel.id}:"
        return principal.kind == "server" or (
            principal.kind == "app"
            and (principal.id == channel.id or any(s.startswith(prefix) for s in principal.scopes))
        )
    rule = _SEES.get(channel.kind)
    return rule is not None and conversation is not None and rule(principal, conversation)


def _not_found(channel: Channel) -> RefusedError:
    return RefusedError(
        ErrorCode.NOT_FOUND, f"There is no channel {channel.kind}:{channel.id} that is yours."
    )


def _unknown_kind(kind: str, channel: Channel) -> RefusedError:
    return RefusedError(
        ErrorCode.UNKNOWN_KIND, f"{channel.kind}: channels have no kind {kind[:64]!r}."
    )


def _forbidden(principal: Principal, kind: str, channel: Channel) -> RefusedError:
    who = ("An " if principal.kind[0] in "aeiou" else "A ") + principal.kind
    return RefusedError(
        ErrorCode.FORBIDDEN,
        f"{who} may not send {kind!r} to this {channel.kind}: channel now.",
    )
