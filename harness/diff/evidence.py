"""The evidence of each cause: pure functions of a pair and a change that tell what shows the cause, or nothing."""

from __future__ import annotations

from harness.diff.change import BYTES, CYCLES, OPERATORS, PLACEMENT, Change
from harness.diff.subject import MODEL, Counts, Pair, Subject, Tools, counted, more, release
from harness.results import PASS

FULLY_CONNECTED = "FULLY_CONNECTED"
PER_CHANNEL_SINCE, RUNS_PER_CHANNEL_SINCE = (2, 17), (4,)
"""TensorFlow quantizes FULLY_CONNECTED per channel; Vela places it on the NPU."""

_BORDERS = {"DEQUANTIZE", "QUANTIZE"}


def per_channel_on_cpu(pair: Pair, change: Change) -> str:
    """FULLY_CONNECTED left the NPU, or came back, and on that side it is per channel and Vela older than 4.0."""
    side, other = _with_more_on_cpu(pair)
    if side is None or other is None or not _is_about(change, {FULLY_CONNECTED}):
        return ""
    if not (_per_channel(side) and _is_old(side.tools)) or (_per_channel(other) and _is_old(other.tools)):
        return ""
    return f"{_per_channel(side)} FULLY_CONNECTED with a scale per channel, Vela {side.tools.vela}; {_against(other)}"


def probably_per_channel_on_cpu(pair: Pair, change: Change) -> str:
    """The same, told by the version of TensorFlow where nobody looked into the model, or Vela is unknown."""
    side, other = _with_more_on_cpu(pair)
    if side is None or other is None or not _is_about(change, {FULLY_CONNECTED}):
        return ""
    observed, old = _per_channel(side), _is_old(side.tools)
    if observed and not side.tools.vela:
        return f"{observed} FULLY_CONNECTED with a scale per channel on the CPU, Vela unknown; {_against(other)}"
    by_version = observed is None and old and release(side.tools.tensorflow) >= PER_CHANNEL_SINCE
    return f"{_said(side.tools)}; {_said(other.tools)}" if by_version else ""


def per_channel_costs(pair: Pair, change: Change) -> str:
    """The same operators in the same places on the same Vela, and only one side has FULLY_CONNECTED per channel."""
    before, after = (_per_channel(side) for side in pair.sides)
    placed = pair.same_placement or pair.after.kind == MODEL
    comparable = pair.same_compiler and placed and _same_types(pair)
    if before is None or after is None or not comparable or bool(before) == bool(after):
        return ""
    grown = (change.growth or 0.0) > 0
    return f"FULLY_CONNECTED with a scale per channel: {before} -> {after}" if grown == (after > before) else ""


def per_channel_rounds(pair: Pair, change: Change) -> str:
    """Operators that both models have are per channel on one side only."""
    before, after = pair.before.inventory, pair.after.inventory
    if before is None or after is None:
        return ""
    common = set(before.operators) & set(after.operators)
    only = [name for name in sorted(common) if (name in before.per_channel) != (name in after.per_channel)]
    told = [f"{before.per_channel.get(name, 0)} -> {after.per_channel.get(name, 0)} {name}" for name in only]
    return f"with weights per channel: {', '.join(told)}" if told and _is_about(change, set(only)) else ""


def float_split(pair: Pair, change: Change) -> str:
    """One side has SPLIT in float, and what stands around it, and no other float operator that the other side lacks."""
    found = _float_change(pair)
    if "SPLIT" not in found or set(found) - {"SPLIT", *_BORDERS} or not _follows(pair, change, set(found)):
        return ""
    versions = f"; {_versions(pair)}" if pair.after.tools.tensorflow else ""
    return f"in float on one side only: {counted(found)}{versions}"


def float_from_converter(pair: Pair, change: Change) -> str:
    """There are float operators that were not there before, and the versions of TensorFlow differ."""
    came, _ = _float_changes(pair)
    about = came and _follows(pair, change, set(_float_change(pair))) and _other_tensorflow(pair)
    return f"new in float: {counted(came)}; {_versions(pair)}" if about else ""


def float_gone(pair: Pair, change: Change) -> str:
    """Float operators are gone and none came, and the versions of TensorFlow differ."""
    came, went = _float_changes(pair)
    about = went and not came and _follows(pair, change, set(went)) and _other_tensorflow(pair)
    return f"no more in float: {counted(went)}; {_versions(pair)}" if about else ""


def float_operators(pair: Pair, change: Change) -> str:
    """One side has float operators that the other lacks; TensorFlow is the same, or unknown."""
    found = _float_change(pair)
    about = found and _follows(pair, change, set(found)) and not _other_tensorflow(pair)
    return f"in float on one side only: {counted(found)}" if about else ""


def estimator(pair: Pair, _: Change) -> str:
    """Other estimates of the same source operators, placed alike: Vela, vela.ini or the target's settings differ."""
    alike = pair.same_operators and pair.same_placement
    return _compilers(pair) if alike else ""


def estimator_and_model(pair: Pair, _: Change) -> str:
    """The same where the operators differ too, or nobody looked into the model."""
    return "" if pair.same_operators and pair.same_placement else _compilers(pair)


def other_placement(pair: Pair, _: Change) -> str:
    """Not the same operators are on the NPU, and only those are estimated."""
    if pair.before.on_cpu is None or pair.after.on_cpu is None or pair.same_placement:
        return ""
    sides = [f"{sum((side.on_cpu or {}).values())} on the CPU" for side in pair.sides]
    return f"{sides[0]} before, {sides[1]} after"


