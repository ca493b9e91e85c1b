"""The README in Chinese says what the README in English says, as far as a program can tell."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
ENGLISH = (ROOT / "README.md").read_text(encoding="utf-8")
CHINESE = (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")

_SETTING = re.compile(r"^\| `(WENDA_[A-Z_]+)` \|(.*)\|$", re.MULTILINE)
_DEFAULT = re.compile(r"(?:default: |默认：)(`[^`]+`)")


def shell(text: str) -> list[str]:
    """The blocks of shell commands; a place to fill in is written in the reader's language, remarks too."""
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return [re.sub(r" +#.*", "", block).replace("文件夹", "FOLDER") for block in blocks]


def first_cells(text: str) -> list[str]:
    """What the tables are about: the command or setting of each row, without what is filled in."""
    return [match[1] for match in re.finditer(r"^\| (`(?:wenda [a-z]+|/[a-z]+|WENDA_[A-Z_]+))", text, re.MULTILINE)]


def test_the_readme_is_the_same_in_both_languages() -> None:
    """As many sections, the same shell commands, and tables with the same rows in the same order."""
    assert len(re.findall(r"^## ", CHINESE, re.MULTILINE)) == len(re.findall(r"^## ", ENGLISH, re.MULTILINE))
    assert shell(CHINESE) == shell(ENGLISH)
    assert first_cells(CHINESE) == first_cells(ENGLISH)


def test_settings_have_the_same_defaults_in_both_languages() -> None:
    """A default that is written as code is the same code in the other language."""

    def defaults(text: str) -> dict[str, list[str]]:
        return {name: _DEFAULT.findall(help) for name, help in _SETTING.findall(text)}

    assert defaults(CHINESE) == defaults(ENGLISH)


def test_the_example_answer_is_the_same_in_both_languages() -> None:
    """What the README shows of an answer is one conversation, word for word."""
    assert re.findall(r"```\n(› .*?)```", CHINESE, re.DOTALL) == re.findall(r"```\n(› .*?)```", ENGLISH, re.DOTALL)
