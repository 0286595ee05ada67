"""What can go wrong, one exception a cause; each text is one sentence for the person who asked.

HarnessError
├── UsageError         a question that cannot be asked: an option, a name, a combination
│   ├── SpecError      a model description that contradicts itself
│   ├── TargetError    an accelerator, system configuration or memory mode that does not exist or does not fit
│   └── ToolchainError a toolchain that does not exist or contradicts itself
├── InstallError       a toolchain could not be installed
├── DatasetError       a data file is not the one that the harness was verified with
├── ModelError         a .tflite that cannot be read or judged
├── RepairRefused      a rewrite whose proof does not hold for this model
└── CompilerError      Vela refused the model or the target
"""


class HarnessError(Exception):
    """Anything that this package raises on purpose."""


class UsageError(HarnessError):
    """A question that cannot be asked."""


class SpecError(UsageError):
    """A model description that contradicts itself."""


class TargetError(UsageError):
    """An accelerator, system configuration or memory mode that does not exist or does not fit."""


class ToolchainError(UsageError):
    """A toolchain that does not exist or contradicts itself."""


class InstallError(HarnessError):
    """A toolchain could not be installed."""


class DatasetError(HarnessError):
    """A data file is not the one that the harness was verified with."""


class ModelError(HarnessError):
    """A .tflite that cannot be read or judged."""


class RepairRefused(HarnessError):  # noqa: N818 - a refusal is an answer, not an error
    """A rewrite whose proof does not hold for this model."""


class CompilerError(HarnessError):
    """Vela refused the model or the target."""
