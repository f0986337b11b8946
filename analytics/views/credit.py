"""Credit by a rule, on the page of attribution: what its address says of the rule, and its tabs."""

from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpResponseBase

from analytics.presentation.credit.findings import check_line, range_of_models
from analytics.presentation.credit.models import models_presentation, not_compared
from analytics.presentation.credit.paths import paths_finding, paths_presentation
from analytics.presentation.credit.report import MODELS_BESIDE, credit_presentation
from analytics.presentation.credit.texts import ROW_LABELS, TOUCH_LABELS, model_label
from analytics.presentation.experiments.holdouts import holdout_finding, holdout_tables
from analytics.questions.credit import (
    PARAMETERS,
    TOUCHPOINTS,
    CreditModel,
    CreditRule,
    read_credit_rule,
)
from analytics.questions.durations import duration_text
from analytics.questions.filters import NO_CONDITION
from analytics.reports.answers import compared_answer
from analytics.reports.credit.compared import CreditAnswer
from analytics.reports.credit.path_report import LONGEST_PATH, MOST_PATHS, PathsQuestion, path_report
from analytics.reports.credit.report import CreditQuestion
from analytics.reports.credit.touches import CreditBy
from analytics.reports.experiments.holdouts import holdouts
from analytics.views.report_page import ReportPage
from campaignos.page_parameters import AllowedValues, one_of

CREDIT_TABS = {"credit": "Credit", "models": "Models", "paths": "Paths", "sources": "Sources"}
ROWS_BY = {by.name.lower(): by for by in ROW_LABELS}
TAB_NAMES, ROW_NAMES = one_of(CREDIT_TABS), one_of(ROWS_BY)
TOUCHES = AllowedValues(f"a whole number from 1 to {LONGEST_PATH:,}", "[1-9][0-9]{0,2}|1000")
OF_SOURCES = ("sources", "top_sources", "groups")
"""The tables of that tab."""
OF_RULE = (*PARAMETERS, "rowsBy", "min", "max")


def tab_of(page: ReportPage) -> str:
    """Where the address says none, that of credit, unless it asks what the sources alone tell, or nobody has converted
    yet."""
    query = page.request.GET
    said = query.get("view", "")
    if said in CREDIT_TABS:
        return said
    if {*query} & {*OF_RULE}:
        return "credit"
    if page.question.split or page.question.part.where.sources != NO_CONDITION or query.get("table") in OF_SOURCES:
        return "sources"
    return "credit" if page.source.has_events(page.workspace.conversion_types) else "sources"


def credit_tabs(page: ReportPage, tab: str) -> list[tuple[str, str, bool]]:
    """What each is called, its address, and whether it is the one that is shown."""
    return [(label, _address(page, name), name == tab) for name, label in CREDIT_TABS.items()]


def _address(page: ReportPage, name: str) -> str:
    query = page.request.GET.copy()
    for left_out in ("page", "sort", "format", "table", *(OF_RULE if name == "sources" else ())):
        query.pop(left_out, None)
    query["view"] = name
    return f"?{query.urlencode()}"


def rule_of(page: ReportPage) -> CreditRule:
    """That of the address, with a notice for what is not understood."""
    query = page.request.GET
    given = {name: query[name] for name in PARAMETERS if query.get(name)}
    if kinds := [kind for kind in query.getlist("touchpoints") if kind]:
        given["touchpoints"] = ",".join(kinds)
        for name in TOUCHPOINTS:  # the form says how far back also for those that do not count
            if name not in given["touchpoints"].split(","):
                given.pop(f"lookback.{name}", None)
    rule, notices = read_credit_rule(given, default=CreditRule.with_lookback_days(page.workspace.lookback_days))
    page.notices += notices
    return rule


def credit_question(page: ReportPage) -> CreditQuestion:
    if page.question.split:
        page.notices.append("breakdown and limit change nothing here: rows are by what the form says.")
    where = page.question.part.where
    if where.sources != NO_CONDITION:
        page.notices.append("Filters on sources change nothing here: all touches before a conversion are looked at.")
        chips = page.chips  # also of what changes nothing, so that it can be taken away
        part = replace(page.question.part, where=replace(where, events=where.conversions))
        page.question = replace(page.question, part=part)
        page.chips = chips
    by = ROWS_BY.get(page.request.GET.get("rowsBy", ""), CreditBy.SOURCE)
    where = page.question.part.where
    of_all_sources = replace(page.question.part, where=replace(where, events=where.conversions))
    return replace(page.question, part=of_all_sources).with_params(CreditQuestion, rule=rule_of(page), by=by)


