"""What a generated model is: every parameter that the result may depend on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from enum import Enum
from typing import Any, TypeVar

from harness.errors import SpecError

GUIDE_FEATURES = 28
CLASSES = 10
_Member = TypeVar("_Member", bound=Enum)


class Cell(str, Enum):
    """The recurrent layers of Keras that the harness knows."""

    GRU = "gru"
    LSTM = "lstm"
    RNN = "rnn"


class StateStyle(str, Enum):
    """What becomes of the state after the last time step.

    It is forgotten (none), handed out and in again (transfer), or kept: fused is LSTM as one operator, which keeps its
    state in variables of the interpreter until a reset.
    """

    NONE = "none"
    TRANSFER = "transfer"
    FUSED = "fused"


UNROLLED = (StateStyle.NONE, StateStyle.TRANSFER)
"""The styles of an unrolled layer."""


class Quantization(str, Enum):
    """Integer types of the activations; weights are int8 in both."""

    INT8 = "int8"
    INT16X8 = "int16x8"


class Retention(str, Enum):
    """How long random weights keep the state: as initialized, or long (GRU update gate +3.5, LSTM forget gate +4)."""

    PLAIN = "plain"
    LONG = "long"


class StateCalibration(str, Enum):
    """What the state inputs hold in the representative dataset: the states of one run of the model, as on the device.

    The others are there to show what they cost: nothing but zeros, values from [0, 1), standard normal values.
    """

    CHAIN = "chain"
    ZEROS = "zeros"
    UNIFORM = "uniform"
    NORMAL = "normal"


class StateFeedback(str, Enum):
    """How the firmware hands a state output to the state input: by the contract of their scales, or as raw bytes."""

    CONTRACT = "contract"
    RAW = "raw"


class Weights(str, Enum):
    """Where the weights come from: Keras's initializers, a trained file, or a short training of their own."""

    RANDOM = "random"
    MNIST = "mnist"
    SLICE = "slice"


