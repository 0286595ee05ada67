"""The file is a model that can be judged, and it computes in sane integers."""

from __future__ import annotations

import pytest

from harness.asked import session_of
from harness.checks import computes_in_integers, has_sane_scales, has_static_shapes
from harness.evidence import ModelView
from harness.fixtures import Verify, fail_untold
from harness.subjects import GivenModel

SAID_OF_THE_INPUT = ("DatasetError", "ModelError")
"""Errors of a stage that are about the file, or the data, that it was given."""


def test_is_a_quantized_tflite(given: GivenModel, verify: Verify, request: pytest.FixtureRequest) -> None:
    session = session_of(request.config)
    inspected = session.inspected[given.id]
    if inspected is not None and inspected.done:
        session.hand_over(given)
    elif inspected is not None and inspected.error not in SAID_OF_THE_INPUT:
        fail_untold(request.node, session, inspected)
    verify(session.quantized[given.id])


def test_computes_in_integers(view: ModelView, verify: Verify) -> None:
    verify(computes_in_integers(view))


def test_has_static_shapes(view: ModelView, verify: Verify) -> None:
    verify(has_static_shapes(view))


def test_has_sane_scales(view: ModelView, verify: Verify) -> None:
    verify(has_sane_scales(view))
