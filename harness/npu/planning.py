"""Turns a program into a list of actions on a batch, checking every memory access on the way."""

from __future__ import annotations

from typing import Callable, List, NamedTuple, TypeVar

import numpy as np

from .access import Access, Action, Operand, Run, Write
from .commands import parse
from .constants import DecodedWeights, read_weights
from .convolution import convolution, is_fully_connected
from .coverage import Coverage
from .decoding import decode_operations
from .elementwise import elementwise, require_elementwise
from .errors import StreamError
from .finishing import Finish, finishing
from .identity import computation, name_of
from .memory import DYNAMIC, Memory, places_of
from .operations import Operation, Step, Transfer, used_weights
from .pooling import pooling, require_pooling
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
    outputs: dict[str, Operand]
    convolutions: list[Convolution]
    name: bytes
    """Plans of one name do the same operations on the same operands (see `identity`)."""


Compute = Callable[[List[np.ndarray], bool], List[np.ndarray]]
"""Output values of CPU operators from input values; the flag is `Run.once`."""

CpuRunner = Callable[[Program, CpuOperators], Compute]

Kernel = TypeVar("Kernel")


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
    inputs = {
        place.name: access.place_writer(place, _SEGMENT_START, name_of(place.name.encode())) for place in program.inputs
    }
    for number, segment in enumerate(program.segments):
        if isinstance(segment, CpuOperators):
            planner.plan_cpu(segment, cpu(program, segment))
        else:
            planner.plan_stream(number, segment)
    end = len(program.streams[-1].words)
    outputs = {place.name: access.place_reader(place, end) for place in program.outputs}
    ends = (part for name, operand in sorted(outputs.items()) for part in (name.encode(), operand.name))
    return Plan(inputs, access.actions, outputs, planner.convolutions, name_of(*sorted(planner.results), *ends))


class _Planner:
    def __init__(self, program: Program, reference: Reference | None, coverage: Coverage | None) -> None:
        self.program, self.reference, self.coverage = program, reference, coverage
        self.memory = Memory(program)
        self.access = Access(self.memory, [])
        self.convolutions: list[Convolution] = []
        self.results: list[bytes] = []

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

    def plan_cpu(self, segment: CpuOperators, compute: Compute) -> None:
        reads = [self.access.place_reader(place, _SEGMENT_START) for place in segment.inputs]
        name = name_of(self.program.model, repr(segment.operators).encode())
        result = self._result(name, *reads)
        writes = [
            self.access.place_writer(place, _SEGMENT_START, name_of(result, place.name.encode()))
            for place in segment.outputs
        ]

        def run_operators(run: Run) -> None:
            for write, values in zip(writes, compute([operand.read(run) for operand in reads], run.once)):
                write(run, values)

        self.access.actions.append(run_operators)

    def _plan_elementwise(self, step: Operation) -> None:
        first = self.access.reader(step.ifm, step.word, "IFM")
        second = first if step.ifm2 is None else self.access.reader(step.ifm2, step.word, "IFM2")
        require_elementwise(step)
        kernel, name = self._kernel(step, lambda finish: elementwise(step, finish))
        write = self.access.writer(step.ofm, step.word, self._result(name, first, second))
        self.access.actions.append(lambda run: write(run, kernel()(first.read(run), second.read(run))))

    def _plan_pool(self, step: Operation) -> None:
        operand = self.access.reader(step.ifm, step.word, "IFM")
        require_pooling(step)
        kernel, name = self._kernel(step, lambda finish: pooling(step, finish))
        write = self.access.writer(step.ofm, step.word, self._result(name, operand))
        self.access.actions.append(lambda run: write(run, kernel()(operand.read(run))))

    def _plan_convolution(self, number: int, step: Operation) -> None:
        operand = self.access.reader(step.ifm, step.word, "IFM")
        found = self._constants(number, step)
        weights, scales = found.weights, found.scales
        self.convolutions.append(found)
        kernel, name = self._kernel(
            step, lambda finish: convolution(step, weights, scales, finish, self.reference), weights.name, scales.name
        )
        write = self.access.writer(step.ofm, step.word, self._result(name, operand))
        connected = is_fully_connected(step, weights, self.reference)
        self.access.actions.append(lambda run: write(run, kernel()(operand.read(run), once=connected and run.once)))

    def _constants(self, number: int, step: Operation) -> Convolution:
        word, architecture, where = step.word, self.program.architecture, used_weights(step)
        streams = [self.memory.constant(item, word, "weights") for item in where.streams]
        records = [self.memory.constant(item, word, "scale records") for item in where.scales]
        weights = read_weights(streams, layout_of(step, architecture), word)
        scales = read_scales(records, step.ofm.shape[2], u85=architecture.is_u85, word=word)
        return Convolution(number, step, weights, scales)

    def _kernel(
        self, step: Operation, make: Callable[[Finish], Kernel], *constants: bytes
    ) -> tuple[Callable[[], Kernel], bytes]:
        """The kernel of an operation, made when it is first run, and the name of what it computes."""
        table = self._table(step)
        return _once(lambda: make(finishing(step, table, self.coverage))), computation(step, table, *constants)

    def _table(self, step: Operation) -> bytes | None:
        table = step.activation.table
        if table is None:
            return None
        content = self.memory.constant(table.memory, step.word, "look-up table")
        return content if self.reference is None else self.reference.tables.get(content, content)

    def _result(self, name: bytes, *operands: Operand) -> bytes:
        """The name of what a computation makes of its operands."""
        self.results.append(name_of(name, *(operand.name for operand in operands)))
        return self.results[-1]


def _once(make: Callable[[], Kernel]) -> Callable[[], Kernel]:
    """Make it when it is first asked for."""
    made: list[Kernel] = []

    def get() -> Kernel:
        if not made:
            made.append(make())
        return made[0]

    return get


def _plan_transfer(access: Access, transfer: Transfer) -> None:
    states = access.memory.copy(transfer)
    if DYNAMIC not in states:
        return
    if transfer.target.internal:
        raise StreamError("a look-up table is computed at run time", transfer.word)
    number = access.memory.number
    source, target = number(transfer.source.region), number(transfer.target.region)
    begin, to = transfer.source.base, transfer.target.base
    moving = places_of(DYNAMIC, states)

    def copy(run: Run) -> None:
        run.regions[target][:, to + moving] = run.regions[source][:, begin + moving]

    access.actions.append(copy)
