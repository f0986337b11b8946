"""A bare Debian, made once by debootstrap, and booted with systemd in namespaces, with no network but a loopback."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CACHE = Path(os.environ.get("HOST_CACHE", "/var/tmp/campaignos-host"))
_BASE = CACHE / "base"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PACKAGES = "git make python3 python3-venv postgresql nginx jq curl openssl postfix"


class HostError(Exception):
    """What was typed on the machine did not do what the guide says."""


def why_not() -> str:
    """What is missing for a machine here; empty where nothing is."""
    if os.geteuid() != 0:
        return "it takes root"
    for program in ("debootstrap", "systemd-nspawn", "nsenter"):
        if shutil.which(program) is None:
            return f"{program} is missing (Debian: apt-get install debootstrap systemd-container)"
    allowed = subprocess.run(
        ["unshare", "--mount", "--pid", "--net", "--fork", "--mount-proc", "true"], capture_output=True
    )
    return "" if allowed.returncode == 0 else "namespaces are not allowed (CAP_SYS_ADMIN)"


def base(requirements: Path) -> Path:
    """The bare system, with packages and wheels fetched but not installed, as the machine has no network."""
    wheels = _BASE / "var" / "cache" / "wheels"
    complete = _BASE / "complete"
    if not complete.exists() or complete.read_text() != _PACKAGES:
        shutil.rmtree(_BASE, ignore_errors=True)
        _BASE.mkdir(parents=True)
        _typed("debootstrap", "--variant=minbase", "--include=systemd-sysv,ca-certificates", "bookworm", str(_BASE))
        shutil.copy("/etc/resolv.conf", _BASE / "etc" / "resolv.conf")
        fetch = f"apt-get update -qq && apt-get install -y -qq --download-only {_PACKAGES}"
        _typed("chroot", str(_BASE), "sh", "-c", fetch)
        complete.write_text(_PACKAGES)
    wheels.mkdir(exist_ok=True)
    _typed(sys.executable, "-m", "pip", "download", "-qq", "--dest", str(wheels), "--requirement", str(requirements))
    return _BASE


def _typed(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=900)


class Machine:
    """A booted machine whose first process is `leader`."""

    def __init__(self, root: Path, leader: int) -> None:
        self.root = root
        self._leader = leader

    def __call__(self, commands: str, *, folder: str = "/", as_user: str = "root", **environment: str) -> str:
        """What the commands print, typed into a shell there. HostError if one fails."""
        inside = ["nsenter", f"--target={self._leader}", "--mount", "--uts", "--ipc", "--net", "--pid"]
        set_there = [f"{name}={value}" for name, value in environment.items()]
        shell = ["env", "-i", f"PATH={_PATH}", "LANG=C.UTF-8", "DEBIAN_FRONTEND=noninteractive", *set_there]
        user = [] if as_user == "root" else ["runuser", "-u", as_user, "--"]
        typed = [*inside, *shell, *user, "sh", "-euc", f"cd {folder}\n{commands}"]
        done = subprocess.run(typed, capture_output=True, text=True, timeout=600, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise HostError(f"{commands}\n→ {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
        return done.stdout


@contextmanager
def booted(system: Path) -> Iterator[Machine]:
    """The system, booted on a layer of its own that is thrown away."""
    with tempfile.TemporaryDirectory(dir=CACHE) as place:
        upper, work, root = (Path(place) / name for name in ("upper", "work", "root"))
        for folder in (upper, work, root):
            folder.mkdir()
        _typed(
            "mount", "-t", "overlay", "overlay", "-o", f"lowerdir={system},upperdir={upper},workdir={work}", str(root)
        )
        try:
            yield from _running(root)
        finally:
            subprocess.run(["umount", "--lazy", str(root)], check=True)


def _running(root: Path) -> Iterator[Machine]:
    (root / "etc" / "pip.conf").write_text("[global]\nno-index = true\nfind-links = /var/cache/wheels\n")
    (root / "etc" / "dpkg" / "dpkg.cfg.d" / "quick").write_text("force-unsafe-io\n")
    command = ["systemd-nspawn", f"--directory={root}", "--private-network", "--register=no", "--keep-unit", "--boot"]
    with (root.parent / "console").open("wb") as console:
        outside = subprocess.Popen(
            [*command, "--machine=campaignos-host"], stdin=subprocess.DEVNULL, stdout=console, stderr=console
        )
        with outside:
            leader = _leader(outside)
            try:
                machine = Machine(root, leader)
                _until_up(machine)
                yield machine
            finally:
                os.kill(leader, signal.SIGKILL)  # nothing there is to be kept, and it would outlive its parent


def _leader(outside: "subprocess.Popen[bytes]") -> int:
    children = Path(f"/proc/{outside.pid}/task/{outside.pid}/children")
    for _ in range(100):
        for child in children.read_text().split():
            if Path(f"/proc/{child}/comm").read_text().strip() == "systemd":
                return int(child)
        time.sleep(0.1)
    raise HostError("The machine does not boot.")


def _until_up(machine: Machine) -> None:
    for _ in range(100):
        try:
            machine("systemctl is-system-running | grep -qE 'running|degraded'")
        except HostError:
            time.sleep(0.3)
        else:
            return
    raise HostError("systemd does not come up on the machine.")
