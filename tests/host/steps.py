"""What is typed on the machine, a heading of the guide after the other, and what must be there then."""

import re
import subprocess
from itertools import pairwise
from pathlib import Path

from tests.blocks import blocks
from tests.host.guide import commands
from tests.host.machine import HostError, Machine

_SITE = "/srv/campaignos"
_NAME = "analytics.example.com"
_BACKUP = "/srv/campaignos-backup"
_INSIDE = "-H 'X-Forwarded-Proto: https' http://127.0.0.1:8000"
"""How the host itself asks the program, past the proxy."""
_BEFORE, _FIRST, _SECOND = "0.1.0", "0.2.0", "0.3.0"
_SETTINGS_BEFORE = "/etc/campaignos.env"
_EMAIL, _PASSWORD = "ada@example.com", "a-long-enough-word-9"
_ASK = f"""
API=https://{_NAME}/api
ask() {{
  curl -s -f -b /root/cookies -c /root/cookies -H "X-CSRFToken: $(jq -r .csrfToken /root/session)" \\
    -H 'Referer: https://{_NAME}/' -H 'Content-Type: application/json' "$@"
}}
"""
"""A person who is logged in asks the API."""
_VISITS = "/var/log/visits"
_VISITOR = f"""
while :; do
  curl -s -m 15 -o /dev/null -w '%{{http_code}} %{{time_total}}\\n' https://{_NAME}/login/ || true
done >> {_VISITS}
"""

Guide = dict[str, list[str]]
"""The blocks of commands, by the heading that they stand under."""


def install(machine: Machine, guide: Guide, source: Path) -> None:
    packages, folders, values, release = guide["From an empty host"]
    machine(packages)
    machine("apt-get install -y --no-install-recommends curl openssl")  # to look with, not the guide's
    subprocess.run(["cp", "-r", str(source), str(machine.root / "srv" / "source")], check=True)
    machine("chown -R root: /srv/source")
    machine(f"install -d {_SITE}/releases; git clone -q -b v{_FIRST} /srv/source {_SITE}/releases/{_FIRST}")
    machine(folders)
    for name in ("SECRET_KEY", "METRICS_TOKEN"):
        values = values.replace(f"{name}='…'", f"{name}='{machine('openssl rand -base64 48').replace(chr(10), '')}'")
    (machine.root / "srv" / "campaignos" / "settings.env").write_text(values)
    machine(
        release.replace("createsuperuser", "createsuperuser --noinput"),
        DJANGO_SUPERUSER_EMAIL=_EMAIL,
        DJANGO_SUPERUSER_PASSWORD=_PASSWORD,
    )


def demonstrate(machine: Machine, _: Guide, source: Path) -> None:
    """README.md's first commands, typed by anybody into a clone, and what it has them ask of the demo."""
    readme = commands(source, "README.md")
    [start], [reports] = readme["Start"], readme["Ask for reports"]
    machine(
        "useradd --create-home anybody; git clone -q /srv/source /home/anybody/program; chown -R anybody: /home/anybody"
    )
    here = "--uid=anybody --working-directory=/home/anybody/program --setenv=HOME=/home/anybody"
    for typed in start.splitlines():
        port = "8001" if "8001" in typed else "8000"
        (machine.root / "home" / "anybody" / "typed").write_text(typed)
        machine(f"systemd-run --quiet --collect --unit=demo {here} sh /home/anybody/typed")
        _until(machine, f"curl -s -f -o /dev/null http://127.0.0.1:{port}/login/")
        asked = reports.replace("127.0.0.1:8000", f"127.0.0.1:{port}")
        machine(f'curl() {{ command curl -s -f "$@" > /dev/null || exit 1; }}\n{asked}', folder="/home/anybody")
        machine("systemctl stop demo")


def serve(machine: Machine, guide: Guide, _: Path) -> None:
    """Units, timer and proxy, with a certificate of the machine's own."""
    machine(guide["Services"][0])
    live = f"/etc/letsencrypt/live/{_NAME}"
    machine(
        f"install -d {live}; echo 127.0.0.1 {_NAME} >> /etc/hosts\n"
        f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={_NAME} -addext subjectAltName=DNS:{_NAME} "
        f"-keyout {live}/privkey.pem -out {live}/fullchain.pem\n"
        f"cp {live}/fullchain.pem /usr/local/share/ca-certificates/own.crt; update-ca-certificates\n"
        f"cp {_SITE}/current/deploy/nginx/campaignos.conf /etc/nginx/sites-enabled/; systemctl restart nginx\n"
    )
    machine("systemctl is-active campaignos.service campaignos.socket campaignos-tick.timer")
    _look_over(machine, guide)


