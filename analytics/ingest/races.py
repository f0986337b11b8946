"""Two who write the same at the same moment: the one that comes second looks again, and finds what is there."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import psycopg
from django.db import IntegrityError, OperationalError, connection

from campaignos.conflicts import conflict_of

TRIES = 3

_Taken = TypeVar("_Taken")


def tried_again(take: Callable[..., _Taken]) -> Callable[..., _Taken]:
    """For a function that is one transaction: it runs again where a unique constraint refused what it wrote, or two
    transactions waited for each other.

    Nearly all writers of the same take turns, by the workspace's locks. What a sender cannot mend is no error of its
    own: the second time it counts as the duplicate or the change that it is. Not within a caller's transaction, which
    is over with the error.
    """

    @wraps(take)
    def take_again(*args: Any, **options: Any) -> _Taken:
        for _ in range(TRIES - 1):
            try:
                return take(*args, **options)
            except (IntegrityError, OperationalError) as error:
                if connection.in_atomic_block or not _came_second(error):
                    raise
        return take(*args, **options)

    return take_again


def _came_second(error: IntegrityError | OperationalError) -> bool:
    if isinstance(error, IntegrityError):
        return conflict_of(error) is not None
    return isinstance(error.__cause__, psycopg.errors.DeadlockDetected)
