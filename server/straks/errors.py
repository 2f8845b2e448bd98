"""The root of every exception of ours."""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["StartError", "StraksError", "first_of"]


class StraksError(Exception):
    """Something of Straks went wrong; subclasses say what."""


class StartError(StraksError):
    """The server cannot start. The message is one sentence that says what to change."""


def first_of(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """Pick the failure to tell: one of ours rather than what followed from it."""
    leaves = list(_leaves(failures))
    return next((leaf for leaf in leaves if isinstance(leaf, StraksError)), leaves[0])


def _leaves(failures: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for failure in failures.exceptions:
        if isinstance(failure, BaseExceptionGroup):
            yield from _leaves(failure)
        else:
            yield failure
