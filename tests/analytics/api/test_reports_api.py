"""What holds for all six report endpoints: who may ask, how, and what is said to those who ask wrongly."""

import pytest
from django.test import Client

from analytics.models import Campaign
from tests.conftest import post_json
from workspaces.models import Key, Workspace

REPORTS = {
    "overview": "",
    "campaign": "/campaigns/{campaign}",
    "timeseries": "/timeseries",
    "attribution": "/attribution",
    "funnel": "/funnel?steps=page_view,signup",
    "cohorts": "/cohorts",
}
every_report = pytest.mark.parametrize("path", REPORTS.values(), ids=REPORTS.keys())


@pytest.fixture
def campaign(workspace):
    return Campaign.objects.create(workspace=workspace, external_id="welcome", name="Welcome")


@pytest.fixture
def url(workspace, campaign):
    def of(path, workspace_id=workspace.api_id):
        return f"/api/workspaces/{workspace_id}/analytics{path.format(campaign=campaign.api_id)}"

    return of


def assert_error(response, status, code=None):
    assert response.status_code == status, response.content
    body = response.json()
    assert body["message"] == body["detail"]
    assert body["message"]
    if code is not None:
        assert body["code"] == code
    return body


@every_report
def test_answers_a_member_with_what_it_says_about_itself(api, url, path):
    response = api.get(url(path))

    assert response.status_code == 200
    meta = response.json()["meta"]
    assert meta.keys() >= {"timeZone", "from", "to", "generatedAt", "dataThrough"}
    assert meta["timeZone"] == "Europe/Berlin"
    assert meta["dataThrough"] is None


@every_report
def test_a_trailing_slash_is_no_redirect(api, url, path):
    bare, _, query = url(path).partition("?")
    assert api.get(f"{bare}/?{query}").status_code == 200


@every_report
def test_without_a_session_401(url, path):
    assert_error(Client().get(url(path)), 401, "not_authenticated")


@every_report
def test_a_strangers_workspace_is_as_absent_as_one_that_never_was(stranger_client, url, path):
    foreign = assert_error(stranger_client.get(url(path)), 404)
    absent = assert_error(stranger_client.get(url(path, "ws_999999")), 404)
    assert foreign == absent


@every_report
@pytest.mark.parametrize("workspace_id", ["1", "ws_", "ws_x", "ws_-1", "ws_٣", "cmp_1", "ws_" + "9" * 30, "ws_%00"])
def test_no_such_identifier_404(api, url, path, workspace_id):
    assert_error(api.get(url(path, workspace_id)), 404)


@every_report
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_only_get(api, url, path, method):
    assert_error(getattr(api, method)(url(path)), 405, "method_not_allowed")
    assert_error(getattr(Client(enforce_csrf_checks=True), method)(url(path)), 405, "method_not_allowed")


@every_report
def test_a_viewer_may_read(viewer_client, url, path):
    assert viewer_client.get(url(path)).status_code == 200


@every_report
def test_a_secret_key_may_read_its_own_workspace(secret_key, url, path, stranger_client):
    own = {"Authorization": f"Bearer {secret_key}"}
    assert Client().get(url(path), headers=own).status_code == 200
    other = Workspace.objects.get(name="Elsewhere")
    assert_error(Client().get(url(path, other.api_id), headers=own), 404)


def test_a_revoked_or_wrong_key_401(secret_key, write_key, url, now):
    assert_error(Client().get(url(""), headers={"Authorization": f"Bearer {write_key}"}), 401)
    Key.objects.update(revoked_at=now)
    assert_error(Client().get(url(""), headers={"Authorization": f"Bearer {secret_key}"}), 401)


@pytest.mark.parametrize("campaign_id", ["cmp_999999", "cmp_x", "1", "cmp_" + "9" * 30])
def test_unknown_campaign_404(api, url, campaign_id):
    assert_error(api.get(url(f"/campaigns/{campaign_id}")), 404)


def test_another_workspaces_campaign_404(stranger_client, api, campaign, url):
    other = Workspace.objects.get(name="Elsewhere")
    assert_error(stranger_client.get(url(f"/campaigns/{campaign.api_id}", other.api_id)), 404)


BAD_DAYS = ["0", "366", "-1", "abc", "1.5", "", " ", "３０", "1e2", "٣", "9" * 40, "%00"]
BAD_PERIODS = ["30", "0d", "366d", "-7d", "d", "", "7w", "7D", "1.5d"]
BAD_STEPS = ["", " ", "a,,b", "a,", ",".join("abcdefghijk"), "x" * 201, "a%00b"]
BAD_METRICS = ["", "foo", "event:", "event: ", "Events", "event:" + "x" * 201, "event:a%00"]


