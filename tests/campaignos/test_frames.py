"""Functions with room for the frames of those they call."""

from campaignos.frames import SLOTS, with_room
from campaignos.middleware import RequestMiddleware


@with_room
def depth(of, *, so_far=0):
    return depth(of - 1, so_far=so_far + 1) if of else so_far


def test_a_function_with_room_does_what_it_did():
    assert depth(100) == 100
    assert depth.__name__ == "depth"


def test_all_that_a_request_calls_has_room():
    assert RequestMiddleware.__call__.__code__.co_stacksize == SLOTS
