"""The run in a few lines: the verdict first, then why; for the terminal, and as Markdown for a pull request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.baseline import BETTER, CAME, SHOWN, WENT, WORSE
from harness.report.basis import about, accuracy, known_failures, not_checked, targets, toolchains
from harness.results import RED, WORST_FIRST
from harness.wording import count

LARGEST_BYTES = 60_000
"""A comment on GitHub holds 65,536 characters, a note on GitLab 1,000,000."""

TERMINAL_CHANGES, MARKDOWN_CHANGES, CLAIMS, CASES, SENTENCE = 6, 30, 30, 12, 400
_WORDS = {WORSE: "worse", BETTER: "better", CAME: "came", WENT: "went", SHOWN: "shown, not judged"}
Document = Mapping[str, Any]


def verdict_lines(document: Document) -> list[str]:
    """Whether the run is green or red, and what changed since the baseline, the worst first."""
    return [_verdict(document), *_changes(document, TERMINAL_CHANGES)]


def summary_markdown(document: Document) -> str:
    """The summary as Markdown, of at most LARGEST_BYTES: verdict, changes, claims that fail, worst cases, causes."""
    parts = (_changed, _broken, _worst, _causes, known_failures, toolchains, targets, accuracy, not_checked, about)
    lines = [f"### Ethos-U: {_verdict(document)}", *(line for part in parts for line in part(document))]
    return _within("\n".join(lines) + "\n")


def broken_claims(document: Document) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each claim that makes the run red, with the id of its case or model."""
    for subject in (*document["models"], *document["cases"]):
        yield from ((subject["id"], claim) for claim in subject["claims"] if claim["outcome"] in RED)


def name_of(claim: Mapping[str, Any]) -> str:
    """The name of a claim, or of the test where a stage failed before anything could be claimed."""
    return str(claim["verdict"].get("claim") or claim["test"])


def reason(claim: Mapping[str, Any]) -> str:
    """What was observed and allowed, the cause and the remedy of a claim that fails, in one line."""
    verdict, failure = claim["verdict"], claim["failure"]
    allowed = f"allowed: {verdict['allowed']}" if verdict.get("allowed") else ""
    cause = [source.get(name, "") for source in (verdict, failure) for name in ("cause", "remedy")]
    return "; ".join(part for part in (claim["message"] or claim["known"], allowed, *cause) if part)


def _verdict(document: Document) -> str:
    outcomes = document["outcomes"]
    total, bad = sum(outcomes.values()), sum(outcomes[name] for name in RED)
    told = ", ".join(f"{outcomes[name]:,} {name}" for name in WORST_FIRST if outcomes[name]) or "nothing was judged"
    stopped = "; the run was interrupted" if document["interrupted"] else ""
    if bad or not total:
        verb = "does" if bad == 1 else "do"
        return f"red: {count(bad, 'claim')} of {total:,} {verb} not hold ({told}){stopped}"
    return f"green: {count(total, 'claim')} ({told}){stopped}"


def _changes(document: Document, most: int) -> list[str]:
    baseline = document.get("baseline")
    if not baseline:
        return []
    changes, file = baseline["changes"], baseline["file"]
    lines = [f"{_WORDS[change['kind']]}: {change['case']} {change['sentence']}" for change in changes[:most]]
    if len(changes) > most:
        lines.append(f"... and {len(changes) - most:,} more changes since {file}")
    same = [] if changes else [f"as in the baseline {file}"]
    return [*lines, *same, *([f"the baseline {file} was updated"] if baseline["updated"] else [])]


def _changed(document: Document) -> Iterable[str]:
    changes = _changes(document, MARKDOWN_CHANGES)
    return ["", "#### What changed", "", *(f"- {_short(change)}" for change in changes)] if changes else []


def _broken(document: Document) -> Iterable[str]:
    claims = list(broken_claims(document))
    if not claims:
        return []
    lines = [f"- `{name}` {name_of(claim)}: {_short(reason(claim))}" for name, claim in claims[:CLAIMS]]
    more = [f"- ... and {len(claims) - CLAIMS:,} more in the report"] if len(claims) > CLAIMS else []
    return ["", "#### What does not hold", "", *lines, *more]


def _worst(document: Document) -> Iterable[str]:
    rank = {name: place for place, name in enumerate(WORST_FIRST)}
    cases = sorted(document["cases"], key=lambda case: (rank[case["outcome"]], -case["figures"].get("ms", 0.0)))
    if not cases:
        return []
    head = "| case | outcome | NPU segments | on the CPU | ms (estimated) | SRAM bytes | bytes behind it |"
    title = "Cases" if len(cases) <= CASES else f"The worst {CASES} of {len(cases):,} cases"
    return ["", f"#### {title}", "", head, "|---|---|--:|--:|--:|--:|--:|", *(_row(case) for case in cases[:CASES])]


def _row(case: Mapping[str, Any]) -> str:
    figures = case["figures"]
    shown = [
        (f"{figures[name]:,.{digits}f}" if name in figures else "unknown")
        for name, digits in (("npu_segments", 0), ("cpu_operators", 0), ("ms", 3))
    ] + [f"{figures[name]:,.0f}" if name in figures else "unknown" for name in ("sram_used_bytes", "flash_used_bytes")]
    return "| " + " | ".join([f"`{case['id']}`", case["outcome"], *shown]) + " |"


def _causes(document: Document) -> Iterable[str]:
    causes: dict[str, set[str]] = {}
    for case in document["cases"]:
        for operator in case["on_cpu"]:
            sentence = f"{operator['name']}: {operator['cause']}; {operator['remedy']}"
            causes.setdefault(sentence, set()).add(case["id"])
    lines = [f"- {_short(sentence)} ({count(len(ids), 'case')})" for sentence, ids in causes.items()]
    return ["", "#### Causes and remedies", "", *lines[:CLAIMS]] if lines else []


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SENTENCE else line[:SENTENCE] + " ..."


def _within(text: str) -> str:
    """The first lines of a text that fit, and a word about the rest."""
    rest = "... the rest is in the report\n"
    if len(text.encode()) <= LARGEST_BYTES:
        return text
    kept = text.encode()[: LARGEST_BYTES - len(rest)].decode(errors="ignore")
    return kept[: kept.rindex("\n") + 1] + rest
