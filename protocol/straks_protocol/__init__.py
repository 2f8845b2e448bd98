"""The wire of Straks: messages, codecs, state machines. Pure: no I/O, no clock."""

from __future__ import annotations

from .channels import *  # noqa: F403  -- each module's __all__ is the list of public names
from .codec import *  # noqa: F403
from .codes import *  # noqa: F403
from .errors import *  # noqa: F403
from .kinds import *  # noqa: F403
from .messages import *  # noqa: F403
