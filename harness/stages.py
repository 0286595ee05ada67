"""The stages: what each runs in its child, with which tools and within which limits."""

from __future__ import annotations

from typing import NamedTuple

KERAS = ("tensorflow", "keras", "numpy")
LITERT = ("ai-edge-litert", "numpy")
FUSED = (*KERAS, "tf-keras", "ai-edge-litert")
ALL_KERNELS = (*LITERT, "tflite-micro")
VELA = ("ethos-u-vela", "ai-edge-litert", "numpy")
COMMAND_LINE_VELA = ("ethos-u-vela", "numpy")
# What a server imports before it forks: one server with TensorFlow, one without; in other toolchains one for Vela.
WITH_TENSORFLOW = ("tensorflow", "keras", "ai_edge_litert.schema_py_generated", "numpy")
WITHOUT_TENSORFLOW = (
    "ai_edge_litert.interpreter",
    "ai_edge_litert.schema_py_generated",
    "tflite_micro",
    "ethosu.vela.architecture_features",
    "ethosu.vela.npu_performance",
    "ethosu.regor",
    "numpy",
)
VELA_ALONE = ("ethosu.vela.vela", "numpy")


class Stage(NamedTuple):
    """One step from a question to its evidence.

    `function` is `module:name` of a plain function; `tools` are the distributions that its result depends on;
    `seconds` and `megabytes` (resident memory) are what a child may take before it is stopped: about ten times the
    time and twice the memory that the largest models of the matrix take. Where `shares_child`, jobs that can begin at
    the same moment are done in one child, one after the other (see `harness.companions`); a child that does not survive
    one of them leaves the rest to another. They have all that they need in common, or the input `shared_input` where
    that is named.
    """

    function: str
    tools: tuple[str, ...]
    seconds: int = 120
    megabytes: int = 2048
    shares_child: bool = False
    shared_input: str = ""


STAGES: dict[str, Stage] = {
    "weights": Stage("harness.model:initial_weights", KERAS, shares_child=True),
    "trained_weights": Stage("harness.model:load_weights", ("numpy",)),
    "training": Stage("harness.training:train", KERAS, seconds=1800, megabytes=4096),
    "float_outputs": Stage("harness.tracing:float_outputs", KERAS, shares_child=True),
    "float_windows": Stage("harness.tracing:float_windows", KERAS, shares_child=True),
    "oracle": Stage("harness.oracle:judge", ("numpy",), seconds=300, shares_child=True, shared_input="weights"),
    "conversion": Stage("harness.conversion:convert", (*KERAS, "ai-edge-litert"), seconds=300, shares_child=True),
    "foreign_conversion": Stage("harness.conversion:convert_unnamed", KERAS, seconds=300, shares_child=True),
    "foreign_float_conversion": Stage("harness.conversion:convert_float_unnamed", KERAS, shares_child=True),
    "guide_conversion": Stage("harness.guide:convert", KERAS, seconds=600),
    "guide_labels": Stage("harness.guide:classify", KERAS, seconds=900),
    "naming": Stage("harness.conversion:name", LITERT, shares_child=True),
    "fused_conversion": Stage("harness.fused:convert", FUSED, seconds=300, shares_child=True),
    "foreign_fused_conversion": Stage("harness.fused:convert_unnamed", KERAS, seconds=300, shares_child=True),
    "fused_outputs": Stage("harness.fused:run", FUSED, shares_child=True),
    "fused_quantization": Stage("harness.fused:judge", LITERT),
    "resets": Stage("harness.resets:observe", ALL_KERNELS, shares_child=True),
    "float_conversion": Stage("harness.conversion:convert_float", (*KERAS, "ai-edge-litert"), shares_child=True),
    "keras_model": Stage("harness.keras_model:load", KERAS, seconds=300, megabytes=4096),
    "keras_conversion": Stage(
        "harness.unrolling:convert", (*KERAS, "ai-edge-litert"), seconds=600, megabytes=4096, shares_child=True
    ),
    "keras_outputs": Stage(
        "harness.unrolling:expect", (*KERAS, "ai-edge-litert"), seconds=300, megabytes=4096, shares_child=True
    ),
    "unrolling": Stage(
        "harness.unrolling:prove", (*KERAS, "ai-edge-litert"), seconds=300, megabytes=4096, shares_child=True
    ),
    "float_outputs_of_data": Stage("harness.task:expect", LITERT, seconds=300),
    "float_error": Stage("harness.task:compare", LITERT, seconds=300),
    "metric": Stage("harness.task:judge", LITERT, seconds=600, megabytes=4096),
    "repair": Stage("harness.repair:repair", LITERT, shares_child=True),
    "contract": Stage("harness.contract:judge", LITERT, shares_child=True),
    "state_effect": Stage("harness.state_effect:measure", ALL_KERNELS, shares_child=True),
    "inspection": Stage("harness.tflite:inspect", LITERT, shares_child=True),
    "operators": Stage("harness.operators:predict", VELA, shares_child=True),
    "quantization": Stage("harness.quantization:judge", ALL_KERNELS, shares_child=True, shared_input="model"),
    "copying": Stage("harness.copying:compare", LITERT, seconds=300),
    "streaming": Stage("harness.streaming:stream", LITERT, seconds=300),
    "compilation": Stage("harness.vela:compile_model", VELA, seconds=120, shares_child=True),
    "foreign_compilation": Stage("harness.vela_command:compile_model", COMMAND_LINE_VELA, seconds=300),
    "foreign_placement": Stage("harness.vela_summary:read", LITERT, shares_child=True),
    "references": Stage("harness.references:observe", LITERT, seconds=300, shares_child=True),
    "execution": Stage("harness.execution:execute", LITERT, seconds=300, shares_child=True, shared_input="expected"),
    "npu_labels": Stage("harness.execution:classify", LITERT, seconds=600),
    "float_labels": Stage("harness.training:classify", KERAS, seconds=600),
    "int8_labels": Stage("harness.digits:classify", LITERT, seconds=900),
}


def modules_of(tools: tuple[str, ...], *, foreign: bool = False) -> tuple[str, ...]:
    """The modules to import once in the server that the children of these tools are forked from.

    Our own are among them: what every child imports anew costs more than what most of them compute. In a `foreign`
    toolchain these are the few that run there.
    """
    heavy = "tensorflow" in tools
    if foreign:
        return ("tensorflow", "numpy", "harness.model", "harness.conversion") if heavy else VELA_ALONE
    own = {stage.function.partition(":")[0] for stage in STAGES.values() if ("tensorflow" in stage.tools) == heavy}
    return (*(WITH_TENSORFLOW if heavy else WITHOUT_TENSORFLOW), *sorted(own))
