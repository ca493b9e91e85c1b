"""The compiled kernels: how they are built, when they are taken, and when their counterparts in Python do the work."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from retrieval import native

ROOT = Path(native.__file__).parents[2]
SOURCES = [ROOT / source for source in tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["ext-modules"][0]["sources"]]

Compile = Callable[..., Path]


@pytest.fixture
def compiled(tmp_path: Path) -> Compile:
    """Compiles sources to a library in a folder of its own."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if not compiler:
        pytest.skip("needs a C compiler")

    def made(*sources: Path) -> Path:
        library = tmp_path / f"{native.NAME}.so"
        strict = ["-O1", "-std=c11", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror"]
        subprocess.run([compiler, *strict, "-o", str(library), *map(str, sources), "-lm"], check=True)
        return library

    return made


def test_every_source_is_built() -> None:
    """The build names each C source of the folder."""
    assert sorted(SOURCES) == sorted((ROOT / "retrieval" / "native").glob("*.c"))


def test_the_sources_compile_without_a_warning(compiled: Compile) -> None:
    """What comes out is taken for the kernels of these sources."""
    assert native._loaded(compiled(*SOURCES))


def test_a_library_of_other_sources_is_not_taken(compiled: Compile, tmp_path: Path) -> None:
    """After an update without an installation the old library stays aside."""
    other = tmp_path / "other.c"
    other.write_text(f"int kernels_version(void) {{ return {native.VERSION + 1}; }}\n")
    assert native._loaded(compiled(other)) is None
    other.write_text("int something_else(void) { return 0; }\n")
    assert native._loaded(compiled(other)) is None


def test_a_damaged_library_is_not_taken(tmp_path: Path) -> None:
    """A file that is no library of this machine is passed over."""
    file = tmp_path / f"{native.NAME}.so"
    file.write_bytes(b"\x7fELF and nothing more")
    assert native._loaded(file) is None
    assert native._loaded(file.with_suffix(".txt")) is None


@pytest.mark.parametrize("said", ["off", "OFF "])
def test_the_kernels_can_be_switched_off(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """WENDA_KERNELS=off leaves the work to Python."""
    monkeypatch.setenv(native.OFF, said)
    assert native.kernels.__wrapped__() is None


def test_an_installation_has_its_kernels() -> None:
    """Where the machine can compile, the installed package has kernels of its own sources."""
    if not shutil.which("cc"):
        pytest.skip("needs a C compiler")
    found = subprocess.run([sys.executable, "-c", "from retrieval.native import kernels; print(kernels() is not None)"], cwd=ROOT, capture_output=True, text=True)
    if not list(ROOT.glob(f"{native.NAME}.*")) and "True" not in found.stdout:
        pytest.skip("this tree is not installed")
    assert found.stdout == "True\n", found.stderr


def test_each_caller_says_the_types_of_an_object_of_its_own() -> None:
    """To say them of one that another thread is calling would take them from under that call."""
    library = native.kernels()
    if library is None:
        pytest.skip("no kernels are compiled here")
    one, other = native.function(library, "kernels_version", (), ctypes.c_int32), native.function(library, "kernels_version", (), ctypes.c_int64)
    assert one is not other
    assert (one.restype, other.restype) == (ctypes.c_int32, ctypes.c_int64)
    assert one() == native.VERSION
