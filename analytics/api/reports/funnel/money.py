"""What people who completed a funnel brought in, in the answer of its report."""

from collections.abc import Sequence
from typing import Any

from analytics.api.net_money import net_money_body
from analytics.api.reports.row_addresses import RowAddresses
from analytics.api.reports.rows import ReportRows
from analytics.ledger import Source
from analytics.questions.groups import SEGMENT, Group
from analytics.questions.questions import FunnelQuestion
from analytics.reports.funnel.money import earning_step, funnel_money, funnel_money_of_groups
from analytics.reports.revenue.member_money import NetMoney
from analytics.reports.splits import in_group

_Body = dict[str, Any]


def add_funnel_money(
    body: _Body, source: Source, question: FunnelQuestion, groups: Sequence[Group], addresses: RowAddresses | None
) -> None:
    """As `revenue` of the report, of those it is compared with and of its groups, which are the question's; nothing
    where the last step says nothing of money. With `addresses`, those of rows."""
    if earning_step(source, question) is None:
        return
    _add(body, funnel_money(source, question), source, question, None, addresses)
    questions = question.compared_questions
    if body.get("comparison") and questions:
        for name, asked in zip(("complete", "compared"), questions, strict=True):
            _add(body["comparison"][name], funnel_money(source, asked), source, asked, None, addresses)
    of_groups = funnel_money_of_groups(source, question, groups)
    for row, group, money in zip(body.get("groups", ()), groups, of_groups, strict=True):
        _add(row, money, source, question, group, addresses)


def _add(
    body: _Body,
    money: NetMoney | None,
    source: Source,
    question: FunnelQuestion,
    group: Group | None,
    addresses: RowAddresses | None,
) -> None:
    if money is None:
        return
    body["revenue"] = net_money_body(money, source.workspace.currency)
    if addresses is None:
        return
    if group is not None and group.by == SEGMENT:
        ReportRows(addresses, in_group(question, group)).funnel_money(body["revenue"])
    else:
        ReportRows(addresses, question).funnel_money(body["revenue"], group)
