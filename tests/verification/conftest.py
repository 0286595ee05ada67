"""The compatibility matrix and the guide's models, generated, on the targets that were asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.version import Version

from harness import catalog
from harness.asked import question_of, session_of
from harness.errors import UsageError
from harness.fixtures import (
    FIXTURES,
    ask,
    case,
    drop_unasked,
    hand_over,
    is_predictable,
    model,
    verify,
)
from harness.gate import ask_limits, compare_error_with_baseline, compare_with_baseline, is_unasked, policy
from harness.known import require_subjects
from harness.making import weights
from harness.questions import inspection
from harness.run import KNOWN_FAILURES, expect_failures, start
from harness.selection import Axes, Selection
from harness.spec import Cell, Quantization, RnnSpec, StateStyle
from harness.toolchains import Toolchain

ROOT = Path(__file__).resolve().parent.parent.parent
__all__ = [
    "case",
    "compare_error_with_baseline",
    "compare_with_baseline",
    "hand_over",
    "model",
    "policy",
    "verify",
]
globals().update(FIXTURES)

FIRST_WITH_KERAS_3 = Version("2.16")
ONLY_TODAY = ("windows", "streaming", "plain", "unequal", "seeds", "slice", "fused_today")
"""Groups that are about the harness's own findings on training, streams and seeds, not about a toolchain; the float
fused model is run by today's LiteRT."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "npu_models(*names): which models of the selection a test asks about")
    start(config)
    if not session_of(config).settings.ignore_known:
        expect_failures(config, ROOT / "tests" / "known_failures.toml")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return is_unasked(collection_path, config) or None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    session = session_of(metafunc.config)
    models = [
        session.generated(spec, ROOT / "data", toolchain)
        for toolchain in session.settings.toolchains.builders
        for spec in _asked(metafunc, session.selection, session.settings.axes, toolchain)
    ]
    if models:
        start(metafunc.config).prepare([weights(models[0]).job, inspection(models[0])])
    cases = [case for model in models for case in session.cases_of(model) if is_predictable(metafunc, case)]
    if not ask_limits(metafunc, cases):
        ask(metafunc, models, cases)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    drop_unasked(config, items)
    settings = session_of(config).settings
    if settings.matrix == "full" and settings.axes == Axes():
        try:
            require_subjects(config.stash.get(KNOWN_FAILURES, []), {question_of(item) for item in items})
        except UsageError as error:
            raise pytest.UsageError(str(error)) from None


def _asked(metafunc: pytest.Metafunc, selection: Selection, axes: Axes, toolchain: Toolchain | None) -> list[RnnSpec]:
    """The models of a toolchain that a test asks about: all, or those of the groups that its marker names."""
    everything = [*selection.models, *selection.guide]
    marker = metafunc.definition.get_closest_marker("npu_models")
    groups = {
        "guide": [spec for spec in selection.guide if not spec.is_fused],
        "windows": selection.windows,
        "streaming": selection.streaming,
        "plain": [spec for spec in catalog.STREAMING_PLAIN if axes.admits(spec)],
        "unequal": [spec for spec in catalog.UNEQUAL if axes.admits(spec)],
        "seeds": [spec for spec in catalog.SEEDS if axes.admits(spec)],
        "slice": (catalog.SLICE,) if catalog.SLICE.cell in {spec.cell for spec in everything} else (),
        "unrolled": [spec for spec in everything if not spec.is_fused],
        "fused": [spec for spec in everything if spec.is_fused],
        "fused_today": [spec for spec in everything if spec.is_fused],
        "fused_guide": [spec for spec in selection.guide if spec.is_fused],
        "transfer": [spec for spec in everything if spec.is_single and spec.state is StateStyle.TRANSFER],
        "looped": [spec for spec in selection.guide if spec.state is StateStyle.NONE],
        "int8": [spec for spec in everything if spec.quantization is Quantization.INT8],
    }
    groups |= {name: [] for name in (() if toolchain is None else ONLY_TODAY)}
    groups |= _literal(selection, toolchain)
    named = (spec for name in marker.args for spec in groups[name]) if marker else everything
    return [spec for spec in dict.fromkeys(named) if not spec.is_fused or _fuses(toolchain)]


def _fuses(toolchain: Toolchain | None) -> bool:
    """Whether a toolchain has a Keras that makes one operator of an LSTM: Keras 2 does, Keras 3 never."""
    if toolchain is None or toolchain.version_of("tf-keras"):
        return True
    return Version(toolchain.tensorflow or "0") < FIRST_WITH_KERAS_3


def _literal(selection: Selection, toolchain: Toolchain | None) -> dict[str, list[RnnSpec]]:
    """The guide's GRU, in the versions that the guide names."""
    named = toolchain is not None and catalog.GUIDE_VERSIONS.items() <= toolchain.versions.items()
    models = [spec for spec in selection.guide if named and spec.cell is Cell.GRU]
    return {
        "literal": models,
        "literal_stateless": [spec for spec in models if spec.state is StateStyle.NONE],
    }
