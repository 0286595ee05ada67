"""Everything that this package raises by itself.

NpuError
├── ModelFormatError             the container (.tflite, .npz) cannot be read
├── WeightFormatError            a compressed weight stream cannot be decoded; carries the bit offset
├── InputError                   values given for a run do not fit the model
└── StreamError                  a command stream cannot be executed; carries the word offset
    ├── UnsupportedStreamError   valid perhaps, but not implemented here: nothing is approximated
    └── MemoryAccessError        reads or writes what it must not
"""

from __future__ import annotations


class NpuError(ValueError):
    pass


class ModelFormatError(NpuError):
    pass


class InputError(NpuError):
    pass


class WeightFormatError(NpuError):
    def __init__(self, message: str, bit: int) -> None:
        super().__init__(f"weight stream, bit {bit}: {message}")
        self.bit = bit


class StreamError(NpuError):
    def __init__(self, message: str, word: int) -> None:
        super().__init__(f"command stream, word {word}: {message}")
        self.word = word


class UnsupportedStreamError(StreamError):
    pass


class MemoryAccessError(StreamError):
    pass
