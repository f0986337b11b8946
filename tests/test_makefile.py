"""`make demo` refuses what it cannot work with, and works where its folder was moved to; `make test` runs all tests."""

import re
import subprocess
import sys

import pytest
from django.conf import settings

MAKEFILE = settings.BASE_DIR / "Makefile"


@pytest.mark.parametrize(
    ("version", "is_taken"), [((3, 10), False), ((3, 11), True), ((3, 14), True), ((3, 15), False)]
)
def test_only_pythons_that_the_dependencies_are_made_for_are_taken(tmp_path, version, is_taken):
    """The newest are those for which numpy's pinned release has been made, which is the last of them to follow."""
    (tmp_path / "python").write_text(
        f"""#!/bin/sh
case "$1" in
-c) exec {sys.executable} -c "import sys; sys.version_info = ({version[0]}, {version[1]}, 0); $2" ;;
esac
"""
    )
    (tmp_path / "python").chmod(0o755)
    (tmp_path / ".venv").mkdir()
    done = subprocess.run(
        ["make", "-f", str(MAKEFILE), ".venv/made", "PYTHON=./python"], cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.returncode == 0) == is_taken, done.stderr
    assert ("Python 3.11 to 3.14 is needed" in done.stderr) != is_taken


def test_the_bounds_of_python_are_said_alike():
    for name in ("README.md", "docs/operations.md", "Makefile"):
        assert "Python 3.11 to 3.14" in (settings.BASE_DIR / name).read_text()


def targets_of(command: str) -> list[str]:
    """What `make check` or `make test` runs."""
    return re.search(rf"^{command}: .*\n\t.* -m tests.every (.*)$", MAKEFILE.read_text(), re.MULTILINE)[1].split()


def test_what_make_check_leaves_out_is_run_by_make_test():
    [quick] = {*targets_of("check")} - {*targets_of("test")}
    rule = r"^{}: .*\n\tenv -u DATABASE_URL \$\(BIN\)/pytest (.*)$"
    options = {
        name: {*re.search(rule.format(name), MAKEFILE.read_text(), re.MULTILINE)[1].split()} - {"-n", "$(JOBS)"}
        for name in (quick, "suite-sqlite")
    }
    assert options == {"suite-quick": {"--quiet", "--quick"}, "suite-sqlite": set()}
    assert "suite-sqlite" in targets_of("test")
    added = re.search(r'^addopts = "(.*)"$', (settings.BASE_DIR / "pyproject.toml").read_text(), re.MULTILINE)[1]
    assert {word.partition("=")[0] for word in added.split()} == {
        *("--strict-markers", "--strict-config", "--import-mode", "--maxschedchunk", "-p", "no:schemathesis"),
    }


@pytest.mark.processes
@pytest.mark.parametrize(("option", "is_there"), [("--quick", False), ("--quiet", True)])
def test_what_takes_long_is_left_out_of_the_quick_suite_alone(option, is_there):
    modules = ["tests/test_version.py", "tests/analytics/views/test_sizes.py", "tests/torture/test_soak.py"]
    command = [sys.executable, "-m", "pytest", "--collect-only", "--quiet", option, *modules]
    done = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [module in done.stdout for module in modules] == [True, is_there, is_there]


def test_the_demo_starts_nothing_by_a_script_that_names_the_folder_it_was_made_in():
    """A script of an environment begins with the path of its Python, which is wrong once the folder was moved."""
    rules = re.split(r"\n(?=\S)", MAKEFILE.read_text())
    of_demo = [rule for rule in rules if rule.startswith(("demo:", ".venv/made:", ".venv/installed:", "var/static/"))]
    assert len(of_demo) == 4
    assert not [rule for rule in of_demo if "$(BIN)/" in rule]


def test_whatever_tries_random_examples_tries_many_of_them_in_torture():
    tortured = re.search(r"^TORTURED := (.*)$", MAKEFILE.read_text(), re.MULTILINE)[1].split()
    modules = {
        path.relative_to(settings.BASE_DIR)
        for path in (settings.BASE_DIR / "tests").rglob("test_*.py")
        if re.search(r"^@examples\(|settings=examples\(", path.read_text(), re.MULTILINE)
    }
    assert len(modules) > 10
    assert {str(path) for path in modules if not {str(path), *map(str, path.parents)} & {*tortured}} == set()
