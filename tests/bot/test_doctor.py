"""The doctor finds what keeps a bot from working, says what to do, and tells scripts by its exit status."""

from __future__ import annotations

import argparse
import json
import shutil
import socket
import sqlite3
import threading
from pathlib import Path

import httpx
import pytest
from telegram_running import Inside, environment, inside
from telegram_server import TelegramServer

from bot import doctor, keeping, settings, telegram_checks
from bot.doctor import Finding
from bot.settings import Settings


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Short polls; no `.env` and no network file system of the machine that runs the tests."""
    monkeypatch.setattr(telegram_checks, "RIVAL_POLL", 1)
    monkeypatch.setattr(doctor, "file_system", lambda path, mounts: "ext4")
    monkeypatch.chdir(tmp_path)


def installed(db: Path, server: TelegramServer, **more: str) -> Settings:
    given = {name.removeprefix("WENDA_").lower(): value for name, value in environment(db, server, **more).items() if name.startswith("WENDA_")}
    return settings.read(**given)


def looked(here: Settings) -> dict[str, Finding]:
    """The findings by what was looked at, the gravest of each."""
    findings: dict[str, Finding] = {}
    for finding in doctor.found(here):
        assert finding.level == "ok" or finding.do, finding
        if finding.level != "ok" or finding.check not in findings:
            findings[finding.check] = finding
    return findings


def status(here: Settings) -> int:
    return doctor.check(here, argparse.Namespace(json=True))


def test_a_sound_installation_has_nothing_to_mend(db: Path, server: TelegramServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 0, every line ok, once there is a backup."""
    here = installed(db, server)
    keeping.pack(here, tmp_path / "all.tar.gz")
    assert status(here) == 0
    said = json.loads(capsys.readouterr().out)
    assert {"token", "reach", "pollers", "privacy mode", "paths", "disk", "clock", "file system", "corpus", "library", "ledger", "backup"} <= {one["check"] for one in said}
    assert {one["level"] for one in said if one["check"] != "disk"} == {"ok"}
    assert server.token.partition(":")[2] not in json.dumps(said)


def test_without_a_token_the_console_still_works(db: Path, server: TelegramServer) -> None:
    """No token is a warning, as is no backup: exit status 0."""
    here = installed(db, server, WENDA_TELEGRAM_TOKEN="")
    findings = looked(here)
    assert (findings["token"].level, findings["backup"].level) == ("warning", "warning")
    assert status(here) == 0


