"""The files that run Wenda as a service agree with the program, and with what the system's own checks say."""

from __future__ import annotations

import argparse
import configparser
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from bot import deploying, settings
from bot.__main__ import COMMANDS
from bot.settings import Settings, env_name
from retrieval.errors import UsageError

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(deploying.FOLDER.iterdir())


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.name)
def test_only_settings_and_commands_that_exist_are_named(file: Path) -> None:
    """A setting or command of another version would be silently without effect."""
    text = file.read_text(encoding="utf-8")
    assert set(re.findall(r"WENDA_[A-Z_]+[A-Z]", text)) <= {env_name(field) for field in Settings.model_fields}
    assert set(re.findall(r"bin/wenda ([a-z]+)", text)) <= {command.name for command in COMMANDS}


def test_every_file_is_printed_by_its_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An installed program brings them along; a name that there is not is named."""
    here = settings.read(db=tmp_path / "wenda.db")
    for file in FILES:
        assert deploying.show(here, argparse.Namespace(file=file.name)) == 0
        assert capsys.readouterr().out == file.read_text(encoding="utf-8")
    assert deploying.show(here, argparse.Namespace(file=None)) == 0
    assert capsys.readouterr().out.split() == [file.name for file in FILES]
    with pytest.raises(UsageError, match="wenda.service"):
        deploying.show(here, argparse.Namespace(file="../settings.py"))
    assert "deploy/*" in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["bot"]


def test_the_container_copies_what_the_package_is_made_of() -> None:
    """Every package folder is in the image, and the one who runs it is not root."""
    text = (deploying.FOLDER / "Containerfile").read_text(encoding="utf-8")
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    tops = {package.split(".")[0] for package in packages} | {"seeds"}
    assert all(f"COPY {top} {top}" in text for top in tops)
    assert re.search(r"^USER 10001", text, re.MULTILINE) and "HEALTHCHECK" in text


@pytest.mark.parametrize("name", ["wenda.service", "wenda-backup.service"])
def test_the_units_are_hardened_and_pass_systemds_own_check(name: str, tmp_path: Path) -> None:
    """Not root, a read-only system; `systemd-analyze verify` and its exposure score where that is installed."""
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = lambda option: option
    text = (deploying.FOLDER / name).read_text(encoding="utf-8")
    unit.read_string(text)
    assert unit["Service"]["User"] == "wenda" and unit["Service"]["ProtectSystem"] == "strict" and unit["Service"]["NoNewPrivileges"] == "yes"
    if not shutil.which("systemd-analyze"):
        pytest.skip("needs systemd-analyze for the rest")
    copy = tmp_path / name
    copy.write_text(text.replace("/opt/wenda/bin/wenda", "/bin/true"), encoding="utf-8")
    checked = subprocess.run(["systemd-analyze", "verify", str(copy)], capture_output=True, text=True, timeout=60)
    assert checked.returncode == 0 and not [line for line in checked.stderr.splitlines() if name in line], checked.stderr
    scored = subprocess.run(["systemd-analyze", "security", "--offline=true", str(copy)], capture_output=True, text=True, timeout=60)
    score = re.search(r"Overall exposure level.*: ([\d.]+)", scored.stdout)
    assert score is None or float(score[1]) < 2.0