def ask(machine: Machine, guide: Guide, _: Path) -> None:
    """From outside, as an operator, and as what scrapes the metrics."""
    _answers(machine, f"https://{_NAME}/healthz", "200")
    for path in ("readyz", "readyz/", "metrics", "metrics/"):
        _answers(machine, f"https://{_NAME}/{path}", "404")
    _answers(machine, f"{_INSIDE}/readyz", "200")
    _answers(machine, f"-L https://{_NAME}/", "200")
    _serves(machine, _FIRST)
    [failed] = guide["Watching it"]
    if found := machine(failed):
        raise HostError(f"Requests failed:\n{found}")
    machine(failed.strip().replace(">= 500", "== 200") + " | grep -q route")


def send(machine: Machine, _: Guide, source: Path) -> None:
    """A first event, as README.md has it sent, with a key of a workspace made for it."""
    key = machine(
        f"{_ASK}"
        f"""curl -s -f -c /root/cookies $API/session -H 'Content-Type: application/json' \\
          -d '{{"email": "{_EMAIL}", "password": "{_PASSWORD}"}}' > /root/session
        ask $API/workspaces -d '{{"name": "Shop", "timeZone": "Europe/Berlin"}}' | grep -q ws_1
        ask $API/workspaces/ws_1/keys -d '{{"kind": "write", "name": "Shop"}}' | jq -r .key"""
    )
    typed = commands(source, "README.md")["Send events"][0]
    machine(typed.replace("http://127.0.0.1:8000", f"https://{_NAME}").replace("YOUR_WRITE_KEY", key.strip()))
    if '"purchase"' not in _events(machine):
        raise HostError(_events(machine))


def refuse(machine: Machine, _: Guide, __: Path) -> None:
    """What is too large for the program is told in its words, through nginx as well."""
    machine("head --bytes 12000000 /dev/zero > /srv/large")
    for scheme, status, code in (("https", "413", "body_too_large"), ("http", "403", "https_required")):
        answer = machine(f"curl -s -w ' %{{http_code}}' --data-binary @/srv/large {scheme}://{_NAME}/v1/batch")
        if not answer.endswith(f" {status}") or f'"{code}"' not in answer:
            raise HostError(answer)


def return_mails(machine: Machine, guide: Guide, _: Path) -> None:
    """An email to nobody comes back to Postfix, and by it to the program, whose database is away at first."""
    live = f"/etc/letsencrypt/live/{_NAME}"
    machine(
        "apt-get install -y --no-install-recommends postfix\n"
        f"postconf 'mydestination = example.com' local_recipient_maps= defer_transports=campaignos "
        f"smtpd_tls_cert_file={live}/fullchain.pem smtpd_tls_key_file={live}/privkey.pem\n"
        f"sed -i 's!^EMAIL_URL=.*!EMAIL_URL=smtp+tls://{_NAME}:25!' {_SITE}/settings.env"
    )
    machine(guide["Mails that come back"][0])
    machine(
        f"""{_ASK}
        page() {{ curl -s -f -b /root/cookies -H "X-CSRFToken: $(jq -r .csrfToken /root/session)" \
          -H 'Referer: https://{_NAME}/' -X POST https://{_NAME}/w/shop/emails/"$@"; }}
        page briefing/; page 1/send/; systemctl start campaignos-tick.service"""
    )
    _until(machine, "postqueue -p | grep -q 'deferred transport'")
    if _returned(machine):
        raise HostError("The mail has come back while Postfix was to keep it.")
    machine("systemctl stop postgresql; postconf defer_transports=; postfix reload; postqueue -f")
    _until(machine, "postqueue -p | grep -q 'The database does not answer'")
    machine("systemctl start postgresql; postqueue -f")
    _until(machine, "postqueue -p | grep -q 'queue is empty'")
    if (returned := _returned(machine)) != "It came back: 5.1.1.|1":
        raise HostError(f"Of the mail that came back is there: {returned}")


def _returned(machine: Machine) -> str:
    """What the program says of the one that did, and how many refusals it counts for whom it was sent to."""
    asked = (
        "SELECT attempts -> -1 ->> 'problem', refusals FROM analytics_delivery, analytics_emailrecipient "
        "WHERE state = 'failed'"
    )
    return machine(f'psql --no-align --tuples-only -c "{asked}" campaignos', as_user="postgres").strip()


def back_up(machine: Machine, guide: Guide, _: Path) -> None:
    """Three nights by the unit that the timer calls, and one by hand."""
    machine(f"install -d -o campaignos -g campaignos -m 700 {_BACKUP}")
    machine(guide["Back up PostgreSQL every night"][0])
    machine("systemctl is-active campaignos-backup.timer")
    look = f"stat -c '%n %i %a' {_BACKUP}/*"
    nights = [machine(f"systemctl start campaignos-backup.service; {look}") for _ in range(3)]
    nights.append(machine(f"{_as_program(guide['Back up PostgreSQL'][0], _BACKUP)}\n{look}"))
    seen = [night.split() for night in nights]
    if any(night[::2] != [f"{_BACKUP}/campaignos.dump", "600"] for night in seen):
        raise HostError(f"Each night leaves one file that its owner alone reads, not:\n{''.join(nights)}")
    if any(former[1] == night[1] for former, night in pairwise(seen)):
        raise HostError(f"A night left the file of the one before:\n{''.join(nights)}")
    machine(f"echo BACKUP_FILE={_BACKUP}/campaignos.dump >> {_SITE}/settings.env")


