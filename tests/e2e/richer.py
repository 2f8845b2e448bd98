"""Answers that carry more than text, put into what the server tells a visitor.

Everything else is real: what the visitor makes of it goes to the server, which takes it or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import orjson
from playwright.sync_api import WebSocketRoute

from tests.e2e.people import Visitor
from tests.e2e.stage import Stage

__all__ = [
    "CHOICES",
    "FORM",
    "GUIDE",
    "QUESTIONS",
    "REPLIES",
    "UNCLEAR",
    "Carried",
    "richer",
    "write_answers",
]

Carried = Mapping[Any, Mapping[str, Any]]
"""By id of the answer, None for the one that says it does not know: what it carries."""

UNCLEAR: Final = "Which planet has the most moons?"
QUESTIONS: Final = {
    "assembly": "How do I put the lamp together?",
    "track-order": "Where is my order?",
    "delivery-time": "How long does delivery take?",
}


def write_answers(folder: Path) -> Path:
    """Write files with the answers to :data:`QUESTIONS`; gives their folder."""
    folder.mkdir()
    for name, question in QUESTIONS.items():
        source = f"---\ntitle: {question}\nphrases: [{question!r}]\n---\nThe answer: {name}.\n"
        (folder / f"{name}.md").write_text(source, encoding="utf-8")
    return folder


def _step(number: int, title: str, *paragraphs: str) -> dict[str, str]:
    html = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return {"title": title, "text": f"{number}", "html": html}


GUIDE: Final[dict[str, Any]] = {
    "html": "<p>You need the <strong>small screwdriver</strong> from the box.</p>",
    "steps": [
        _step(1, "Lay out the parts", "Base, stem and shade lie in the box in this order."),
        _step(
            2,
            "Screw the stem in",
            "Turn it <strong>clockwise</strong> until it no longer moves.",
            "It takes about eight turns.",
        ),
        _step(3, "Put the shade on", "Lower it until it clicks."),
    ],
}
FORM: Final[dict[str, Any]] = {
    "html": "<p>I can look that up. What I need to know:</p>",
    "form": [
        {"name": "order", "label": "Your order number", "type": "number"},
        {"name": "email", "label": "E-mail address", "type": "email"},
        {"name": "phone", "label": "Phone", "type": "tel", "optional": True},
    ],
}
REPLIES: Final[dict[str, Any]] = {"buttons": ["Where is my order?", "Can I collect it?", "Thanks"]}
CHOICES: Final[dict[str, Any]] = {
    "choices": [
        {"answer": "delivery-time", "title": "How long does delivery take?"},
        {"answer": "delivery-abroad", "title": "Which countries do you deliver to?"},
    ]
}


def _enrich(node: Any, carried: Carried) -> None:
    if isinstance(node, list):
        for each in node:
            _enrich(each, carried)
    elif isinstance(node, dict):
        if node.get("kind") == "answer" and isinstance(data := node.get("data"), dict):
            data.update(carried.get(data.get("answer"), {}))
        else:
            for each in node.values():
                _enrich(each, carried)


def richer(stage: Stage, carried: Carried, path: str | None = "/", **context: Any) -> Visitor:
    """Let a visitor come to the shop to whom answers come with what they carry."""
    visitor = stage.visitor(None, **context)

    def connect(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def down(frame: str | bytes) -> None:
            told = orjson.loads(frame)
            _enrich(told, carried)
            route.send(orjson.dumps(told).decode())

        server.on_message(down)

    visitor.context.route_web_socket("**/v1/socket", connect)
    return visitor if path is None else visitor.visit(path)
