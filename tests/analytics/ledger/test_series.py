"""Touches: what is known of each touch's person."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from analytics.ledger.people import lookup
from analytics.ledger.series import Touches
from tests.examples import examples

PEOPLE = 12
numbers = st.lists(st.integers(0, PEOPLE - 1), max_size=30).map(lambda them: np.array(them, np.int32))
joins = st.lists(st.tuples(st.integers(1, PEOPLE - 1), st.integers(0, PEOPLE - 1)), max_size=6)


@examples(200)
@given(numbers, joins, st.integers(0, 2 * PEOPLE))
def test_what_each_touchs_person_has_is_found_by_number_as_by_person(carried, joined, known):
    gone = [(one, other) for one, other in joined if other < one]  # towards smaller numbers, so never in a circle
    table = lookup([(np.array([one], np.int32), np.array([other], np.int32)) for one, other in gone])
    touches = Touches(numbers=lambda: carried, table=table, days=None, at=None, utm=None)
    by_person = np.arange(100, 100 + known, dtype=np.int32)
    expected = [by_person[person] if person < known else -1 for person in touches.people.tolist()]
    assert touches.of_each(by_person, otherwise=-1).tolist() == expected
