"""What everybody of a list of people did on its days."""

from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Ledger
from analytics.periods import Window
from analytics.questions.fields import Subject
from analytics.questions.slices import Slice
from analytics.reports.activity.people import active_people, converting_people
from analytics.reports.revenue.told_money import money_events


class Act(StrEnum):
    """Ordered, did what counts as a conversion, or anything."""

    ORDER = "order"
    CONVERSION = "conversion"
    EVENT = "event"

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """What conditions on those who did it can be about."""
        return (Subject.PEOPLE,) if self is Act.EVENT else (Subject.PEOPLE, Subject.EVENTS)

    def people(self, ledger: Ledger, window: Window, part: Slice) -> NDArray[np.signedinteger[Any]]:
        """Of the people of a part those who did it in the window, by their numbers, ascending."""
        match self:
            case Act.EVENT:
                return active_people(ledger, window, part)
            case Act.CONVERSION:
                return converting_people(ledger, window, part)
            case Act.ORDER:
                orders, _ = money_events(ledger, window, part)
                return np.unique(orders.people[orders.are_orders])
