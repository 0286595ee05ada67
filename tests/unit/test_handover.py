"""The C of a contract compiles without a warning and computes what `rescale` computes, value for value."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.contract import fixed_point, rescale
from harness.handover import to_c

COMPILE = ("gcc", "-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-O2")
RANDOM_PAIRS = 60
MAIN = """\
#include "state.h"
#include <stdio.h>

%(functions)s
int main(void)
{
%(calls)s    return 0;
}
"""
FUNCTION = """\
static void run_%(name)s(long low, long high)
{
    for (long value = low; value <= high; ++value) {
        printf("%%ld\\n", (long)%(name)s_rescale((%(c)s)value));
    }
}
"""


def pair(name: str, dtype: str, scales: tuple[float, float], zeros: tuple[int, int]) -> dict[str, Any]:
    multiplier, shift = fixed_point(scales[0] / scales[1])
    return {
        "state": name,
        "output": f"{name}_out",
        "input": f"{name}_in",
        "shape": [1, 5],
        "dtype": dtype,
        "output_scale": scales[0],
        "output_zero_point": zeros[0],
        "input_scale": scales[1],
        "input_zero_point": zeros[1],
        "multiplier": multiplier,
        "shift": shift,
    }


def random_pairs() -> list[dict[str, Any]]:
    """Ratios near one, as states have them, and up to 2^14 either way; a third of them int16 or uint8."""
    rng = np.random.default_rng(0)
    pairs = []
    for number in range(RANDOM_PAIRS):
        dtype = ("int8", "int8", "int16", "int8", "int8", "uint8")[number % 6]
        limits = np.iinfo(dtype)
        scale, ratio = 2 ** rng.uniform(-12, 0), 2 ** rng.uniform(-1, 1) ** (1 if number % 2 else 9)
        zeros = (0, 0) if dtype == "int16" else tuple(map(int, rng.integers(limits.min, limits.max + 1, 2)))
        pairs.append(pair(f"s{number}", dtype, (scale * ratio, scale), zeros))
    ends = [pair("up", "int8", (2.0**14, 1.0), (-128, 127)), pair("down", "int16", (1.0, 2.0**14), (0, 0))]
    return [*pairs, *ends, pair("tie", "int8", (0.5, 1.0), (3, -3)), pair("twice", "int8", (0.4, 1.0), (0, 0))]


def compiled(folder: Path, header: str, main: str) -> Path:
    """The program of a main that includes the header; fails with what the compiler says."""
    (folder / "state.h").write_text(header, encoding="utf-8")
    (folder / "main.c").write_text(main, encoding="utf-8")
    command = [*COMPILE, "main.c", "-o", "main"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return folder / "main"


def test_every_value_is_that_of_python(tmp_path: Path) -> None:
    pairs = random_pairs()
    names = [f"model_{entry['state']}" for entry in pairs]
    limits = [np.iinfo(entry["dtype"]) for entry in pairs]
    functions = "".join(FUNCTION % {"name": n, "c": f"{p['dtype']}_t"} for n, p in zip(names, pairs, strict=True))
    calls = "".join(f"    run_{n}({at.min}, {at.max});\n" for n, at in zip(names, limits, strict=True))
    program = compiled(tmp_path, to_c(pairs, "model"), MAIN % {"functions": functions, "calls": calls})
    printed = np.array(subprocess.run([program], capture_output=True, check=True).stdout.split(), np.int64)
    saturated = 0
    for entry, at in zip(pairs, limits, strict=True):
        values = np.arange(at.min, at.max + 1).astype(entry["dtype"])
        got, printed = printed[: len(values)], printed[len(values) :]
        assert np.array_equal(got, rescale(values, entry)), entry
        saturated += int(np.count_nonzero((got == at.min) | (got == at.max)))
    assert printed.size == 0
    assert saturated > 1000


CARRY = """\
#include "state.h"
#include <stdio.h>

int main(void)
{
    const int8_t output[net_h_size] = {-128, -1, 0, 1, 127};
    int8_t input[net_h_size];
    net_h_reset(input);
    for (size_t i = 0; i < net_h_size; ++i) printf("%d ", input[i]);
    net_h_carry(output, input);
    for (size_t i = 0; i < net_h_size; ++i) printf("%d ", input[i]);
    int16_t wide[net_c_size];
    net_c_reset(wide);
    printf("%d", wide[0] + (int)net_c_size);
    return 0;
}
"""


def test_carry_and_reset_go_over_the_whole_state(tmp_path: Path) -> None:
    pairs = [pair("h", "int8", (0.75, 1.0), (1, 7)), pair("c", "int16", (1.0, 0.5), (0, 0))]
    program = compiled(tmp_path, to_c(pairs, "net"), CARRY)
    printed = subprocess.run([program], capture_output=True, check=True).stdout.split()
    carried = rescale(np.array([-128, -1, 0, 1, 127], np.int8), pairs[0]).tolist()
    assert [int(word) for word in printed] == [7] * 5 + carried + [5]


def test_any_name_becomes_a_name_of_c(tmp_path: Path) -> None:
    strange = [pair("*/ état: 1", "int8", (1.0, 0.9), (0, 0)), pair("ETAT 1", "int8", (1.0, 0.9), (0, 0))]
    header = to_c(strange, "8 bit model")
    assert "m_8_bit_model_" in header
    compiled(tmp_path, header, '#include "state.h"\n#include "state.h"\nint main(void) { return 0; }\n')
    assert len({line for line in header.splitlines() if "_carry(" in line and "inline" in line}) == 2


@pytest.mark.parametrize("dtype", ["float32", "int32"])
def test_what_is_only_copied_has_no_rescale(dtype: str) -> None:
    with pytest.raises(ValueError, match="there is nothing to rescale, copy its bytes"):
        to_c([{"state": "h", "dtype": dtype, "shape": [1]}], "model")