def restore(machine: Machine, guide: Guide, _: Path) -> None:
    """Into a database made anew, with the one that was backed up put aside."""
    sent = _events(machine)
    machine("systemctl stop campaignos.socket campaignos.service campaignos-tick.timer campaignos-tick.service")
    machine("runuser -u postgres -- psql -c 'ALTER DATABASE campaignos RENAME TO former'")
    [made] = [line for line in guide["From an empty host"][0].splitlines() if "createdb" in line]
    machine(made)
    machine(_as_program(guide["Restore PostgreSQL"][0], _BACKUP))
    told = machine(_as_program(guide["After either"][0], f"{_SITE}/current"))
    if "Ledger and facts agree." not in told:
        raise HostError(told)
    machine("systemctl start campaignos.socket campaignos.service campaignos-tick.timer")
    if (restored := _events(machine)) != sent:
        raise HostError(f"Of {sent} is there: {restored}")
    _look_over(machine, guide)


def upgrade(machine: Machine, guide: Guide, _: Path) -> None:
    """A reload, another release, and back, while somebody visits the site all the time."""
    (machine.root / "srv" / "visit").write_text(_VISITOR)
    machine("systemd-run --quiet --unit=visitor sh /srv/visit")
    onward, back = guide["Upgrades without downtime"][:2]
    for typed, version in (("systemctl reload campaignos", _FIRST), (onward, _SECOND), (back, _FIRST)):
        before = _main_process(machine)
        machine(typed)
        _took_over(machine, before, version)
        _look_over(machine, guide)
    machine("systemctl stop visitor")
    visits = [line.split() for line in machine(f"cat {_VISITS}").splitlines()]
    print(f"        {len(visits)} visits meanwhile, the longest of {max(float(visit[1]) for visit in visits):.1f} s")
    if failed := [visit[0] for visit in visits if visit[0] != "200"]:
        raise HostError(f"{len(failed)} of them failed, as with {failed[:5]}.")


def kill(machine: Machine, guide: Guide, _: Path) -> None:
    """The first process, which another one had put in its place: systemd must notice, and who asks meanwhile wait."""
    before = _main_process(machine)
    machine(f"kill -9 {before}")
    _answers(machine, f"https://{_NAME}/login/", "200")
    _took_over(machine, before, _FIRST)
    _look_over(machine, guide)


def drill(machine: Machine, guide: Guide, source: Path) -> None:
    """What it prints is what the guide says, but for how long anybody waited."""
    [typed] = guide["When something befalls it"]
    [documented] = blocks("docs/operations.md", "text", "When something befalls it", root=source)
    told = machine(typed)
    if _without_waits(told) != _without_waits(documented.text):
        raise HostError(told)


def move(machine: Machine, guide: Guide, source: Path) -> None:
    """An installation of 0.1.0, made as its own guide says: moved, with all that it stored, and back."""
    before = source.parent / "before"
    subprocess.run(["git", "-C", str(source), "worktree", "add", "--quiet", str(before), f"v{_BEFORE}"], check=True)
    _install_as_before(machine, guide, before)
    stored = _stored(machine)
    onward, release, back = guide["From 0.1.0"]
    with_settings = f"set -a; . {_SETTINGS_BEFORE}; set +a; cd {_BACKUP}\n"
    machine(f"{with_settings}{guide['Back up PostgreSQL'][0]}", as_user="campaignos")
    for typed in (onward, release, guide["Services"][0]):
        machine(typed)
    _answers(machine, f"https://{_NAME}/login/", "200")
    _took_over(machine, "", _FIRST)
    _look_over(machine, guide)
    if (moved := _stored(machine)) != stored:
        raise HostError(f"Of\n{stored}\nis there:\n{moved}")
    machine(back)
    machine(f"{with_settings}{guide['Restore PostgreSQL'][0]}", as_user="campaignos")
    machine("systemctl enable --now campaignos.service campaignos-tick.timer")
    _until(machine, f"curl -s -f -o /dev/null https://{_NAME}/login/")
    if machine(f"readlink /proc/{_main_process(machine)}/cwd").strip() != _SITE or (back := _stored(machine)) != stored:
        raise HostError(f"Of\n{stored}\nis there:\n{back}")


