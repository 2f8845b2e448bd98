"""Agents' accounts: making them, signing in to them."""

from __future__ import annotations

import re
import secrets
from collections import OrderedDict
from typing import Final

from straks.accounts.passwords import Passwords
from straks.accounts.sessions import Agent
from straks.accounts.throttle import Throttle
from straks.clock import Clock
from straks.conversation.errors import RefusedError
from straks.errors import StraksError
from straks.records.accounts import AccountRecords, AgentRow
from straks_protocol import ErrorCode

__all__ = ["Accounts", "BadEmailError", "UnknownAgentError"]

_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s]{1,189}")
_LONGEST_NAME: Final = 100
_LONGEST_WAIT_OF_ADDRESS: Final = 900.0
_LONGEST_WAIT_OF_ACCOUNT: Final = 30.0
_MOST_KNOWN: Final = 10_000


class BadEmailError(StraksError):
    """This is not an e-mail address, or not a name."""


class UnknownAgentError(StraksError):
    """There is no agent with this address."""


class Accounts:
    """What an operator does with agents' accounts, and how agents sign in."""

    def __init__(self, records: AccountRecords, passwords: Passwords, clock: Clock) -> None:
        self._records = records
        self._passwords = passwords
        self._clock = clock
        self._by_address = Throttle(clock, longest=_LONGEST_WAIT_OF_ADDRESS)
        self._by_account = Throttle(clock, longest=_LONGEST_WAIT_OF_ACCOUNT)
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()
        """Accounts with addresses from which they were signed in to, the latest last."""

    async def add_agent(self, email: str, name: str, password: str | None) -> Agent:
        """Make an account; without a password only a sign-in link opens it.

        Raises:
            BadEmailError: not an address or name that we take.
            PasswordError: not a password that we take.
            AgentExistsError: the address is taken.
        """
        address = _address(email)
        shown = " ".join(name.split())
        if not 1 <= len(shown) <= _LONGEST_NAME:
            raise BadEmailError(f"An agent's name has 1 to {_LONGEST_NAME} characters.")
        row = AgentRow(
            id=secrets.token_urlsafe(9),
            email=address,
            name=shown,
            password_hash=None if password is None else await self._passwords.hash(password),
            created_at=self._clock.now_ms(),
        )
        await self._records.add_agent(row)
        return Agent(id=row.id, name=row.name, email=row.email)

    async def set_password(self, email: str, password: str) -> None:
        """Change a password, which signs the agent out everywhere.

        Raises:
            BadEmailError: not an address.
            PasswordError: not a password that we take.
            UnknownAgentError: no such agent.
        """
        row = await self._records.agent_by_email(_address(email))
        if row is None:
            raise UnknownAgentError(f"There is no agent {email}; straks agent add makes one.")
        await self._records.set_password(
            row.id, await self._passwords.hash(password), sign_out=True
        )

    async def find(self, email: str) -> Agent | None:
        """Find an agent by address."""
        row = await self._records.agent_by_email(_address(email))
        return None if row is None else Agent(id=row.id, name=row.name, email=row.email)

    async def sign_in(self, email: str, password: str, address: str) -> AgentRow | None:
        """Check a password; None when it, or the account, is wrong.

        Raises:
            RefusedError: ``rate_limited``, with the seconds to wait.
        """
        account = email.strip().casefold()[:254]
        wait = max(self._by_address.wait(address), self._wait_of_account(account, address))
        if wait > 0:
            raise RefusedError(
                ErrorCode.RATE_LIMITED, "Too many failed sign-ins; wait.", retry_after=wait
            )
        # Counted before the slow comparison: many at once must not all pass as the first.
        self._by_address.failed(address)
        self._by_account.failed(account)
        row = await self._records.agent_by_email(account)
        stored = None if row is None or row.disabled else row.password_hash
        right = await self._passwords.verify(stored, password)
        if row is None or stored is None or not right:
            return None
        self._by_address.forgive(address)
        self._by_account.succeeded(account)
        self._remember(account, address)
        if self._passwords.is_outdated(stored):
            await self._records.set_password(
                row.id, await self._passwords.hash(password), sign_out=False
            )
        return row

    def _wait_of_account(self, account: str, address: str) -> float:
        """Seconds for which an address must leave an account alone that others guess at.

        Its agent must not be kept out by them: who has not failed, or was let in before, need
        not wait for the failures of others.
        """
        if self._by_address.is_clean(address) or (account, address) in self._known:
            return 0.0
        return self._by_account.wait(account)

    def _remember(self, account: str, address: str) -> None:
        self._known[account, address] = None
        self._known.move_to_end((account, address))
        if len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)

    def check_address(self, address: str) -> None:
        """Refuse an address that failed too often, before it tries a sign-in link.

        Raises:
            RefusedError: ``rate_limited``, with the seconds to wait.
        """
        wait = self._by_address.wait(address)
        if wait > 0:
            raise RefusedError(
                ErrorCode.RATE_LIMITED, "Too many failed sign-ins; wait.", retry_after=wait
            )

    def failed(self, address: str) -> None:
        """Count a sign-in link that was no good."""
        self._by_address.failed(address)


def _address(email: str) -> str:
    address = email.strip().casefold()
    if _EMAIL.fullmatch(address) is None:
        raise BadEmailError(f"{email!r} is not an e-mail address.")
    return address
