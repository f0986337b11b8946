"""Whether emails arrive, what harm they do, and how the list does that is written to."""

from dataclasses import dataclass, replace

from analytics.ledger import Source
from analytics.lists import PeopleList
from analytics.lists.emails import emails_list
from analytics.lists.listed_people import ListedPeople
from analytics.metrics import METRICS, Numbers, known_rate
from analytics.periods import Interval, Window
from analytics.presentation.charts import Chart, ChartKind
from analytics.presentation.emails.fatigue import fatigue_chart
from analytics.presentation.emails.send_times import send_time_tables
from analytics.presentation.formats import count, count_of, days, percent
from analytics.presentation.formats import day as day_text
from analytics.presentation.groups import conditions_of_group, with_why
from analytics.presentation.lists.messages import BOUNCE_LABELS
from analytics.presentation.lists.people import FLOW_LABELS, LAST_ACT_LABELS
from analytics.presentation.marks import marked_chart
from analytics.presentation.presentation import Presentation
from analytics.presentation.tables import Cell, Column, Kind, Row, Table, with_changes
from analytics.questions.deliverability import DeliverabilityBy, DeliverabilityQuestion
from analytics.questions.fields import field_of
from analytics.questions.groups import Group
from analytics.questions.questions import Question
from analytics.reports.answers import Answer, compared_answer
from analytics.reports.emails.deliverability import GOOGLE, DeliverabilityReport, DeliverabilityRow, deliverability
from analytics.reports.emails.fatigue import MOST_FATIGUE_DAYS, FatigueReport, fatigue
from analytics.reports.emails.list_engagement import EngagedPeople, LastAct, ListEngagementReport, list_engagement
from analytics.reports.emails.list_growth import GAINS, LOSSES, ListFlow, ListGrowthReport, ListPeriod, list_growth
from analytics.reports.emails.send_times import MOST_SEND_DAYS, SendTimesReport, send_times
from analytics.reports.happenings import Happening, happenings

OF_MAILBOXES = (
    "sent",
    "delivery_rate",
    "hard_bounced",
    "soft_bounced",
    "deferred",
    "complained",
    "complaint_rate",
    "unsubscribed",
    "unsubscribe_rate",
    "campaign_human_open_rate",
    "campaign_human_click_rate",
)
COMPARED_OF_MAILBOXES = ("sent", "delivery_rate", "complaint_rate", "unsubscribe_rate", "campaign_human_click_rate")
"""Of these columns the change stands beneath."""
OF_REASONS = ("bounced", "hard_bounced", "soft_bounced")
OF_MAILBOX_FILES = ("soft_bounced", "unsubscribed", "campaign_human_open_rate")
"""Columns that a page has no room for: they are in its file."""
FEWEST_ON_LIST = 30
"""Of fewer people no sentence is made."""


@dataclass(frozen=True)
class HealthAnswer:
    by_mailbox: Answer[DeliverabilityReport]
    by_class: DeliverabilityReport
    growth: ListGrowthReport
    engagement: ListEngagementReport
    send_times: SendTimesReport | None
    fatigue: FatigueReport | None
    happened: tuple[Happening, ...] = ()

    @classmethod
    def of(cls, source: Source, question: Question) -> "HealthAnswer":
        def question_by(by: DeliverabilityBy) -> DeliverabilityQuestion:
            return question.with_params(DeliverabilityQuestion, by=by)

        return cls(
            compared_answer(deliverability, source, question_by(DeliverabilityBy.DOMAIN)),
            deliverability(source, question_by(DeliverabilityBy.CLASS)),
            list_growth(source, question),
            list_engagement(source, question),
            send_times(source, question) if question.window.days <= MOST_SEND_DAYS else None,
            fatigue(source, question) if question.window.days <= MOST_FATIGUE_DAYS else None,
            happenings(source, question),
        )


def show_health(source: Source, question: Question) -> Presentation:
    return health_presentation(HealthAnswer.of(source, question), question)


def health_presentation(answer: HealthAnswer, question: Question) -> Presentation:
    """The list under conditions on messages is that of everybody, and of very many days no time of sending is told:
    `notices` say so."""
    window = question.window
    is_of_messages = bool(question.part.where.messages.conditions)
    return Presentation(
        meta=answer.by_mailbox.report.meta,
        charts=(
            _marked_growth(answer, question),
            _engagement(answer.engagement, window),
            *([fatigue_chart(answer.fatigue, window)] if answer.fatigue else []),
        ),
        tables=(
            _mailboxes(answer.by_mailbox),
            _reasons(answer.by_class),
            *(send_time_tables(answer.send_times) if answer.send_times else ()),
        ),
        notices=(
            *(["The list is shown of everybody: filters of messages say nothing of it."] if is_of_messages else []),
            *(
                []
                if answer.send_times
                else [f"Times of sending and fatigue are told of at most {MOST_SEND_DAYS} days."]
            ),
        ),
        numbers=answer.by_mailbox.report.numbers,
    )


def _mailboxes(answer: Answer[DeliverabilityReport]) -> Table:
    columns = (Column("mailbox", "Mailbox provider"), *map(_column_of_mailboxes, OF_MAILBOXES))
    columns = with_changes(columns, COMPARED_OF_MAILBOXES if answer.compared else ())
    rows = tuple(_mailbox(row, answer) for row in answer.report.rows)
    total = answer.report.total
    foot = Row({"mailbox": Cell("All"), **_emails(total), **_changes(total, answer)}) if rows else None
    return Table("mailboxes", "By mailbox provider", columns, rows, foot, sortable=True)


def _column_of_mailboxes(metric: str) -> Column:
    return replace(Column.of(metric), of_files=metric in OF_MAILBOX_FILES)


