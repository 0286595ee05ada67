"""Which jobs share a child."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from itertools import chain
from typing import NamedTuple

from harness.jobs import Field, Job
from harness.outcome import Outcome
from harness.stages import STAGES, modules_of

MOST_MODELS, FEWEST_MODELS = 8, 2
"""Models of the same weights that one child builds and converts, one after the other: what TensorFlow does for the
first time in a process takes longer than a small model. The fewer, the more workers would else wait."""


class Waiting(NamedTuple):
    """A job that waits for its child, and what will become of it."""

    job: Job
    future: Future[Outcome]


def companions(job: Job) -> tuple[str, ...]:
    """What a job has in common with those that may share its child.

    That is its server, and its needs or the shared one of them; a job that shares with no other has its own key.
    """
    stage = STAGES[job.stage]
    if not stage.shares_child:
        return (job.key,)
    shared = job.inputs.get(stage.shared_input)
    needs = (shared.job,) if isinstance(shared, Field) else job.needs
    return (*_server(job), *sorted(need.key for need in needs))


def models_in_a_child(workers: int) -> int:
    """How many models a child builds where so many run at once."""
    return max(FEWEST_MODELS, 2 * MOST_MODELS // max(2, workers))


def pieces(group: list[Waiting], most: int) -> Iterator[list[Waiting]]:
    """What of a group of companions each child does: all jobs of a model, of so many models at most."""
    models: dict[str, list[Waiting]] = {}
    for waiting in group:
        models.setdefault(repr(waiting.job.arguments.get("spec")), []).append(waiting)
    together = [models[model] for model in sorted(models)]
    for first in range(0, len(together), most):
        yield list(chain.from_iterable(together[first : first + most]))


def _server(job: Job) -> tuple[str, ...]:
    """What tells the server that a job runs in from the others."""
    tools = STAGES[job.stage].tools
    return modules_of(tools) if job.toolchain is None else (job.toolchain.digest, *modules_of(tools, foreign=True))
