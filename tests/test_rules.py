"""The shape of the code, read from its syntax trees, and the README and the settings against the code."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.__main__ import COMMANDS as COMMAND_LINE
from bot.commands import COMMANDS
from bot.settings import Settings, env_name

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted([*(ROOT / "bot").rglob("*.py"), *(ROOT / "retrieval").rglob("*.py")])
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

SQLITE = {"retrieval/store.py", "retrieval/ledger.py", "retrieval/ledger_schema.py", "bot/inbox.py"}
"""sqlite-utils has a module for the library and those of the ledger's file: what was answered, its tables, what waits for an answer."""

MAY_PRINT = {"bot/__main__.py", *(command.needs.replace(".", "/") + ".py" for command in COMMAND_LINE if command.needs != "bot.chat")}
"""What runs a command in a terminal."""

MAY_EXIT = {"bot/__main__.py", "retrieval/aside.py"}
"""The command, and the process of a worker that ends with its parent."""


def imports(path: Path) -> Iterator[str]:
    """The absolute names of all modules that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_retrieval_knows_no_bot() -> None:
    """Nothing under `retrieval` imports anything under `bot`."""
    assert not [name(path) for path in MODULES if name(path).startswith("retrieval/") for module in imports(path) if module.split(".")[0] == "bot"]


def family(path: Path) -> str:
    """A module, or the family of modules that a shared beginning of their names or a folder makes of several."""
    stem = path.parent.name if path.parent.parent != ROOT else path.stem
    return stem.split("_")[0]


def test_a_foreign_package_has_one_home() -> None:
    """Each package that is not Python's own is imported by one module or family of modules; numpy is a language of its own."""
    homes = defaultdict(set)
    for path in MODULES:
        for module in imports(path):
            package = module.split(".")[0]
            if package not in sys.stdlib_module_names and package not in ("bot", "retrieval", "numpy", "sqlite_utils"):
                homes[package].add(family(path))
            assert package != "sqlite_utils" or name(path) in SQLITE
    assert not {package: sorted(at) for package, at in homes.items() if len(at) > 1}


def test_modules_stay_short() -> None:
    """No module is longer than can be read at one sitting."""
    assert not {name(path): n for path in MODULES if (n := len(path.read_text(encoding="utf-8").splitlines())) > 550}


def test_every_module_opens_with_a_sentence() -> None:
    """The first line of a module says what comes in and what goes out."""
    assert not [name(path) for path in MODULES if path.name != "__init__.py" and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]


def test_only_the_outermost_modules_print_or_exit() -> None:
    """`print`, `sys.exit` and reading the environment are left to the command and what it runs in a terminal."""
    found = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            printed = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
            exited = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and (node.value.id, node.attr) in {("sys", "exit"), ("os", "_exit")}
            if printed and name(path) not in MAY_PRINT or exited and name(path) not in MAY_EXIT:
                found.append(f"{name(path)}:{node.lineno}")
    assert not found


def test_importing_does_nothing() -> None:
    """Importing every module prints nothing, starts no thread, opens no file for writing, adds no log handler, and is quick to undo."""
    modules = [name(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".") for path in MODULES]
    code = f"""
import logging, os, sys, threading
def hook(event, arguments):
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+") and arguments[0] != os.devnull:
        raise SystemExit(f"opens {{arguments}}")
    if event in ("socket.connect", "subprocess.Popen", "sqlite3.connect"):
        raise SystemExit(f"does {{event}} {{arguments}}")
sys.addaudithook(hook)
import importlib
for module in {modules!r}:
    if not module.endswith("__main__"):
        try:
            importlib.import_module(module)
        except ModuleNotFoundError as missing:
            if missing.name not in {{"opensearchpy"}}: raise
assert threading.active_count() == 1, threading.enumerate()
assert not logging.getLogger().handlers
"""
    done = subprocess.run([sys.executable, "-B", "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_wheel_holds_every_package() -> None:
    """The packages of the tree, and the starter corpus beside them, are what is packed."""
    tree = {name(path.parent).replace("/", ".") for path in MODULES}
    packed = set(PROJECT["tool"]["setuptools"]["packages"])
    assert packed == tree | {"bot.seeds"}
    assert PROJECT["tool"]["setuptools"]["package-dir"] == {"bot.seeds": "seeds"}


def test_every_data_file_is_packed() -> None:
    """Files that a package reads lie in a folder that the package's data names."""
    data = PROJECT["tool"]["setuptools"]["package-data"]
    for path in [p for p in (ROOT / "retrieval").rglob("*") if p.is_file() and p.suffix not in (".py", ".pyc")]:
        assert any(path.match(f"retrieval/{pattern}") for pattern in data["retrieval"]), path


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_readme_names_every_command_and_setting(page: str) -> None:
    """Every command of the command line and of the chat, and every setting, occurs in the README in both languages."""
    if not (ROOT / page).exists():
        pytest.skip(f"{page} is not written yet")
    text = (ROOT / page).read_text(encoding="utf-8")
    from importlib.util import find_spec

    here = [command.name for command in COMMAND_LINE if find_spec(command.needs)]
    missing = [f"wenda {command}" for command in here if f"wenda {command}" not in text]
    missing += [f"/{command.name}" for command in COMMANDS if f"/{command.name}" not in text]
    missing += [env_name(field) for field in Settings.model_fields if env_name(field) not in text]
    assert not missing


def test_the_readme_knows_no_other_setting() -> None:
    """No setting or command stands in the README that the code does not have."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    known = {env_name(field) for field in Settings.model_fields} | {"WENDA_SHARED", "WENDA_WRITE_GOLDEN", "WENDA_KERNELS"}
    assert set(re.findall(r"WENDA_[A-Z_]+[A-Z]", text)) <= known
    assert set(re.findall(r"`wenda ([a-z]+)", text)) <= {command.name for command in COMMAND_LINE}


@pytest.mark.parametrize("heading", ["## Run", "## Test"])
def test_the_readme_has_one_command_to_run_and_one_to_test(heading: str) -> None:
    """Each of the two headings is followed by one block with one line."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text.split(f"\n{heading}\n")[1].split("\n## ")[0]
    block = re.search(r"```sh\n(.*?)```", section, re.DOTALL)
    assert block
    assert len(block[1].strip().splitlines()) == 1


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_readme_quotes_the_starter_corpus_word_for_word(page: str) -> None:
    """The sample answers are what the shipped articles say."""
    bodies = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "seeds").glob("*.md"))
    text = (ROOT / page).read_text(encoding="utf-8")
    lines = re.findall(r"^│ (.*)$", text, re.MULTILINE)
    quoted = re.findall(r"“(.*?)”$", "".join(line + ("\n" if line.endswith("”") else "") for line in lines), re.MULTILINE)
    assert quoted or not lines
    for excerpt in quoted:
        assert excerpt.strip("…") in bodies
