"""Documents to show: the committed example, which real tools made, as it is and changed in one way at a time."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

EXAMPLE = Path(__file__).parent.parent.parent / "reports" / "example" / "report.json"
HOSTILE = "<script>window.hurt = 1</script>'\"&<img src=x onerror='window.hurt = 1'>"
HUGE = HOSTILE + "x" * 10_000
MODEL, TARGET = "gru_u256_t28_none_mnist_int8", "u55_128_high_end_embedded_shared_sram"
"""What is changed below, one thing at a time: a model and a case that everything is known of."""

OUTCOMES = ("cannot tell", "fail", "fixed", "known", "pass")
CONTRACT = {
    "pairs": [
        {
            "state": "state_h",
            "output": "state_h_out",
            "input": "state_h_in",
            "dtype": "int8",
            "shape": [1, 4],
            "output_scale": 0.0078,
            "output_zero_point": 3,
            "input_scale": 0.0156,
            "input_zero_point": -1,
            "equal": False,
            "raw_error_lsb": 9,
            "raw_error": 0.1,
            "multiplier": 1 << 30,
            "shift": 2,
        }
    ],
    "problems": ["c_out is int8 and c_in is int16: not one state"],
    "unpaired": [],
    "c": "void carry_state_h(const int8_t *out, int8_t *in);",
}
SERIES = {
    "walk_db_host_output": [30.0, 29.5, 29.4],
    "walk_db_raw_output": [30.0, 20.5, None],
    "walk_db_host_state_h": [33.0, 31.0, 30.5],
}
Document = dict[str, Any]


def example() -> Document:
    document: Document = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    return document


def sample(document: Document) -> tuple[Document, Document]:
    """The model and the case that are changed."""
    (model,) = (model for model in document["models"] if model["id"] == MODEL)
    (case,) = (case for case in document["cases"] if case["model"] == MODEL and case["target"] == TARGET)
    return model, case


def of_size(cases: int) -> Document:
    """The example again and again under other names, with other figures, until it has so many cases."""
    document = example()
    models, given = document["models"], document["cases"]
    document["models"], document["cases"] = [], []
    for copied in range(-(-cases // len(given))):
        document["models"] += [_renamed(model, copied, "id") for model in models]
        document["cases"] += [_renamed(case, copied, "id", "model") for case in given]
    del document["cases"][cases:]
    return document


def hostile(name: str = HOSTILE) -> Document:
    """A model and its operators are called so; so is whatever a tool said about them."""
    document = example()
    model, case = sample(document)
    document["models"], document["cases"] = [model], [case]
    case["model"] = name
    model.update(id=name, file=name, kind=name)
    model["graph"]["layers"][0].update(layer=name)
    model["graph"]["layers"][0]["operators"][0].update(name=name, tensor=name)
    operator = {"name": name, "tensor": name, "subgraph": 0, "index": 2, "reason": name, "layer": name, "step": 0}
    case.update(
        id=f"{name}-x", on_cpu=[{**operator, "kernel": name, "violated": [name], "cause": name, "remedy": name}]
    )
    _say(case["claims"][0], "fail", name)
    said = {"outcome": "fail", "test": name, "cause": name, "remedy": name, "subjects": [name]}
    document.update(findings=[said], command=name)
    return document


def of_each_outcome() -> Document:
    """Five cases of one model, each with an outcome of its own."""
    document = example()
    model, case = sample(document)
    target = document["targets"][0]
    document["targets"] = [{**target, "id": f"target_{place}"} for place in range(len(OUTCOMES))]
    document["models"] = [model]
    document["cases"] = [_with_outcome(case, outcome, place) for place, outcome in enumerate(OUTCOMES)]
    document["outcomes"] = dict.fromkeys(OUTCOMES, 1)
    return document


def with_extras() -> Document:
    """With what other parts of the harness add: a baseline, a state contract, series."""
    document = example()
    changes = [{"kind": "worse", "case": document["cases"][0]["id"], "sentence": "2 NPU segments, were 1"}]
    document["baseline"] = {"file": "baseline.json", "updated": False, "changes": changes}
    model, _ = sample(document)
    model["contract"] = CONTRACT
    model["claims"][0].update(test="test_walks", verdict={**model["claims"][0]["verdict"], "series": SERIES})
    return document


def _renamed(item: Document, number: int, *names: str) -> Document:
    """A copy under another name, with other figures, cycles and evidence; what it does not change is shared."""
    scaled = ("ms", "sram_used_bytes", "weight_reads", "sqnr_db_output")
    figures = {name: (value or 0) * (1 + number / 97 * (name in scaled)) for name, value in item["figures"].items()}
    made = {**item, **{name: f"{item[name]}_copy{number}" for name in names}, "figures": figures}
    made["claims"] = [_claim_again(claim, number) for claim in item["claims"]]
    return {**made, "seed": number} if "seed" in item else made


def _claim_again(claim: Document, number: int) -> Document:
    evidence = [{**entry, "key": f"{number:04x}{entry['key'][4:][::-1]}"} for entry in claim["evidence"]]
    message = claim["message"].replace(" cycles", f"{number} cycles")
    return {**claim, "message": message, "verdict": {**claim["verdict"], "observed": message}, "evidence": evidence}


def _with_outcome(case: Document, outcome: str, place: int) -> Document:
    made = copy.deepcopy(case)
    made.update(id=f"{case['id']}_{place}", target=f"target_{place}", outcome=outcome)
    _say(made["claims"][0], outcome, f"said of {outcome}")
    return made


def _say(claim: Document, outcome: str, text: str) -> None:
    names = ("cause", "remedy", "reproduce", "sentence", "stage", "kind", "signal", "detail", "reproducer")
    ended = {"kind": "crashed", "signal": "SIGSEGV"}
    failure = {**dict.fromkeys(names, text), **ended} if outcome == "cannot tell" else {}
    claim.update(outcome=outcome, message=text, failure=failure, known=text if outcome == "known" else "")
    claim["verdict"] = {**claim["verdict"], "allowed": text, "cause": text, "remedy": text}
