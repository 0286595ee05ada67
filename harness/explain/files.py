"""Why a stage failed: the file that it was given."""

from __future__ import annotations

from harness.explain.cause import Cause

FILES = (
    Cause(
        name="metric of the user's own",
        text=r"metric \S+:\w+(:| raised| returned) ",
        sentence="the function that is named as the metric gave no number",
        remedy="mend it: it is called with the outputs and the arrays of the data, dicts of arrays by name",
    ),
    Cause(
        name="data of another model",
        text=r"array '.+' (has rows of shape|is \S+, the input takes|has NaN)|the data have '|not clear how .* pair up",
        sentence="the data, or the float model, do not fit the model",
        remedy="name and shape the arrays as the inputs of the model, and give both models the same names",
    ),
    Cause(
        name="Python in the model file",
        text=r"`?Lambda`? layer whose `?function`?|Could not locate (class|function)",
        sentence="the .keras file refers to Python code that it does not hold",
        remedy="save a model of Keras's own layers, or register the class (keras.saving.register_keras_serializable)",
    ),
    Cause(
        name="state pair",
        text=r"for a state pair|in two state pairs",
        sentence="the states that were named are not those of this model",
        remedy="name an output and an input that it has, each once, or leave the pairs to be found by name and shape",
    ),
    Cause(
        name="weights of another model",
        text=r"set_weights\(weights\)` on layer|Layer \S+ weight shape .* is not compatible",
        sentence="the weights do not fit the layers that they are loaded into",
        remedy="use the weights of the same cell, units and features",
    ),
    Cause(
        name="already compiled",
        text=r"unresolved custom op: ethos-u",
        sentence="Vela has compiled this file: the reference kernels cannot run its custom operator ethos-u",
        remedy="give the .tflite that went into Vela",
    ),
    Cause(
        name="damaged file",
        text=r"Buffer contents inconsistent with generated schema|damaged or truncated|not a TFLite file|"
        r"not a valid Flatbuffer|Unable to parse TFLite input|the file is empty",
        sentence="the file is not a whole TFLite model",
        remedy="export or copy the model again and compare the sizes",
    ),
    Cause(
        name="no float model",
        stage=r"keras_model|float_outputs_of_data",
        kind="refused",
        certainty="likely",
        sentence="what is named as the float model is none whose outputs can be compared with",
        remedy="give the model before quantization: a float .tflite, a .keras file or package.module:function",
    ),
)
