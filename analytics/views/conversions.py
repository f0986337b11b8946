"""The list of conversions behind credit, each with the touches before it."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from analytics.lists import ConversionList
from analytics.lists.conditions import CONDITION_PARAMETERS
from analytics.lists.conversions import FLAGS, TOUCH_PARAMETERS
from analytics.lists.people import people_rows
from analytics.lists.query import WEEKDAY
from analytics.models import Campaign, Variant
from analytics.questions.credit import PARAMETERS, CreditRule, TouchKind
from analytics.questions.filter_texts import SEVERAL_CONDITIONS
from analytics.reports.credit.conversion_paths import TouchMatch
from analytics.views.filter_builder import FIELD
from analytics.views.listing import FilterField, ListPage, open_list
from analytics.views.page import Chip
from campaignos.page_parameters import FILE, PLACE, understands

_CHOSEN = (WEEKDAY, *FLAGS, *TOUCH_PARAMETERS, "path", "min", "max", "otherPaths", "person")
_WITHOUT_FIELD = (*(name for name in PARAMETERS if name != "model"), *_CHOSEN)
"""Parameters that the form carries along."""
_MODEL_LABELS = {
    "first": "First touch",
    "last": "Last touch",
    "linear": "Linear",
    "linear:unique": "Linear, each label once",
    "decay": "Time decay",
    "position": "Position",
    "markov": "Markov",
}
_KIND_LABELS = {
    TouchKind.VISIT: "Visit",
    TouchKind.CLICKED: "Click",
    TouchKind.OPENED: "Open",
    TouchKind.DELIVERED: "Delivery",
}


@login_required
@require_safe
@understands(
    *("from", "to"),
    *PARAMETERS,
    *_CHOSEN,
    *CONDITION_PARAMETERS,
    FIELD,
    many=SEVERAL_CONDITIONS,
    after=PLACE,
    format=FILE,
)
def conversions_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    page = open_list(request, slug, "conversions", "Conversions")
    conversions = ConversionList.read(page.parameters, CreditRule.with_lookback_days(page.workspace.lookback_days))
    return page.listing(
        conversions,
        unit=("conversion", "conversions"),
        fields=_fields(page, conversions),
        chips=_chips(page, conversions),
        hidden=[(name, conversions.query[name]) for name in _WITHOUT_FIELD if name in conversions.query],
    )


def _fields(page: ListPage, conversions: ConversionList) -> list[FilterField]:
    model = conversions.rule.model_text
    options = {**{name: label for name, label in _MODEL_LABELS.items() if not model.startswith(f"{name}:")}}
    if model not in options:
        options[model] = f"{_MODEL_LABELS[conversions.rule.model.value]} ({model.partition(':')[2]})"
    return [
        *page.dates("From", "to"),
        page.field("model", "Model", "choice", options=[*options.items()], unset="Default"),
    ]


def _chips(page: ListPage, conversions: ConversionList) -> list[Chip]:
    choice, chips = conversions.choice, page.hour_chips(conversions.window)
    if choice.has_touch is not None:
        label = "With a touch" if choice.has_touch else "Without a touch: direct / unknown"
        chips.append(page.chip(label, "credited"))
    if choice.touch is not None:
        chips.append(page.chip(_touch_label(page, choice.touch), *TOUCH_PARAMETERS))
    if choice.path_key is not None:
        chips.append(page.chip("On one path", "path"))
    if choice.fewest is not None or choice.most is not None:
        chips.append(page.chip(f"{choice.fewest or 0} to {choice.most or 'any number of'} touches", "min", "max"))
    if choice.besides is not None:
        chips.append(page.chip("On other paths than the most frequent", "otherPaths"))
    if choice.without_amount:
        chips.append(page.chip("Orders without an amount", "withoutAmount"))
    if choice.currency_assumed:
        chips.append(page.chip("Currency assumed", "currencyAssumed"))
    if choice.once_a_person:
        chips.append(page.chip("The newest of each person", "oncePerPerson"))
    if conversions.person is not None:
        row = people_rows(page.workspace, [conversions.person])[0]
        name = page.audience.text(row.contact.label) if row.contact else "an anonymous visitor"
        chips.append(page.chip(f"By {name}", "person"))
    return chips


def _touch_label(page: ListPage, match: TouchMatch) -> str:
    """Such as Visit: google / cpc / sale."""
    named = "Touch" if match.kind is None else _KIND_LABELS[match.kind]
    of_campaign = Campaign.objects.filter(workspace=page.workspace, pk=match.campaign_id or 0).first()
    of_variant = Variant.objects.filter(workspace=page.workspace, pk=match.variant_id or 0).first()
    said = [part if part else "(not set)" for part in (match.source, match.medium, match.campaign) if part is not None]
    if of_campaign and match.campaign is None:
        said.append(of_campaign.name)
    if of_variant:
        said.append(of_variant.name)
    return page.audience.text(f"{named}: {' / '.join(said)}") if said else named
