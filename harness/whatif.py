"""What if a model ran on another target: all accelerators, systems and memory modes side by side, and what is enough.

    python -m harness.whatif MODEL.tflite --budget-ms=10 --budget-sram=262144

Several models run one after another: their times and constants add up. They share one arena, so that it is that of the
largest of them, unless `--arena=sum` keeps one for each.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from _pytest._io import TerminalWriter

from harness.errors import UsageError
from harness.limits import Limit
from harness.outcome import Outcome
from harness.progress import watch
from harness.questions import compilation
from harness.selection import TargetQuery, find_targets
from harness.session import Session
from harness.settings import Settings
from harness.subjects import Case
from harness.target import Target
from harness.wording import count

LARGEST, SUM = "largest", "sum"
SRAM = "Sram"
Budget = Sequence[float | None]
"""The most that is allowed, in the order of BUDGETS; None: anything."""

ALL = ("*",)
FAMILIES = ("ethos-u55", "ethos-u65", "ethos-u85")
BUDGETS = (
    Limit(name="budget-ms", kind=float, help="milliseconds of one inference of each model"),
    Limit(name="budget-sram", kind=int, help="bytes of SRAM"),
    Limit(name="budget-flash", kind=int, help="bytes of the memory behind the SRAM, flash or DRAM"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A target, and what the models would cost on it: Vela's estimate of the NPU alone."""

    target: Target
    ms: float
    sram_bytes: int
    flash_bytes: int

    @property
    def cost(self) -> tuple[float, int, int]:
        """In the order of BUDGETS."""
        return self.ms, self.sram_bytes, self.flash_bytes

    def meets(self, budget: Budget) -> bool:
        """Whether it is within each budget that is set."""
        return all(most is None or value <= most for value, most in zip(self.cost, budget, strict=True))

    def dominates(self, other: Candidate) -> bool:
        """Whether it is better in one cost and worse in none."""
        return self.cost != other.cost and all(
            ours <= theirs for ours, theirs in zip(self.cost, other.cost, strict=True)
        )


