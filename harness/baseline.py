"""A baseline: what each model and case was like when it was accepted, as JSON to commit, and what changed since."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Container, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.evidence import Compilation, QuantizationErrors
from harness.plain import write_atomically
from harness.policy import Policy
from harness.wording import count

SCHEMA_VERSION = 1
WORSE, BETTER, CAME, WENT, SHOWN = "worse", "better", "came", "went", "shown"
Entry = Mapping[str, Any]
_BYTES = {
    "sram_used_bytes": "bytes of SRAM",
    "flash_used_bytes": "bytes behind the SRAM",
    "weight_read_bytes": "bytes of weights read",
}
_KEYS = {"cases": {"cpu_operators", "npu_segments", "total_cycles", *_BYTES}, "models": {"sqnr_db"}}
_LIMIT_DB = 200.0
_GONE = {
    "models": "had its SQNR measured in the baseline, and not in this run",
    "cases": "is in the baseline and was not asked",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not as in the baseline; `kind` is worse, better, came, went, or shown (not judged)."""

    kind: str
    case: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Baseline:
    """The content of a baseline file. `tools` says which Vela and vela.ini its cycles are of."""

    tools: Mapping[str, str]
    cases: Mapping[str, Entry] = field(default_factory=dict)
    models: Mapping[str, Entry] = field(default_factory=dict)


def read_baseline(path: Path) -> Baseline:
    """The baseline of a file; raises UsageError that names what is wrong with it and the way out."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            f"cannot read the baseline {path}: {error.strerror}; --npu-update-baseline writes a new one"
        ) from None
    except ValueError as error:
        raise UsageError(f"the baseline {path} is damaged: {error}; restore it from version control") from None
    if not isinstance(content, dict) or content.get("schema_version") != SCHEMA_VERSION:
        raise UsageError(
            f"{path} is no baseline of schema version {SCHEMA_VERSION}: write one with --npu-update-baseline"
        )
    wrong = [section for section, keys in _KEYS.items() if not _holds(content.get(section), keys)]
    if wrong or not isinstance(content.get("tools"), dict):
        raise UsageError(f"the baseline {path} is damaged at {(*wrong, 'tools')[0]}: restore it from version control")
    return Baseline(content["tools"], content["cases"], content["models"])


def write_baseline(path: Path, baseline: Baseline) -> None:
    """Write a baseline, sorted, so that equal ones are equal bytes and a difference reads well."""
    content = {"schema_version": SCHEMA_VERSION, **asdict(baseline)}
    write_atomically(path, (json.dumps(content, indent=1, sort_keys=True) + "\n").encode())


def case_entry(compiled: Compilation) -> Entry:
    """What a baseline keeps of a case: operators on the CPU by name, NPU segments, bytes, estimated cycles."""
    estimate = compiled.estimate
    return {
        "cpu_operators": dict(sorted(Counter(operator.name for operator in compiled.on_cpu).items())),
        "npu_segments": compiled.segments,
        "total_cycles": estimate.total_cycles,
        **{name: getattr(estimate, name) for name in _BYTES},
    }


def model_entry(errors: QuantizationErrors) -> Entry:
    """What a baseline keeps of a model: the SQNR of each output and state, in dB with two decimals."""
    measured = errors.errors["litert_reference"]
    return {"sqnr_db": {name: _level(error.sqnr_db) for name, error in sorted(measured.items())}}


def compare_case(name: str, before: Entry | None, after: Entry, policy: Policy, *, judge_cycles: bool) -> list[Change]:
    """What changed in a case; cycles are judged, or only shown, which is for another Vela or vela.ini."""
    if before is None:
        return [_came(name)]
    tolerance = policy.baseline_bytes_tolerance
    cycles = _growth(name, before["total_cycles"], after["total_cycles"], "cycles", policy.baseline_cycles_tolerance)
    grown = [_growth(name, before[key], after[key], words, tolerance) for key, words in _BYTES.items()]
    return [
        *_operators(name, before, after),
        *_segments(name, before, after),
        *(change if judge_cycles else replace(change, kind=SHOWN) for change in cycles),
        *(change for changes in grown for change in changes),
    ]


def compare_model(name: str, before: Entry | None, after: Entry, policy: Policy) -> list[Change]:
    """What changed in the error of a model."""
    if before is None:
        return [_came(name)]
    tolerance, old, new = policy.baseline_sqnr_tolerance_db, before["sqnr_db"], after["sqnr_db"]
    changes = [_gone_output(name, output) for output in sorted(set(old) - set(new))]
    for output in sorted(set(old) & set(new)):
        change = round(new[output] - old[output], 2)
        if not abs(change) <= tolerance:
            kind = BETTER if change > 0 else WORSE
            changes.append(
                Change(kind, name, f"SQNR of {output} {old[output]:.2f} -> {new[output]:.2f} dB ({change:+.2f} dB)")
            )
    return changes


def gone(baseline: Baseline, asked: Mapping[str, Container[str]]) -> list[Change]:
    """The models (their errors) and cases of the baseline that a run did not ask about; `asked` by section."""
    return [
        Change(WENT, name, sentence)
        for section, sentence in _GONE.items()
        for name in sorted(getattr(baseline, section))
        if name not in asked[section]
    ]


def _holds(section: object, keys: set[str]) -> bool:
    entries = section.values() if isinstance(section, dict) else [None]
    return all(isinstance(entry, dict) and keys <= set(entry) for entry in entries)


def _operators(name: str, before: Entry, after: Entry) -> list[Change]:
    old: Counter[str] = Counter(before["cpu_operators"])
    new: Counter[str] = Counter(after["cpu_operators"])
    pairs = ((WORSE, new - old, "more"), (BETTER, old - new, "fewer"))
    return [
        Change(kind, name, f"{count(sum(found.values()), 'operator')} {word} on the CPU: {_counted(found)}")
        for kind, found, word in pairs
        if found
    ]


def _segments(name: str, before: Entry, after: Entry) -> list[Change]:
    old, new = before["npu_segments"], after["npu_segments"]
    if old == new:
        return []
    return [Change(WORSE if new > old or new == 0 else BETTER, name, f"{old} -> {count(new, 'NPU segment')}")]


def _growth(name: str, old: int, new: int, words: str, tolerance: float) -> list[Change]:
    if abs(new - old) <= tolerance * old and (new > 0 or old == 0):
        return []
    percent = f"{new / old - 1:+.1%}" if old else "from nothing"
    unknown = new == 0 and words == "cycles"
    sentence = f"{old:,} -> {new:,} {words} ({'unknown' if unknown else percent})"
    return [Change(WORSE if new > old or unknown else BETTER, name, sentence)]


def _level(db: float) -> float:
    """Decibels with two decimals, -200 for no number; beyond 200 dB there is no error to speak of."""
    return -_LIMIT_DB if math.isnan(db) else round(min(max(float(db), -_LIMIT_DB), _LIMIT_DB), 2)


def _counted(found: Counter[str]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(found.items()))


def _came(name: str) -> Change:
    return Change(CAME, name, "is not in the baseline")


def _gone_output(name: str, output: str) -> Change:
    return Change(WORSE, name, f"SQNR of {output} is no longer measured")
