"""What the checks judge: a sound model, a sound compilation, and what differs from them in one way."""

from __future__ import annotations

from dataclasses import replace

from harness.evidence import Compilation, CpuOperator, Estimate, Graph, Memory, ModelView, Operator, Tensor

INT8 = Tensor(
    name="input",
    dtype="int8",
    shape=(1, 4),
    dynamic=False,
    scales=(0.5,),
    zero_points=(3,),
    axis=0,
    buffer=1,
    constant_bytes=None,
    constant_hash=None,
    variable=False,
)
OUTPUT = replace(INT8, name="output", scales=(1 / 256,), zero_points=(-128,))
FLOAT = replace(INT8, name="island", dtype="float32", scales=(), zero_points=())
COUNTER = replace(FLOAT, name="counter", dtype="int32")
WEIGHTS = replace(INT8, name="weights", scales=(1e-12, 0.1), zero_points=(0, 0), constant_bytes=8)
ESTIMATE = Estimate(
    total_cycles=1_000_000,
    npu_cycles=900_000,
    core_clock_hz=500e6,
    macs=10,
    encoded_weight_bytes=2_000,
    constants_in="OffChipFlash",
    arena_in="Sram",
    constant_bytes_per_cycle=0.5,
    memories={
        "Sram": Memory(4_096, 100, {}, {}),
        "OffChipFlash": Memory(70_000, 950_000, {"weights": 6_000}, {}),
    },
)
COMPILED = Compilation(
    segments=1,
    source_operators=4,
    on_cpu=(),
    compiled_bytes=1,
    reported_cpu_operators=0,
    reported_npu_operators=9,
    estimate=ESTIMATE,
    operator_cycles={},
)
SPLIT = CpuOperator("SPLIT", "gru/split", 0, 1, "Operation has tensor with unsupported DataType Float32 (gru/split)")
WHILE = CpuOperator("WHILE", "gru/while", 0, 2, "Unsupported opType")
ON_CPU = replace(COMPILED, segments=2, on_cpu=(SPLIT, SPLIT, WHILE), reported_cpu_operators=3)
ALL_ON_CPU = replace(ON_CPU, segments=0, reported_npu_operators=0, estimate=replace(ESTIMATE, total_cycles=0))
MATRIX = replace(INT8, name="kernel", shape=(10, 4), constant_bytes=40, constant_hash=7, buffer=2, scales=(0.25, 0.5))
COPY = replace(MATRIX, buffer=3)
BIAS = replace(INT8, name="bias", dtype="int32", constant_bytes=8, scales=(0.125, 0.25), zero_points=(0, 0))
WORK = CpuOperator("FULLY_CONNECTED", "output", 0, 1, "")


def view(*tensors: Tensor, name: str = "ADD", code: str = "", operators: bool = True) -> ModelView:
    """A graph whose one operator reads and writes all tensors."""
    places = tuple(range(len(tensors)))
    operator = Operator(name, code, places, places, 0, 0)
    graph = Graph("main", places[:1], places[-1:], tensors, (operator,) if operators else ())
    return ModelView(1_000, (graph,))


def layer(source: Tensor, weights: Tensor, bias: Tensor | None, *more: Tensor, steps: int = 2) -> ModelView:
    """Time steps that each apply weights of their own choice: `weights` in the first, `more` in the next ones."""
    tensors = [source, OUTPUT, weights, *([bias] if bias else []), *more]
    places = [2, *range(3 + bool(bias), 3 + bool(bias) + len(more))]
    operators = tuple(
        Operator("FULLY_CONNECTED", "", (0, places[step % len(places)], 3 if bias else -1), (1,), 0, step)
        for step in range(steps)
    )
    return ModelView(1_000, (Graph("main", (0,), (1,), tuple(tensors), operators),))


def split(*used: int) -> ModelView:
    """A SPLIT into two, and an ADD of those results that are used."""
    tensors = (INT8, replace(INT8, name="reset"), replace(INT8, name="update"), OUTPUT)
    operators = (Operator("SPLIT", "", (-1, 0), (1, 2), 0, 0), Operator("ADD", "", used, (3,), 0, 1))
    return ModelView(1_000, (Graph("main", (0,), (3,), tensors, operators),))
