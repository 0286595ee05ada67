"""What the Markdown says after the verdict: known failures, targets, accuracy, what was not checked, versions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harness.results import KNOWN
from harness.wording import count

Document = Mapping[str, Any]
_ROWS = 30


def known_failures(document: Document) -> Iterable[str]:
    """Each cause of a known failure once."""
    found = [finding for finding in document["findings"] if finding["outcome"] == KNOWN]
    lines = [
        f"- {finding['test']}: {_line(finding['cause'])} ({len(finding['subjects'])} affected)" for finding in found
    ]
    return _part("Known failures", lines)


def targets(document: Document) -> Iterable[str]:
    """How many cases run on the NPU alone on each target, how fast and in how much memory."""
    head = ["| target | cases | on the NPU alone | ms (estimated) | SRAM bytes |", "|---|--:|--:|--:|--:|"]
    rows = [_target(target) for target in document["targets"][:_ROWS]]
    return _part("Targets", [*head, *rows, *_more(document["targets"])] if rows else [])


def toolchains(document: Document) -> Iterable[str]:
    """What became of each TensorFlow with each Vela; nothing where there is one of each."""
    head = ["| TensorFlow | Vela | cases | on the NPU alone |", "|---|---|---|--:|"]
    rows = [_pair(pair) for pair in document["pairs"]]
    return _part("TensorFlow × Vela", [*head, *rows] if rows else [])  # noqa: RUF001 - as people write it


def accuracy(document: Document) -> Iterable[str]:
    """Accuracy before and after, with the interval of the change."""
    head = ["| model | claim | before | after | change |", "|---|---|--:|--:|--:|"]
    rows = [_accuracy(row) for row in document["accuracy"][:_ROWS]]
    return _part("Accuracy", [*head, *rows, *_more(document["accuracy"])] if rows else [])


def not_checked(document: Document) -> Iterable[str]:
    """What nothing here can check, and what was not asked."""
    return _part("What was not checked", [f"- {sentence}" for sentence in document["not_checked"]])


def about(document: Document) -> Iterable[str]:
    """The command that asks the same, the versions, and whether they are a verified combination."""
    environment = document["environment"]
    tools = ", ".join(f"{name} {version}" for name, version in environment["versions"].items() if version)
    verified = "a verified combination" if environment["verified_combination"] else "not a verified combination"
    system = f"Python {environment['python']}, {environment['machine']}"
    return ["", f"`{_line(document['command'])}`; {document['vela_config']['file']}; {tools}; {system}: {verified}."]


def _target(target: Mapping[str, Any]) -> str:
    told = target["answers"]
    cases = sum(told["outcomes"].values())
    names = ("accelerator", "system_config", "memory_mode", "toolchain")
    name = " ".join(target[name] for name in names if name in target)
    return f"| {name} | {cases} | {_alone(told)} | {_range(told['ms'], 3)} | {_range(told['sram_used_bytes'], 0)} |"


def _pair(pair: Mapping[str, Any]) -> str:
    told = pair["answers"]
    outcomes = ", ".join(f"{number} {name}" for name, number in pair["outcomes"].items() if number) or "none"
    incompatible = f"; incompatible: {_line(pair['incompatible'])}" if pair["incompatible"] else ""
    return (
        f"| {pair['tensorflow']} ({pair['toolchain']}) | {pair['vela']} ({pair['vela_toolchain']}) "
        f"| {outcomes}{incompatible} | {_alone(told)} |"
    )


def _alone(told: Mapping[str, Any]) -> str:
    return f"{told['on_npu_alone']} of {told['placed']}" if told["placed"] else "unknown"


def _accuracy(row: Mapping[str, Any]) -> str:
    change = [f"{100 * row[name]:+.2f}" for name in ("accuracy_change", "accuracy_change_low", "accuracy_change_high")]
    before, after = (f"{row[name]:.2%}" for name in ("accuracy_before", "accuracy_after"))
    return f"| `{row['model']}` | {row['claim']} | {before} | {after} | {change[0]} [{change[1]}, {change[2]}] |"


def _range(values: Sequence[float], digits: int) -> str:
    told = [f"{value:,.{digits}f}" for value in values]
    return " to ".join(dict.fromkeys(told)) or "unknown"


def _more(entries: Sequence[object]) -> list[str]:
    return ["", f"... and {count(len(entries) - _ROWS, 'more row')} in the report"] if len(entries) > _ROWS else []


def _part(title: str, lines: Sequence[str]) -> list[str]:
    return ["", f"#### {title}", "", *lines] if lines else []


def _line(text: str) -> str:
    return " ".join(text.split())
