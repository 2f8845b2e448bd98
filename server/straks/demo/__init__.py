"""The demo: a shop that embeds the widget, with the answers of that shop."""

from __future__ import annotations

from straks.demo.shop import answers_folder, shop_app

__all__ = ["answers_folder", "shop_app"]