def compiler(pair: Pair, _: Change) -> str:
    """The same operators, given to another Vela or with another vela.ini."""
    return _compilers(pair) if pair.same_operators else ""


def compiler_and_model(pair: Pair, _: Change) -> str:
    """Another Vela or vela.ini, and the operators differ too, or nobody looked into the model."""
    return "" if pair.same_operators else _compilers(pair)


def kernels_of_one_file(pair: Pair, _: Change) -> str:
    """The very same file, run by another LiteRT."""
    same = pair.before.sha256 == pair.after.sha256 != ""
    return f"the same file (SHA-256 {pair.after.sha256[:12]}...), {_litert(pair)}" if same and _litert(pair) else ""


def kernels_of_one_converter(pair: Pair, _: Change) -> str:
    """A model with the same operators and scales from the same TensorFlow, run by another LiteRT."""
    before, after = pair.before.inventory, pair.after.inventory
    if before is None or before != after or _other_tensorflow(pair) or pair.before.sha256 != pair.after.sha256:
        return ""
    return f"the same operators and scales, {_litert(pair)}" if _litert(pair) else ""


def quantizer(pair: Pair, _: Change) -> str:
    """Another TensorFlow made the model."""
    return _versions(pair) if _other_tensorflow(pair) else ""


def another_file(pair: Pair, _: Change) -> str:
    """The file of a given model is another one."""
    before, after = (side.sha256 for side in pair.sides)
    return f"SHA-256 {before[:12]}... -> {after[:12]}..." if before and after and before != after else ""


def told_by_stage(pair: Pair, change: Change) -> str:
    """The stage that failed, or failed before, says why."""
    for side in (pair.after, pair.before):
        for claim in side.claims:
            if claim.name == change.detail and claim.topic == change.topic and claim.outcome != PASS and claim.cause:
                return claim.cause
    return ""


def _with_more_on_cpu(pair: Pair) -> tuple[Subject | None, Subject | None]:
    """The side with more FULLY_CONNECTED on the CPU, and the other one; None where there is no such side."""
    before, after = ((side.on_cpu or {}).get(FULLY_CONNECTED, 0) for side in pair.sides)
    unknown = pair.before.on_cpu is None or pair.after.on_cpu is None
    if unknown or before == after:
        return None, None
    return (pair.after, pair.before) if after > before else (pair.before, pair.after)


def _is_about(change: Change, operators: set[str]) -> bool:
    """A change of operators must be of these types; others follow from the pair."""
    return change.topic not in (PLACEMENT, OPERATORS) or change.detail in operators


def _follows(pair: Pair, change: Change, operators: set[str]) -> bool:
    """The same; and cycles and bytes follow only where one compiler counted them."""
    return _is_about(change, operators) and (change.topic not in (CYCLES, BYTES) or pair.same_compiler)


def _per_channel(side: Subject) -> int | None:
    return None if side.inventory is None else side.inventory.per_channel.get(FULLY_CONNECTED, 0)


def _is_old(tools: Tools) -> bool:
    return bool(tools.vela) and release(tools.vela) < RUNS_PER_CHANNEL_SINCE


def _same_types(pair: Pair) -> bool:
    before, after = pair.before.inventory, pair.after.inventory
    return before is not None and after is not None and before.operators == after.operators


def _against(other: Subject) -> str:
    number = _per_channel(other)
    told = "unknown" if number is None else str(number)
    return f"on the other side {told} per channel, Vela {other.tools.vela or 'unknown'}"


def _float_changes(pair: Pair) -> tuple[Counts, Counts]:
    """The float operators that came, and those that went."""
    before, after = pair.before.inventory, pair.after.inventory
    if before is None or after is None:
        return {}, {}
    old, new = before.from_converter, after.from_converter
    return more(old, new), more(new, old)


def _float_change(pair: Pair) -> Counts:
    came, went = _float_changes(pair)
    return {**came, **went}


def _other_tensorflow(pair: Pair) -> bool:
    before, after = (side.tools.tensorflow for side in pair.sides)
    return bool(before and after and before != after)


def _versions(pair: Pair) -> str:
    before, after = (side.tools.tensorflow or "unknown" for side in pair.sides)
    return f"TensorFlow {before} -> {after}" if before != after else f"TensorFlow {after} on both sides"


def _litert(pair: Pair) -> str:
    before, after = (side.tools.litert for side in pair.sides)
    return f"LiteRT {before} -> {after}" if before and after and before != after else ""


def _compilers(pair: Pair) -> str:
    """How Vela and its settings differ; empty where they do not."""
    before, after = (side.tools for side in pair.sides)
    parts = [
        f"{word} {old or 'unknown'} -> {new or 'unknown'}"
        for word, old, new in (("Vela", before.vela, after.vela), ("vela.ini", before.vela_config, after.vela_config))
        if old != new
    ]
    for name in sorted({*before.system, *after.system}):
        old, new = before.system.get(name, "not set"), after.system.get(name, "not set")
        if old != new:
            parts.append(f"{name} {old} -> {new}")
    return ", ".join(parts)


def _said(tools: Tools) -> str:
    return f"TensorFlow {tools.tensorflow or 'unknown'} with Vela {tools.vela or 'unknown'}"
