"""Credit by a rule in JSON: conversions as numbers of at most six decimal places, amounts in minor units."""

from collections.abc import Mapping, Sequence
from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from analytics.api.net_money import BY_CURRENCY, exponents
from analytics.api.reports.credit.attribution_serializers import AttributionSerializer
from analytics.api.reports.serializers import (
    MetaSerializer,
    PeriodField,
    changes_beside,
    comparison_beside,
    row_addresses,
)
from analytics.questions.credit import TOUCHPOINTS, CreditRule
from analytics.reports.credit.path_report import PathRow, PathsReport
from analytics.reports.credit.report import CreditReport, CreditRow
from analytics.reports.credit.shares import CONVERSION
from analytics.reports.credit.side_by_side import ModelsReport, ModelsRow
from analytics.reports.credit.touches import CreditBy, TouchLabel
from analytics.reports.credit.worth import CreditedMoney

_Body = dict[str, Any]
_NAMES = {kind: name for name, kind in TOUCHPOINTS.items()}


def _part(schema: Mapping[str, Any], help_text: str) -> Any:
    """Of an answer, where it was asked for."""
    field: Any = serializers.JSONField(required=False, help_text=help_text)
    field._spectacular_annotation = {"field": dict(schema)}
    return field


def _revenue(help_text: str = "Of these conversions, in minor units by currency; refunds are taken back.") -> Any:
    return _part({**BY_CURRENCY, "type": ["object", "null"]}, f"{help_text} Null where the model says nothing.")


def _converted_part() -> Any:
    told = "The same in the workspace's currency, as far as its rates say; `money.unconvertedRevenue` has the rest."
    return _part({"type": ["integer", "null"]}, told)


def in_conversions(credit: int | None) -> float | None:
    """Of millionths."""
    return None if credit is None else credit / CONVERSION


class MoneyBodies:
    """Amounts in minor units: as stated by currency, and what of them is known in the workspace's."""

    def __init__(self, currency: str) -> None:
        self.currency = currency

    def of(self, money: CreditedMoney | None) -> _Body:
        if money is None:
            return {"revenue": None, "converted": None}
        return {"revenue": dict(money.by_currency), "converted": money.exchanged.get(self.currency, 0)}

    def remarks(self, report: CreditReport | PathsReport) -> _Body:
        """What should be known of all amounts of an answer."""
        money = report.revenue
        return {
            "currency": self.currency,
            "exponents": exponents([self.currency, *money.by_currency]),
            "unconvertedRevenue": {name: units for name, units in money.exchanged.items() if name != self.currency},
            "withoutAmount": report.without_amount,
            "currencyAssumed": report.assumed_currency,
        }


def label_body(label: TouchLabel, by: CreditBy = CreditBy.TOUCH) -> _Body:
    """What a row is of: by touch all parts of its name, else the one."""
    if by is not CreditBy.TOUCH:
        name = by.value.removeprefix("utm.")
        return {name: getattr(label, name)}
    return {
        "touch": _NAMES[label.kind],
        "source": label.source,
        "medium": label.medium,
        "campaign": label.campaign,
        "campaignId": None if label.campaign_id is None else f"cmp_{label.campaign_id}",
        "variant": label.variant,
        "variantId": None if label.variant_id is None else f"var_{label.variant_id}",
    }


