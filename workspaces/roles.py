"""What a member may do. A role includes every right of the roles below it."""

from collections.abc import Collection

from django.db import models


class Role(models.TextChoices):
    OWNER = "OWNER", "Owner"
    ADMIN = "ADMIN", "Admin"
    ANALYST = "ANALYST", "Analyst"
    VIEWER = "VIEWER", "Viewer"


class Right(models.TextChoices):
    """A right is also the name of a secret key's scope."""

    READ = "read", "Read reports and data"
    CURATE = "curate", "Save funnels for everyone"
    WRITE = "write", "Change contacts, campaigns, messages and events"
    MANAGE = "manage", "Manage keys, members and settings"
    OWN = "own", "Delete the workspace, require two-factor authentication"


OF_PEOPLE_ONLY = frozenset({Right.MANAGE, Right.OWN})
"""Rights that no key has."""

RIGHTS: dict[Role, frozenset[Right]] = {
    Role.VIEWER: frozenset({Right.READ}),
    Role.ANALYST: frozenset({Right.READ, Right.CURATE}),
    Role.ADMIN: frozenset({Right.READ, Right.CURATE, Right.WRITE, Right.MANAGE}),
    Role.OWNER: frozenset(Right),
}

GRANTS: dict[Role, frozenset[Role]] = {
    Role.VIEWER: frozenset(),
    Role.ANALYST: frozenset(),
    Role.ADMIN: frozenset({Role.ADMIN, Role.ANALYST, Role.VIEWER}),
    Role.OWNER: frozenset(Role),
}
"""Which roles a member may give, and take from those who have them."""


def may_see_addresses(rights: Collection[Right]) -> bool:
    """Whether email addresses are shown in full: to those who work with the data, not to those who only read.

    Nor to a key that only writes: what is known already is no answer to it.
    """
    return Right.READ in rights and (Right.CURATE in rights or Right.WRITE in rights)
