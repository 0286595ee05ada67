"""C that carries the states of a model over from one inference to the next: rescale, copy, reset.

C99, one header, needs nothing but stdint.h and stddef.h. Rounds as `harness.contract.rescale`, which rounds as the
reference kernel of QUANTIZE.
"""

from __future__ import annotations

import math
import re
from typing import Any, Mapping, Sequence

_LIMITS = {
    "int8": ("int8_t", "INT8_MIN", "INT8_MAX"),
    "uint8": ("uint8_t", "0", "UINT8_MAX"),
    "int16": ("int16_t", "INT16_MIN", "INT16_MAX"),
}

_HEAD = """\
/* Carries the states of a model over from one inference to the next.
 *
 * Before the first inference and at every reset:  PREFIX_STATE_reset(state_input);
 * after each inference:                           PREFIX_STATE_carry(state_output, state_input);
 *
 * Rounds as the reference kernel of TensorFlow Lite's QUANTIZE; right shifts of negative numbers are arithmetic.
 */
#ifndef %(guard)s
#define %(guard)s

#include <stddef.h>
#include <stdint.h>
"""

_PAIR = """
/* %(output)s: scale %(output_scale).9g, zero point %(output_zero_point)d
 * %(input)s: scale %(input_scale).9g, zero point %(input_zero_point)d */
enum { %(name)s_size = %(size)d };

static inline %(c)s %(name)s_rescale(%(c)s value)
{
    int64_t scaled = ((int64_t)value - (%(output_zero_point)d)) * ((int64_t)1 << %(left)d);
    scaled = (scaled * INT64_C(%(multiplier)d) + (INT64_C(1) << 30)) >> 31;
%(second)s    scaled += %(input_zero_point)d;
    if (scaled < %(low)s) {
        return %(low)s;
    }
    return scaled > %(high)s ? %(high)s : (%(c)s)scaled;
}

static inline void %(name)s_carry(const %(c)s *output, %(c)s *input)
{
    for (size_t i = 0; i < %(name)s_size; ++i) {
        input[i] = %(name)s_rescale(output[i]);
    }
}

static inline void %(name)s_reset(%(c)s *input)
{
    for (size_t i = 0; i < %(name)s_size; ++i) {
        input[i] = %(input_zero_point)d;
    }
}
"""

_SECOND = """\
    scaled = (scaled + (INT64_C(1) << %(half)d) - (scaled < 0)) >> %(right)d;
"""


def to_c(pairs: Sequence[Mapping[str, Any]], prefix: str) -> str:
    """The text of a header for the `pairs` of `harness.contract.judge`; its names begin with `prefix`.

    Raises ValueError for a pair of a type that is not in C's table, as one that is not quantized.
    """
    prefix = _identifier(prefix)
    names = _unique(["%s_%s" % (prefix, _identifier(pair["state"])) for pair in pairs])
    guard = "%s_STATES_H" % prefix.upper()
    head = _HEAD.replace("PREFIX_STATE", names[0] if names else prefix) % {"guard": guard}
    return head + "".join(_pair(pair, name) for pair, name in zip(pairs, names)) + "\n#endif /* %s */\n" % guard


def _pair(pair: Mapping[str, Any], name: str) -> str:
    if pair["dtype"] not in _LIMITS:
        raise ValueError("state %s is %s: there is nothing to rescale, copy its bytes" % (pair["state"], pair["dtype"]))
    kind, low, high = _LIMITS[pair["dtype"]]
    right = max(-pair["shift"], 0)
    second = _SECOND % {"half": right - 1, "right": right} if right else ""
    return _PAIR % dict(
        pair,
        output=_comment(pair["output"]),
        input=_comment(pair["input"]),
        name=name,
        size=math.prod(pair["shape"]),
        c=kind,
        low=low,
        high=high,
        left=max(pair["shift"], 0),
        second=second,
    )


def _identifier(name: str) -> str:
    """A name that C takes: letters, digits and underscores, no digit in front."""
    word = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_").lower() or "state"
    return "m_" + word if word[0].isdigit() else word


def _unique(names: list[str]) -> list[str]:
    return [name if names.count(name) == 1 else "%s_%d" % (name, place) for place, name in enumerate(names)]


def _comment(name: str) -> str:
    return name.replace("*/", "* /").replace("\n", " ")
