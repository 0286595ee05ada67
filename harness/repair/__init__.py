"""Exact rewrites of a .tflite, each with its proof (runs in a child; also `python -m harness.repair IN OUT`).

`chains` changes no value; `biases` brings each constant nearer to what the file says it is; `states`, on request, gives
state outputs the scale and zero point of the state inputs. What a proof does not cover is left as it is.
"""

from __future__ import annotations

from typing import Any, Sequence

from harness.editing import edit_model
from harness.repair.biases import mend_biases
from harness.repair.chains import mend_chains
from harness.repair.graph import Mended, drop_unused
from harness.repair.states import mend_states
from harness.tflite import write_model


def repair(
    model: bytes, *, states: bool = False, pairs: Sequence[Sequence[str]] | None = None, equal_too: bool = False
) -> dict[str, Any]:
    """The model with every float SPLIT chain and every wrong bias mended and, with `states`, every state output.

    `pairs` [output, input] names the states, as in `harness.contract.judge`; `equal_too` mends those whose bytes may be
    copied as they are as well, to see what that costs. Gives back `model` (bytes; the very input
    where there is nothing to repair), `changes` (one sentence each) and `refused` (one sentence for each rewrite whose
    proof does not hold). Raises ModelError for a pair that the model does not have.
    """
    tree = edit_model(model)
    mended = [_mend_graph(tree, graph) for graph in tree.subgraphs]
    if states:
        mended.append(mend_states(tree, pairs, equal_too=equal_too))
    changes, refused = ([sentence for part in parts for sentence in part] for parts in zip(*mended))
    return {"model": write_model(tree) if changes else model, "changes": changes, "refused": refused}


def _mend_graph(tree: Any, graph: Any) -> Mended:
    chains, biases = mend_chains(tree, graph), mend_biases(tree, graph)
    if chains.changes or biases.changes:
        drop_unused(tree, graph)
    return Mended(chains.changes + biases.changes, chains.refused + biases.refused)
