"""What the watch on the suite's SQL finds, and what it lets pass."""

import pytest
from django.db import connection

from analytics.models import Event
from tests.sql_watch import OURS, SqlWatch, problem

GOOD = [
    'SELECT "analytics_event"."id" FROM "analytics_event" WHERE "analytics_event"."workspace_id" = %s',
    'SELECT COUNT(*) FROM "analytics_event" U0 WHERE U0."workspace_id" = 7 AND U0."type" = %s',
    'SELECT 1 FROM "analytics_message" INNER JOIN "analytics_messageevent" ON '
    '("analytics_message"."workspace_id" = "analytics_messageevent"."workspace_id") '
    'WHERE "analytics_message"."workspace_id" = %s',
    'SELECT 1 FROM "analytics_campaign"',
    'SELECT 1 FROM "analytics_campaign" WHERE EXISTS(SELECT 1 FROM "analytics_enrolment" U0 WHERE '
    'U0."campaign_id" = ("analytics_campaign"."id"))',
    'SELECT 1 FROM "analytics_event" WHERE "analytics_event"."workspace_id" = %s AND "analytics_event"."person_number" '
    'IN (SELECT U0."person_number" FROM "analytics_contact" U0 WHERE U0."workspace_id" = %s)',
    'SELECT 1 FROM "analytics_event" WHERE "analytics_event"."workspace_id" = %s AND EXISTS(SELECT 1 FROM '
    '"analytics_assignment" U0 WHERE U0."workspace_id" = ("analytics_event"."workspace_id"))',
    'UPDATE "analytics_person" SET "joined_to" = %s WHERE "analytics_person"."workspace_id" = %s',
]
BAD = {
    'SELECT 1 FROM "analytics_event" WHERE "analytics_event"."id" = %s': "which workspace of analytics_event",
    'SELECT 1 FROM "analytics_event" WHERE "analytics_event"."workspace_id" IN (%s, %s)': "which workspace",
    'DELETE FROM "analytics_message" WHERE "analytics_message"."id" IN (%s)': "which workspace of analytics_message",
    'SELECT 1 FROM "analytics_event" INNER JOIN "analytics_message" ON ("analytics_event"."x" = '
    '"analytics_message"."x") WHERE "analytics_event"."workspace_id" = %s': "which workspace of analytics_message",
    'SELECT 1 FROM "analytics_event" WHERE "analytics_event"."workspace_id" = %s AND NOT EXISTS(SELECT 1 FROM '
    '"analytics_contact" U0 WHERE (U0."person_number" = ("analytics_event"."person_number")) LIMIT 1)': (
        "asks analytics_contact for each row of analytics_event"
    ),
    'SELECT (SELECT COUNT(*) FROM "analytics_event" U0 WHERE U0."workspace_id" = ("analytics_campaign"."workspace_id") '
    'AND U0."campaign_id" = ("analytics_campaign"."id")) FROM "analytics_campaign"': (
        "asks analytics_event for each row of analytics_campaign"
    ),
    'UPDATE "analytics_event" SET "workspace_id" = %s WHERE "analytics_event"."workspace_id" = %s': "row's workspace",
    'INSERT INTO "analytics_event" ("id", "type") VALUES (%s, %s)': "without a workspace",
}


@pytest.mark.parametrize("sql", GOOD)
def test_a_statement_that_names_its_workspace_passes(sql):
    assert problem(sql, ()) is None


@pytest.mark.parametrize("sql", BAD)
def test_a_statement_that_does_not_is_found(sql):
    assert BAD[sql] in problem(sql, ())


VALUES = "VALUES (%s, %s), (%s, %s)"
UNNEST = "SELECT * FROM UNNEST((%s)::uuid[], (%s)::int[])"


@pytest.mark.parametrize(
    ("rows", "params", "is_good"),
    [
        (VALUES, ("a", 1, "b", 1), True),
        (VALUES, ("a", 1, "b", 2), False),
        (UNNEST, (["a", "b"], [1, 1]), True),
        (UNNEST, (["a", "b"], [1, 2]), False),
    ],
)
def test_an_insert_is_for_one_workspace(rows, params, is_good):
    found = problem(f'INSERT INTO "analytics_event" ("id", "workspace_id") {rows}', params)
    assert found == (None if is_good else "inserts for several workspaces at once")


def test_the_programs_statements_are_watched_and_the_tests_own_are_not(db):
    watch = SqlWatch()
    code = "list(Event.objects.all())"
    with connection.execute_wrapper(watch):
        exec(code, {"Event": Event})
        assert watch.problems == []
        exec(compile(code, f"{OURS[0]}/made_up.py", "exec"), {"Event": Event})
        assert len(watch.problems) == 1
    connection.execute_wrappers[-1].problems.clear()  # the watch of this very test saw it, too
