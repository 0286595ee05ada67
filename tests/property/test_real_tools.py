"""Random models against the real tools: whatever happens ends in an outcome with a name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.engine import Engine
from harness.errors import SpecError
from harness.jobs import Job
from harness.outcome import Outcome
from harness.pool import Pool
from harness.questions import compilation, float_outputs, inspection, looped_int8_inspection, quantization
from harness.spec import Cell, Quantization, Retention, RnnSpec, StateStyle
from harness.store import Store
from harness.subjects import Case, GeneratedModel
from harness.target import VelaConfig, sensible_targets

CONFIG = VelaConfig.installed()
KINDS = {"done", "refused", "crashed", "hung", "out of memory"}


@st.composite
def specs(draw: st.DrawFn) -> RnnSpec:
    """Any model description that does not contradict itself, small enough to be converted in a second or two."""
    values = {
        "cell": draw(st.sampled_from(Cell)),
        "units": draw(st.integers(1, 40)),
        "time_steps": draw(st.integers(1, 12)),
        "features": draw(st.integers(1, 30)),
        "state": draw(st.sampled_from(StateStyle)),
        "quantization": draw(st.sampled_from(Quantization)),
        "retention": draw(st.sampled_from(Retention)),
        "reset_after": draw(st.booleans()),
        "return_sequences": draw(st.booleans()),
        "layers": draw(st.integers(1, 2)),
        "bidirectional": draw(st.booleans()),
        "seed": draw(st.integers(0, 3)),
    }
    try:
        return RnnSpec(**values)
    except SpecError:
        return RnnSpec(cell=values["cell"], units=values["units"], time_steps=values["time_steps"])


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    made = Engine(Store(Path(tmp_path_factory.mktemp("store"))), Pool())
    yield made
    made.close()


def jobs_about(model: GeneratedModel, target_number: int) -> list[Job]:
    targets = list(sensible_targets(CONFIG))
    case = Case(model, targets[target_number % len(targets)])
    return [float_outputs(model), inspection(model), quantization(model), compilation(case)]


def assert_classified(outcome: Outcome) -> None:
    assert outcome.kind in KINDS, outcome
    assert outcome.done == (outcome.value is not None)
    assert outcome.done or outcome.sentence.startswith(outcome.stage)
    assert outcome.done or outcome.reproduce
    assert (outcome.kind == "crashed") <= bool(outcome.signal or outcome.detail)


@pytest.mark.slow
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spec=specs(), target_number=st.integers(0, 10_000))
def test_every_random_model_ends_in_a_classified_outcome(engine: Engine, spec: RnnSpec, target_number: int) -> None:
    for outcome in [engine.observe(job) for job in jobs_about(GeneratedModel(spec, {}), target_number)]:
        assert_classified(outcome)


@pytest.mark.slow
@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spec=specs())
def test_a_looped_int8_conversion_never_ends_the_tests(engine: Engine, spec: RnnSpec) -> None:
    looped = looped_int8_inspection(GeneratedModel(replace(spec, quantization=Quantization.INT8), {}))
    assert_classified(engine.observe(looped))
