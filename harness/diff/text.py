"""The document for the terminal and as Markdown: the verdict, what differs in the tools, causes, figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from harness.diff.causes import NOT_ASKED, UNKNOWN
from harness.wording import count

LINES, EVIDENCE, ROWS, SUBJECTS = 8, 3, 8, 1
"""The most of each that is shown; what is cut is counted."""

MARKDOWN_LINES, MARKDOWN_ROWS = 30, 40
Document = Mapping[str, Any]


def to_text(document: Document) -> str:
    """For the terminal."""
    lines = [
        f"{document['before']} -> {document['after']}: {document['verdict']['sentence']}",
        *(f"  {tool['tool']} {tool['before']} -> {tool['after']}" for tool in document["tools"]),
    ]
    for group in document["groups"]:
        lines += ["", *_group(group)]
    for table in document["tables"]:
        lines += ["", *_table(table)]
    return "\n".join(lines) + "\n"


def to_markdown(document: Document) -> str:
    """For a pull request."""
    lines = [
        f"### {_cell(document['before'])} → {_cell(document['after'])}",
        "",
        f"**{document['verdict']['sentence']}**",
    ]
    if document["tools"]:
        lines += ["", *_rows(["tool", "before", "after"], [tuple(tool.values()) for tool in document["tools"]])]
    for group in document["groups"]:
        lines += ["", f"#### {title(group)}", "", *(f"- {_cell(line)}" for line in _about(group, MARKDOWN_LINES))]
        lines += [f"- {_cell(line)}" for line in _cut(map(_changed, group["lines"]), MARKDOWN_LINES, "change")]
    for table in document["tables"]:
        rows = [(f"`{row['subject']}`", *row["cells"]) for row in table["rows"]]
        lines += ["", f"#### {table['title']}", "", *_rows(["", *table["columns"]], rows[:MARKDOWN_ROWS])]
        lines += _rest(len(rows), MARKDOWN_ROWS, "row")
    return "\n".join(lines) + "\n"


def title(group: Mapping[str, Any]) -> str:
    """The cause and how sure it is."""
    plain = (NOT_ASKED.name, UNKNOWN.name)
    return group["cause"] if group["cause"] in plain else f"{group['cause']} ({group['certainty']})"


def _group(group: Mapping[str, Any]) -> Iterator[str]:
    yield f"{title(group)}: {count(len(group['changes']), 'change')}"
    yield from (f"  {line}" for line in _about(group, EVIDENCE))
    yield from (f"    {line}" for line in _cut(map(_changed, group["lines"]), LINES, "change"))


def _about(group: Mapping[str, Any], most: int) -> Iterator[str]:
    yield group["sentence"]
    several = len(group["evidence"]) > 1
    shown = (
        f"evidence: {entry['sentence']}" + (f" ({entry['subjects']:,} of them)" if several else "")
        for entry in group["evidence"]
    )
    yield from _cut(shown, most, "fact")
    if group["remedy"]:
        yield f"remedy: {group['remedy']}"
    if group["upstream"]:
        yield f"reported: {group['upstream']}"


def _changed(line: Mapping[str, Any]) -> str:
    names = line["subjects"]
    more = f" and {len(names) - SUBJECTS:,} more" if len(names) > SUBJECTS else ""
    return f"{line['kind']}: {line['text']} [{', '.join(names[:SUBJECTS])}{more}]"


def _table(table: Mapping[str, Any]) -> Iterator[str]:
    yield table["title"]
    for row in table["rows"][:ROWS]:
        told = zip(table["columns"], row["cells"], strict=True)
        yield f"  {row['subject']}"
        yield "    " + "; ".join(f"{column} {cell}" for column, cell in told if " -> " in cell)
    yield from (f"  {line}" for line in _rest(len(table["rows"]), ROWS, "row"))


def _cut(lines: Iterable[str], most: int, thing: str) -> list[str]:
    every = list(lines)
    return [*every[:most], *_rest(len(every), most, thing)]


def _rest(total: int, most: int, thing: str) -> list[str]:
    return [f"... and {count(total - most, f'more {thing}')}"] if total > most else []


def _rows(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(columns) + " |"
    yield "|" + "---|" * len(columns)
    yield from ("| " + " | ".join(map(_cell, row)) + " |" for row in rows)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