def model_choices(rule: CreditRule) -> list[tuple[str, str, bool]]:
    """Values and labels, with the rule's own where it is none of the usual; and whether it is chosen."""
    usual = [replace(CreditRule(), model=model) for model in CreditModel]
    texts = {each.model_text: model_label(each) for each in usual} | {rule.model_text: model_label(rule)}
    return [(text, label, text == rule.model_text) for text, label in texts.items()]


@dataclass(frozen=True)
class Lookback:
    """How far back touches of a kind count, for the form: `name` is what the address calls the kind."""

    name: str
    label: str
    text: str
    is_counted: bool


@dataclass(frozen=True)
class RuleForm:
    """The fields of a rule, as it is."""

    question: CreditQuestion

    @property
    def paths(self) -> PathsQuestion | None:
        """How long paths are, on the tab of paths, which has no model."""
        return self.question if isinstance(self.question, PathsQuestion) else None

    @property
    def is_unusual(self) -> bool:
        """Whether it says what is folded away."""
        rule, usual = self.question.rule, CreditRule()
        return (rule.collapse, rule.reuse) != (usual.collapse, usual.reuse)

    @property
    def models(self) -> list[tuple[str, str, bool]]:
        return model_choices(self.question.rule)

    @property
    def rows(self) -> list[tuple[str, str, bool]]:
        return [(name, ROW_LABELS[by], by is self.question.by) for name, by in ROWS_BY.items()]

    @property
    def lookbacks(self) -> list[Lookback]:
        counted, usual = dict(self.question.rule.lookbacks), self.question.rule.usual_lookbacks
        return [
            Lookback(name, TOUCH_LABELS[kind], duration_text(usual[kind]), kind in counted)
            for name, kind in TOUCHPOINTS.items()
        ]

    @property
    def collapse(self) -> str:
        return duration_text(self.question.rule.collapse)


def credit_response(page: ReportPage, tab: str) -> HttpResponseBase:
    question = credit_question(page)
    others = ("model", "rowsBy") if tab == "paths" else ("min", "max")
    page.notices += (f"{name} changes nothing here." for name in others if page.request.GET.get(name))
    context: dict[str, Any] = {"tabs": credit_tabs(page, tab), "tab": tab, "form": RuleForm(question)}
    if tab == "paths":
        asked = _paths_question(page, question)
        context["form"] = RuleForm(asked)
        paths = compared_answer(path_report, page.source, asked)
        context |= {"finding": paths_finding(paths.report), "conversions": paths.report.conversions}
        return page.respond("reports/credit_paths.html", paths_presentation(paths, asked), **context)
    if tab == "models":
        answer = CreditAnswer.of(page.source, not_compared(question), [*CreditModel])
        context |= {"finding": range_of_models(answer), **_of_answer(answer)}
        shown, of_holdouts = models_presentation(answer, question), holdouts(page.source, not_compared(question))
        shown = replace(shown, tables=(*shown.tables, *holdout_tables(of_holdouts, question.window)))
        context |= {"incremental": [*map(holdout_finding, of_holdouts.holdouts)]}
        return page.respond("reports/credit_models.html", shown, **context)
    answer = CreditAnswer.of(page.source, question, MODELS_BESIDE)
    context |= _of_answer(answer)
    return page.respond("reports/credit.html", credit_presentation(answer, question), **context)


def _of_answer(answer: CreditAnswer) -> dict[str, Any]:
    return {"check": check_line(answer), "conversions": answer.report.conversions}


def _paths_question(page: ReportPage, question: CreditQuestion) -> PathsQuestion:
    shortest, longest = (_number(page, name, default) for name, default in (("min", 1), ("max", LONGEST_PATH)))
    if shortest > longest:
        page.notices.append("min cannot be larger than max. Both are left out.")
        shortest, longest = 1, LONGEST_PATH
    of_paths = {"fewest": shortest, "most": longest, "limit": MOST_PATHS}
    return question.with_params(PathsQuestion, rule=question.rule, by=CreditBy.TOUCH, **of_paths)


def _number(page: ReportPage, name: str, default: int) -> int:
    given = page.request.GET.get(name, "")
    return int(given) if TOUCHES.accepts(given) else default