@pytest.mark.parametrize("token", ["123456789:AAanother-token_0123456789abcdefg", "'123'"])
def test_a_wrong_token_is_named_and_not_shown(db: Path, server: TelegramServer, token: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Unknown to Telegram, or no token at all."""
    here = installed(db, server, WENDA_TELEGRAM_TOKEN=token)
    assert looked(here)["token"].level == "mend"
    assert status(here) == 1
    assert token not in capsys.readouterr().out


def test_telegram_out_of_reach_points_to_the_network_or_the_proxy(db: Path, server: TelegramServer) -> None:
    """A closed port is told apart from a proxy that is not there."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}"
        direct = looked(installed(db, server, WENDA_TELEGRAM_BASE_URL=f"{nobody}/bot"))["reach"]
        proxied = looked(installed(db, server, WENDA_TELEGRAM_PROXY=nobody))["reach"]
    assert direct.level == proxied.level == "mend"
    assert "network" in direct.do and "proxy" in proxied.says
    assert server.token not in repr((direct, proxied))


def test_a_foreign_webhook_and_a_failing_one(db: Path, server: TelegramServer) -> None:
    """Updates that go elsewhere must be mended; a webhook of our own that fails is a warning with Telegram's words."""
    server.webhook = {"url": "https://elsewhere.example.org/hook"}
    foreign = looked(installed(db, server))["webhook"]
    assert foreign.level == "mend" and "elsewhere.example.org" in foreign.says and "hook" not in foreign.says.partition(",")[0]
    server.webhook_error = "Wrong response from the webhook: 502"
    failing = looked(installed(db, server, WENDA_WEBHOOK_URL="https://elsewhere.example.org/hook"))["webhook"]
    assert failing.level == "warning" and "502" in failing.says


def test_a_second_poller_is_found(db: Path, server: TelegramServer) -> None:
    """Another program that polls with the token breaks off our poll."""
    ended = threading.Event()

    def rival() -> None:
        with httpx.Client(timeout=30) as client:
            while not ended.is_set():
                client.post(f"{server.base_url}{server.token}/getUpdates", json={"timeout": 1})

    thread = threading.Thread(target=rival, daemon=True)
    thread.start()
    try:
        assert looked(installed(db, server))["pollers"].level == "mend"
    finally:
        ended.set()
        thread.join(30)


def test_a_bot_that_runs_here_is_not_disturbed(db: Path, server: TelegramServer) -> None:
    """It is known by its beat in the ledger, and says itself whether it met another poller."""
    with inside(db, server) as running:
        server.wait(lambda: doctor.running(running.settings), what="the first beat")
        polls = server.calls["getUpdates"]
        assert telegram_checks._pollers(running.settings, telegram_checks._Telegram(running.settings)).level == "ok"
        assert not [error for error in server.errors if error[1] == 409]
        assert server.calls["getUpdates"] <= polls + 1
        running.ledger.put(doctor.SERVING, json.dumps({**(doctor.running(running.settings) or {}), "rival": "2020-11-02T08:00:00+00:00"}))
        assert looked(running.settings)["pollers"].level == "mend"
    assert doctor.running(running.settings) is None


def test_privacy_mode_and_clock(db: Path, server: TelegramServer) -> None:
    """A bot that is sent all that groups say is warned of; a clock that is off must be set."""
    server.privacy, server.clock = False, 300.0
    findings = looked(installed(db, server))
    assert findings["privacy mode"].level == "warning"
    assert findings["clock"].level == "mend" and " s off Telegram" in findings["clock"].says


def test_a_network_file_system_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mount that the library lies on counts, not the one above it, and spaces in its name are read."""
    monkeypatch.undo()
    mounts = (
        "21 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"
        "40 21 0:50 / /srv/share rw shared:3 - nfs4 server:/export rw\n"
        "41 40 0:51 / /srv/share/own\\040disk rw - xfs /dev/vdb rw\n"
    )
    kinds = [doctor.file_system(Path(path), mounts) for path in ("/srv", "/srv/share/wenda", "/srv/share/own disk/w", "/srv/shared")]
    assert kinds == ["ext4", "nfs4", "xfs", "ext4"]
    assert "nfs4" in doctor.NETWORK and "xfs" not in doctor.NETWORK


def test_a_library_on_a_network_file_system_must_be_moved(db: Path, server: TelegramServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite's log needs locks and shared memory that hold."""
    monkeypatch.setattr(doctor, "file_system", lambda path, mounts: "cifs")
    if Path("/proc/self/mountinfo").exists():
        assert looked(installed(db, server))["file system"].level == "mend"


def test_damage_and_missing_articles(db: Path, server: TelegramServer, tmp_path: Path) -> None:
    """A damaged library or ledger, a corpus that is not there: each its own line, and the other checks go on."""
    shutil.rmtree(db.parent / "corpus")
    db.write_bytes(b"SQLite format 3\0" + b"\1" * 4096)
    Path(f"{db}.ledger").write_bytes(b"nothing of the kind")
    findings = looked(installed(db, server))
    assert [findings[name].level for name in ("library", "ledger", "corpus")] == ["mend"] * 3
    assert findings["pollers"].level == "ok"
    assert "restore" in findings["ledger"].do


def test_nothing_indexed_yet_is_a_warning_and_makes_no_file(db: Path, server: TelegramServer, tmp_path: Path) -> None:
    """The doctor looks; it does not begin a library."""
    here = installed(tmp_path / "new" / "wenda.db", server, WENDA_CORPUS=str(db.parent / "corpus"))
    assert looked(here)["library"].level == "warning"
    assert not (tmp_path / "new").exists()


def test_a_folder_that_cannot_be_written_is_named(db: Path, server: TelegramServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the user is root, whom no permission stops: a read-only mount says so."""

    def refuse(**_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(doctor.tempfile, "TemporaryFile", refuse)
    finding = looked(installed(db, server))["paths"]
    assert finding.level == "mend" and "Read-only" in finding.says


def test_a_full_disk_is_told(db: Path, server: TelegramServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Little room is a warning, none must be mended."""
    usage = shutil.disk_usage(db.parent)
    for free, level in ((10e6, "mend"), (200e6, "warning"), (10e9, "ok")):
        monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _, free=free: usage._replace(free=int(free)))
        assert looked(installed(db, server, WENDA_TELEGRAM_TOKEN=""))["disk"].level == level


def test_a_library_of_another_version_is_told(db: Path, server: TelegramServer) -> None:
    """What was cut or read otherwise is rebuilt; until then it answers."""
    with sqlite3.connect(db) as conn:
        conn.execute("update state set value = 'older' where name = 'fingerprint'")
        conn.execute("update files set reader = '0'")
    finding = looked(installed(db, server, WENDA_TELEGRAM_TOKEN=""))["library"]
    assert finding.level == "warning" and "cutter, reader" in finding.says


def test_settings_that_others_can_read_are_warned_of(db: Path, server: TelegramServer, tmp_path: Path) -> None:
    """A `.env` holds the token."""
    (tmp_path / ".env").write_text("WENDA_LANGUAGE=en\n")
    (tmp_path / ".env").chmod(0o644)
    assert looked(installed(db, server))["secrets"].level == "warning"
    (tmp_path / ".env").chmod(0o600)
    assert "secrets" not in looked(installed(db, server))


def test_the_lines_say_what_to_do(bot: Inside, capsys: pytest.CaptureFixture[str]) -> None:
    """One line a finding, an arrow with the advice under each that is not fine."""
    assert doctor.check(bot.settings, argparse.Namespace(json=False)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith(("ok ", "warning ", "        → ")) for line in lines)
    assert any(line.startswith("warning backup") for line in lines)
