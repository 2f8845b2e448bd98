"""Learning and matching take one thread."""

from __future__ import annotations

import json
import subprocess
import sys

_LEARNED = """
import json
from threadpoolctl import threadpool_info
from straks.answers.model import Model

Model([["where is my order", "order status"], ["opening hours", "when do you open"]], "en")
print(json.dumps([[library["user_api"], library["num_threads"]] for library in threadpool_info()]))
"""


def test_linear_algebra_takes_one_thread_once_something_was_learned() -> None:
    # Of a process of its own: what this one has learned by now is another's business.
    done = subprocess.run(
        [sys.executable, "-c", _LEARNED], capture_output=True, text=True, check=True
    )
    threads = json.loads(done.stdout)
    assert {number for library, number in threads if library == "blas"} == {1}
