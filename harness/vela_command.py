"""Compiles a .tflite with the command line of whatever Vela is installed (runs in a child, in any toolchain).

The command line is what Velas since 3.0 have in common; `harness.vela` knows the core of the one that the harness
itself runs with. Texts and figures are left as Vela gives them: `harness.vela_summary` makes sense of them.
"""

from __future__ import annotations

import csv
import sys
import tempfile
from pathlib import Path
from typing import Any

from harness.errors import CompilerError
from harness.printed import log_size, printed_since


def compile_model(
    model: bytes, *, accelerator: str, system_config: str, memory_mode: str, config: bytes
) -> dict[str, Any]:
    """The compiled model and what Vela says about it. `config` is the content of a vela.ini.

    Returns `model` (bytes), `summary` (the row of Vela's summary, text by column) and `printed` (all that it printed).
    Raises CompilerError with Vela's last line where it refuses.
    """
    from ethosu.vela import vela

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source, settings, output = folder / "model.tflite", folder / "vela.ini", folder / "output"
        source.write_bytes(model)
        settings.write_bytes(config)
        target = ["--accelerator-config", accelerator, "--system-config", system_config, "--memory-mode", memory_mode]
        begun = log_size()
        status = _run(
            vela.main,
            [str(source), "--config", str(settings), "--output-dir", str(output), *target],
        )
        sys.stdout.flush()
        printed = printed_since(begun)
        compiled = output / "model_vela.tflite"
        if status or not compiled.exists():
            raise CompilerError("Vela refused the model: %s" % _last_line(printed))
        return {"model": compiled.read_bytes(), "summary": summary_in(output), "printed": printed}


def _run(main: Any, arguments: list[str]) -> int:
    from ethosu.vela.errors import VelaError

    try:
        return int(main(arguments) or 0)
    except VelaError as error:  # of Vela 5; earlier ones print it
        raise CompilerError("Vela refused: %s" % error) from None
    except SystemExit as stopped:  # argparse: an option or a name that this Vela does not know
        return int(stopped.code or 0) if str(stopped.code or 0).isdigit() else 1


def summary_in(folder: Path) -> dict[str, str]:
    """The row of the summary that Vela wrote into a folder, by column; empty where it wrote none."""
    for path in folder.glob("model_summary_*.csv"):
        with path.open(newline="") as stream:
            columns, row = list(csv.reader(stream))[:2]
        return dict(zip(_filled(columns, len(row)), row))
    return {}


def _filled(columns: list[str], values: int) -> list[str]:
    """The columns that have values: Vela 3.4 names one that it does not fill, and shifts what follows."""
    return columns if len(columns) == values else [name for name in columns if name != "total_npu_weights"]


def _last_line(printed: str) -> str:
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    return lines[-1] if lines else "it printed nothing"
