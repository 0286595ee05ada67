"""The file is a model that can be judged, and it computes in sane integers."""

from __future__ import annotations

import pytest

from harness.checks import computes_in_integers, has_sane_scales, has_static_shapes
from harness.evidence import ModelView
from harness.fixtures import Verify, session_of
from harness.subjects import GivenModel


def test_is_a_quantized_tflite(given: GivenModel, verify: Verify, pytestconfig: pytest.Config) -> None:
    verify(session_of(pytestconfig).quantized[given.id])


def test_computes_in_integers(view: ModelView, verify: Verify) -> None:
    verify(computes_in_integers(view))


def test_has_static_shapes(view: ModelView, verify: Verify) -> None:
    verify(has_static_shapes(view))


def test_has_sane_scales(view: ModelView, verify: Verify) -> None:
    verify(has_sane_scales(view))
