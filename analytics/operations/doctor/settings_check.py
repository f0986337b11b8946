"""Whether the settings fit together, and what is served is what was collected."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core import checks, mail

from analytics.operations.doctor.diagnosis import Diagnosis, problem, warning, well
from campaignos.environment import FILE_NAME, Environment
from campaignos.static_files import StaticFilesStorage

_HERE = {"127.0.0.1", "localhost", "[::1]"}
_CLIENTS_WAIT_SECONDS = 10
"""How long the usual SDKs wait for an answer."""


def check_settings(environment: Environment) -> Iterator[Diagnosis]:
    yield from _switches(environment)
    yield from _file()
    if environment["HTTPS"]:
        for message in checks.run_checks(tags=[checks.Tags.security], include_deployment_checks=True):
            if not message.is_silenced():
                yield warning("settings", message.msg, message.hint or "See `manage.py check --deploy`.")


def _switches(environment: Environment) -> Iterator[Diagnosis]:
    if environment["DEBUG"]:
        yield problem("settings", "DEBUG shows strangers the program's insides.", "Take DEBUG away.")
    if not environment["HTTPS"]:
        yield warning(
            "settings",
            "Pages and cookies go unencrypted.",
            "Put a proxy with a certificate before it and set HTTPS=true.",
        )
    hosts = {*environment["ALLOWED_HOSTS"]}
    if "*" in hosts:
        yield warning("settings", "ALLOWED_HOSTS takes every name.", "Name the site's own.")
    elif environment["HTTPS"] and hosts <= _HERE:
        yield problem("settings", "ALLOWED_HOSTS names this host alone.", "Add the name that people use.")
    if not environment["METRICS_TOKEN"]:
        yield warning("settings", "Nobody can read /metrics.", "Set METRICS_TOKEN and have Prometheus send it.")


def _file() -> Iterator[Diagnosis]:
    file = settings.BASE_DIR / FILE_NAME
    if file.is_file() and (mode := stat.S_IMODE(file.stat().st_mode)) & stat.S_IROTH:
        yield problem("settings", f"Everybody on this host may read {file} (mode {mode:o}).", f"chmod o= {file}")
    else:
        yield well("settings", "They can be read, and by nobody who should not.")


def check_timeouts(environment: Environment) -> Iterator[Diagnosis]:
    """Whether each wait ends before the one around it."""
    lock, statement = environment["DATABASE_LOCK_SECONDS"], environment["DATABASE_STATEMENT_SECONDS"]
    request, pool, threads = (environment[n] for n in ("WEB_REQUEST_SECONDS", "DATABASE_POOL_SIZE", "WEB_THREADS"))
    found = []
    if lock >= _CLIENTS_WAIT_SECONDS:
        text = f"Clients give up after {_CLIENTS_WAIT_SECONDS} s, and a request waits {lock} s for another writer."
        found.append(warning("timeouts", text, "Lower DATABASE_LOCK_SECONDS."))
    if statement >= request:
        text = f"A process is replaced after {request} s, before a statement ends by its own bound of {statement} s."
        found.append(problem("timeouts", text, "Set WEB_REQUEST_SECONDS above DATABASE_STATEMENT_SECONDS."))
    if settings.DATABASE_VENDOR == "postgresql" and pool < threads:
        text = f"{threads} threads share {pool} connections."
        found.append(problem("timeouts", text, "Set DATABASE_POOL_SIZE to at least WEB_THREADS."))
    yield from found or [well("timeouts", f"Locks {lock} s, statements {statement} s, requests {request} s.")]


def check_static_files() -> Diagnosis:
    """Whether each file that the program brings was collected since it last changed."""
    manifest = settings.STATIC_ROOT / StaticFilesStorage.manifest_name
    remedy = "Run `manage.py collectstatic --noinput` and reload."
    if not manifest.is_file():
        return warning("static files", "They were not collected: they are served uncompressed.", remedy)
    paths: dict[str, str] = json.loads(manifest.read_text())["paths"]
    brought = [(name, storage) for finder in get_finders() for name, storage in finder.list([])]
    collected_at = manifest.stat().st_mtime
    stale = sorted(
        {
            name
            for name, storage in brought
            if name not in paths or Path(storage.path(name)).stat().st_mtime > collected_at
        }
    )
    if stale:
        return problem("static files", f"{len(stale):,} are not those of this program, such as {stale[0]}.", remedy)
    return well("static files", f"{len(paths):,} collected.")


def check_mail(environment: Environment, send_to: str = "") -> Diagnosis:
    """Whether the mail server can be reached and lets the program in; with an address, whether it takes a mail."""
    if "smtp" not in settings.EMAIL_BACKEND:
        text = "Mails go to the program's output, and reach nobody."
        return warning("mail", text, "Set EMAIL_URL: without it nobody can be invited or reset a password.")
    server = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    try:
        with mail.get_connection() as connection:
            if send_to:
                text = "A mail of CampaignOS Analytics arrived. Nothing is to be done."
                mail.EmailMessage("CampaignOS Analytics: test", text, to=[send_to], connection=connection).send()
    except OSError as error:  # smtplib's errors are such, too
        return problem("mail", f"{server}: {error}", "Correct EMAIL_URL.")
    if environment["EMAIL_FROM"].rstrip(">").endswith("@localhost"):
        return problem("mail", "EMAIL_FROM is at localhost: mails will be refused.", "Set EMAIL_FROM.")
    return well("mail", f"{server} {f'took a mail to {send_to}' if send_to else 'answers'}.")
