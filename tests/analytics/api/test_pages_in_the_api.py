"""Each number on each page is in an answer of the API to the same question."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import pytest

from analytics.api.reports.campaigns.serializers import CampaignMessageTotalsSerializer
from analytics.api.reports.emails.deliverability import EmailTotalsSerializer
from analytics.api.reports.retention.serializers import week_name
from analytics.ledger import Ledger
from analytics.metrics import Change, known_rate, mean_units, rate
from analytics.models import ABTest, Campaign
from analytics.money import Amount
from analytics.periods import Interval
from analytics.presentation.activity.report import show_lifecycle, show_stickiness
from analytics.presentation.audience import Audience
from analytics.presentation.campaigns.listing import CAMPAIGN_COLUMNS, campaigns_table
from analytics.presentation.campaigns.report import CAMPAIGN_TILES, CampaignAnswer, campaign_presentation
from analytics.presentation.campaigns.side_by_side import show_campaigns
from analytics.presentation.credit.attribution import NOT_SAID, show_attribution
from analytics.presentation.emails.health import show_health
from analytics.presentation.experiments.report import experiment_presentation, show_experiments
from analytics.presentation.experiments.texts import MEMBERS_LABELS
from analytics.presentation.formats import count, percent
from analytics.presentation.funnel.report import show_funnel
from analytics.presentation.overview import show_overview
from analytics.presentation.presentation import Presentation
from analytics.presentation.retention.cells import CohortFigure, PeriodView
from analytics.presentation.retention.report import periods_presentation, show_retention
from analytics.presentation.revenue.ltv import CURVES, ltv_presentation
from analytics.presentation.revenue.report import show_revenue
from analytics.presentation.revenue.rfm import show_rfm
from analytics.presentation.tables import Row, Table, Value, plain_value
from analytics.presentation.tiles import Tile
from analytics.presentation.timeseries import GROUP, MAX_GROUPS, show_trends
from analytics.presentation.what_changed import TABLES_SHOWN, what_changed_presentation
from analytics.questions.experiments import ExperimentQuestion
from analytics.questions.fields import field_of
from analytics.questions.groups import Breakdown
from analytics.questions.ltv import LtvBy, LtvQuestion
from analytics.questions.questions import (
    OF_CAMPAIGNS,
    REVENUE,
    TREND_METRICS,
    CampaignQuestion,
    FunnelQuestion,
    Question,
    TrendsQuestion,
)
from analytics.questions.reader import read_question
from analytics.questions.retention import RetentionQuestion
from analytics.questions.slices import Slice
from analytics.questions.steps import read_steps
from analytics.questions.what_changed import WhatChangedQuestion
from analytics.registry import REPORTS
from analytics.reports.answers import compared_answer
from analytics.reports.campaigns.detail import campaign_detail
from analytics.reports.campaigns.engagement import outcomes_of_part
from analytics.reports.campaigns.one import campaign
from analytics.reports.campaigns.side_by_side import campaign_rows
from analytics.reports.campaigns.usual import usual_rates
from analytics.reports.changes.report import what_changed
from analytics.reports.experiments.catalogue import campaign_experiments
from analytics.reports.experiments.report import experiment
from analytics.reports.retention.report import retention_report
from analytics.reports.revenue.ltv import ltv
from analytics.reports.trends import compared_trends
from tests.analytics.reports.items import contact, event, message
from tests.analytics.shop import fill_shop

pytestmark = [
    pytest.mark.long,
    pytest.mark.either_database("pages and the API show what reports answer, which their own tests ask of both"),
]

QUESTIONS = {
    "the last 30 days": {"range": "30d", "compare": "previous", "opens": "human"},
    "this month by its dates": {"range": "mtd", "compare": "previous", "match": "date"},
    "12 weeks by week": {"range": "84d", "interval": "week", "compare": "previous", "opens": "human"},
    "some days with others": {
        **{"from": "2026-03-15", "to": "2026-03-31", "compare": "custom"},
        **{"compareFrom": "2026-02-14", "compareTo": "2026-03-04"},
    },
    "a year by month": {"range": "365d", "interval": "month"},
}
STEPS = "visit,purchase,visit"
METRIC_NAMES = {key: name for name, key in CampaignMessageTotalsSerializer.metrics.items()}
Cells = Callable[[int, Row, str], Any]
"""By the row's place, the row and the column's key, what the API says."""


CHECKED = (
    *("overview", "campaign", "health", "timeseries", "why", "attribution", "revenue", "experiments", "funnel"),
    *("retention", "lifecycle", "stickiness", "ltv", "rfm"),
)


@dataclass(frozen=True)
class Asked:
    """A question, of a page and of the API."""

    source: Ledger
    question: Question
    query: dict[str, str]
    api: Any

    def answer(self, name: str, path: str = "", **more: str) -> Any:
        """That of the endpoint of that name, asked whatever of the question it understands."""
        (endpoint,) = [one for report in REPORTS for one in report.endpoints if one.name == name]
        query = {key: value for key, value in self.query.items() if key in endpoint.view.parameters}
        address = f"/api/workspaces/{self.source.workspace.api_id}/analytics{path}"
        answer = self.api.get(address, {**query, **more})
        assert answer.status_code == 200, answer.content
        return answer.json()

    def trends(self, **more: str) -> Any:
        metrics = OF_CAMPAIGNS if "campaign" in more else TREND_METRICS
        return self.answer("api-timeseries", "/timeseries", metric=",".join(sorted(metrics)), **more)


@pytest.fixture
def questions(api, workspace, bulk, now):
    fill_shop(bulk)
    bulk("contacts", [contact(f"r{n}", "03-01 08:00") for n in range(80)])
    reached = {"sent": "03-29 09:00", "delivered": "03-29 09:00"}
    many = [
        message(
            f"b{n}",
            "03-29 09:00",
            contact=f"r{n}",
            abTest="subject",
            variant="AB"[n % 2],
            **reached,
            **({"opened": "03-29 10:00"} if n % 2 else {}),
            **({"clicked": "03-29 10:30"} if n % 3 == 0 else {}),
            **({"bounced": "03-29 09:10"} if n % 4 == 0 else {}),
        )
        for n in range(80)
    ]
    bulk("messages", many)
    said = {"revenue": 9.5, "currency": "EUR"}
    bulk("events", [event("purchase", f"r{n}", f"03-{1 + n % 30:02} 10:00", properties=said) for n in range(80)])
    bulk("events", [event("Order Refunded", "r1", "03-28 10:00", properties={"revenue": 40})])
    source = Ledger(workspace)

    def asked(query: dict[str, str]) -> Asked:
        question, _ = read_question(query, now=now, zone=workspace.zone, earliest=source.first_day, strict=True)
        return Asked(source, question, query, api)

    return [asked(query) for query in QUESTIONS.values()]


def check_cells(table: Table, said: Cells) -> int:
    """Answers how many numbers there are."""
    checked = 0
    places = [*enumerate(table.rows), *([(len(table.rows), table.foot)] if table.foot else [])]
    for place, row in places:
        for column, cell in table.cells_of(row):
            if column.kind.is_number and column.key in row.cells:
                number, found = number_of(cell.value), said(place, row, column.key)
                assert number == found or (number is None and not found), (table.key, place, column.key, number, found)
                checked += 1
    return checked


def number_of(value: Value) -> Any:
    """As the API has it: amounts in minor units."""
    return value.units if isinstance(value, Amount) else plain_value(value)


def check_trend_tiles(tiles: tuple[Tile, ...], answer: Any) -> None:
    assert tiles
    for tile in tiles:
        key = tile.metric.key
        assert number_of(tile.value) == answer["total"][key], key
        assert tile.series == tuple(n for row in answer["series"] if (n := row["numbers"][key]) is not None)
        comparison = answer.get("comparison")
        assert amount_of(tile.change) == (comparison["changes"][key] if comparison else None), key


def amount_of(change: Change | None) -> float | None:
    return change.amount if change else None


def of_trend(answer: Any) -> Cells:
    """The cells of a table of days, weeks or months, the last of which are what changes are between."""

    def said(place: int, row: Row, key: str) -> Any:
        base = key.removesuffix("_before")
        if place == len(answer["series"]):
            return answer["comparison"]["matched"]["complete" if base == key else "compared"][base]
        numbers = answer["series"][place]
        return numbers["numbers"][key] if base == key else numbers["compared"][base]

    return said


def of_campaigns(answer: Any, names: dict[str, str]) -> Cells:
    by_name = {row["name"]: row for row in answer["campaigns"]}
    of_credit = {"conversions": "conversions", "revenue": "converted", "rpr": "revenuePerRecipient"}

    def said(place: int, row: Row, key: str) -> Any:
        told = by_name[str(row.value("name"))]
        base = key.removesuffix("_change")
        if base != key and base in of_credit:
            return told["credit"]["changes"][of_credit[base]]
        if base != key:
            return told["changes"][names[base]]
        return told["credit"][of_credit[key]] if key in of_credit else told["messages"][names[key]]

    return said


def check_tables(presentation: Presentation, readers: dict[str, Cells]) -> None:
    """A table that no reader is known for is one whose numbers the API may not have."""
    assert presentation.all_tables
    checked = [check_cells(table, readers[table.key]) for table in presentation.all_tables]
    assert sum(checked) > 3


def test_no_report_is_left_out():
    assert [report.name for report in REPORTS] == [*CHECKED], "say here where the API has the numbers of its page"


def test_the_overview(questions):
    for asked in questions:
        check_overview(asked)


def check_overview(asked: Asked) -> None:
    shown, answer = show_overview(asked.source, asked.question), asked.trends()
    check_trend_tiles(shown.tiles, answer)
    people = asked.answer("api-overview")["conversions"]["people"]
    assert [tile.people.number for tile in shown.tiles if tile.people] == [people]
    sources = asked.answer("api-attribution", "/attribution")["sources"]
    names = {"unique_visitors": "uniqueVisitors", "attributed_events": "totalEvents"}

    def of_sources(place: int, row: Row, key: str) -> Any:
        base = key.removesuffix("_change")
        return (sources[place] if base == key else sources[place]["changes"])[names[base]]

    check_tables(
        shown,
        {
            "course": of_trend(answer),
            "top_campaigns": of_campaigns(asked.answer("api-campaigns-report", "/campaigns"), METRIC_NAMES),
            "top_sources": of_sources,
        },
    )


def test_what_needs_attention(questions):
    for asked in questions:
        check_attention(asked)


def check_attention(asked: Asked) -> None:
    found = asked.answer("api-attention", "/attention")["attention"]
    attention = show_overview(asked.source, asked.question).attention
    assert len(attention) == len(found) > 0
    for one, concern in zip(attention, found, strict=True):
        assert percent(concern["share"]) in one.text
        if concern["kind"] == "bounces":
            assert f"of {count(concern['sent'])} sent" in one.text
            assert one.link.query["campaign"] == concern["campaign"]["id"]


def test_campaigns_side_by_side(questions):
    for asked in questions:
        check_campaigns(asked)


def check_campaigns(asked: Asked) -> None:
    answer = asked.answer("api-campaigns-report", "/campaigns", model="last")
    check_tables(show_campaigns(asked.source, asked.question), {"campaigns": of_campaigns(answer, METRIC_NAMES)})


def test_the_list_of_campaigns(questions):
    for asked in questions:
        check_campaign_list(asked)


def check_campaign_list(asked: Asked) -> None:
    window = asked.question.window
    rows, _ = campaign_rows(asked.source, Campaign.objects.all(), window)
    answer = asked.answer("api-campaigns-report", "/campaigns", opens="all")
    by_id = {row["id"]: row for row in answer["campaigns"]}
    names = {column.key: METRIC_NAMES.get(column.metric, "") for column in CAMPAIGN_COLUMNS}

    def said(place: int, row: Row, key: str) -> Any:
        campaign = by_id[str(row.value("id"))]
        return campaign["ofSent"]["bounceRate"] if key == "bounce_rate" else campaign["messages"][names[key]]

    assert check_cells(campaigns_table(rows, window, Audience(window.zone)), said) > 50


@pytest.mark.parametrize("name", ["welcome", "push"])
def test_a_campaign(questions, name):
    for asked in questions:
        check_campaign(asked, name)


def check_campaign(asked: Asked, name: str) -> None:
    row = Campaign.objects.get(external_id=name)
    part, path = Slice(row.pk), f"/campaigns/{row.api_id}"
    question = asked.question.with_params(CampaignQuestion, campaign_id=row.pk)
    of_campaign = replace(asked.question, part=part).with_params(TrendsQuestion, metrics=tuple(OF_CAMPAIGNS))
    page = CampaignAnswer(
        campaign(asked.source, question),
        compared_trends(asked.source, of_campaign),
        campaign_detail(asked.source, question),
        campaign_experiments(asked.source, question, row.pk),
        outcomes_of_part(asked.source, question),
        usual_rates(asked.source, question),
    )
    shown = campaign_presentation(page, asked.question, part)
    trends, report = asked.trends(campaign=row.api_id), asked.answer("api-campaign", path)
    engagement = asked.answer("api-engagement", f"{path}/engagement")
    check_trend_tiles(shown.tiles, trends)
    assert len(shown.tiles) == len(CAMPAIGN_TILES)
    assert report["enrollments"]["active"] == page.report.numbers["enrollments_active"]

    def status(place: int, row: Row, key: str) -> Any:
        return report["statusBreakdown"][place].get({"messages": "_count", "share": "ofDelivered"}[key])

    def step(place: int, row: Row, key: str) -> Any:
        counts = {each["status"]: each["_count"] for each in report["statusBreakdown"]}
        number = counts.get(("DELIVERED", "OPENED", "CLICKED")[place], 0)
        base = counts.get("SENT" if place == 0 else "DELIVERED", 0)
        usual = engagement["usual"][("deliveryRate", "openRate", "clickRate")[place]]
        share = round(number / base, 3) if base else None
        settled = usual["ownRate"] if usual and place else None
        return {"number": number, "share": share, "settled": settled, "usual": usual and usual["rate"]}[key]

    readers: dict[str, Cells] = {
        "statuses": status,
        "ladder": step,
        "outcomes": lambda place, row, key: engagement["outcomes"][place][key],
        "over_time": of_trend(trends),
        "since_sent": lambda place, row, key: engagement["hours"][place][key],
        "links": lambda place, row, key: engagement["links"][place][key],
        "bounce_reasons": lambda place, row, key: engagement["bounceReasons"][place][key],
        "channels": lambda place, row, key: report["channelBreakdown"][place]["_count"],
    }
    tests = asked.answer("api-campaign-tests", f"{path}/ab-tests")["abTests"]
    for test in tests:
        readers |= {f"{test['id']}_{outcome['metric']}": of_variants(outcome) for outcome in test["outcomes"]}
    assert len(tests) == (1 if name == "welcome" else 0)
    check_tables(shown, readers)


def of_variants(outcome: Any) -> Cells:
    compared = {comparison["number"]: comparison for comparison in outcome["comparisons"]}

    def said(place: int, row: Row, key: str) -> Any:
        body = outcome["variants"][place]
        if key == "rate":
            return share_or_mean(body, row.cells[key])
        if key not in ("difference", "low", "high", "p"):
            return body[key]
        comparison = compared[body["number"]]
        low, high = comparison["interval"] or (None, None)
        return {"difference": comparison["difference"], "low": low, "high": high, "p": comparison["holm"]}[key]

    return said


def test_trends(questions):
    for asked in questions:
        check_trends(asked)


def check_trends(asked: Asked) -> None:
    question = asked.question.with_params(TrendsQuestion, metrics=TREND_METRICS)
    shown, answer = show_trends(asked.source, question), asked.trends()
    check_trend_tiles(shown.tiles, answer)
    check_tables(shown, {"days": of_trend(answer)})


@pytest.mark.parametrize("by", ["channel", "campaign"])
def test_trends_that_are_split(questions, by):
    for asked in questions:
        check_groups(asked, by)


def check_groups(asked: Asked, by: str) -> None:
    metrics = ("messages_total", "clicks", "campaign_open_rate")
    split = replace(asked.question, split=Breakdown(field_of(by), limit=MAX_GROUPS))
    shown = show_trends(asked.source, split.with_params(TrendsQuestion, metrics=metrics))
    named = {"metric": ",".join(metrics), "breakdown": by, "limit": str(MAX_GROUPS)}
    answer = asked.answer("api-timeseries", "/timeseries", **named)
    groups = answer["groups"]
    assert len(groups) > 1

    def of_group(metric: str) -> Cells:
        def said(place: int, row: Row, key: str) -> Any:
            return groups[int(key.removeprefix(GROUP))]["series"][place]["numbers"][metric]

        return said

    def of_all(place: int, row: Row, key: str) -> Any:
        if key == "share":
            most = metrics[0]
            return rate(groups[place]["total"][most], sum(group["total"][most] for group in groups))
        metric = key.removesuffix("_change")
        if metric == key:
            return groups[place]["total"][metric]
        return (groups[place]["comparison"] or {"changes": {}})["changes"].get(metric)

    by_group = {f"{metric}_by_group": of_group(metric) for metric in metrics}
    check_tables(shown, {"days": of_trend(answer), "groups": of_all, **by_group})


def test_attribution(questions):
    for asked in questions:
        check_attribution(asked)


def check_attribution(asked: Asked) -> None:
    shown = show_attribution(asked.source, asked.question)
    answer = asked.answer("api-attribution", "/attribution", breakdown="utm.campaign")
    changes = (answer.get("comparison") or {}).get("changes", {})
    names = {"attributed_events": "totalAttributedEvents", "conversions": "conversions"}
    for tile in shown.tiles:
        name = names[tile.metric.key]
        assert (tile.value, amount_of(tile.change)) == (answer[name], changes.get(name))
    nodes = {(row["source"], row["medium"], row["campaign"]): row for row in answer["breakdown"]}
    fields = {"unique_visitors": "uniqueVisitors", "events": "totalEvents"}

    foot = shown.tables[0].foot

    def said(place: int, row: Row, key: str) -> Any:
        numbers = answer["all" if row is foot else "direct"]
        if row.path:
            path = ["" if name == NOT_SAID else name for name in row.path]
            numbers = nodes[(*path, *(None,) * (3 - len(path)))]
        name = key.removesuffix("_change")
        return (numbers if name == key else numbers["changes"])[fields.get(name, name)]

    top = {"top_sources": lambda place, row, key: nodes[(str(row.value("source")), None, None)][fields.get(key, key)]}
    check_tables(shown, {**top, "sources": said})


def test_a_funnel(questions):
    for asked in questions:
        check_funnel(asked)


def check_funnel(asked: Asked) -> None:
    question = asked.question.with_params(FunnelQuestion, steps=read_steps(STEPS))
    shown = show_funnel(asked.source, question)
    answer = asked.answer("api-funnel", "/funnel", steps=STEPS)
    steps, changes = answer["steps"], (answer.get("comparison") or {}).get("changes")
    values = {
        "funnel_first": (steps[0]["count"], changes and changes["steps"][0]["count"]),
        "funnel_last": (steps[-1]["count"], changes and changes["steps"][-1]["count"]),
        "funnel_overall_rate": (answer["overallConversion"], changes and changes["overallConversion"]),
    }
    for tile in shown.tiles:
        assert (tile.value, amount_of(tile.change)) == values[tile.metric.key]
    names = {"from_previous": "conversionFromPrevious", "from_first": "conversionFromFirst", "gone": "goneSinceFirst"}
    changed = {"count_change": "count", "rate_change": "conversionFromPrevious"}

    def said(place: int, row: Row, key: str) -> Any:
        return changes["steps"][place][changed[key]] if key in changed else steps[place][names.get(key, key)]

    check_tables(shown, {"steps": said})


def test_retention(questions):
    for asked, metric in product(questions, ["events", "opens", "event:visit", REVENUE]):
        for figure in CohortFigure if metric == REVENUE else (CohortFigure.PERCENT, CohortFigure.COUNTS):
            check_retention(asked, metric, figure)


def check_retention(asked: Asked, metric: str, figure: CohortFigure) -> None:
    question = asked.question.with_params(RetentionQuestion, metric=metric, unit=Interval.WEEK)
    shown = show_retention(asked.source, question)
    if figure is not CohortFigure.MONEY:
        view = PeriodView(question, figure)
        shown = periods_presentation(compared_answer(retention_report, asked.source, question), view)
    more = {"unit": "week", "by": question.interval.value}
    answer = asked.answer("api-cohorts", "/cohorts", metric=metric, **more)
    average, comparison = answer["average"], answer.get("comparison")
    periods = {f"period_{period['period']}": period for period in average["periods"]}
    names = {"counts": ("retention", "active"), "percent": ("retentionRates", "retentionRate")}
    name, of_all = names.get(figure.value, ("converted", "converted"))

    def cell(place: int, row: Row, key: str) -> Any:
        if place == len(answer["cohorts"]):
            return average["size"] if key == "size" else periods[key][of_all]
        cohort = answer["cohorts"][place]
        if key == "size":
            return cohort["size"]
        week = key.replace("period", "week")
        assert row.cells[key].beside.startswith(f"{count(cohort['retention'][week])} of {count(cohort['sizes'][week])}")
        assert row.cells[key].is_unfinished == (int(key.removeprefix("period_")) >= cohort["periodsOver"])
        return cohort[name][week]

    def curve(place: int, row: Row, key: str) -> Any:
        period = average["periods"][place]
        if key.endswith("_before"):
            period, key = comparison["compared"]["average"]["periods"][place], key.removesuffix("_before")
        if key.startswith("difference"):
            change = comparison["changes"]["periods"][place]
            return change["retentionRate"] if key == "difference" else change["interval"][key == "difference_high"]
        match key:
            case "worth":
                return mean_units(period["converted"], period["size"])
            case "low" | "high":
                return period["interval"][key == "high"]
        return period[{"size": "size", "active": "active", "rate": "retentionRate"}[key]]

    check_tables(shown, {"cohorts": cell, "weeks": curve})


OF_CONVERTED = {"revenue": "net", "gross_revenue": "gross", "refunds": "refunds", "average_order": "aov"}


def test_revenue(questions, bulk):
    bulk("events", [event("purchase", f"u{n}", f"03-29 1{n}:00", properties={"revenue": 7 * n}) for n in range(1, 6)])
    for asked in questions:
        answer = asked.answer("api-revenue", "/revenue")
        shown = show_revenue(asked.source, asked.question)
        numbers = {**of_revenue(answer["total"]), "buyer_rate": answer["total"]["conversionRate"]}
        for tile in shown.tiles:
            assert (number_of(tile.value) or 0) == (numbers[tile.metric.key] or 0), tile.metric.key
        (table,) = [table for table in shown.all_tables if table.key == "days"]
        checked = 0
        for row, said in zip(table.rows, answer["series"], strict=True):
            told = of_revenue(said)
            for key in told.keys() & row.cells.keys():
                assert (number_of(row.cells[key].value) or 0) == (told[key] or 0), (said["date"], key)
                checked += 1
        assert checked


def of_revenue(body: Any) -> dict[str, Any]:
    return {"orders": body["orders"], **{key: body["converted"][name] for key, name in OF_CONVERTED.items()}}


@pytest.mark.parametrize("by", ["week", "month", "source"])
def test_lifetime_value(questions, bulk, by):
    bulk("events", [event("purchase", f"u{n}", f"03-29 1{n}:00", properties={"revenue": 7 * n}) for n in range(1, 6)])
    for asked in questions:
        question = asked.question.with_params(LtvQuestion, by=LtvBy(by))
        check_value(
            question, ltv_presentation(ltv(asked.source, question), question), asked.answer("api-ltv", "/ltv", by=by)
        )


def test_buyers_by_segment(questions, bulk):
    bulk("events", [event("purchase", f"u{n}", f"03-{20 + n} 10:00", properties={"revenue": 7 * n}) for n in (1, 2, 3)])
    for asked in questions:
        shown, answer = show_rfm(asked.source, asked.question), asked.answer("api-rfm", "/rfm")
        if not shown.charts:
            assert not answer["buyers"]
            continue
        (segments,), (moves, scores) = shown.charts, shown.tables
        worth = [{**row, "perBuyer": mean_units(row["converted"], row["buyers"])} for row in answer["segments"]]
        converted = sum(row["converted"] for row in worth)
        all_buyers = {
            "buyers": answer["buyers"],
            "orders": sum(row["orders"] for row in worth),
            "converted": converted,
            "perBuyer": mean_units(converted, answer["buyers"]),
        }
        for row in worth:
            row["shareOfNet"] = known_rate(row["converted"], converted)
        assert check_cells(segments.table, rows_said([*worth, all_buyers]))
        by_score = [
            {each["by"]: each["buyers"] for each in answer["scores"] if each["score"] == n} for n in range(5, 0, -1)
        ]
        assert check_cells(scores, rows_said(by_score))
        assert check_moves(moves, answer)


def check_moves(moves, answer):
    """Both ways they add up to the buyers of the segments."""
    now, before = Counter(), Counter()
    for move in answer["moves"]:
        now[move["now"]] += move["buyers"]
        before[move["before"]] += move["buyers"]
    assert {name: n for name, n in now.items() if name != "none"} == {
        row["segment"]: row["buyers"] for row in answer["segments"]
    }
    assert answer["before"]["buyers"] == sum(before.values()) - before["none"]
    return check_cells(moves, moves_said(answer, now, before))


def moves_said(answer, now, before):
    names = list(dict.fromkeys(move["before"] for move in answer["moves"]))

    def said(place, row, key):
        if place == len(names):
            return now[key]
        if key == "all":
            return before[names[place]]
        return sum(m["buyers"] for m in answer["moves"] if (m["before"], m["now"]) == (names[place], key))

    return said


def test_who_is_active(questions):
    for asked in questions:
        (states,) = show_lifecycle(asked.source, asked.question).charts
        assert check_cells(states.table, rows_said(asked.answer("api-lifecycle", "/lifecycle")["periods"]))
        times, trailing = show_stickiness(asked.source, asked.question).charts
        answer = asked.answer("api-stickiness", "/stickiness")
        assert check_cells(times.table, rows_said(answer["distribution"]))
        assert check_cells(trailing.table, rows_said(answer["series"]))


NAMES_OF_EMAILS = {key: name for name, key in EmailTotalsSerializer.metrics.items()}


def test_health(questions):
    for asked in questions:
        growth, engagement, tired = show_health(asked.source, asked.question).charts
        told = [row for row in asked.answer("api-fatigue", "/fatigue")["emailsBefore"] if row["people"]]
        assert check_cells(tired.table, rates_said(told)) or not told
        said = asked.answer("api-list-growth", "/list-growth", interval=asked.question.interval.value)
        assert check_cells(growth.table, rows_said([*said["periods"], said["total"]]))
        assert check_cells(engagement.table, rows_said(asked.answer("api-list-engagement", "/engagement")["lastActs"]))
        tables = {table.key: table for table in show_health(asked.source, asked.question).tables}
        if times := asked.answer("api-send-times", "/send-times")["times"]:
            assert check_cells(tables["send_times"], rows_said([with_thousandths(row) for row in times]))
        for key, by in (("mailboxes", "domain"), ("reasons", "class")):
            answer = asked.answer("api-deliverability", "/deliverability", by=by)
            assert check_cells(tables[key], of_emails([*answer["breakdown"], answer]))


def rates_said(rows: Any) -> Cells:
    ends = {"low": "low", "high": "high"}
    of_unsubscribed = {"unsubscribeRate": "rate", "unsubscribeLow": "low", "unsubscribeHigh": "high"}

    def said(place: int, row: Row, key: str) -> Any:
        if key in of_unsubscribed:
            return rows[place]["unsubscribeRate"][of_unsubscribed[key]]
        return rows[place]["people"] if key == "people" else rows[place]["clickRate"][ends.get(key, "rate")]

    return said


def with_thousandths(row: Any) -> Any:
    return {**row, "low": round(row["low"], 3), "high": round(row["high"], 3)}


def of_emails(rows: Any) -> Cells:
    return lambda place, row, key: rows[place]["emails"][NAMES_OF_EMAILS[key]]


@pytest.mark.parametrize("metric", ["campaign_click_rate", "clicked", "events"])
def test_why_a_metric_changed(questions, metric):
    for asked in questions:
        if asked.question.compared_days is None:
            continue
        question = asked.question.with_params(WhatChangedQuestion, metric=metric)
        shown = what_changed_presentation(what_changed(asked.source, question), question, "EUR")
        answer = asked.answer("api-what-changed", "/what-changed", metric=metric)
        if not shown.charts:
            assert answer["change"] is None or not answer["dimensions"]
            continue
        (chart,), dimensions = shown.charts, answer["dimensions"]
        whole = {"complete": answer["complete"], "compared": answer["compared"]}
        parts = [whole, *dimensions[0]["parts"], whole]
        assert check_cells(chart.table, part_said(parts)) > 4
        for table, dimension in zip(shown.tables, dimensions[1:TABLES_SHOWN], strict=False):
            assert check_cells(table, part_said(dimension["parts"]))


def part_said(parts: Any) -> Cells:
    def said(place: int, row: Row, key: str) -> Any:
        part, (count, _, _) = parts[place], key.partition("_before")
        if key in ("before", "now"):
            return part["compared" if key == "before" else "complete"]["value"]
        if key == "adds":
            return part["change"]
        return (
            part[key] if key in ("mix", "rate") else part["compared" if count != key else "complete"]["counts"][count]
        )

    return said


def rows_said(rows: Any) -> Cells:
    return lambda place, row, key: rows[place][key]


def check_value(question: LtvQuestion, shown: Presentation, answer: Any) -> None:
    weeks = {week_name(week["week"]): week for week in answer["mean"]["weeks"]}
    shown_cohorts = [row for row in answer["cohorts"] if row["weeksComplete"]]
    curves = shown_cohorts[-CURVES:] if question.by.interval else shown_cohorts[:CURVES]

    def cell(place: int, row: Row, key: str) -> Any:
        if place == len(answer["cohorts"]):
            return answer["members"] if key == "members" else weeks[key]["worth"]
        cohort = answer["cohorts"][place]
        if key == "members":
            return cohort["members"]
        assert row.cells[key].is_unfinished == (int(key.removeprefix("week_")) >= cohort["weeksComplete"])
        return cohort["worth"][key]

    def curve(place: int, row: Row, key: str) -> Any:
        if key == "mean":
            return answer["mean"]["weeks"][place]["worth"]
        cohort = curves[int(key.removeprefix("cohort_"))]
        return cohort["worth"][week_name(place)] if place < cohort["weeksComplete"] else None

    check_tables(shown, {"cohorts": cell, "curves": curve})


@pytest.mark.parametrize("metric", ["click", "open", "conversion", "revenue", "count:purchase"])
def test_ab_tests(questions, workspace, metric):
    for asked in questions:
        listed = asked.answer("api-ab-tests-report", "/ab-tests")["abTests"]
        (table,) = show_experiments(asked.source, asked.question).tables
        assert [row.value("name") for row in table.rows] == [row["name"] for row in listed]
        check_cells(table, lambda place, row, key, listed=listed: listed[place][key])
        test = ABTest.objects.get(workspace=workspace)
        address = f"/ab-tests/{test.api_id}/report"
        answer = asked.answer("api-ab-test-report", address, metric=metric, window="2d")
        question = asked.question.with_params(ExperimentQuestion, test_id=test.pk, goal=metric, window_days=2)
        check_experiment(experiment_presentation(experiment(asked.source, question), question), answer)


def check_experiment(shown: Presentation, answer: Any) -> None:
    [control, other], [comparison] = answer["variants"], answer["comparisons"]
    low, high = comparison["interval"] or (None, None)
    compared = {"difference": comparison["difference"], "low": low, "high": high, "p": comparison["holm"]}

    def variant(place: int, row: Row, key: str) -> Any:
        body = (control, other)[place]
        if key in compared:
            return in_units(compared[key], row.cells[key])
        if key == "ofDelivered":
            return round(body["reached"] / body["delivered"], 3) if body["delivered"] else None
        return body[key] if key != "rate" else share_or_mean(body, row.cells[key])

    def look(place: int, row: Row, key: str) -> Any:
        body = comparison["looks"][::-1][place]
        ends = dict(zip(("low", "high"), body["interval"], strict=True))
        return in_units({**body, **ends}[key], row.cells[key])

    def guardrail(place: int, row: Row, key: str) -> Any:
        body = answer["guardrails"][place // 2]["variants"][place % 2]
        return body["reached"] if key == "reached" else share_or_mean(body, row.cells[key])

    def members(place: int, row: Row, key: str) -> Any:
        sums = {name: control[name] + other[name] for name in ("assigned", "young")}
        more = {"several": answer["excluded"]["twoVariants"], "cut": (answer["cap"] or {}).get("people")}
        state = next(state for state, label in MEMBERS_LABELS.items() if label == row.value("which"))
        return {**sums, **more}[state.name.lower()]

    readers = {"variants": variant, "guardrails": guardrail, f"looks_{other['number']}": look, "members": members}
    check_tables(shown, readers)


def in_units(number: Any, cell: Any) -> Any:
    return round(number) if isinstance(cell.value, Amount) else number


def share_or_mean(body: Any, cell: Any) -> Any:
    if body["rate"] is None:
        return in_units(body["mean"], cell)
    return round(body["reached"] / body["mature"] + 1e-12, 3) if body["mature"] else None
