"""Which converter may be paired with which Vela."""

from __future__ import annotations

from harness.toolchains.toolchain import Toolchain


def incompatibility(keras_toolchain: Toolchain, vela_toolchain: Toolchain) -> str:
    """Why models of one toolchain do not go well with the Vela of another, as a sentence; empty where they do."""
    per_channel = keras_toolchain.per_channel_fully_connected
    if per_channel and vela_toolchain.takes_per_channel_fully_connected is False:
        return (
            f"TensorFlow {keras_toolchain.tensorflow} ({keras_toolchain.name}) quantizes FULLY_CONNECTED per channel, "
            f"and Vela {vela_toolchain.vela} ({vela_toolchain.name}) leaves every such operator on the CPU: "
            "take Vela 4.0 or later, or TensorFlow before 2.17"
        )
    return ""
