"""The table of settings: name, default, help. The environment and `.env` in, one frozen object out."""

from __future__ import annotations

import os
import sys
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from retrieval.errors import UsageError

if TYPE_CHECKING:
    from retrieval.opensearch_client import Address

SECRET = "secret"
"""Marks a setting whose value is never shown, logged or stored."""


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("must be the name of a time zone such as Asia/Shanghai") from None
    return name


def _paths(value: object) -> object:
    return tuple(Path(part).expanduser() for part in value.split(os.pathsep) if part.strip()) if isinstance(value, str) else value


def _expanded(value: Path | None) -> Path | None:
    return value and value.expanduser()


def _ids(value: object) -> object:
    return tuple(part.strip() for part in value.replace("，", ",").split(",") if part.strip()) if isinstance(value, str) else value


def _numbers(value: tuple[str, ...]) -> tuple[str, ...]:
    for part in value:
        if not part.removeprefix("-").isdecimal():
            raise ValueError("must be numbers separated by commas; a user sees their own id by writing to the bot")
    return value


def _numbers_or_everyone(value: tuple[str, ...]) -> tuple[str, ...]:
    _numbers(tuple(part for part in value if part != "*"))
    return value


def _networks(value: tuple[str, ...]) -> tuple[str, ...]:
    for part in value:
        try:
            ip_network(part)
        except ValueError:
            raise ValueError("must be addresses or networks separated by commas, such as 10.0.0.7 or 192.168.1.0/24") from None
    return value


def _address(value: str | None) -> str | None:
    if value is not None and not (value.rpartition(":")[2].isdecimal() and int(value.rpartition(":")[2]) < 65536):
        raise ValueError("must be address:port such as 127.0.0.1:9090")
    return value


def _url(value: str | None) -> str | None:
    if value is not None and not value.startswith(("http://", "https://")):
        raise ValueError("must begin with http:// or https://")
    return value


def _proxy(value: str | None) -> str | None:
    if value is not None and not value.startswith(("http://", "https://", "socks5://", "socks5h://")):
        raise ValueError("must begin with http:// or socks5://")
    return value


