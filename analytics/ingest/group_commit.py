"""Group commit: what threads of a process bring for the same workspace at the same time is written in one transaction.

A transaction has its price however little it writes: a dozen statements, the disk's answer, on SQLite the wait for the
only writer's lock. Whoever comes while another thread is writing leaves its batch with those that wait, and the first
of them to have its turn writes for all.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence, Sized
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from django.db import InterfaceError, OperationalError, connection

from workspaces.models import Workspace

MOST_ITEMS = 1_000
"""A transaction takes no more, unless one batch has them."""

_Batch = TypeVar("_Batch", bound=Sized)
_Outcome = TypeVar("_Outcome")


@dataclass(eq=False)
class _Turn(Generic[_Batch, _Outcome]):
    batch: _Batch
    outcome: _Outcome | None = None
    error: BaseException | None = None


@dataclass
class _Queue(Generic[_Batch, _Outcome]):
    turns: deque[_Turn[_Batch, _Outcome]] = field(default_factory=deque)
    writing: threading.Lock = field(default_factory=threading.Lock)


class GroupCommit(Generic[_Batch, _Outcome]):
    """`write` writes batches of a workspace in one transaction and answers what became of each, or raises and has
    written nothing."""

    def __init__(self, write: Callable[[Workspace, Sequence[_Batch]], Sequence[_Outcome]]) -> None:
        self._write = write
        self._queues: dict[int, _Queue[_Batch, _Outcome]] = {}

    def take(self, workspace: Workspace, batch: _Batch) -> _Outcome:
        """Write the batch, perhaps with others; in a transaction that is under way, by itself."""
        if connection.in_atomic_block:
            return self._write(workspace, [batch])[0]
        queue = self._queues.setdefault(workspace.pk, _Queue())
        turn = _Turn[_Batch, _Outcome](batch)
        queue.turns.append(turn)
        with queue.writing:
            while turn.outcome is None and turn.error is None:
                self._serve(workspace, _next(queue.turns))
        if turn.error is not None:
            raise turn.error
        assert turn.outcome is not None
        return turn.outcome

    def _serve(self, workspace: Workspace, turns: Sequence[_Turn[_Batch, _Outcome]]) -> None:
        """What is wrong with one batch is no other's fault, but a database that is away is away for all of them."""
        try:
            outcomes = self._write(workspace, [turn.batch for turn in turns])
        except BaseException as error:
            is_of_a_batch = isinstance(error, Exception) and not isinstance(error, OperationalError | InterfaceError)
            if is_of_a_batch and len(turns) > 1:
                for turn in turns:
                    self._serve(workspace, [turn])
                return
            for turn in turns:
                turn.error = error
        else:
            for turn, outcome in zip(turns, outcomes, strict=True):
                turn.outcome = outcome


def _next(waiting: deque[_Turn[_Batch, _Outcome]]) -> list[_Turn[_Batch, _Outcome]]:
    """Those who are written together next, taken from the queue."""
    turns = [waiting.popleft()]
    items = len(turns[0].batch)
    while waiting and (items := items + len(waiting[0].batch)) <= MOST_ITEMS:
        turns.append(waiting.popleft())
    return turns
