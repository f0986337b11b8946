"""Messages by how old they were when they reached a status."""

import pytest

from tests.analytics.views.texts import text_of
from tests.copied_rows import copied


@pytest.fixture
@copied
def opens(bulk, workspace):
    bulk("campaigns", [{"externalId": "c", "name": "C"}])
    bulk("contacts", [{"externalId": "ada", "email": "ada@gmail.com"}])
    for name, at in (("soon", "2026-03-23T08:00:00Z"), ("late", "2026-03-23T08:00:01Z")):
        message = {"externalId": name, "contact": "ada", "campaign": "c", "channel": "EMAIL"}
        bulk("messages", [{**message, "createdAt": "2026-03-20T08:00:00Z", "openedAt": at}])
    return f"/api/workspaces/{workspace.api_id}/messages"


@pytest.mark.long
def test_what_was_reached_to_the_second_at_an_age_is_listed(api, opens):
    found = api.get(opens, {"status": "OPENED", "age": "3"}).json()["results"]
    assert [row["externalId"] for row in found] == ["soon"]
    assert len(api.get(opens, {"status": "OPENED", "age": "4"}).json()["results"]) == 2
    shown = text_of(api.get("/w/acme/messages/", {"reached": "opened", "age": "3"}).text)
    assert "1 message" in shown
    assert "At most 3 days after they were created" in shown


@pytest.mark.parametrize(
    "query", [{"age": "3"}, {"age": "366", "status": "OPENED"}, {"age": "3", "status": "OPENED,SENT"}]
)
def test_an_age_is_that_of_one_status(api, opens, query):
    answer = api.get(opens, query)
    assert (answer.status_code, answer.json()["parameter"]) == (400, "age")


@pytest.mark.parametrize("query", [{"age": "3"}, {"age": "366", "reached": "opened"}])
def test_a_page_says_what_an_age_needs(api, opens, query):
    shown = text_of(api.get("/w/acme/messages/", query).text)
    assert f"age cannot be '{query['age']}'; allowed: at most 365 days" in shown
