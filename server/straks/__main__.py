"""``python -m straks``."""

from __future__ import annotations

from straks.cli import main

if __name__ == "__main__":
    main()
