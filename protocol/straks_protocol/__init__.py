"""The wire of Straks: messages, codecs, state machines. Pure: no I/O, no clock."""

from __future__ import annotations

from .codes import *  # noqa: F403  -- each module's __all__ is the list of public names
from .errors import *  # noqa: F403
from .messages import *  # noqa: F403
