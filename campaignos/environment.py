"""The one table of settings: it reads, checks and documents what the environment and the settings file may say.

The file is `settings.env` in the program's folder, or the one that SETTINGS_FILE names. The environment goes before it.
Nothing is taken for something else: a value that is not of its type, or a name that looks like one of the table's and
is none, stops the program.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from shlex import quote
from textwrap import wrap
from typing import Any
from urllib.parse import unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

FILE_NAME = "settings.env"
_FILE_VARIABLE = "SETTINGS_FILE"
_LIKENESS = 0.85
"""From here on a name of the environment is taken for a misspelt one of the table."""

DATABASES = "sqlite:///PATH and postgres://USER:PASSWORD@HOST:PORT/NAME"
_MAIL = ("smtp", "smtp+tls", "smtp+ssl", "smtps", "consolemail", "dummymail")
_YES, _NO = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
_HOST = re.compile(r"\*|\.?[\w.-]+|\[[0-9a-fA-F:.]+\]")
_ORIGIN = re.compile(r"https?://[^/\s?#]+")
_NETWORK = re.compile(r"[0-9a-fA-F.:]+/\d{1,3}")
_NOTE = re.compile(r"\s#").search
"""What systemd's EnvironmentFile keeps of a line, and a shell drops."""
_BIND = re.compile(r"(?:[\w.-]+|\[[0-9a-fA-F:.]+\]|):\d{1,5}|unix:.+|fd://\d+")


@dataclass(frozen=True)
class Setting:
    """A line of the table. `read` raises ValueError for a text that is none of those `allowed`."""

    name: str
    meaning: str
    default: Any
    read: Callable[[str], Any]
    allowed: str
    is_secret: bool = False
    default_text: str = ""

    def value(self, text: str) -> Any:
        """Raises ImproperlyConfigured, which never repeats a secret."""
        try:
            return self.read(text)
        except ValueError:
            shown = "cannot be what it is" if self.is_secret else f"cannot be {text!r}"
            raise ImproperlyConfigured(f"{self.name} {shown}; allowed: {self.allowed}.") from None

    @property
    def row(self) -> str:
        """As a row of the operator's table."""
        default = self.default_text or _value_text(self.default)
        return f"| `{self.name}` | {default} | {self.allowed} | {self.meaning} |"

    @property
    def example(self) -> str:
        """As lines of a settings file: what it means, and its default, commented out. Of a secret no value."""
        default = self.default_text or _value_text(self.default)
        comment = f"{self.meaning}. Allowed: {self.allowed}. Default: {default}.".replace("`", "")
        plain = re.sub(r"\[below\]\((#[\w-]+)\)", r"docs/operations.md\1", comment)
        lines = wrap(plain[0].upper() + plain[1:], 118, break_on_hyphens=False)
        value = "" if self.is_secret or self.default in ("", []) else _value_text(self.default).strip("`")
        return "".join(f"# {line}\n" for line in lines) + f"#{self.name}={value and quote(value)}\n"


