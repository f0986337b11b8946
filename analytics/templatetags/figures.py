"""Figures, metric names with their help, and small drawings for the templates."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django import template
from django.core.serializers.json import DjangoJSONEncoder
from django.urls import reverse
from django.utils import formats as localised
from django.utils import timezone
from django.utils.html import format_html, format_html_join, json_script
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from analytics.demo import demo_progress
from analytics.lists import AnyList
from analytics.metrics import METRICS, MIN_BASE, Change, Metric, Numbers, Unit
from analytics.models import Channel
from analytics.money import Amount
from analytics.presentation import formats
from analytics.presentation.activity.activities import ACTIVITY_LABELS
from analytics.presentation.charts import Chart
from analytics.presentation.tables import Cell, Column, Kind, Link, Row, Table, Value, column_kind, plain_value
from analytics.presentation.texts import cell_text, change_text, value_before, value_text
from analytics.questions.questions import SETTLED_DAYS

register = template.Library()

HEAT_STEPS = 9
LIST_CHARACTERS = 100
"""How much of a text a list shows; files have all of it."""
LINE_CHARACTERS = 40
"""What of a text a list shows on one line."""
LEFT_OUT = '<tr><th scope="row" colspan="{}">{} too long for this page{}</th></tr>'
SPARKLINE_WIDTH, SPARKLINE_HEIGHT = 100, 24
ARROWS = {True: "▲", False: "▼"}
NO_CHANGE = f"Fewer than {MIN_BASE} to compare with: a change would say nothing."
YOUNG_ALONE = (
    f"Fewer than {MIN_BASE} to compare that are at least {SETTLED_DAYS} days old: younger messages are still opened "
    "and clicked."
)
JUDGEMENTS = {True: "good", False: "bad", None: "muted"}

register.simple_tag(demo_progress, name="demo_progress")
register.filter("count", formats.count)
register.filter("compact", formats.compact)
register.filter("percent", formats.percent)
register.filter("dayname", formats.day)
register.simple_tag(formats.days, name="days")


@register.filter
def heat(share: float) -> str:
    """The class of a heat map's cell: h0 for nothing to h8 for everybody."""
    return f"h{min(HEAT_STEPS - 1, int(share * HEAT_STEPS))}"


@register.filter
def channel(name: str) -> str:
    return str(Channel(name).label)


@register.filter
def moment(at: datetime, now: datetime) -> str:
    """21:20 or, of another day, 30 Nov 2026, 21:20."""
    here = timezone.localtime(at)
    is_today = here.date() == timezone.localtime(now).date()
    return localised.date_format(here, "H:i" if is_today else "j M Y, H:i")


@register.filter
def activity_label(metric: str) -> str:
    return ACTIVITY_LABELS[metric]


@register.filter
def value_html(value: Value, kind: Kind) -> str | SafeString:
    """A table's value as people read it; a dash where there is none."""
    if isinstance(value, Change):
        return change(value) if value.amount is not None else _no_change("–")
    return value_text(value, kind)


@register.filter
def plain(value: Value) -> str:
    """A number as scripts read it."""
    return "" if value is None or isinstance(value, Change) else str(plain_value(value))


@register.simple_tag(takes_context=True)
def number(
    context: template.Context,
    value: int | float | Amount | None,
    *,
    opens: AnyList | None = None,
    share_places: int = 0,
) -> str | SafeString:
    """A key figure, short where it is long; a dash where there is none. One that `opens` leads to the list it is made
    of. Of a share with so many decimals."""
    if value is None:
        return "–"
    text, exact = _short_and_exact(value, share_places)
    shown = format_html('<span title="{}">{}</span>', exact, text) if exact not in ("", text) else text
    return number_link(context, shown, opens if value else None)


def _short_and_exact(value: int | float | Amount, share_places: int) -> tuple[str, str]:
    if isinstance(value, Amount):
        return formats.compact_amount(value), formats.amount_text(value)
    if share_places:
        return formats.percent(value, share_places), ""
    return formats.compact(int(value)), formats.count(int(value))


@register.simple_tag(takes_context=True)
def number_link(context: template.Context, text: str, opens: AnyList | None = None) -> str | SafeString:
    """A number, as a link where it has a list behind it: the one place that makes numbers open."""
    if opens is None:
        return text
    drawn: Any = context.render_context
    addresses = drawn.setdefault("addresses_of_lists", {})
    if opens.name not in addresses:
        addresses[opens.name] = reverse(opens.name, args=[context["membership"].workspace.slug])
    return format_html(
        '<a class="opens" href="{}?{}">{}</a>', addresses[opens.name], urlencode(opens.query, doseq=True), text
    )


@register.simple_tag(takes_context=True)
def address(context: template.Context, link: Link) -> str:
    """The address of a link of the page's."""
    text: str = context["page"].link_address(link)
    return text


