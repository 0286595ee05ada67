"""What changed between two reports, two toolchains of one report, or two models, and why.

`reports` and `files` read two sides; `comparison` finds the changes of each pair of models and of cases; `causes` is
the table that tells why, by evidence; `document` holds the answer as plain values, for the terminal, Markdown, HTML
and JSON.
"""

from __future__ import annotations

from harness.diff.causes import CAUSES, why
from harness.diff.comparison import compare
from harness.diff.document import build_diff

__all__ = ["CAUSES", "build_diff", "compare", "why"]
