"""A funnel broken down: by a value of its people or of what they entered with, or by segments side by side."""

from dataclasses import replace

from analytics.ledger import Source
from analytics.questions.groups import Group
from analytics.questions.questions import FunnelQuestion
from analytics.reports.answers import compared_answer
from analytics.reports.funnel.report import FunnelGroup, GroupSteps, funnel, funnel_groups
from analytics.reports.splits import group_label, in_group, value_names


def split_funnel(source: Source, question: FunnelQuestion) -> tuple[FunnelGroup, ...]:
    """The funnel of each group of the question's split; of segments in the order in which they are asked for."""
    split = question.split
    assert split is not None
    if split.segments:
        groups = tuple(_of_segment(source, question, group) for group in split.segment_groups)
    else:
        groups = funnel_groups(source, replace(question, by=split.field), split.limit)
    values = [value for group in groups if (value := group.group.value) is not None]
    names = value_names(source.workspace, split, values)
    return tuple(replace(group, name=group_label(group.group, names)) for group in groups)


def _of_segment(source: Source, question: FunnelQuestion, group: Group) -> FunnelGroup:
    answer = compared_answer(funnel, source, in_group(question, group))
    return FunnelGroup(group, answer.of(lambda report: GroupSteps(report.steps, report.mature)), 1)