class _CompactJson(DjangoJSONEncoder):
    """Without blanks, of which hours of a month would have tens of thousands."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options | {"separators": (",", ":")})


@register.simple_tag(takes_context=True)
def chart_data(context: template.Context, chart: Chart) -> SafeString:
    """What labels, days and marks say that an earlier chart of the page has said is told by the number of that text."""
    data = chart.data(lambda link: address(context, link))
    data["labels"] = _told_once(context, data["labels"])
    if previous := data["previous"]:
        previous["beside"] = _told_once(context, previous["beside"])
    data["happened"] = _told_once(context, data["happened"])
    return json_script(data, encoder=_CompactJson)


def _told_once(context: template.Context, texts: list[str]) -> list[str] | int:
    places: dict[tuple[str, ...], int] = context["page"].texts_of_charts
    if (*texts,) in places:
        return places[*texts,]
    places[*texts,] = len(places)
    return texts


WHY = '<a class="why" href="{}">{}<span class="visually-hidden"> Why?</span></a>'


@register.simple_tag(takes_context=True)
def table_rows(context: template.Context, table: Table) -> SafeString:
    """The rows of a table. There are hundreds of cells, and by a template each takes several times as long.

    Names, and addresses with names in them, can be long in all of them: what all tables of a page may take together is
    bounded, and what that leaves out is told: the last rows, or the first where the newest are the last.
    """
    page = context["page"]
    page.room_of_rows += page.room * table.bytes_of_rows // page.bytes_of_rows
    drawn: list[SafeString] = []
    body = [*table.body]
    for row, ((column, first), *others) in reversed(body) if table.ends_with_newest else body:
        drawn.append(
            format_html(
                "<tr data-partial>{}{}{}</tr>" if row.is_running else "<tr>{}{}{}</tr>",
                _choice(table, row, first),
                _row_head(context, row, column, first, is_list=table.is_list),
                format_html_join("", "{}", ((data_cell(context, *placed, table.is_list),) for placed in others)),
            )
        )
        page.room_of_rows -= len(drawn[-1].encode())
        if page.room_of_rows < 0 and len(drawn) < len(table.rows):
            left_out = formats.count_of(len(table.rows) - len(drawn), "row", "rows")
            drawn.append(format_html(LEFT_OUT, len(table.columns) + bool(table.choice), left_out, page.other_rows))
            break
    in_order = reversed(drawn) if table.ends_with_newest else drawn
    return format_html_join("\n", "{}", ((row,) for row in in_order))


def _choice(table: Table, row: Row, name: Cell) -> SafeString | str:
    box = '<td class="choice"><input type="checkbox" name="{}" value="{}" aria-label="{}"></td>'
    return format_html(box, table.choice, row.key, name.value) if table.choice else ""


@register.filter
def text_in(cell: Cell, column: Column) -> str | SafeString:
    """A cell's value in a table's column."""
    return _text(column, cell, is_list=False)


def _text(column: Column, cell: Cell, *, is_list: bool) -> str | SafeString:
    text = cell_text(cell, column) if isinstance(cell.value, Amount) else value_html(cell.value, column.kind)
    return Truncator(text).chars(LIST_CHARACTERS) if is_list and len(text) > LIST_CHARACTERS else text


def _is_broken(text: str, *, is_list: bool) -> bool:
    return is_list and len(text) > LINE_CHARACTERS


def _row_head(context: template.Context, row: Row, column: Column, cell: Cell, *, is_list: bool = False) -> SafeString:
    text = name = _text(column, cell, is_list=is_list)
    if link := row.link or cell.link:
        name = format_html('<a href="{}">{}</a>', address(context, link), name)
    note = format_html(' <span class="note">{}</span>', row.note) if row.note else ""
    mark = ""
    if row.mark:
        marked_at = address(context, row.mark.link)
        mark = format_html('<span class="mark"><a href="{}">{}</a>{}</span>', marked_at, row.mark.name, row.mark.verb)
    return format_html(
        '<th scope="row" class="level-{}{}{}" data-label="{}">{}{}{}</th>',
        row.level,
        " day" if column.kind in (Kind.DAY, Kind.HOUR) else "",
        " breaks" if _is_broken(text, is_list=is_list) else "",
        row.label or (text if is_list else cell.value),
        name,
        note,
        mark,
    )


@register.simple_tag(takes_context=True)
def data_cell(context: template.Context, column: Column, cell: Cell, is_list: bool = False) -> SafeString:
    """A cell of a table, but the first of its row."""
    plain_text = _text(column, cell, is_list=is_list)
    text = number_link(context, plain_text, cell.rows_behind)
    if cell.link:
        text = format_html('<a href="{}">{}</a>', address(context, cell.link), text)
    if cell.below is not None:
        text = format_html("{}{}", text, _change_below(context, cell))
    kind = SafeString("")
    if column.kind.is_number:
        kind = format_html(' class="num" data-value="{}"', plain(cell.value))
    elif _is_broken(plain_text, is_list=is_list):
        kind = SafeString(' class="breaks"')
    beside = format_html(' data-beside="{}"', cell.beside) if cell.beside else ""
    return format_html('<td{}{} data-head="{}">{}</td>', kind, beside, column.head_of_card, text)


def _change_below(context: template.Context, cell: Cell) -> SafeString:
    """Nothing where there is none: the column's head says why. A change leads to what it is made of, if it is any."""
    text: SafeString | str = ""
    if isinstance(cell.below, Change) and cell.below.amount is not None:
        text = change(cell.below)
        if cell.why and cell.below.amount:
            text = format_html(WHY, address(context, cell.why), text)
    return format_html('<span class="below">{}</span>', text)


