"""How many threads learning and matching take."""

from __future__ import annotations

from functools import cache

from threadpoolctl import threadpool_limits

__all__ = ["take_one_thread"]


@cache
def take_one_thread() -> None:
    """Let the linear algebra of this process take one thread, from now on.

    Call it when NumPy, SciPy and scikit-learn are loaded: it reaches what is there by then. What
    is multiplied here is small, and the threads of a BLAS wait for one another by spinning: beside
    a server that uses the other cores, learning the demo's answers took four times the CPU time
    and three times as long with two of them as with one.
    """
    threadpool_limits(limits=1, user_api="blas")
