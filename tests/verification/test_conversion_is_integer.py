"""The converted model computes in integers only, with sane scales, after exact repairs alone."""

from __future__ import annotations

from harness.checks import (
    computes_in_integers,
    has_sane_scales,
    has_static_shapes,
    repairs_are_proven,
)
from harness.evidence import ModelView, Repair
from harness.fixtures import Verify


def test_computes_in_integers(view: ModelView, verify: Verify) -> None:
    verify(computes_in_integers(view))


def test_repairs_are_proven(repair: Repair, verify: Verify) -> None:
    verify(repairs_are_proven(repair))


def test_has_static_shapes(view: ModelView, verify: Verify) -> None:
    verify(has_static_shapes(view))


def test_has_sane_scales(view: ModelView, verify: Verify) -> None:
    verify(has_sane_scales(view))
