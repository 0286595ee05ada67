"""What several causes share: what to do about them, and where they are reported."""

from __future__ import annotations

TENSORFLOW = "https://github.com/tensorflow/tensorflow/issues/"
TFLITE_MICRO = "https://github.com/tensorflow/tflite-micro/issues/"

CALIBRATE = "give a representative dataset of float32 samples, as dicts by input name, in the inputs' shapes"
INT8 = "quantize the model to int8 with a representative dataset (TFLITE_BUILTINS_INT8)"
UNROLL = "build the layer with unroll=True, a fixed number of time steps and a fixed batch size"
FIXED_BATCH = (
    "give every input a fixed shape with batch size 1 (keras.Input(batch_shape=(1, ...))) and convert a function "
    "traced at that shape: Keras's model.export opens the batch again"
)