def _value_text(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case list():
            return f"`{','.join(value)}`" if value else "none"
        case "":
            return "none"
    return str(value)


def _switch(name: str, meaning: str) -> Setting:
    def read(text: str) -> bool:
        if text.lower() not in (*_YES, *_NO):
            raise ValueError
        return text.lower() in _YES

    return Setting(name, meaning, default=False, read=read, allowed="`true` or `false`")


def _number(name: str, meaning: str, *, default: int, least: int, most: int) -> Setting:
    def read(text: str) -> int:
        if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or not least <= int(text) <= most:
            raise ValueError
        return int(text)

    return Setting(name, meaning, default, read, allowed=f"{least} to {most:,}")


def _choice(name: str, meaning: str, *, default: str, of: tuple[str, ...]) -> Setting:
    def read(text: str) -> str:
        if text not in of:
            raise ValueError
        return text

    return Setting(name, meaning, default, read, allowed=", ".join(f"`{value}`" for value in of))


def _list(name: str, meaning: str, *, default: list[str], pattern: re.Pattern[str], allowed: str) -> Setting:
    def read(text: str) -> list[str]:
        values = [value.strip() for value in text.split(",") if value.strip()]
        if not all(map(pattern.fullmatch, values)):
            raise ValueError
        return values

    return Setting(name, meaning, default, read, allowed=allowed)


def _mail(text: str) -> dict[str, Any]:
    if urlsplit(text).scheme not in _MAIL:
        raise ValueError
    config: dict[str, Any] = environ.Env.email_url_config(text)
    return config


def _postgresql(text: str) -> str:
    if urlsplit(text).scheme not in ("postgres", "postgresql") or not urlsplit(text).path.strip("/"):
        raise ValueError
    return text


def _sender(text: str) -> str:
    if not re.fullmatch(r"[^@\n]*<[^@<>\s]+@[^@<>\s]+>|[^@<>\s]+@[^@<>\s]+", text):
        raise ValueError
    return text


def _dsn(text: str) -> str:
    address = urlsplit(text)
    if address.scheme not in ("http", "https") or not address.username or not address.hostname:
        raise ValueError
    return text


def _secrets(text: str) -> list[str]:
    return [secret for secret in text.split(",") if secret]


SETTINGS = (
    Setting(
        "DATABASE_URL", "where the data is", "", str, DATABASES, is_secret=True,
        default_text="`sqlite:///…/var/campaignos.sqlite3`",
    ),
    Setting(
        "WEB_DATABASE_URL", "where the web server finds the same data if not there: at a PgBouncer; see "
        "[below](#pgbouncer)", "", _postgresql, "postgres://USER:PASSWORD@HOST:PORT/NAME", is_secret=True,
        default_text="`DATABASE_URL`",
    ),
    Setting(
        "SECRET_KEY", "signs sessions; the same on every host, and needed with PostgreSQL", "", str,
        "a long random text", is_secret=True, default_text="kept under `var/` on SQLite",
    ),
    Setting(
        "SECRET_KEY_FALLBACKS", "former secret keys: what they signed or encrypted can still be read", [],
        _secrets, "texts by comma", is_secret=True,
    ),
    _number(
        "DATABASE_POOL_SIZE", "connections to PostgreSQL per process; at least `WEB_THREADS`",
        default=8, least=1, most=1000,
    ),
    _number(
        "LEDGER_CACHE_MB", "how many megabytes a process keeps of what reports have read of the ledger; 0: nothing",
        default=64, least=0, most=100_000,
    ),
    _number(
        "DATABASE_LOCK_SECONDS", "how long a request waits for another writer before it answers 503; less than the "
        "10 seconds that clients wait for us", default=8, least=1, most=600,
    ),
    _number(
        "DATABASE_STATEMENT_SECONDS", "how long a statement of a request may take on PostgreSQL before it answers 503; "
        "commands have no bound", default=30, least=1, most=3600,
    ),
    _switch(
        "ROW_LEVEL_SECURITY", "whether PostgreSQL itself keeps the workspaces apart; see [below](#row-level-security)"
    ),
    _list(
        "ALLOWED_HOSTS", "host names the server answers to", default=["127.0.0.1", "localhost", "[::1]"],
        pattern=_HOST, allowed="host names by comma, without scheme and port",
    ),
    _list(
        "CSRF_TRUSTED_ORIGINS", "origins of pages behind a proxy", default=[], pattern=_ORIGIN,
        allowed="origins such as `https://analytics.example.com` by comma",
    ),
    _switch("HTTPS", "secure cookies, HSTS, no plain HTTP; the proxy must set `X-Forwarded-Proto`"),
    _number(
        "TRUSTED_PROXIES", "how many proxies stand before the server; the visitor's address is read from their "
        "`X-Forwarded-For`", default=0, least=0, most=10,
    ),
    Setting(
        "EMAIL_URL", "how mails go out", environ.Env.email_url_config("consolemail://"), _mail,
        "`smtp+tls://USER:PASSWORD@HOST:587`, `smtp+ssl://USER:PASSWORD@HOST:465`, `consolemail://`",
        is_secret=True, default_text="standard output",
    ),
    Setting(
        "EMAIL_FROM", "from whom mails come", "CampaignOS Analytics <campaignos@localhost>", _sender,
        "`NAME <ADDRESS>` or an address", default_text="`CampaignOS Analytics <campaignos@localhost>`",
    ),
    _switch("OPEN_SIGNUP", "whether everybody may sign up (after confirming the address); otherwise by invitation"),
    _switch("STAFF_SECOND_FACTOR", "whether the administration asks for a second factor"),
    _number("SESSION_IDLE_HOURS", "how long a session lives unused", default=72, least=1, most=8760),
    _number("SESSION_MAX_HOURS", "how long a session lives at most", default=336, least=1, most=8760),
    _switch("AUDIT_IP", "whether the audit log keeps IP addresses"),
    _number(
        "REQUESTS_PER_SECOND",
        "requests a second a key (of web pages: a network) may send to each process, over ten seconds; 0: any number",
        default=1000, least=0, most=1_000_000,
    ),
    _list(
        "BIND", "where gunicorn listens", default=["127.0.0.1:8000"], pattern=_BIND,
        allowed="`HOST:PORT` or `unix:PATH`, by comma",
    ),
    _number("WEB_WORKERS", "processes: one a core", default=2, least=1, most=512),
    _number("WEB_THREADS", "threads of each process: requests it works on at a time", default=4, least=1, most=256),
    _number(
        "WEB_MAX_REQUESTS", "a process is replaced after so many requests, give or take a tenth; 0: never",
        default=0, least=0, most=100_000_000,
    ),
    _number(
        "WEB_READ_SECONDS", "how long a request may keep the server waiting for what it sends, and one second more for "
        "each 16 kB", default=10, least=1, most=3600,
    ),
    _number(
        "WEB_REQUEST_SECONDS", "a process is replaced when a request has neither ended nor read or sent anything for "
        "so long", default=120, least=1, most=86_400,
    ),
    _choice(
        "LOG_LEVEL", "of the log on standard error", default="INFO",
        of=("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"),
    ),
    _choice("LOG_FORMAT", "an object a line, or lines to be read by people", default="json", of=("json", "line")),
    Setting(
        "METRICS_TOKEN", "whoever sends it as bearer token reads `/metrics`; without one nobody does", "", str,
        "a long random text", is_secret=True,
    ),
    Setting(
        "SENTRY_DSN", "where errors are reported; needs `pip install sentry-sdk==2.75.0`", "", _dsn,
        "`https://KEY@HOST/NUMBER`", is_secret=True,
    ),
    Setting("SENTRY_ENVIRONMENT", "what Sentry calls this installation", "production", str, "any text"),
    _list(
        "WEBHOOK_NETWORKS", "networks beside the public ones that outgoing webhooks may be sent to, also by plain http",
        default=[], pattern=_NETWORK, allowed="networks such as `10.1.0.0/16` by comma",
    ),
    Setting(
        "BACKUP_FILE", "the newest backup: `manage.py doctor` and `/metrics` tell its age", "", str,
        "a path, also from the program's folder",
    ),
    _switch("DEBUG", "Django's debug pages; never in production"),
)  # fmt: skip
TABLE = {setting.name: setting for setting in SETTINGS}


@dataclass(frozen=True)
class Environment:
    """The values of the table by name, and where each comes from: the environment, a file, or nowhere."""

    values: Mapping[str, Any]
    sources: Mapping[str, str]

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


def read_environment(folder: Path, given: Mapping[str, str] | None = None) -> Environment:
    """What is set for the program in a folder. Raises ImproperlyConfigured, which lists everything that is wrong."""
    given = os.environ if given is None else given
    file = _settings_file(folder, given.get(_FILE_VARIABLE))
    texts = [(name, text, str(file)) for name, text in _lines(file)] if file else []
    problems = [f"{file}: {_unknown_problem(name)}" for name, _, _ in texts if name not in TABLE]
    problems += list(_misspelt(given))
    here = {name: given[name] for name in TABLE if given.get(name)}
    problems += [
        f"{name} ends in a comment, which would be a part of it." for name, text in here.items() if _NOTE(text)
    ]
    texts += [(name, text, "the environment") for name, text in here.items()]
    values, sources = {name: setting.default for name, setting in TABLE.items()}, {}
    for name, text, source in texts:
        if name not in TABLE or not text:
            continue
        try:
            values[name], sources[name] = TABLE[name].value(text), source
        except ImproperlyConfigured as error:
            problems.append(str(error) if source == "the environment" else f"{source}: {error}")
    if problems:
        raise ImproperlyConfigured("\n".join(problems))
    return Environment(values, sources)


def _settings_file(folder: Path, named: str | None) -> Path | None:
    if named:
        if not (file := folder / named).is_file():
            raise ImproperlyConfigured(f"{_FILE_VARIABLE} names {named}, and there is no such file.")
        return file
    file = folder / FILE_NAME
    return file if file.is_file() else None


_LINE = re.compile(r"""(?:export\s+)?(\w+)=(?:'([^'\n]*)'|"([^"\\$`\n]*)"|([^\s"'\\$`#;&|<>()]*))""", re.ASCII)


def _lines(file: Path) -> Iterator[tuple[str, str]]:
    """Names and texts. Only what a shell and systemd read alike is taken: no comment behind a value, quotes around it
    where it has blanks or signs that mean something to a shell.
    """
    try:
        lines = file.read_text().splitlines()
    except PermissionError:
        raise ImproperlyConfigured(f"{file} may not be read by this user; run this as the program's own.") from None
    for number, line in enumerate(lines, 1):
        if not (line := line.strip()) or line.startswith("#"):
            continue
        if not (match := _LINE.fullmatch(line)):
            raise ImproperlyConfigured(
                f"{file}, line {number}: write NAME=VALUE or NAME='VALUE', the latter where the value has blanks, "
                "quotes or any of $ ` \\ # ; & | < > ( ); comments on lines of their own."
            )
        yield match[1], next(text for text in (*match.groups()[1:], "") if text is not None)


def _misspelt(variables: Mapping[str, str]) -> Iterator[str]:
    for name in variables:
        if name not in TABLE and name != _FILE_VARIABLE and (meant := get_close_matches(name, TABLE, 1, _LIKENESS)):
            yield f"{name} is no setting; perhaps {meant[0]} is meant. Is it another program's, unset it for this one."


def _unknown_problem(name: str) -> str:
    meant = get_close_matches(name, TABLE, 1, 0.6)
    return f"{name} is no setting{f'; perhaps {meant[0]} is meant' if meant else ''}."


def database(url: str, folder: Path) -> dict[str, Any]:
    """Django's description of the database at an address. Raises ImproperlyConfigured, without its password.

    A path of SQLite is taken as it stands, with `#` and `?`, and counts from the program's folder.
    """
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite" and rest.startswith("/") and len(rest) > 1:
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / unquote(rest[1:]))}
    if scheme in ("postgres", "postgresql"):
        config: dict[str, Any] = environ.Env.db_url_config(url)
        if config.get("NAME"):
            return config
    named = f"names {scheme}" if re.fullmatch(r"[\w+-]+", scheme) and scheme != url else "is none"
    raise ImproperlyConfigured(f"DATABASE_URL {named}; allowed are {DATABASES}.")


def settings_example() -> str:
    """A settings file that changes nothing: `.env.example`."""
    head = (
        f"# All settings with their defaults. Copy this file to {FILE_NAME}, and take away the # of those to change.\n"
        "# `manage.py settings` tells what is set, and where; docs/operations.md says more.\n"
    )
    return "\n".join([head, *(setting.example for setting in SETTINGS)])


def settings_table() -> str:
    """The operator's table, in Markdown."""
    head = "| Variable | Default | Allowed | Meaning |\n|---|---|---|---|\n"
    return head + "\n".join(setting.row for setting in SETTINGS) + "\n"