@register.filter
def change(changed: Change) -> SafeString:
    """▲ +4.1%, coloured by whether that is good, or a dash with the reason."""
    if changed.amount is None:
        return _no_change("Compared: –", YOUNG_ALONE if changed.is_of_settled else NO_CHANGE)
    before = value_text(value_before(changed), column_kind(changed.metric))
    arrow = ARROWS[changed.amount > 0] if changed.amount else ""
    return format_html(
        '<span class="change {}" title="Compared with {}"><span aria-hidden="true">{}</span> {}</span>',
        JUDGEMENTS[changed.is_good],
        before,
        arrow,
        change_text(changed),
    )


def _no_change(text: str, reason: str = NO_CHANGE) -> SafeString:
    return format_html('<span class="muted" title="{}">{}</span>', reason, text)


@register.filter
def next_sort(table: Table, column: Column) -> str:
    """What `sort` is to be for the column: numbers most first, texts by the alphabet, and the next time round."""
    first, second = (f"-{column.key}", column.key) if column.kind.is_number else (column.key, f"-{column.key}")
    return second if table.sort == first else first


@register.filter
def sort_order(table: Table, column: Column) -> str:
    """How the table is sorted by the column or by its changes, as `aria-sort` says it."""
    change = table.changes.get(column.key)
    if table.sort.removeprefix("-") not in (column.key, change and change.key):
        return "none"
    return "descending" if table.sort.startswith("-") else "ascending"


@register.simple_tag
def no_change() -> str:
    return f"Blank where the change is not known. {NO_CHANGE}"


@register.filter
def change_of(table: Table, column: Column) -> Column | None:
    """The column of the changes below a column's numbers."""
    return table.changes.get(column.key)


@register.inclusion_tag("_hidden.html", takes_context=True)
def carry_along(context: template.Context, *but: str) -> dict[str, Any]:
    """Hidden fields of a form with what the address says beside the form's own fields."""
    query = context["request"].GET
    return {"fields": [(name, value) for name, values in query.lists() if name not in but for value in values]}


@register.simple_tag
def report_link(page: Any, name: str, **query: str) -> str:
    """The address of another report with the filters that mean the same there."""
    return str(page.address_with_filters(name, **query))


@register.filter
def total(values: Sequence[int]) -> int:
    return sum(values)


@register.simple_tag
def sparkline_points(values: Sequence[int | float]) -> str:
    """The points of an SVG polyline through the values, from zero or the lowest below it up."""
    highest, lowest = max(values, default=0), min(0, *values, 0)
    span = (highest - lowest) or 1
    step = SPARKLINE_WIDTH / max(len(values) - 1, 1)
    return " ".join(
        f"{place * step:.1f},{SPARKLINE_HEIGHT - 1 - (value - lowest) * (SPARKLINE_HEIGHT - 2) / span:.1f}"
        for place, value in enumerate(values)
    )


@register.inclusion_tag("_metric.html", takes_context=True)
def metric(context: template.Context, key: str, label: str = "", *, icon_only: bool = False) -> dict[str, Any]:
    """A metric's name, which opens its definition. `{% metric_definitions %}` must follow at the page's end."""
    named = context["page"].metrics_named
    named.setdefault(key, METRICS[key])
    return {"metric": METRICS[key], "label": label or METRICS[key].label, "icon_only": icon_only}


@register.inclusion_tag("_metric_definitions.html", takes_context=True)
def metric_definitions(context: template.Context) -> dict[str, Any]:
    """The definitions of the metrics named above, with the numbers of this page where it has them."""
    numbers: Mapping[str, int] = context.get("numbers") or Numbers()
    workspace = context["membership"].workspace if "membership" in context else None
    named = context["page"].metrics_named.values()
    return {"metrics": [(metric, _quotient(metric, numbers, workspace and workspace.currency)) for metric in named]}


def _quotient(metric: Metric, numbers: Mapping[str, int], currency: str | None) -> str:
    """540 ÷ 5,211; nothing where the page has no such numbers, or no currency for them."""
    if metric.numerator is None or metric.denominator is None or not numbers.get(metric.denominator):
        return ""
    of_money = METRICS[metric.numerator].unit is Unit.MONEY
    if of_money and currency is None:
        return ""
    number = numbers[metric.numerator]
    numerator = formats.amount_text(Amount(currency, number)) if of_money and currency else formats.count(number)
    return f"{numerator} ÷ {formats.count(numbers[metric.denominator])}"