def _bad():
    for path in ("/timeseries?", "/attribution?", "/funnel?steps=a&", "/cohorts?"):
        yield from ((path, "days", value) for value in BAD_DAYS)
    yield from (("/campaigns/{campaign}?", "period", value) for value in BAD_PERIODS)
    yield from (("/funnel?", "steps", value) for value in BAD_STEPS)
    yield from (("/cohorts?", "metric", value) for value in BAD_METRICS)


@pytest.mark.parametrize(("path", "parameter", "value"), list(_bad()))
def test_a_bad_parameter_is_named_with_what_is_allowed(api, url, path, parameter, value):
    body = assert_error(api.get(f"{url(path)}{parameter}={value}"), 400, "invalid_parameter")
    assert body["parameter"] == parameter
    assert body["allowed"] in body["message"]
    assert isinstance(body["given"], str)


def test_missing_steps_are_asked_for(api, url):
    body = assert_error(api.get(url("/funnel")), 400, "invalid_parameter")
    assert body["parameter"] == "steps"
    assert body["given"] is None


@pytest.mark.parametrize("days", [1, 365])
def test_the_longest_and_the_shortest_window(api, url, days):
    answer = api.get(url(f"/timeseries?days={days}")).json()
    assert answer["period"] == f"{days}d"
    assert len(answer["series"]) == days


@pytest.mark.usefixtures("now")
def test_meta_tells_the_window_in_the_workspaces_zone(api, url):
    meta = api.get(url("/timeseries?days=3")).json()["meta"]
    assert meta["from"] == "2026-03-29T00:00:00+01:00"
    assert meta["to"] == "2026-04-01T00:00:00+02:00"
    assert meta["generatedAt"] == "2026-03-31T14:00:00+02:00"


def test_data_through_is_the_newest_receipt_of_what_was_counted(track, report, now):
    track({"type": "track", "event": "signup", "userId": "u1"})
    assert report("/timeseries", days=1)["meta"]["dataThrough"] == "2026-03-31T14:00:00+02:00"
    assert report("/funnel", steps="signup")["meta"]["dataThrough"] == "2026-03-31T14:00:00+02:00"
    assert report("/funnel", steps="purchase")["meta"]["dataThrough"] is None


@every_report
def test_the_number_of_queries_does_not_grow_with_data(api, url, path, track, bulk, django_assert_max_num_queries):
    with django_assert_max_num_queries(14) as queries:
        api.get(url(path))
        before = len(queries)
    track(*({"type": "track", "event": "signup", "userId": f"u{n}", "messageId": f"e{n}"} for n in range(50)))
    bulk(
        "messages",
        [{"externalId": f"m{n}", "campaign": "welcome", "contact": "u1", "channel": "SMS"} for n in range(9)],
    )
    with django_assert_max_num_queries(before + 1):
        assert api.get(url(path)).status_code == 200


def test_the_reports_agree_with_each_other(api, url, track, report):
    track(
        {"type": "track", "event": "signup", "userId": "u1", "messageId": "a"},
        {"type": "track", "event": "signup", "userId": "u2", "messageId": "b"},
        {"type": "track", "event": "signup", "anonymousId": "x", "messageId": "c"},
    )
    overview, series = report(), report("/timeseries", days=30)["series"]
    assert overview["events"]["total"] == sum(row["events"] for row in series) == 3
    assert overview["contacts"]["new"] == sum(row["contacts"] for row in series) == 2
    assert overview["messages"]["total"] == sum(row["messages"] for row in series) == 0


def test_errors_are_json_whatever_is_accepted(api, url):
    assert_error(api.get(url("/timeseries?days=x"), headers={"Accept": "text/html,*/*"}), 400)
    assert_error(api.get(url("/timeseries"), headers={"Accept": "text/html"}), 406, "not_acceptable")
    assert_error(api.get("/api/nothing/here"), 404, "not_found")
    assert_error(post_json(api, "/api/nothing/here", {}), 404, "not_found")


@pytest.mark.parametrize("sources", [2, 3, 4, 7])
def test_an_answer_with_many_sources_is_streamed_byte_for_byte(
    api, viewer_client, url, track, now, monkeypatch, sources
):
    said = [{"source": f"s{number}@example.com", "name": 'quoted ",sources":[]'} for number in range(sources)]
    calls = [{"type": "track", "event": "x", "userId": "a", "context": {"campaign": one}} for one in said]
    assert track(*calls).json()["accepted"] == sources
    whole = [client.get(url("/attribution")).content for client in (api, viewer_client)]
    monkeypatch.setattr("analytics.api.reports.streaming.ROWS_OF_A_PART", 2)
    for client, expected in zip((api, viewer_client), whole, strict=True):
        response = client.get(url("/attribution"))
        assert response.streaming is (sources > 2)
        assert (response.getvalue() if response.streaming else response.content) == expected
        assert response["Content-Type"] == "application/json"
    assert whole[0] != whole[1], "a viewer sees no addresses"
