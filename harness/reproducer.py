"""Writes a script that runs a failed stage again, for whoever has to look at it: one file, its small inputs inside."""

from __future__ import annotations

import base64
import json
import platform
import re
import sys
import zlib
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any

from harness import plain
from harness.jobs import versions
from harness.stages import STAGES

LARGEST_EMBEDDED_BYTES = 200_000
"""Of a compressed input: what a script can carry and an editor still opens."""

LINE_CHARACTERS = 100

SCRIPT = Template('''"""$title

Runs the stage $function again, in a process of its own, and says how it ends.
Needs the package ethos-u-rnn-harness. Seen with $platform and:
$listed
"""

import base64
import json
import signal
import subprocess
import sys
import tempfile
import zlib
from importlib import metadata
from pathlib import Path

VERSIONS = $versions
FUNCTION = "$function"
ARGUMENTS = json.loads(r"""$arguments""")
# What the stage reads, compressed; and what was too large for this file, by its place.
EMBEDDED = {$embedded}
FILES = json.loads(r"""$files""")


def installed(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def main():
    for name, version in VERSIONS.items():
        if installed(name) != version:
            print("note: %s is %s here, and was %s" % (name, installed(name), version))
    folder = Path(tempfile.mkdtemp(prefix="reproduce-"))
    inputs = dict(FILES)
    for name, (field, content) in EMBEDDED.items():
        (folder / name).write_bytes(zlib.decompress(base64.b64decode(content)))
        inputs[name] = {"path": str(folder / name), **({"field": field} if field else {})}
    job = {"function": FUNCTION, "arguments": ARGUMENTS, "inputs": inputs}
    task = {"task": 0, "parts": [{"directory": str(folder), "job": job}]}
    (folder / "task.json").write_text(json.dumps(task))
    ran = subprocess.run([sys.executable, "-m", "harness.worker", "--run", str(folder / "task.json")])
    if (folder / "log").exists():
        print((folder / "log").read_text(errors="replace"))
    print("ended with %s" % (signal.Signals(-ran.returncode).name if ran.returncode < 0 else ran.returncode))
    return abs(ran.returncode)


if __name__ == "__main__":
    sys.exit(main())
''')


def reproducer_script(task: Mapping[str, Any], title: str) -> str:
    """A Python script that runs the stage of a task description again and ends with 0 only if the stage succeeds.

    `task` is what `failures/<key>/task.json` of the store holds. Inputs of at most `LARGEST_EMBEDDED_BYTES` compressed
    are inside the script; larger ones, and those that are gone, are named by their place. Raises KeyError for what is
    not a task description.
    """
    (part,) = task["parts"]
    job = part["job"]
    contents = {name: _content(source) for name, source in job["inputs"].items()}
    embedded = {
        name: content for name, content in contents.items() if len(content) <= LARGEST_EMBEDDED_BYTES and content
    }
    named = {name: source for name, source in job["inputs"].items() if name not in embedded}
    tools = sorted({tool for stage in STAGES.values() for tool in stage.tools})
    used = {name: version for name, version in versions(("ethos-u-rnn-harness", *tools)).items() if version}
    return SCRIPT.substitute(
        title=re.sub(r'["\\]', "'", title),
        function=job["function"],
        platform=f"Python {platform.python_version()} on {sys.platform}-{platform.machine()}",
        listed="\n".join(f"  {name} {version}" for name, version in used.items()),
        versions=json.dumps(used, indent=4),
        arguments=json.dumps(job["arguments"], indent=1),
        embedded="".join(_literal(name, job["inputs"][name], content) for name, content in embedded.items()),
        files=json.dumps(named, indent=1),
    )


def write_reproducer(folder: Path, name: str, task: Mapping[str, Any], title: str) -> Path:
    """Write the script as `reproduce_<name>.py` into a folder, whole or not at all; returns its path."""
    path = folder / f"reproduce_{re.sub('[^A-Za-z0-9_-]+', '_', name).strip('_')}.py"
    plain.write_atomically(path, reproducer_script(task, title).encode())
    return path


def _content(source: Mapping[str, str]) -> bytes:
    """What a stage reads from a source, compressed: a file, or one field of a stored result; empty where it is gone."""
    path = Path(source["path"])
    try:
        if "field" not in source:
            return zlib.compress(path.read_bytes(), 9)
        value = plain.load(path)["value"][source["field"]]
    except OSError:
        return b""
    return zlib.compress(plain.to_bytes({"value": {source["field"]: value}}), 9)


def _literal(name: str, source: Mapping[str, str], content: bytes) -> str:
    text = base64.b64encode(content).decode()
    lines = [text[start : start + LINE_CHARACTERS] for start in range(0, len(text), LINE_CHARACTERS)]
    joined = "\n".join(f'        "{line}"' for line in lines)
    return f'\n    "{name}": (\n        "{source.get("field", "")}",\n{joined},\n    ),\n'