class _LabelSerializer(serializers.Serializer[Any]):
    """A touch, or with `breakdown` the part of its name that was asked for alone."""

    touch = _part({"type": "string", "enum": [*TOUCHPOINTS]}, "What it is: a visit, or what became of a message.")
    medium = _part({"type": ["string", "null"]}, "Null where none was said; of messages the channel.")
    campaign = _part({"type": ["string", "null"]}, "As visits say it, or the name of the messages' campaign.")
    campaignId = _part({"type": ["string", "null"]}, "Of messages, such as cmp_12.")
    variant = _part({"type": ["string", "null"]}, "Of messages of a test.")
    variantId = _part({"type": ["string", "null"]}, "Such as var_3.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        source = _part({"type": "string"}, "The UTM source; of messages the channel.")
        return {**super().get_fields(), "source": source}


class CreditRowSerializer(_LabelSerializer):
    credit = serializers.FloatField(
        allow_null=True, help_text="Conversions, with at most six decimal places; null where the model says nothing."
    )
    interval = _part(
        {"type": ["array", "null"], "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
        "The 95 % interval of the credit, of a model that estimates; null of more than 250 rows.",
    )
    assists = serializers.IntegerField(help_text="Conversions in which it took part; these do not add up over rows.")
    people = serializers.IntegerField(help_text="Of how many people these are.")
    revenue = _revenue()
    converted = _converted_part()
    changes = changes_beside()
    rows = row_addresses()


def row_body(row: CreditRow, by: CreditBy, money: MoneyBodies) -> _Body:
    return {
        **label_body(row.label, by),
        "credit": in_conversions(row.credit),
        "interval": None if row.interval is None else [round(each, 6) for each in row.interval],
        "assists": row.assists,
        "people": row.people,
        **money.of(row.revenue),
    }


class CreditOthersSerializer(serializers.Serializer[Any]):
    names = serializers.IntegerField(help_text="How many rows are left out.")
    credit = serializers.FloatField(allow_null=True)
    revenue = _revenue()
    converted = _converted_part()


def _others(rows: Sequence[CreditRow], money: MoneyBodies) -> _Body | None:
    """Rows that are left out; None where there are none."""
    if not rows:
        return None
    known = [row.revenue for row in rows if row.revenue is not None]
    credits = [row.credit for row in rows if row.credit is not None]
    return {
        "names": len(rows),
        "credit": in_conversions(sum(credits)) if credits else None,
        **money.of(CreditedMoney.sum_of(known) if known else None),
    }


class UnattributedSerializer(serializers.Serializer[Any]):
    conversions = serializers.IntegerField()
    revenue = _revenue()
    converted = _converted_part()
    rows = row_addresses()


_REMARKS = {
    "type": "object",
    "properties": {
        "currency": {"type": "string", "description": "The workspace's, which amounts are converted to."},
        "exponents": {**BY_CURRENCY, "description": "By currency, how many decimal places its minor unit is."},
        "unconvertedRevenue": {**BY_CURRENCY, "description": "By currency, what no rate says the worth of."},
        "withoutAmount": {"type": "integer", "description": "Orders that state no amount."},
        "currencyAssumed": {"type": "integer", "description": "Amounts in the workspace's currency for want of one."},
    },
}


class RuleSerializer(serializers.Serializer[Any]):
    touchpoints = serializers.ListField(child=serializers.ChoiceField(list(TOUCHPOINTS)))
    lookback = _part({"type": "object", "additionalProperties": {"type": "string"}}, "By touchpoint, such as 30d.")
    collapse = serializers.CharField(help_text="Touches of one label within so long are one.")
    reuse = serializers.BooleanField(help_text="Whether a touch may serve several conversions.")


def rule_body(rule: CreditRule) -> _Body:
    names = [_NAMES[kind] for kind, _ in rule.lookbacks]
    return {
        "touchpoints": names,
        "lookback": {name: rule.query[f"lookback.{name}"] for name in names},
        "collapse": rule.query["collapse"],
        "reuse": rule.reuse,
    }


class CreditTotalsSerializer(RuleSerializer):
    conversions = serializers.IntegerField(help_text="Of the days, with a touch or without.")
    credited = serializers.IntegerField(help_text="Conversions with a touch.")
    unattributed = UnattributedSerializer(help_text="Conversions without one.")
    revenue = _revenue("Of all conversions, in minor units by currency; refunds are taken back.")
    converted = _converted_part()
    money = _part(_REMARKS, "What should be known of all amounts.")
    touchesFrom = serializers.DateField(help_text="The day from which touches are looked at.")
    rows = row_addresses()


def totals_body(report: CreditReport, money: MoneyBodies) -> _Body:
    unattributed = {"conversions": report.without_touch, **money.of(report.revenue_without_touch)}
    return {
        **rule_body(report.rule),
        "conversions": report.conversions,
        "credited": report.credited,
        "unattributed": unattributed,
        **money.of(report.revenue),
        "money": money.remarks(report),
        "touchesFrom": report.touches_from.isoformat(),
    }


_OTHERS = "What rows beyond the limit have together, and those that conditions on sources do not mean."


class CreditSerializer(CreditTotalsSerializer):
    """Conversions credited to the touches before them. `breakdown`, `others` and what is unattributed add up to all."""

    model = serializers.CharField()
    refusal = serializers.CharField(allow_null=True, help_text="Why the model says nothing; null where it does.")
    others = CreditOthersSerializer(
        allow_null=True,
        help_text=_OTHERS,
    )

    breakdown = CreditRowSerializer(many=True, help_text="Most credit first.")


@extend_schema_serializer(component_name="Attribution")
class AttributionWithCreditSerializer(AttributionSerializer):
    credit = CreditSerializer(
        required=False, help_text="With parameters of a rule, or `breakdown=touch`: what conversions are credited to."
    )


def credit_body(report: CreditReport, limit: int, money: MoneyBodies) -> _Body:
    return {
        "model": report.rule.model_text,
        "refusal": report.refusal or None,
        **totals_body(report, money),
        "breakdown": [row_body(row, report.by, money) for row in report.rows[:limit]],
        "others": _others([*report.rows[limit:], *report.other_rows], money),
    }


def _of_models(schema: Mapping[str, Any]) -> Any:
    return _part({"type": "object", "additionalProperties": schema}, "By model; null where it says nothing.")


class ModelsRowSerializer(_LabelSerializer):
    """What each model says; `range` has the least and the most credit among them."""

    credit = _of_models({"type": ["number", "null"]})
    revenue = _of_models({**BY_CURRENCY, "type": ["object", "null"]})
    converted = _of_models({"type": ["integer", "null"]})
    range = _part(
        {"type": ["array", "null"], "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
        "Of credit; null where no model says anything.",
    )
    interval = CreditRowSerializer._declared_fields["interval"]
    assists = serializers.IntegerField(help_text="Conversions in which it took part.")
    people = serializers.IntegerField(help_text="Of how many people these are.")
    rows = row_addresses()


class ModelsOthersSerializer(serializers.Serializer[Any]):
    names = serializers.IntegerField(help_text="How many rows are left out.")
    credit = _of_models({"type": ["number", "null"]})
    revenue = _of_models({**BY_CURRENCY, "type": ["object", "null"]})
    converted = _of_models({"type": ["integer", "null"]})


class ModelsSerializer(CreditTotalsSerializer):
    """By each model `breakdown`, `others` and what is unattributed add up to all."""

    period = PeriodField(source="days")
    models = serializers.ListField(child=serializers.CharField(), help_text="That which was asked for first.")
    refusals = _part({"type": "object", "additionalProperties": {"type": "string"}}, "Why models say nothing.")
    leftOut = serializers.IntegerField(help_text="How many rows beyond the limit there are.")
    others = ModelsOthersSerializer(allow_null=True, help_text=_OTHERS)
    meta = MetaSerializer()

    breakdown = ModelsRowSerializer(many=True, help_text="Most credit first.")


def models_body(report: ModelsReport, limit: int, money: MoneyBodies) -> _Body:
    first = report.reports[0]
    names = [each.rule.model_text for each in report.reports]
    return {
        "period": f"{first.days}d",
        "models": names,
        "refusals": {each.rule.model_text: each.refusal for each in report.reports if each.refusal},
        **totals_body(first, money),
        "breakdown": [_models_row(row, names, first.by, money) for row in report.rows[:limit]],
        "leftOut": max(len(report.rows) - limit, 0),
        "others": _others_by_model([*report.rows[limit:], *report.other_rows], names, money),
        "meta": MetaSerializer().to_representation(first.meta),
    }


def _others_by_model(rows: Sequence[ModelsRow], names: Sequence[str], money: MoneyBodies) -> _Body | None:
    """Rows that are left out; None where there are none."""
    by_model = [_others(each, money) for each in zip(*(row.by_model for row in rows), strict=True)]
    if not by_model:
        return None
    return {
        "names": len(rows),
        **{
            part: {name: each and each[part] for name, each in zip(names, by_model, strict=True)}
            for part in ("credit", "revenue", "converted")
        },
    }


def _models_row(row: ModelsRow, names: Sequence[str], by: CreditBy, money: MoneyBodies) -> _Body:
    amounts = [money.of(each.revenue) for each in row.by_model]
    intervals = [each.interval for each in row.by_model if each.interval is not None]
    return {
        **label_body(row.asked_row.label, by),
        "credit": dict(zip(names, (in_conversions(each.credit) for each in row.by_model), strict=True)),
        "revenue": dict(zip(names, (each["revenue"] for each in amounts), strict=True)),
        "converted": dict(zip(names, (each["converted"] for each in amounts), strict=True)),
        "range": None if row.range is None else [*map(in_conversions, row.range)],
        "interval": [round(each, 6) for each in intervals[0]] if intervals else None,
        "assists": row.asked_row.assists,
        "people": row.asked_row.people,
    }


class PathRowSerializer(serializers.Serializer[Any]):
    key = serializers.CharField(help_text="What the path is known by, of whatever days.")
    path = serializers.ListField(
        child=serializers.CharField(), help_text="The labels of its touches; of a long path the first 3 and the last 7."
    )
    labels = _LabelSerializer(many=True, help_text="The same in their parts.")
    touches = serializers.IntegerField(help_text="How many it has.")
    conversions = serializers.IntegerField()
    people = serializers.IntegerField(help_text="Who converted on it.")
    revenue = _revenue()
    converted = _converted_part()
    medianSecondsToConvert = serializers.IntegerField(help_text="From the first touch on.")
    changes = changes_beside()
    rows = row_addresses()


class PathsSerializer(RuleSerializer):
    period = PeriodField(source="days")
    conversions = serializers.IntegerField(help_text="Of the days, with a touch or without.")
    paths = PathRowSerializer(many=True, help_text="Most conversions first.")
    others = _part(BY_CURRENCY, "Of paths that are left out: how many `paths` there are, and their `conversions`.")
    withoutTouch = serializers.IntegerField(help_text="Conversions without a touch.")
    withOneTouch = serializers.IntegerField(help_text="Conversions with a single touch.")
    withMoreTouches = serializers.IntegerField(help_text="Conversions with several.")
    money = _part(_REMARKS, "What should be known of amounts.")
    rows = row_addresses()
    meta = MetaSerializer()
    comparison = comparison_beside("Paths")


def paths_body(report: PathsReport, money: MoneyBodies) -> _Body:
    return {
        "period": f"{report.days}d",
        **rule_body(report.question.rule),
        "conversions": report.conversions,
        "paths": [_path_row(row, money) for row in report.rows],
        "others": {"paths": report.other_paths, "conversions": report.other_conversions},
        "withoutTouch": report.without_touch,
        "withOneTouch": report.with_one_touch,
        "withMoreTouches": report.with_more_touches,
        "money": money.remarks(report),
        "meta": MetaSerializer().to_representation(report.meta),
    }


def _path_row(row: PathRow, money: MoneyBodies) -> _Body:
    return {
        "key": row.key,
        "path": [label.text for label in row.labels],
        "labels": [*map(label_body, row.labels)],
        "touches": row.touches,
        "conversions": row.conversions,
        "people": row.people,
        **money.of(row.revenue),
        "medianSecondsToConvert": row.median_seconds,
    }
