"""How the numbers of a compared report changed, by their names in the answer. The change of a count is a fraction of
the count before, that of a share the difference of the two; null where a change would say nothing."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rest_framework.serializers import Serializer

from analytics.api.reports.serializers import NumbersSerializer
from analytics.metrics import METRICS, Numbers
from analytics.questions.step_texts import step_name
from analytics.reports.answers import Answer
from analytics.reports.attribution.report import AttributionReport
from analytics.reports.attribution.source_tree import CountsByPath, Path, numbers_of
from analytics.reports.campaigns.side_by_side import CampaignsReport
from analytics.reports.funnel.report import end_numbers, step_numbers
from analytics.reports.retention.changes import PeriodChange, PeriodShare, period_changes
from analytics.reports.trends import TrendsReport

Changes = dict[str, Any]


def amount(answer: Answer[Any], metric: str, numbers: Callable[[Any], Numbers]) -> float | None:
    change = answer.change(metric, numbers)
    return change.amount if change else None


def changes_by(serializer: type[Serializer[Any]]) -> Callable[[Answer[Any]], Changes]:
    """Returns a function to the changes of the counts by day and the rates of these, by the parts of the serializer."""
    parts = {name: field.metrics for name, field in serializer().fields.items() if isinstance(field, NumbersSerializer)}

    def changes(answer: Answer[Any]) -> Changes:
        found = {
            part: {name: amount(answer, key, _numbers) for name, key in metrics.items() if _is_of_days(key)}
            for part, metrics in parts.items()
        }
        return {part: amounts for part, amounts in found.items() if amounts}

    return changes


def _numbers(report: Any) -> Numbers:
    numbers: Numbers = report.numbers
    return numbers


def _is_of_days(metric: str) -> bool:
    return all(METRICS[key].counted for key in METRICS[metric].parts)


def changes_of_attribution(answer: Answer[AttributionReport]) -> Changes:
    def numbers(report: AttributionReport) -> Numbers:
        return Numbers(attributed_events=report.total_attributed_events, conversions=report.conversions)

    return {
        "totalAttributedEvents": amount(answer, "attributed_events", numbers),
        "conversions": amount(answer, "conversions", numbers),
    }


def changes_of_source(answer: Answer[AttributionReport], path: Path) -> Changes:
    """The changes of a source with its medium and campaign."""

    def numbers(report: AttributionReport) -> Numbers:
        return report.numbers_of(path)

    return {
        "uniqueVisitors": amount(answer, "unique_visitors", numbers),
        "totalEvents": amount(answer, "attributed_events", numbers),
    }


def changes_of_periods(answer: Answer[Sequence[PeriodShare]], name: str) -> list[Changes]:
    """By period, counted from 0, how the share of those who came back differs, with the 95 % interval."""
    if answer.complete is None or answer.compared is None:
        return []
    return [change_of_period(change, name) for change in period_changes(answer.complete, answer.compared)]


def change_of_period(change: PeriodChange, name: str = "period") -> Changes:
    return {
        name: change.number,
        "retentionRate": round(change.difference, 3),
        "interval": [round(end, 3) for end in change.interval],
    }


def changes_of_campaign(answer: Answer[CampaignsReport], number: int, metrics: Mapping[str, str]) -> Changes:
    """The changes of a campaign's metrics, which are by their names."""

    def numbers(report: CampaignsReport) -> Numbers:
        return report.numbers_of(number)

    return {name: amount(answer, key, numbers) for name, key in metrics.items()}


def changes_of_sources(answer: Answer[CountsByPath], *paths: Path) -> Changes:
    """The changes of the sources at these paths, taken together."""

    def numbers(counts: CountsByPath) -> Numbers:
        return numbers_of(counts, *paths)

    return {
        "totalEvents": amount(answer, "attributed_events", numbers),
        "conversions": amount(answer, "conversions", numbers),
    }


def changes_of_funnel(answer: Answer[Any]) -> Changes:
    """Of a funnel or of people who are taken together, the changes of each step, of which the first has no rate, and of
    the rate from the first to the last."""
    return {
        "steps": [_changes_of_step(answer, place) for place in range(len(answer.report.steps))],
        "overallConversion": amount(answer, "funnel_overall_rate", end_numbers),
    }


def _changes_of_step(answer: Answer[Any], place: int) -> Changes:
    numbers = step_numbers(place)
    return {
        "step": step_name(answer.report.steps[place].step),
        "count": amount(answer, "funnel_count", numbers),
        "conversionFromPrevious": amount(answer, "funnel_step_rate", numbers) if place else None,
    }


def changes_of_trends(answer: Answer[TrendsReport], names: dict[str, str]) -> Changes:
    """`names` has the keys of metrics by their names."""
    return {name: amount(answer, key, lambda report: report.all.total()) for name, key in names.items()}