def _install_as_before(machine: Machine, guide: Guide, before: Path) -> None:
    """In the place of what is there."""
    machine(
        "systemctl disable --now campaignos.socket campaignos.service campaignos-tick.timer campaignos-backup.timer\n"
        f"rm /etc/systemd/system/campaignos*; mv {_SITE} /srv/of-the-guide\n"
        "runuser -u postgres -- dropdb campaignos\n"
        f"git clone -q -b v{_BEFORE} /srv/source {_SITE}"
    )
    machine(next(line for line in guide["From an empty host"][0].splitlines() if "createdb" in line))
    _, folders, values, tables = commands(before)["From an empty host"]
    machine(folders)
    machine(f"install -d {_SITE}/var; chown -R campaignos: {_SITE}")
    values = re.sub(r"=….*", lambda _: "=" + machine("openssl rand -hex 32").strip(), values)
    (machine.root / "etc" / "campaignos.env").write_text(values)
    machine(
        f"cd {_SITE}\n{tables.replace('createsuperuser', 'createsuperuser --noinput')}",
        as_user="campaignos",
        DJANGO_SUPERUSER_EMAIL=_EMAIL,
        DJANGO_SUPERUSER_PASSWORD=_PASSWORD,
    )
    units = blocks("docs/operations.md", "ini", "Services", root=before)
    for name, unit in zip(
        ("campaignos.service", "campaignos-tick.service", "campaignos-tick.timer"), units, strict=False
    ):
        (machine.root / "etc" / "systemd" / "system" / name).write_text(unit.text)
    machine(commands(before)["Services"][0])
    _until(machine, f"curl -s -f -o /dev/null https://{_NAME}/login/")
    send(machine, guide, before)


STEPS = (install, demonstrate, serve, ask, send, refuse, return_mails, back_up, restore, upgrade, kill, drill, move)


def _stored(machine: Machine) -> str:
    """The events, as the database has them."""
    rows = "SELECT id, type, occurred_at, person_number, properties FROM analytics_event ORDER BY id"
    return machine(f'psql --no-align -c "{rows}" campaignos', as_user="postgres")


def _without_waits(text: str) -> str:
    lines = (re.sub(r" +(at once|within 15 s|within a minute)\b *", " ", line) for line in text.strip().splitlines())
    return "\n".join(line.rstrip() for line in lines)


def _until(machine: Machine, command: str) -> None:
    """It ends well, within eight minutes."""
    machine(f"for try in $(seq 480); do if {command}; then exit; fi; sleep 1; done; exit 1")


def _took_over(machine: Machine, before: str, version: str) -> None:
    """That systemd follows a process which serves the release, and all that it watches over is that one's."""
    if machine(f"readlink {_SITE}/current").strip() != f"releases/{version}":
        raise HostError(f"{version} is not the current release.")
    main = _main_process(machine)
    folder = machine(f"readlink /proc/{main}/cwd").strip()
    if main == before or folder != f"{_SITE}/releases/{version}":
        raise HostError(f"The main process was {before}, and is {main} in {folder}.")
    told = machine("systemctl status campaignos.service")
    if f"Main PID: {main} " not in told or "active (running)" not in told:
        raise HostError(told)
    _serves(machine, version)


def _main_process(machine: Machine) -> str:
    return machine("systemctl show --property MainPID --value campaignos.service").strip()


def _serves(machine: Machine, version: str) -> None:
    """That what scrapes the metrics is told this version."""
    token = '-H "Authorization: Bearer $METRICS_TOKEN"'
    told = machine(f"set -a; . {_SITE}/settings.env; set +a; curl -s {token} {_INSIDE}/metrics")
    if f'campaignos_build_info{{version="{version}"}}' not in told:
        raise HostError(f"Not {version} answers: {told}")


def _look_over(machine: Machine, guide: Guide) -> None:
    """That the doctor finds nothing but that there is no mail server."""
    told = machine(f"{guide['Services'][1].strip()} || true")
    problems = re.findall(r"^problem +(.*)", told, re.MULTILINE)
    if not told or [problem for problem in problems if not problem.startswith("mail: ")]:
        raise HostError(told)


def _events(machine: Machine) -> str:
    """What the API lists to a person whose session is in the database, too."""
    return machine(f"{_ASK}ask $API/workspaces/ws_1/events")


def _answers(machine: Machine, address: str, status: str) -> None:
    told = machine(f"curl -s -o /dev/null -w '%{{http_code}}' {address}")
    if told != status:
        raise HostError(f"{address} answers {told}, not {status}.")


def _as_program(typed: str, folder: str) -> str:
    """As the guide says that it is run: by the program's user, who knows the settings."""
    within = f"set -a; . {_SITE}/settings.env; set +a; cd {folder}\n{typed}"
    return f"runuser -u campaignos -- sh -euc '{within}'"
