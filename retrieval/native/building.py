"""The build backend: setuptools, and the compiled kernels with whatever compiler there is.

The machine's own compiler is taken where it has one, else the one that package indexes have as a wheel (zig), which stays
in the build's own environment. Where neither works the installation goes on without kernels.
"""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from setuptools import Extension, build_meta
from setuptools.command.build_ext import build_ext

Settings = Mapping[str, str | list[str] | None] | None

FLAGS = ("-O3", "-std=c11", "-shared", "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra")

SUFFIX = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")

ZIG = "ziglang>=0.13"

# What a front end calls (PEP 517 and 660); it asks for zig where there is no other compiler.

build_wheel = build_meta.build_wheel
build_editable = build_meta.build_editable
build_sdist = build_meta.build_sdist
get_requires_for_build_sdist = build_meta.get_requires_for_build_sdist
prepare_metadata_for_build_wheel = build_meta.prepare_metadata_for_build_wheel
prepare_metadata_for_build_editable = build_meta.prepare_metadata_for_build_editable


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    return [*build_meta.get_requires_for_build_wheel(config_settings), *_wanted()]


def get_requires_for_build_editable(config_settings: Settings = None) -> list[str]:
    return [*build_meta.get_requires_for_build_editable(config_settings), *_wanted()]


def _wanted() -> list[str]:
    made_for_this = sys.platform in ("linux", "darwin", "win32") and platform.machine().lower() in ("x86_64", "amd64", "aarch64", "arm64")
    return [ZIG] if made_for_this and not own_compiler() else []


def own_compiler() -> list[str]:
    """The command of the machine's compiler, by CC or by its usual names; empty where there is none."""
    for command in (shlex.split(os.environ.get("CC", "")), ["cc"], ["gcc"], ["clang"]):
        if command and (found := shutil.which(command[0])):
            return [found, *command[1:]]
    return []


def compilers() -> Iterator[list[str]]:
    """The commands to try, one after another."""
    if own := own_compiler():
        yield own
    yield [sys.executable, "-m", "ziglang", "cc", "-mcpu=baseline"]  # for any machine of this kind, not this one alone


class BuildKernels(build_ext):
    """Compiles the sources to one plain library, without Python's headers: it is called by ctypes."""

    def get_ext_filename(self, fullname: str) -> str:
        return fullname + SUFFIX

    def build_extension(self, ext: Extension) -> None:
        target = Path(self.get_ext_fullpath(ext.name)).absolute()
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            made = Path(folder) / target.name
            for compiler in compilers():
                command = [*compiler, *FLAGS, "-o", str(made), *ext.sources, *([] if sys.platform == "win32" else ["-lm"])]
                caches = {"ZIG_GLOBAL_CACHE_DIR": folder, "ZIG_LOCAL_CACHE_DIR": folder}
                if subprocess.run(command, env={**os.environ, **caches}).returncode == 0:
                    shutil.copyfile(made, target)  # a new file only when it is whole
                    return
        self.warn("no C compiler works here: Wenda is installed without its compiled kernels, and ranks and reads more slowly")
