"""How often an address may try is counted by the process's own clock."""

from datetime import timedelta

from django.test import RequestFactory

from campaignos import limits
from tests.conftest import NOW


def test_a_clock_that_is_put_back_keeps_nobody_out(monkeypatch, time_machine):
    limit = limits.Limit("test", times=1, seconds=60)
    request = RequestFactory().get("/")
    answers = []
    for seconds, wall_clock in ((0, 0), (1, 1), (61, 0)):
        monkeypatch.setattr(limits, "monotonic", lambda now=1200 + seconds: now)
        time_machine.move_to(NOW + timedelta(seconds=wall_clock), tick=False)
        answers.append(limit.is_reached(request))
    assert answers == [False, True, False]
