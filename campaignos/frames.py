"""Room for the frames of Python's functions, so that deep calls in loops are not now and then many times slower."""

from collections.abc import Callable
from typing import Any, TypeVar

SLOTS = 33_000
"""Slots of 8 bytes: a little more than a chunk of 256 KiB holds, so that a chunk of 512 KiB is taken, and half of it is
left."""

_Function = TypeVar("_Function", bound=Callable[..., Any])


def with_room(function: _Function) -> _Function:
    """Let a function, and all that it calls, run within one chunk of memory.

    CPython keeps frames in chunks of 16 KiB and gives a chunk back as soon as the last frame on it has ended. Where a
    loop is drawn near the end of one, each call in it asks the system for memory and gives it back: a page with
    300 rows took 600 instead of 150 ms, depending on how deep in other calls it was drawn. Who claims a large
    frame gets a large chunk, and what is left of it is there for those it calls; what is claimed and not used costs
    nothing.
    """
    function.__code__ = function.__code__.replace(co_stacksize=SLOTS)
    return function