@dataclass(frozen=True, slots=True, kw_only=True)
class RnnSpec:
    """Recurrent layers of one kind with a Dense(10, softmax) head, batch size 1.

    Inputs: `input` (1, time_steps, features), with state transfer also `state_h_in` (LSTM: and `state_c_in`)
    (1, units). Outputs: `output` (1, 10) or, with return_sequences, (1, time_steps, 10), with state transfer also
    `state_h_out` (and `state_c_out`). Raises SpecError where a value is out of range or contradicts another.
    """

    cell: Cell
    units: int
    time_steps: int
    features: int = GUIDE_FEATURES
    state: StateStyle = StateStyle.NONE
    quantization: Quantization = Quantization.INT8
    weights: Weights = Weights.RANDOM
    retention: Retention = Retention.PLAIN
    state_calibration: StateCalibration = StateCalibration.CHAIN
    reset_after: bool = True
    return_sequences: bool = False
    layers: int = 1
    bidirectional: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("units", "time_steps", "features", "layers"):
            _require_positive(name, getattr(self, name))
        if self.seed < 0:
            raise SpecError(f"seed is {self.seed}: give 0 or more")
        for contradiction in self._contradictions():
            raise SpecError(contradiction)

    @property
    def is_single(self) -> bool:
        """One layer in one direction: what the oracle and the streaming claims know."""
        return self.layers == 1 and not self.bidirectional and not self.return_sequences

    @property
    def is_fused(self) -> bool:
        """An LSTM that is one operator, not one copy of the cell a time step."""
        return self.state is StateStyle.FUSED

    @property
    def unfused(self) -> RnnSpec:
        """The same layer, weights and data as an unrolled model; itself where it is not fused."""
        return replace(self, state=StateStyle.NONE) if self.is_fused else self

    @property
    def shortest(self) -> RnnSpec:
        """The model of one time step that has the same random weights: their shapes and seed decide about them."""
        return replace(
            self,
            time_steps=1,
            state=StateStyle.NONE,
            quantization=Quantization.INT8,
            state_calibration=StateCalibration.CHAIN,
            return_sequences=False,
        )

    @property
    def id(self) -> str:
        """The name of the model in test ids and reports; names every parameter that differs from the default."""
        parts = [self.cell.value, f"u{self.units}", f"t{self.time_steps}", self.state.value]
        if self.features != GUIDE_FEATURES:
            parts.append(f"f{self.features}")
        words = {
            "mnist": self.weights is Weights.MNIST,
            "slice": self.weights is Weights.SLICE,
            "long": self.retention is Retention.LONG,
            f"states_{self.state_calibration.value}": self.state_calibration is not StateCalibration.CHAIN,
            "reset_before": not self.reset_after,
            "sequences": self.return_sequences,
            f"layers{self.layers}": self.layers > 1,
            "bidirectional": self.bidirectional,
            f"seed{self.seed}": self.seed > 0,
        }
        return "_".join([*parts, *(word for word, said in words.items() if said), self.quantization.value])

    @property
    def states(self) -> tuple[str, ...]:
        """The names of the cell's states: hidden, and for LSTM cell."""
        return ("state_h", "state_c") if self.cell is Cell.LSTM else ("state_h",)

    def _contradictions(self) -> Iterator[str]:
        if not self.reset_after and self.cell is not Cell.GRU:
            yield f"reset_after=False is a variant of gru: {self.cell.value} has no reset gate"
        if self.retention is Retention.LONG and self.cell is Cell.RNN:
            yield "retention long is a bias of a gate that keeps the state: rnn has no gate"
        if self.retention is Retention.LONG and self.weights is not Weights.RANDOM:
            yield f"retention long shapes random weights: weights are {self.weights.value}"
        if self.state_calibration is not StateCalibration.CHAIN and self.state is not StateStyle.TRANSFER:
            yield f"state calibration {self.state_calibration.value} is of state inputs: give state transfer"
        if self.state_calibration is not StateCalibration.CHAIN and self.weights is not Weights.RANDOM:
            yield f"state calibration {self.state_calibration.value} is for random weights, not {self.weights.value}"
        if self.state is StateStyle.TRANSFER and self.bidirectional:
            yield "state transfer and bidirectional contradict each other: the backward layer starts at the end"
        if self.state is StateStyle.TRANSFER and self.layers > 1:
            yield "state transfer is for a single layer here: give layers=1, or state none"
        if self.weights is not Weights.RANDOM and not (self.is_single and self.reset_after):
            yield f"weights {self.weights.value} are those of a single plain layer"
        if self.is_fused:
            yield from self._contradictions_of_fused()

    def _contradictions_of_fused(self) -> Iterator[str]:
        if self.cell is not Cell.LSTM:
            yield f"state fused is for lstm: TFLite has no fused operator of {self.cell.value} that the NPU runs"
        if self.quantization is not Quantization.INT8:
            yield f"state fused is for int8: the converter refuses the fused operator in {self.quantization.value}"
        if not self.is_single:
            yield "state fused is for a single layer in one direction here that gives its last step"

    def to_plain(self) -> dict[str, Any]:
        """The spec as a dict of text and numbers, for children, keys and reports."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value.value if isinstance(value, Enum) else value for name, value in values.items()}

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> RnnSpec:
        """Read what `to_plain` wrote; raises SpecError for unknown names and values."""
        unknown = sorted(set(plain) - {field.name for field in fields(cls)})
        if unknown:
            raise SpecError(f"unknown model parameter {unknown[0]!r}")
        enums: dict[str, type[Enum]] = {
            "cell": Cell,
            "state": StateStyle,
            "quantization": Quantization,
            "weights": Weights,
            "retention": Retention,
            "state_calibration": StateCalibration,
        }
        values: dict[str, Any] = {
            **plain,
            **{name: choose(enums[name], plain[name]) for name in enums if name in plain},
        }
        return cls(**values)


def choose(kind: type[_Member], value: str) -> _Member:
    """The member of an enum that is spelled `value`; raises SpecError that lists the ones there are."""
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(member.value for member in kind)
        raise SpecError(f"unknown {_WORDS[kind]} {value!r}: choose one of {known}") from None


_WORDS: dict[type[Enum], str] = {
    Cell: "cell",
    StateStyle: "state style",
    Quantization: "quantization",
    Weights: "weights",
    Retention: "retention",
    StateCalibration: "state calibration",
    StateFeedback: "state feedback",
}


def _require_positive(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise SpecError(f"{name.replace('_', ' ')} is {value!r}: give a whole number of 1 or more")
