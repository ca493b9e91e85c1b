"""Settings have one table; the environment, `.env` and `.env.example` agree with it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot import settings
from retrieval.errors import UsageError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the machine reaches a test, and the working folder has no `.env`."""
    for name in list(os.environ):
        if name.startswith("WENDA_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_the_example_lists_every_setting_with_its_default() -> None:
    """`.env.example` is the table, written out."""
    assert (ROOT / ".env.example").read_text(encoding="utf-8") == settings.example()


def test_the_environment_comes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value of the environment wins over one of `.env`, an argument over both, and an empty one does not count."""
    (tmp_path / ".env").write_text("WENDA_LANGUAGE=zh-Hant\nWENDA_TIMEZONE=Asia/Taipei\nWENDA_LIMIT_USER=\n", encoding="utf-8")
    monkeypatch.setenv("WENDA_LANGUAGE", "en")
    monkeypatch.setenv("WENDA_TIMEZONE", "")
    read = settings.read(db=Path("here.db"))
    assert (read.language, read.timezone, read.limit_user, read.db) == ("en", "Asia/Taipei", 20, Path("here.db"))
    assert read.ledger == Path("here.db.ledger")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WENDA_LANGUAGE", "fr"),
        ("WENDA_TIMEZONE", "Mars/Olympus"),
        ("WENDA_ADMINS", "1,zhang"),
        ("WENDA_ALLOWED", "everyone"),
        ("WENDA_LIMIT_USER", "viele"),
        ("WENDA_LIMIT_GROUP", "-1"),
        ("WENDA_ENGINE", "lucene"),
        ("WENDA_METRICS_LISTEN", "9090:"),
        ("WENDA_TELEGRAM_BASE_URL", "localhost"),
        ("WENDA_OPENSEARCH_PREFIX", "A B"),
        ("WENDA_WEB_ALLOW", "10.0.0.0/99"),
    ],
)
def test_an_unknown_value_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the setting and the value that it cannot have."""
    monkeypatch.setenv(name, value)
    with pytest.raises(UsageError) as error:
        settings.read()
    assert name in str(error.value)
    assert value in str(error.value)


@pytest.mark.parametrize("name", ["WENDA_WEBHOOK_SECRET", "WENDA_TELEGRAM_PROXY", "WENDA_OPENSEARCH_URL"])
def test_a_secret_is_never_shown(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a secret has a bad value, the error names the setting only."""
    monkeypatch.setenv(name, "hush hush")
    with pytest.raises(UsageError) as error:
        settings.read()
    assert name in str(error.value)
    assert "hush" not in str(error.value)


def test_the_settings_in_force_hide_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `wenda status` shows says that a token is set, not which."""
    monkeypatch.setenv("WENDA_TELEGRAM_TOKEN", "123:abc")
    shown = settings.read().in_force()
    assert shown["WENDA_TELEGRAM_TOKEN"] == "set"
    assert "123:abc" not in repr(shown)


def test_lists_are_read_from_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids are separated by commas of either width, paths by the system's separator."""
    monkeypatch.setenv("WENDA_ALLOWED", "-100, 7，*")
    monkeypatch.setenv("WENDA_CORPUS", os.pathsep.join(["a", "b c"]))
    read = settings.read()
    assert read.allowed == ("-100", "7", "*")
    assert read.corpus == (Path("a"), Path("b c"))


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    """A `.env` in another encoding is refused with a line that says so."""
    (tmp_path / ".env").write_bytes("WENDA_LANGUAGE=中".encode("gb18030"))
    with pytest.raises(UsageError, match=r"\.env"):
        settings.read()
