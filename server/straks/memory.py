"""What the collector of cycles is spared."""

from __future__ import annotations

import gc

__all__ = ["settle"]


def settle() -> None:
    """Let the collector pass over what there is by now: it lives as long as the process does.

    Call it once, when everything is loaded and nobody is served yet. What is passed over is still
    freed when nothing refers to it, but not if it refers to itself.
    """
    gc.collect()
    gc.freeze()
