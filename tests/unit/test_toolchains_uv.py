"""Real installations by the real uv, from wheels made here: no network takes part."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import pytest
from toolchain_files import VELA_ALONE, own_file

from harness.errors import InstallError
from harness.toolchains import Toolchain, python_of, read_toolchain
from harness.toolchains.provision import find_uv, install

MINOR = f"{sys.version_info.major}.{sys.version_info.minor}"
NUMPY = {"numpy/__init__.py": "__version__ = '1.19.5'\n"}
VELA = {
    "ethosu/__init__.py": "",
    "ethosu/mlw_codec.py": "",
    "ethosu/vela.py": "import sys\ndef main():\n    print('3.0.0')\n    sys.exit(0)\n",
    "ethos_u_vela-3.0.0.dist-info/entry_points.txt": "[console_scripts]\nvela = ethosu.vela:main\n",
}
OTHER_NUMPY = "raise ImportError('numpy.core.multiarray failed to import')\n"


def wheel(folder: Path, name: str, version: str, files: dict[str, str]) -> None:
    """A wheel of pure Python with these files."""
    about = f"{name}-{version}.dist-info"
    metadata = {
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    everything = {**files, **metadata}
    record = "".join(f"{path},,\n" for path in [*everything, f"{about}/RECORD"])
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        for path, text in {**everything, f"{about}/RECORD": record}.items():
            archive.writestr(path, text)


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels that is all that uv may install from, and the Python of this run on the PATH."""
    folder = tmp_path / "wheels"
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(folder))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{Path(sys.base_prefix) / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("HARNESS_TOOLCHAINS", str(tmp_path / "toolchains"))
    wheel(folder, "numpy", "1.19.5", NUMPY)
    return folder


@pytest.fixture
def own(tmp_path: Path) -> Toolchain:
    return read_toolchain(own_file(tmp_path, ('"3.8"', f'"{MINOR}"'), text=VELA_ALONE))


def test_what_is_installed_starts(own: Toolchain, wheels: Path) -> None:
    wheel(wheels, "ethos_u_vela", "3.0.0", VELA)
    said: list[str] = []
    python = install(own, said.append, find_uv())
    assert python == python_of(own)
    assert said[0].startswith(f"1 of 3: an environment with Python {MINOR}.")


def test_a_missing_wheel_is_named(own: Toolchain, wheels: Path) -> None:
    assert wheels.exists()
    with pytest.raises(InstallError, match=r"failed at 2 of 3.*ethos-u-vela.*; the full log: "):
        install(own, print, find_uv())


UNFIT = {
    "a native part that was built for another NumPy": (
        {"ethosu/mlw_codec.py": OTHER_NUMPY},
        "numpy.core.multiarray failed to import",
    ),
    "a Vela that dies at start": ({"ethosu/vela.py": OTHER_NUMPY}, "vela --version ended with 1: ImportError"),
    "a Vela of another version": (
        {"ethosu/vela.py": "def main():\n    print('3.1.0')\n"},
        "ethos-u-vela says it is 3.1.0, and 3.0.0 was installed",
    ),
    "no command": ({"ethos_u_vela-3.0.0.dist-info/entry_points.txt": ""}, "No such file or directory"),
}


@pytest.mark.parametrize(("files", "why"), UNFIT.values(), ids=UNFIT)
def test_what_installs_and_does_not_start_is_no_toolchain(
    own: Toolchain, wheels: Path, files: dict[str, str], why: str
) -> None:
    wheel(wheels, "ethos_u_vela", "3.0.0", {**VELA, **files})
    with pytest.raises(InstallError, match="failed at 3 of 3") as caught:
        install(own, print, find_uv())
    assert why in str(caught.value)
    assert python_of(own) is None
