"""What an operator should know of an installation, asked of everything that it depends on."""

from collections.abc import Iterator
from datetime import datetime

from analytics.operations.doctor.database_check import check_database
from analytics.operations.doctor.diagnosis import Condition, Diagnosis
from analytics.operations.doctor.host_check import check_backup, check_disk, check_host_clock, check_timer
from analytics.operations.doctor.proxy_check import check_proxy
from analytics.operations.doctor.settings_check import check_mail, check_settings, check_static_files, check_timeouts
from campaignos.environment import Environment

__all__ = ["Condition", "Diagnosis", "diagnoses"]


def diagnoses(environment: Environment, now: datetime, *, address: str = "", mail_to: str = "") -> Iterator[Diagnosis]:
    """One at least of each topic, in the order in which they depend on one another.

    Nothing is changed, and a mail sent only `mail_to` an address. What the tables tell is left out where the database
    is away or not migrated.
    """
    yield from check_settings(environment)
    yield from check_timeouts(environment)
    of_database = [*check_database(environment)]
    yield from of_database
    if all(diagnosis.condition is not Condition.PROBLEM for diagnosis in of_database):
        yield from check_timer(now)
        yield check_host_clock(now)
        yield from check_disk()
    yield check_backup(environment, now)
    yield check_static_files()
    yield check_mail(environment, mail_to)
    yield from check_proxy(environment, address)
