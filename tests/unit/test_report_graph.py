"""An unrolled graph is told once: the usual step, and how others differ."""

from __future__ import annotations

from harness.evidence import Forecast, Prediction, Predictions
from harness.report.graph import cycles_by_operator, describe_graph, step_cycles, steps_in_full

NPU, CPU = Forecast("npu", (), ()), Forecast("cpu", ("no float",), ())


def operator(index: int, name: str, tensor: str, step: int | None, forecast: Forecast = NPU) -> Prediction:
    return Prediction(0, index, name, tensor, "Add" + name, "gru", step, {"ethos-u55": forecast, "ethos-u85": NPU})


UNROLLED = Predictions(
    (
        operator(0, "UNPACK", "model/gru/unstack;model/gru/unstack1", None),
        operator(1, "SPLIT", "model/gru/cell/split", 0, CPU),
        *(
            operator(2 * step + place, name, f"model/gru/cell_{step}/{name.lower()}", step)
            for step in (1, 2, 3)
            for place, name in ((0, "MUL"), (1, "ADD"))
        ),
        operator(8, "ADD", "model/gru/cell/add", 0),
    )
)


def test_the_usual_step_is_told_in_full() -> None:
    graph = describe_graph(UNROLLED)
    (layer,) = graph["layers"]
    assert (layer["layer"], layer["step"], layer["usual"]) == ("gru", 1, [1, 2, 3])
    assert [(entry["name"], entry["tensor"]) for entry in layer["operators"]] == [("MUL", "mul"), ("ADD", "add")]
    assert graph["operators"] == 9


def test_another_step_is_told_by_its_difference() -> None:
    (other,) = describe_graph(UNROLLED)["layers"][0]["others"]
    assert other == {
        "step": 0,
        "operators": 2,
        "more": ["SPLIT split (CPU predicted on ethos-u55)"],
        "less": ["MUL mul"],
    }


def test_what_belongs_to_no_step_is_told_apart() -> None:
    (outside,) = describe_graph(UNROLLED)["outside"]
    assert (outside["name"], outside["tensor"], outside["kernel"]) == ("UNPACK", "unstack", "AddUNPACK")


def test_a_model_without_steps_has_no_layers() -> None:
    flat = Predictions((operator(0, "SOFTMAX", "output", None),))
    assert describe_graph(flat)["layers"] == []
    assert step_cycles(steps_in_full(flat), {0: (5, 1)}) == {}


def test_cycles_are_added_up_by_kind_of_operator() -> None:
    cycles = {2: (100, 7), 3: (10, 0), 4: (200, 7), -1: (50, 0)}
    assert cycles_by_operator(UNROLLED, cycles, 400) == [
        {"operator": "MUL", "count": 2, "cycles": 300, "macs": 14, "share": 0.75},
        {"operator": "added by Vela", "count": 1, "cycles": 50, "macs": 0, "share": 0.125},
        {"operator": "ADD", "count": 1, "cycles": 10, "macs": 0, "share": 0.025},
    ]
    assert step_cycles(steps_in_full(UNROLLED), cycles) == {"gru": [100, 10]}
