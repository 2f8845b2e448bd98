"""A live-chat server that answers at once."""

__version__ = "0.1.0"
