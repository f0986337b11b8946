"""The files in deploy/ fit the program: metrics, settings and paths that they name are there.

Images are only read, not built: that takes an engine and a registry.
"""

import json
import re
from datetime import timedelta

import yaml
from django.conf import settings
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from campaignos.environment import TABLE
from tests.analytics.operations.test_health import ended

DEPLOY = settings.BASE_DIR / "deploy"
CONTAINER = DEPLOY / "container"
_NAME = re.compile(r"campaignos_\w+")
_OF_SOME = {"campaignos_pool_connections", "campaignos_deliveries"}
"""Told on PostgreSQL alone, and where something waits."""


def exported(settings) -> set[str]:
    """The names of all samples that the program can tell, each with a run and a backup to tell of."""
    text = Client().get("/metrics", headers={"Authorization": f"Bearer {settings.METRICS_TOKEN}"}).content.decode()
    families = [*text_string_to_metric_families(text)]
    of_histograms = {f"{family.name}_{part}" for family in families for part in ("bucket", "count", "sum", "total")}
    return {family.name for family in families} | of_histograms | _OF_SOME


def test_alerts_and_the_board_ask_for_metrics_that_there_are(db, settings, tmp_path):
    settings.METRICS_TOKEN = "token"
    settings.BACKUP_FILE = str(tmp_path)
    ended("compact", ago=timedelta(minutes=1))
    ended("verify", ago=timedelta(minutes=1), differences=0)
    rules = [
        rule["expr"]
        for group in yaml.safe_load((DEPLOY / "prometheus" / "rules.yml").read_text())["groups"]
        for rule in group["rules"]
    ]
    board = json.loads((DEPLOY / "grafana" / "campaignos.json").read_text())
    shown = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    names = {name for expression in rules + shown for name in _NAME.findall(expression)}
    assert len(names) > 12
    assert names <= exported(settings)


def test_the_containerfile_copies_what_there_is_and_drops_its_rights():
    lines = (CONTAINER / "Containerfile").read_text().splitlines()
    copied = [line.split()[1] for line in lines if line.startswith("COPY ") and "--from" not in line]
    assert len(copied) == 7
    assert [name for name in copied if not (settings.BASE_DIR / name).exists()] == []
    allowed = (settings.BASE_DIR / ".containerignore").read_text().split()
    assert [name for name in copied if f"!{name}" not in allowed] == []
    assert lines.index("USER 10001:10001") > max(n for n, line in enumerate(lines) if line.startswith(("RUN", "COPY")))


def test_the_services_are_given_settings_that_there_are():
    composed = yaml.safe_load((CONTAINER / "compose.yaml").read_text())
    of_program = {name: service for name, service in composed["services"].items() if "build" in service}
    assert of_program.keys() == {"migrate", "app", "tick"}
    for service in of_program.values():
        assert service["environment"].keys() <= TABLE.keys()
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    images = {service["image"] for service in composed["services"].values()}
    assert images == {"campaignos", "postgres:18", "caddy:2"}


def test_services_that_are_waited_for_tell_their_health_whatever_built_their_image():
    services = yaml.safe_load((CONTAINER / "compose.yaml").read_text())["services"]
    waited_for = {
        name
        for service in services.values()
        for name, wait in service.get("depends_on", {}).items()
        if wait["condition"] == "service_healthy"
    }
    assert waited_for == {"database", "app"}
    assert [name for name in waited_for if "test" not in services[name].get("healthcheck", {})] == []
