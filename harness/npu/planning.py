"""Turns a program into a list of actions on a batch, checking every memory access on the way."""

from __future__ import annotations

from typing import Callable, List, NamedTuple

import numpy as np

from .access import Access, Action, Read, Run, Write
from .commands import parse
from .constants import DecodedWeights, read_weights
from .convolution import convolution, is_fully_connected
from .coverage import Coverage
from .decoding import decode_operations
from .elementwise import elementwise
from .errors import StreamError
from .finishing import Finish, finishing
from .memory import DYNAMIC, Memory
from .operations import Operation, Step, Transfer, used_weights
from .pooling import pooling
from .program import CpuOperators, Program, Stream
from .reference import Reference
from .scales import ScaleRecords, read_scales
from .weight_order import layout_of

_SEGMENT_START = 0


class Convolution(NamedTuple):
    """A CONV or DEPTHWISE operation with its constants decoded."""

    segment: int
    operation: Operation
    weights: DecodedWeights
    scales: ScaleRecords


class Plan(NamedTuple):
    inputs: dict[str, Write]
    actions: list[Action]
    outputs: dict[str, Read]
    convolutions: list[Convolution]


Compute = Callable[[List[np.ndarray], bool], List[np.ndarray]]
"""Output values of CPU operators from input values; the flag is `Run.once`."""

CpuRunner = Callable[[Program, CpuOperators], Compute]


def leave_out(_: Program, __: CpuOperators) -> Compute:
    """Stand in for operators on the CPU, in plans that are looked at but not run."""
    return lambda _, __: []


def operations_of(program: Program, stream: Stream) -> list[Step]:
    return decode_operations(parse(stream.words, u85=program.architecture.is_u85), program.architecture)


def scheduled(steps: list[Step], queue: int) -> list[Step]:
    """Operations and transfers in the order of execution, with each transfer as late as the stream allows.

    A transfer happens when a wait demands it, when `queue` later ones are outstanding, or at the end: so that
    a missing wait shows.
    """
    order: list[Step] = []
    outstanding: list[Step] = []
    for step in steps:
        allowed = len(outstanding)
        if isinstance(step, Transfer):
            outstanding.append(step)
            allowed = queue
        elif isinstance(step, Operation):
            order.append(step)
        elif step.kind == "DMA_WAIT":
            allowed = step.outstanding
        while len(outstanding) > allowed:
            order.append(outstanding.pop(0))
    return order + outstanding


def make_plan(
    program: Program, cpu: CpuRunner, reference: Reference | None = None, coverage: Coverage | None = None
) -> Plan:
    """Plan all segments; raise StreamError for what is unsupported, malformed or a forbidden access.

    `reference` tells what the stream does not of the reference kernels (None: fully connected operators are told by
    their shapes, scales and tables are those of the stream);
    `coverage` notes what the values of runs reach.
    """
    planner = _Planner(program, reference, coverage)
    access = planner.access
    inputs = {place.name: access.place_writer(place, _SEGMENT_START) for place in program.inputs}
    for number, segment in enumerate(program.segments):
        if isinstance(segment, CpuOperators):
            _plan_cpu(access, segment, cpu(program, segment))
        else:
            planner.plan_stream(number, segment)
    end = len(program.streams[-1].words)
    outputs = {place.name: access.place_reader(place, end) for place in program.outputs}
    return Plan(inputs, access.actions, outputs, planner.convolutions)


class _Planner:
    def __init__(self, program: Program, reference: Reference | None, coverage: Coverage | None) -> None:
        self.program, self.reference, self.coverage = program, reference, coverage
        self.memory = Memory(program)
        self.access = Access(self.memory, [])
        self.convolutions: list[Convolution] = []

    def plan_stream(self, number: int, stream: Stream) -> None:
        self.memory.forget_tables()
        for step in scheduled(operations_of(self.program, stream), self.program.architecture.dma_queue):
            if isinstance(step, Transfer):
                _plan_transfer(self.access, step)
            elif isinstance(step, Operation) and step.kind == "ELEMENTWISE":
                self._plan_elementwise(step)
            elif isinstance(step, Operation) and step.kind == "POOL":
                self._plan_pool(step)
            elif isinstance(step, Operation):
                self._plan_convolution(number, step)

    def _plan_elementwise(self, step: Operation) -> None:
        read = self.access.reader(step.ifm, step.word, "IFM")
        read2 = read if step.ifm2 is None else self.access.reader(step.ifm2, step.word, "IFM2")
        kernel = elementwise(step, self._finish(step))
        write = self.access.writer(step.ofm, step.word)
        self.access.actions.append(
            lambda run: write(run, kernel(read(run), read2(run))),
        )

    def _plan_pool(self, step: Operation) -> None:
        read = self.access.reader(step.ifm, step.word, "IFM")
        kernel = pooling(step, self._finish(step))
        write = self.access.writer(step.ofm, step.word)
        self.access.actions.append(lambda run: write(run, kernel(read(run))))

    def _plan_convolution(self, number: int, step: Operation) -> None:
        read = self.access.reader(step.ifm, step.word, "IFM")
        found = self._constants(number, step)
        self.convolutions.append(found)
        kernel = convolution(step, found.weights, found.scales, self._finish(step), self.reference)
        write = self.access.writer(step.ofm, step.word)
        connected = is_fully_connected(step, found.weights, self.reference)
        self.access.actions.append(lambda run: write(run, kernel(read(run), once=connected and run.once)))

    def _constants(self, number: int, step: Operation) -> Convolution:
        word, architecture, where = step.word, self.program.architecture, used_weights(step)
        streams = [self.memory.constant(item, word, "weights") for item in where.streams]
        records = [self.memory.constant(item, word, "scale records") for item in where.scales]
        weights = read_weights(streams, layout_of(step, architecture), word)
        scales = read_scales(records, step.ofm.shape[2], u85=architecture.is_u85, word=word)
        return Convolution(number, step, weights, scales)

    def _finish(self, step: Operation) -> Finish:
        table = step.activation.table
        content = None if table is None else self.memory.constant(table.memory, step.word, "look-up table")
        if self.reference is not None and content is not None:
            content = self.reference.tables.get(content, content)
        return finishing(step, content, self.coverage)


def _plan_transfer(access: Access, transfer: Transfer) -> None:
    states = access.memory.copy(transfer)
    if not np.any(states == DYNAMIC):
        return
    if transfer.target.internal:
        raise StreamError("a look-up table is computed at run time", transfer.word)
    number = access.memory.number
    source, target = number(transfer.source.region), number(transfer.target.region)
    begin, to = transfer.source.base, transfer.target.base
    moving = np.flatnonzero(states == DYNAMIC)

    def copy(run: Run) -> None:
        run.regions[target][:, to + moving] = run.regions[source][:, begin + moving]

    access.actions.append(copy)


def _plan_cpu(access: Access, segment: CpuOperators, compute: Compute) -> None:
    reads = [access.place_reader(place, _SEGMENT_START) for place in segment.inputs]
    writes = [access.place_writer(place, _SEGMENT_START) for place in segment.outputs]

    def run_operators(run: Run) -> None:
        for write, values in zip(writes, compute([read(run) for read in reads], run.once)):
            write(run, values)

    access.actions.append(run_operators)
