"""What is benchmarked where no model is given: committed samples."""

from __future__ import annotations

from pathlib import Path

SAMPLES = Path(__file__).parent.parent / "models"
ESTIMATED = ("gru_transfer.tflite", "lstm_transfer.tflite")
