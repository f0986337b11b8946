"""Two who write the same at the same moment: the one that comes second looks again, and finds what is there."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.db import IntegrityError, connection

from campaignos.conflicts import conflict_of

TRIES = 3

_Taken = TypeVar("_Taken")


def tried_again(take: Callable[..., _Taken]) -> Callable[..., _Taken]:
    """For a function that is one transaction: it runs again where a unique constraint refused what it wrote.

    Nearly all writers of the same take turns, by the workspace's locks. What a sender cannot mend is no error of its
    own: the second time it counts as the duplicate or the change that it is. Not within a caller's transaction, which
    is over with the error.
    """

    @wraps(take)
    def taken(*args: Any, **options: Any) -> _Taken:
        for _ in range(TRIES - 1):
            try:
                return take(*args, **options)
            except IntegrityError as error:
                if connection.in_atomic_block or conflict_of(error) is None:
                    raise
        return take(*args, **options)

    return taken
