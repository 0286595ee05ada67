"""A side from a report: all of it, or what one of its toolchains converted and compiled."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.diff.entries import case_of_entry, model_of_entry
from harness.diff.subject import Side, Subject, Tools
from harness.errors import UsageError
from harness.report.document import SCHEMA_VERSION
from harness.toolchains import TODAY

Document = Mapping[str, Any]
_TOOLS = {"tensorflow": "tensorflow", "litert": "ai-edge-litert", "vela": "ethos-u-vela"}
JUDGING = ("ai-edge-litert", "ethos-u-rnn-harness")
"""What judges the models of all toolchains, and is that of the environment of the run."""

_VELA = "_vela_"


@dataclass(frozen=True, slots=True)
class Toolchain:
    """What converted the models and whose Vela compiled them, written `guide` or, where they differ, `guide/today`."""

    model: str
    vela: str

    @classmethod
    def parse(cls, text: str) -> Toolchain:
        model, _, vela = text.strip().partition("/")
        return cls(model, vela or model)

    def __str__(self) -> str:
        return self.model if self.vela == self.model else f"{self.model}/{self.vela}"


def read_report(path: Path) -> Document:
    """The content of a report.json; raises UsageError that says what is wrong with it."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}; give the path of a report.json") from None
    except ValueError as error:
        raise UsageError(f"{path} is no JSON ({error}): give the report.json of a run") from None
    if not isinstance(content, dict) or content.get("schema_version") != SCHEMA_VERSION:
        raise UsageError(f"{path} is no report of schema version {SCHEMA_VERSION}: run pytest again to write one")
    return content


def toolchains_of(document: Document) -> list[str]:
    """The toolchains that converted a model of the report."""
    return sorted({model.get("toolchain", TODAY) for model in document["models"]})


def side_of_report(path: Path, label: str, toolchain: Toolchain | None = None) -> Side:
    """A side from a report; of one toolchain, with names that do not say which. Raises UsageError for a damaged one."""
    document = read_report(path)
    try:
        if toolchain is None and len(toolchains_of(document)) == 1:
            (only,) = toolchains_of(document)
            return _side(document, label, Toolchain(only, only), strict=False)
        if toolchain is not None:
            _require(document, path, toolchain)
        return _side(document, label, toolchain)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UsageError(
            f"{path} is damaged ({type(error).__name__}: {error}): run pytest again to write one"
        ) from None


def _require(document: Document, path: Path, toolchain: Toolchain) -> None:
    known = toolchains_of(document)
    if toolchain.model not in known:
        raise UsageError(f"{path} has no toolchain {toolchain.model!r}: it has {', '.join(known) or 'no models'}")
    models = {model["id"]: model.get("toolchain", TODAY) for model in document["models"]}
    velas = {
        _vela_of(case, toolchain.model) for case in document["cases"] if models.get(case["model"]) == toolchain.model
    }
    if velas and toolchain.vela not in velas:
        others = ", ".join(str(Toolchain(toolchain.model, vela)) for vela in sorted(velas))
        raise UsageError(
            f"in {path} no Vela of {toolchain.vela} compiled models of {toolchain.model}: there is {others}"
        )


def _side(document: Document, label: str, toolchain: Toolchain | None, *, strict: bool = True) -> Side:
    subjects = {subject.name: subject for subject in _subjects(document, toolchain, strict=strict)}
    return Side(label=label, tools=_tools_in_words(document, toolchain or Toolchain(TODAY, TODAY)), subjects=subjects)


def _subjects(document: Document, toolchain: Toolchain | None, *, strict: bool) -> Iterator[Subject]:
    targets, models = _targets(document), {}
    for entry in document["models"]:
        own = entry.get("toolchain", TODAY)
        if toolchain is None or own == toolchain.model:
            name = entry["id"] if toolchain is None else _stem(entry["id"], own)
            models[entry["id"]] = (name, entry, own)
            yield model_of_entry(name, entry, _tools(document, own, own))
    for case in document["cases"]:
        if case["model"] not in models:
            continue
        name, entry, own = models[case["model"]]
        vela = _vela_of(case, own)
        if toolchain is None or not strict or vela == toolchain.vela:
            target = case["target"] if toolchain is None or not strict else case["target"].removesuffix(_VELA + vela)
            yield case_of_entry(
                f"{name}-{target}", case, entry, _tools(document, own, vela, targets.get(case["target"], {}))
            )


def _targets(document: Document) -> dict[str, Mapping[str, Any]]:
    return {target["id"]: target for target in document["targets"]}


def _stem(name: str, toolchain: str) -> str:
    return name if toolchain == TODAY else name.removesuffix(f"_{toolchain}")


def _vela_of(case: Mapping[str, Any], own: str) -> str:
    """The toolchain whose Vela compiled a case; the model's own where the report does not say."""
    return str(case.get("toolchain", own))


def _versions(document: Document, toolchain: str) -> Mapping[str, str | None]:
    if toolchain == TODAY:
        versions: Mapping[str, str | None] = document["environment"]["versions"]
        return versions
    known: Mapping[str, str | None] = document.get("toolchains", {}).get(toolchain, {}).get("versions", {})
    return known


def _tools(document: Document, model: str, vela: str, target: Mapping[str, Any] | None = None) -> Tools:
    found = {
        "tensorflow": _versions(document, model).get(_TOOLS["tensorflow"]),
        "litert": _versions(document, TODAY).get(_TOOLS["litert"]),
        "vela": _versions(document, vela).get(_TOOLS["vela"]),
    }
    settings = {**(target or {}).get("system", {}), **(target or {}).get("memory", {})}
    return Tools(
        **{name: version or "" for name, version in found.items()}, vela_config=_config(document), system=settings
    )


def _config(document: Document) -> str:
    config = document["vela_config"]
    return f"{config['file']} ({config['sha256'][:12]}...)" if "sha256" in config else str(config["file"])


def _tools_in_words(document: Document, toolchain: Toolchain) -> dict[str, str]:
    """Every tool with its version, those of the compiler from the toolchain whose Vela compiled."""
    judging = {name: _versions(document, TODAY).get(name) for name in JUDGING}
    versions = {**_versions(document, toolchain.model), **judging}
    versions[_TOOLS["vela"]] = _versions(document, toolchain.vela).get(_TOOLS["vela"])
    python = document["environment"]["python"]
    if toolchain.model != TODAY:
        python = document.get("toolchains", {}).get(toolchain.model, {}).get("python", "unknown")
    told = {name: version or "not installed" for name, version in versions.items()}
    return {**told, "python": python, "vela.ini": _config(document)}