def _mailbox(row: DeliverabilityRow, answer: Answer[DeliverabilityReport]) -> Row:
    name = f"Other ({count_of(row.domains, 'domain', 'domains')})" if row.domains else row.name or "No address"
    note = "reports no complaints" if row.value == GOOGLE and not row.tells("complained") else ""
    return Row({"mailbox": Cell(name), **_emails(row), **_changes(row, answer)}, note=note)


def _changes(row: DeliverabilityRow, answer: Answer[DeliverabilityReport]) -> dict[str, Cell]:
    """Not of other domains, which may be others then."""
    if answer.compared is None or row.domains:
        return {}

    def numbers(report: DeliverabilityReport) -> Numbers:
        return report.numbers_of(row)

    changes = {
        f"{key}_change": Cell(answer.change(key, numbers) if row.tells(key) else None) for key in COMPARED_OF_MAILBOXES
    }
    mailbox = field_of("domain")
    assert mailbox is not None
    of_mailbox = () if row.is_total else conditions_of_group(Group(mailbox, row.value))["where"]
    return with_why(changes, COMPARED_OF_MAILBOXES, {"where": (*of_mailbox, "channel:email")})


def _emails(row: DeliverabilityRow) -> dict[str, Cell]:
    return {
        metric: Cell(row.numbers.known_value(metric) if row.tells(metric) else None, emails_list(metric, row))
        for metric in OF_MAILBOXES
    }


def _reasons(report: DeliverabilityReport) -> Table:
    share = Column("bounce_share", METRICS["bounce_share"].name, Kind.SHARE, "bounce_share")
    columns = (Column("reason", "Reason"), *map(Column.of, OF_REASONS), share)
    rows = []
    for row in report.rows:
        label = BOUNCE_LABELS[row.bounce_class] if row.bounce_class else row.name
        cells = {metric: Cell(row.numbers[metric], emails_list(metric, row)) for metric in OF_REASONS}
        rows.append(
            Row({"reason": Cell(label), **cells, "bounce_share": Cell(row.numbers.known_value("bounce_share"))})
        )
    return Table("reasons", "Bounce reasons", columns, tuple(rows))


def _marked_growth(answer: HealthAnswer, question: Question) -> Chart:
    chart, places = _growth(answer.growth, question.window), [period.bucket for period in answer.growth.periods]
    return marked_chart(chart, places, answer.happened, question, answer.growth.interval)


def _growth(report: ListGrowthReport, window: Window) -> Chart:
    columns = (
        Column("period", report.interval.capitalize()),
        *(Column(flow.value, FLOW_LABELS[flow], Kind.COUNT) for flow in ListFlow),
    )
    rows = tuple(_growth_row(period, report.interval, window) for period in report.periods)
    foot = Row({"period": Cell("All days"), **_flows(report.total, window)})
    table = Table("growth", f"The list by {report.interval}", columns, rows, foot, ends_with_newest=True)
    title = "People on the list"
    return Chart(ChartKind.LINE, title, table, (ListFlow.CLOSING.value,), growth_finding(report))


def _growth_row(period: ListPeriod, interval: Interval, window: Window) -> Row:
    first, last = period.bucket.first_day, period.bucket.last_day
    name = day_text(first) if interval is Interval.DAY else days(first, last)
    return Row({"period": Cell(name), **_flows(period, window)}, is_running=not period.is_complete)


def _flows(period: ListPeriod, window: Window) -> dict[str, Cell]:
    of_period = period.bucket.window(window.zone)
    return {
        flow.value: Cell(
            period.count(flow),
            PeopleList(of_period, choice=ListedPeople(flow)),
            is_unfinished=not period.is_complete and flow is not ListFlow.OPENING,
        )
        for flow in ListFlow
    }


def growth_finding(report: ListGrowthReport) -> str:
    """What came and what went, which is what the list changed by."""
    total = report.total
    gained, lost = (sum(map(total.count, flows)) for flows in (GAINS, LOSSES))
    sign = "+" if total.net > 0 else "−" if total.net < 0 else "±"
    change = f"{count_of(total.closing, 'person', 'people')} on the list, {sign}{count(abs(total.net))} in this period"
    return f"{change}: {count(gained)} came, {count(lost)} left."


def _engagement(report: ListEngagementReport, window: Window) -> Chart:
    columns = (
        Column("lastAct", "Last opened or clicked"),
        Column("people", "People", Kind.COUNT),
        Column("share", "Share of the list", Kind.SHARE),
        Column("messagesSince", "Messages since, on average", Kind.CREDIT),
    )
    rows = tuple(_engagement_row(row, report, window) for row in report.rows)
    table = Table("engagement", "People on the list by last open or click", columns, rows)
    title = "Engagement of the list"
    return Chart(ChartKind.ACROSS, title, table, ("people",), engagement_finding(report))


def _engagement_row(row: EngagedPeople, report: ListEngagementReport, window: Window) -> Row:
    return Row(
        {
            "lastAct": Cell(LAST_ACT_LABELS[row.last_act]),
            "people": Cell(row.people, PeopleList(window, choice=ListedPeople(row.last_act))),
            "share": Cell(known_rate(row.people, report.people)),
            "messagesSince": Cell(row.mean_messages if row.people else None),
        }
    )


def engagement_finding(report: ListEngagementReport) -> str:
    if report.people < FEWEST_ON_LIST:
        return f"{count_of(report.people, 'person', 'people')} on the list: too few to say more."
    lately = sum(row.people for row in report.rows if row.last_act in (LastAct.MONTH, LastAct.QUARTER))
    share = known_rate(lately, report.people) or 0.0
    return f"Of {count(report.people)} people on the list {percent(share)} opened or clicked in the last 90 days."