def data_folder() -> Path:
    """The user's folder for data of programs, by the custom of the system."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "wenda"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "wenda"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "wenda"


def starter_corpus() -> Path:
    """The folder of articles that ships: in the package where installed, beside it in a checkout."""
    here = Path(__file__).resolve().parent
    return here / "seeds" if (here / "seeds").is_dir() else here.parent / "seeds"


class Settings(BaseSettings):
    """Every setting, with its default. Read by `read`; `help` of each is its line in `.env.example`."""

    model_config = SettingsConfigDict(
        env_prefix="WENDA_", env_file=".env", env_file_encoding="utf-8-sig", env_ignore_empty=True, extra="ignore", frozen=True,
        enable_decoding=False, hide_input_in_errors=True,
    )  # fmt: skip

    db: Annotated[Path, AfterValidator(Path.expanduser)] = Field(
        default_factory=lambda: data_folder() / "wenda.db",
        description="the library file; past answers lie beside it in FILE.ledger (default: wenda.db in the user's data folder)",
    )
    corpus: Annotated[tuple[Path, ...], BeforeValidator(_paths)] = Field(
        default_factory=lambda: (starter_corpus(),),
        description="folders and files to index, separated by the system's path separator (default: the starter corpus that ships)",
    )
    timezone: Annotated[str, AfterValidator(_known_zone)] = Field(
        default="Asia/Shanghai", description="time zone of 今天, 去年 and of the days of reports"
    )
    added: Annotated[Path | None, AfterValidator(_expanded)] = Field(
        default=None, description="folder of articles added later, always part of the default corpus (default: FILE.added beside the library)"
    )
    web_allow: Annotated[tuple[str, ...], BeforeValidator(_ids), AfterValidator(_networks)] = Field(
        default=(), description="private addresses or networks that `wenda add` may read pages from, separated by commas, such as 192.168.1.0/24; public ones are always allowed"
    )
    rescan: int = Field(
        default=0, ge=0, description="minutes between two readings of the corpus and of the feeds that were added, while `wenda serve` runs; 0 is never"
    )
    language: Literal["zh-Hans", "zh-Hant", "en"] = Field(
        default="zh-Hans", description="interface language where the user's is unknown: zh-Hans, zh-Hant or en"
    )
    old_after: int = Field(default=2, ge=0, description="years after which a reply says that a report is old")
    keep_days: int = Field(default=365, ge=0, description="days that questions and answers are kept; 0 is for ever")
    keep_message_days: int = Field(default=90, ge=0, description="days that the numbers of answered Telegram messages are kept, without their texts; 0 is for ever")
    keep_copies_days: int = Field(default=30, ge=0, description="days that copies of the ledger from before an upgrade or a restore are kept; 0 is for ever")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="how much `wenda serve` logs: debug, info, warning or error")
    log_format: Literal["text", "json"] = Field(default="text", description="lines of the log as text or as JSON")
    log_questions: bool = Field(default=False, description="whether the log holds what was asked: true or false")
    telegram_token: str | None = Field(default=None, description="the bot's token from @BotFather; never shown, logged or stored", json_schema_extra={SECRET: True})
    telegram_base_url: Annotated[str, AfterValidator(_url)] = Field(
        default="https://api.telegram.org/bot", description="a Bot API server of one's own, without a slash at the end"
    )
    telegram_base_file_url: Annotated[str, AfterValidator(_url)] = Field(
        default="https://api.telegram.org/file/bot", description="the same server's address for files"
    )
    telegram_proxy: Annotated[str | None, AfterValidator(_proxy)] = Field(
        default=None, description="an http:// or socks5:// proxy to reach Telegram through", json_schema_extra={SECRET: True}
    )
    admins: Annotated[tuple[str, ...], BeforeValidator(_ids), AfterValidator(_numbers)] = Field(
        default=(), description="Telegram user ids that may use admin commands, separated by commas"
    )
    allowed: Annotated[tuple[str, ...], BeforeValidator(_ids), AfterValidator(_numbers_or_everyone)] = Field(
        default=(), description="chat and user ids that are answered, separated by commas; * is everyone, empty is admins only"
    )
    limit_user: int = Field(default=20, ge=0, description="questions a minute one user may ask; 0 is no limit")
    limit_group: int = Field(default=20, ge=0, description="questions a minute one group may ask; 0 is no limit")
    webhook_url: Annotated[str | None, AfterValidator(_url)] = Field(
        default=None, description="the public https address Telegram sends updates to (for `wenda serve --webhook`)"
    )
    webhook_listen: Annotated[str | None, AfterValidator(_address)] = Field(
        default="127.0.0.1:8443", description="address:port the webhook listens on, behind a proxy that speaks https"
    )
    webhook_secret: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9_-]{1,256}$", description="a word that Telegram repeats with every update: letters, digits, _ and -", json_schema_extra={SECRET: True}
    )
    engine: Literal["embedded", "opensearch"] = Field(default="embedded", description="where passages lie and are ranked: embedded or opensearch")
    opensearch_url: Annotated[str | None, AfterValidator(_url)] = Field(default=None, description="the cluster's address; several nodes are separated by commas", json_schema_extra={SECRET: True})
    opensearch_user: str | None = Field(default=None, description="the cluster's user")
    opensearch_password: str | None = Field(default=None, description="the user's password; never shown, logged or stored", json_schema_extra={SECRET: True})
    opensearch_prefix: str = Field(default="wenda", pattern=r"^[a-z0-9][a-z0-9_-]*$", description="prefix of all index names in the cluster: small letters, digits, _ and -")
    opensearch_ca: Annotated[Path | None, AfterValidator(_expanded)] = Field(
        default=None, description="file of the authority that signed the cluster's certificate, where the system does not know it"
    )
    opensearch_shards: int | None = Field(default=None, ge=1, description="shards of a fresh index (default: one a data node, at most 3)")
    metrics_listen: Annotated[str | None, AfterValidator(_address)] = Field(
        default=None, description="address:port for /metrics and /healthz; empty is off"
    )

    @property
    def cluster(self) -> Address | None:
        """Where the library lies if not in a file. Raises UsageError where the cluster's address is missing."""
        if self.engine == "embedded":
            return None
        if not self.opensearch_url:
            raise UsageError("WENDA_ENGINE=opensearch needs WENDA_OPENSEARCH_URL, such as https://search.example.org:9200")
        from retrieval.opensearch_client import Address

        ca = str(self.opensearch_ca) if self.opensearch_ca else None
        return Address(self.opensearch_url, self.opensearch_user, self.opensearch_password, self.opensearch_prefix, ca, self.opensearch_shards)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def ledger(self) -> Path:
        return self.db.with_name(self.db.name + ".ledger")

    @property
    def added_folder(self) -> Path:
        return self.added or self.db.with_name(self.db.name + ".added")

    @property
    def paths(self) -> tuple[Path, ...]:
        """What a reindex without paths reads: the corpus, and what was added later."""
        return (*self.corpus, self.added_folder) if _holds(self.added_folder) else self.corpus

    def in_force(self) -> dict[str, object]:
        """Every setting by its name in the environment, fit to be shown: a secret is only `set` or None."""
        return {env_name(field): self._shown(field) for field in type(self).model_fields}

    def _shown(self, field: str) -> object:
        value = getattr(self, field)
        if is_secret(field):
            return "set" if value else None
        if isinstance(value, Path):
            return str(value)
        return [str(part) for part in value] if isinstance(value, tuple) else value


def _holds(folder: Path) -> bool:
    """Whether there is anything in *folder* but what is put aside, which has a dot before its name."""
    return folder.is_dir() and any(not there.name.startswith(".") for there in folder.iterdir())


def env_name(field: str) -> str:
    return f"WENDA_{field.upper()}"


def is_secret(field: str) -> bool:
    extra = Settings.model_fields[field].json_schema_extra
    return isinstance(extra, dict) and bool(extra.get(SECRET))


def read(**overrides: object) -> Settings:
    """The settings in force: *overrides* (by field name, None is none), then the environment, then `.env`.

    Raises UsageError that names the setting and the bad value.
    """
    given: dict[str, Any] = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        raise UsageError("; ".join(_line(problem) for problem in error.errors(include_url=False))) from None
    except UnicodeDecodeError:
        raise UsageError(".env: not UTF-8 text; save the file as UTF-8") from None
    except RuntimeError:
        raise UsageError("this user has no home folder; say where the library lies: --db FILE or WENDA_DB") from None


def example() -> str:
    """The text of `.env.example`: every setting with its help and its default, commented out."""
    lines = ["# Copy to .env and change what you need. Every line shows the default."]
    for name, field in Settings.model_fields.items():
        fixed = None if field.default_factory else field.default
        value = ",".join(fixed) if isinstance(fixed, tuple) else "" if fixed is None else str(fixed)
        lines += ["", f"# {field.description}", f"# {env_name(name)}={value}"]
    return "\n".join(lines) + "\n"


def _line(problem: ErrorDetails) -> str:
    """One problem as a sentence that names the setting and, unless it is a secret, the bad value."""
    field = str(problem["loc"][0])
    what = problem["msg"].removeprefix("Value error, ").replace("Input should be", "must be").replace("String should", "must")
    return f"{env_name(field)}: {what}" + ("" if is_secret(field) else f", not {problem['input']!r}")
