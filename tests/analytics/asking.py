"""Questions as tests ask them: of the last so many days, or of any."""

from analytics.periods import Window
from analytics.questions.questions import Question


def ask(workspace, now, days=30, *, kind=Question, **params):
    window = days if isinstance(days, Window) else Window.last_days(days, zone=workspace.zone, now=now)
    return kind(window=window, now=now, **params)
