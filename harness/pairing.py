"""Which output of a .tflite is the next value of which input: its states (runs in a child).

Found by name, else by shape. The stem of a name is what is left without a first or last word `in`, `input`, `out` or
`output`: `state_h_out` and `state_h_in`, `out_h` and `in_h`, `h` and `h_in` have the same; a number is no stem. Names
are those of the signature where there is one, else those of the tensors.
"""

from __future__ import annotations

import re
from typing import Any, Callable, Hashable, NamedTuple, Sequence

from harness.errors import ModelError
from harness.tflite import dtype_name, indices, text

_DIRECTIONS = ("in", "input", "out", "output")
_ADDED_BY_CONVERTER = re.compile(r"^serving_default_|:\d+$")
_WORDS_OF_STATES = {"state", "states", "hidden", "carry", "cell", "memory", "h", "c"}


class Port(NamedTuple):
    """An input or output of the main graph: place, name, shape and dtype of its tensor, its name in the signature."""

    place: int
    name: str
    alias: str
    shape: tuple[int, ...]
    dtype: str

    @property
    def words(self) -> list[str]:
        """The words of the name, in lower case."""
        return re.findall(r"[a-z0-9]+", _ADDED_BY_CONVERTER.sub("", self.alias).lower())

    @property
    def stem(self) -> str:
        """The name without its direction; empty where nothing but numbers is left."""
        words = self.words
        if words and words[-1] in _DIRECTIONS:
            words = words[:-1]
        elif words and words[0] in _DIRECTIONS:
            words = words[1:]
        return "" if all(word.isdigit() for word in words) else "_".join(words)

    @property
    def kind(self) -> tuple[tuple[int, ...], str]:
        """Shape and element type."""
        return self.shape, self.dtype


class Pairing(NamedTuple):
    """Pairs of an output and an input, and the ports that look like states but have no partner."""

    pairs: list[tuple[Port, Port]]
    unpaired: list[Port]


def pair_states(tree: Any, given: Sequence[Sequence[str]] | None = None) -> Pairing:
    """The states of the main graph: the given pairs [output, input] and no others, or what is found (None).

    Found is an output and an input with one stem; then the only output and the only input of a shape and dtype,
    unless that leaves no input or no output for the data. Raises ModelError for a given name that does not exist, or
    that is given twice.
    """
    return pair_ports(ports(tree, "outputs"), ports(tree, "inputs"), given)


def pair_ports(outputs: list[Port], inputs: list[Port], given: Sequence[Sequence[str]] | None = None) -> Pairing:
    """The same for the outputs and inputs of a graph."""
    if given is not None:
        return Pairing(_named(given, outputs, inputs), [])
    named = _matches(outputs, inputs, lambda port: port.stem)
    outputs, inputs = _rest(outputs, named, 0), _rest(inputs, named, 1)
    alike = _matches(outputs, inputs, lambda port: port.kind)
    fewest = min(len(outputs), len(inputs))
    pairs = [*named, *(alike if fewest > len(alike) else [])]
    outputs, inputs = _rest(outputs, pairs, 0), _rest(inputs, pairs, 1)
    both = {port.kind for port in outputs} & {port.kind for port in inputs}
    unpaired = [
        port for port in [*outputs, *inputs] if set(port.words) & _WORDS_OF_STATES or (fewest > 1 and port.kind in both)
    ]
    return Pairing(pairs, unpaired)


def ports(tree: Any, side: str) -> list[Port]:
    """The `inputs` or `outputs` of the main graph."""
    graph = tree.subgraphs[0]
    aliases = {
        entry.tensorIndex: text(entry.name)
        for signature in tree.signatureDefs or []
        if signature.subgraphIndex == 0
        for entry in getattr(signature, side) or []
    }
    ports = []
    for index in indices(getattr(graph, side)):
        tensor = graph.tensors[index]
        name = text(tensor.name)
        ports.append(Port(index, name, aliases.get(index, name), tuple(indices(tensor.shape)), dtype_name(tensor)))
    return ports


def _named(given: Sequence[Sequence[str]], outputs: list[Port], inputs: list[Port]) -> list[tuple[Port, Port]]:
    pairs = [(_find(output, outputs, "output"), _find(source, inputs, "input")) for output, source in given]
    for side, word in ((0, "output"), (1, "input")):
        names = [pair[side].name for pair in pairs]
        for name in names:
            if names.count(name) > 1:
                raise ModelError("%s %s is in two state pairs: give each one input" % (word, name))
    return pairs


def _find(name: str, ports: list[Port], word: str) -> Port:
    for port in ports:
        if name in (port.name, port.alias):
            return port
    there = ", ".join(port.name for port in ports)
    raise ModelError("the model has no %s %s for a state pair: its %ss are %s" % (word, name, word, there))


def _matches(outputs: list[Port], inputs: list[Port], key: Callable[[Port], Hashable]) -> list[tuple[Port, Port]]:
    """An output and an input that have a key in common with no other output and no other input."""
    keys = [[key(port) for port in ports] for ports in (outputs, inputs)]
    single = {value for value in keys[0] if value and keys[0].count(value) == keys[1].count(value) == 1}
    return [(outputs[keys[0].index(value)], inputs[keys[1].index(value)]) for value in keys[0] if value in single]


def _rest(ports: list[Port], pairs: list[tuple[Port, Port]], side: int) -> list[Port]:
    taken = {pair[side].place for pair in pairs}
    return [port for port in ports if port.place not in taken]
