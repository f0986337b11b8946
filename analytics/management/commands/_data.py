"""What commands on data have in common."""

from django.core.management import BaseCommand


class DataCommand(BaseCommand):
    """Runs without Django's checks of the whole program, which bring in every page and take as long again as the
    program takes to begin. Those who change the program check it (`make lint`), and so does `migrate`."""

    requires_system_checks = ()