def pareto(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Those that no other one beats in time, SRAM and the memory behind it."""
    return [one for one in candidates if not any(other.dominates(one) for other in candidates)]


def smallest(candidates: Iterable[Candidate], budget: Budget) -> Candidate | None:
    """The quickest candidate on the smallest accelerator that meets the budget: fewest MACs a cycle, oldest family."""
    enough = [candidate for candidate in candidates if candidate.meets(budget)]
    return min(enough, key=lambda one: (one.target.macs, FAMILIES.index(one.target.family), one.cost), default=None)


def combine(target: Target, reports: Sequence[Mapping[str, Any]], arena: str) -> Candidate:
    """The cost of models that run one after another on a target; `reports` are Vela's, one a model.

    Constants add up in the memory that holds them; what is left of a memory is arena or cache, which models share.
    """
    used = [_split(report) for report in reports]
    total: dict[str, int] = {}
    for name in {name for constants, rest in used for name in (*constants, *rest)}:
        arenas = [rest.get(name, 0) for _, rest in used]
        shared = max(arenas) if arena == LARGEST else sum(arenas)
        total[name] = sum(constants.get(name, 0) for constants, _ in used) + shared
    return Candidate(
        target=target,
        ms=sum(report["total_cycles"] / report["core_clock_hz"] * 1e3 for report in reports),
        sram_bytes=total.get(SRAM, 0),
        flash_bytes=sum(size for name, size in total.items() if name in ("OffChipFlash", "OnChipFlash", "Dram")),
    )


def _split(report: Mapping[str, Any]) -> tuple[dict[str, int], dict[str, int]]:
    """The bytes of each memory that hold constants, and the rest."""
    used = {name: memory["used_bytes"] for name, memory in report["memories"].items()}
    # Vela names the memory of the constants as configured; a memory mode that keeps them in SRAM reports no other.
    place = report["constants_in"] if report["constants_in"] in used else SRAM
    constants = {place: report["read_only_bytes"]}
    return constants, {name: size - constants.get(name, 0) for name, size in used.items()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the candidates; returns 0, 1 where no target meets the budget, 2 for what cannot be asked."""
    asked = vars(_parser().parse_args(arguments))
    try:
        budget = [None if (text := asked[_field(one)]) is None else one.read(text, "command line") for one in BUDGETS]
        with closing(Session(Settings.read(_settings(asked).get, Path.cwd()))) as session:
            candidates, unknown = _candidates(session, asked)
            sys.stdout.write("\n".join(_lines(session, candidates, unknown, budget, asked["arena"])) + "\n")
    except UsageError as error:
        sys.stderr.write(f"whatif: {error}\n")
        return 2
    return int(smallest(candidates, budget) is None)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m harness.whatif", description=__doc__.split("\n")[0])
    parser.add_argument(
        "model", nargs="+", metavar="MODEL.tflite", help="a quantized model before Vela, or a .keras file"
    )
    parser.add_argument("--representative", metavar="FILE.npz", help="samples that a .keras file is quantized with")
    for budget in BUDGETS:
        parser.add_argument(f"--{budget.name}", metavar="MOST", help=budget.help)
    parser.add_argument("--arena", choices=(LARGEST, SUM), default=LARGEST, help="of several models (default: largest)")
    for name in TargetQuery.__slots__:
        parser.add_argument(f"--{name.replace('_', '-')}", metavar="NAMES", help="only these, globs allowed")
    parser.add_argument(
        "--vela-config", metavar="FILE", help="a vela.ini of your own (default: the one that Vela ships)"
    )
    parser.add_argument("--store", metavar="DIR", help="where results are kept")
    parser.add_argument("--workers", metavar="N", help="children at once (default: one a core)")
    return parser


def _settings(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: asked[name]
        for name in ("model", "representative", "vela_config", "store", "workers", *TargetQuery.__slots__)
    }


def _field(budget: Limit) -> str:
    return budget.name.replace("-", "_")


def _candidates(session: Session, asked: Mapping[str, Any]) -> tuple[list[Candidate], list[str]]:
    """The candidates, and the targets on which something is unknown, each with the reason."""
    bad = [verdict for verdict in session.quantized.values() if not verdict]
    if bad:
        raise UsageError(str(bad[0]))
    words = {name: getattr(session.settings.query, name) if asked[name] else ALL for name in TargetQuery.__slots__}
    cases = {
        target: [Case(model, target, session.config_file) for model in session.judgeable]
        for target in find_targets(session.config, TargetQuery(**words))
    }
    engine = session.engine
    jobs = [compilation(case) for own in cases.values() for case in own]
    watch(engine.submit_all(jobs), engine, TerminalWriter(sys.stderr))
    candidates: list[Candidate] = []
    unknown: list[str] = []
    for target, own in cases.items():
        outcomes = [engine.observe(compilation(case)) for case in own]
        problems = [problem for outcome in outcomes if (problem := _problem(outcome))]
        if problems:
            unknown.append(f"{target}: {problems[0]}")
        else:
            candidates.append(combine(target, [outcome.value["report"] for outcome in outcomes], asked["arena"]))
    return candidates, unknown


def _problem(outcome: Outcome) -> str:
    """Why the cost of a compiled model is unknown; empty where it is known."""
    if not outcome.done:
        return outcome.sentence
    on_cpu, cycles = len(outcome.value["placement"]["on_cpu"]), outcome.value["report"]["total_cycles"]
    if on_cpu:
        return f"{count(on_cpu, 'operator')} on the CPU, whose time Vela does not estimate"
    return "" if cycles else "Vela estimates 0 cycles"


def _lines(
    session: Session, candidates: Sequence[Candidate], unknown: Sequence[str], budget: Budget, arena: str
) -> list[str]:
    best = pareto(candidates)
    width = max((len(str(candidate.target)) for candidate in candidates), default=0)
    names = ", ".join(model.path.name for model in session.given)
    several = f", one after another in one arena ({arena})" if len(session.given) > 1 else ""
    return [
        f"{names} on {count(len(candidates), 'target')}{several}: Vela's estimates of the NPU alone, {_tools(session)}",
        f"    {'target':<{width}} {'ms':>10} {'SRAM bytes':>12} {'bytes behind it':>16}",
        *(_line(candidate, width, best=candidate in best, enough=candidate.meets(budget)) for candidate in candidates),
        *(f"?   {sentence}" for sentence in unknown),
        "* no other target is better in time, SRAM and the memory behind it; + within the budget",
        *_notes(candidates),
        _answer(candidates, budget),
    ]


def _line(candidate: Candidate, width: int, *, best: bool, enough: bool) -> str:
    marks = f"{'*' if best else ' '}{'+' if enough else ' '}"
    return (
        f"{marks}  {candidate.target!s:<{width}} {candidate.ms:>10.3f} {candidate.sram_bytes:>12,} "
        f"{candidate.flash_bytes:>16,}"
    )


def _notes(candidates: Iterable[Candidate]) -> list[str]:
    copied = any(candidate.flash_bytes == 0 for candidate in candidates)
    return ["Sram_Only: constants are in SRAM; what they are copied from is not counted"] if copied else []


def _answer(candidates: Sequence[Candidate], budget: Budget) -> str:
    units = ("ms", "bytes of SRAM", "bytes behind it")
    wanted = ", ".join(f"{most:,} {unit}" for most, unit in zip(budget, units, strict=True) if most is not None)
    found = smallest(candidates, budget)
    if found is None:
        return f"no target is within {wanted or 'what is known'}"
    cost = f"{found.ms:.3f} ms, {found.sram_bytes:,} bytes of SRAM, {found.flash_bytes:,} behind it"
    return f"smallest accelerator{' within ' + wanted if wanted else ''}: {found.target} ({cost})"


def _tools(session: Session) -> str:
    return f"{session.tools['vela_config']} and Vela {session.tools['vela']}"


if __name__ == "__main__":
    sys.exit(main())
