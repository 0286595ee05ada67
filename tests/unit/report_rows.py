"""Rows of a run, the report made of them, and what a browser would see of it."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from harness.report import build_document
from harness.results import PASS, WORST_FIRST, Row
from harness.session import Session

MODEL = {"id": "gru", "kind": "given", "file": "gru.tflite", "sha256": "00" * 32}
TARGET = {"id": "u55", "accelerator": "ethos-u55-128", "system_config": "High", "memory_mode": "Shared_Sram"}
FIGURES = {
    "npu_segments": 1.0,
    "cpu_operators": 2.0,
    "ms": 1.5,
    "sram_used_bytes": 2048.0,
    "flash_used_bytes": 4096.0,
}
VERDICT = {
    "claim": "is_estimated",
    "passed": True,
    "observed": "1.5 ms",
    "allowed": "more than 0",
    "cause": "",
    "remedy": "",
    "figures": FIGURES,
}
FAILURE = {
    "sentence": "compilation crashed with SIGSEGV",
    "stage": "compilation",
    "kind": "crashed",
    "signal": "SIGSEGV",
    "detail": "",
    "cause": "the converter dies on looped layers",
    "remedy": "unroll the layer",
    "reproduce": "python -m harness.worker --run task.json",
}


def row(test: str = "test_is_estimated", outcome: str = PASS, **changes: object) -> Row:
    asked: dict[str, Any] = {"model": MODEL, "target": TARGET, "verdict": VERDICT, "message": "1.5 ms", **changes}
    return Row(test=test, outcome=outcome, **asked)


def of_each_outcome() -> list[Row]:
    return [
        row(f"test_{outcome.replace(' ', '_')}", outcome, target={**TARGET, "id": f"u55_{number}"})
        for number, outcome in enumerate(WORST_FIRST)
    ]


def document(session: Session, rows: list[Row], *, interrupted: bool = False) -> dict[str, Any]:
    return build_document(rows, session, interrupted=interrupted, arguments=["--npu-model=a b.tflite"])


class Reader(HTMLParser):
    """What a browser would see: tags, links, anchors and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.anchors: list[str] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        self.links += [given["href"] or ""] if "href" in given else []
        self.anchors += [given["id"] or ""] if "id" in given else []

    def handle_data(self, data: str) -> None:
        self.words += data
