"""Alerts over the API, and each time that one opened or was resolved."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.alerts import AlertItem, change_alert, delete_alert, save_alert, snooze_alert
from analytics.api.questions.alert_questions import OF_ALERTS, alert_question
from analytics.ledger import Ledger
from analytics.models import Alert, AlertChange, MailTo
from analytics.questions.questions import TREND_METRICS
from analytics.reports.alert_days import TRIED_DAYS, tried_rule
from analytics.statistics.alarms import AlertKind, AlertRule, Direction
from campaignos.conditional import answer, check_precondition
from campaignos.errors import ParameterError
from campaignos.filters import ListFilter, ReferenceFilter
from campaignos.strict import StrictSerializer
from campaignos.texts import one_line
from workspaces.access import caller
from workspaces.resources import CURATED, ResourceViewSet
from workspaces.roles import may_see_addresses

_KINDS = (
    "threshold: passes a limit; change: against the same weekday a week before; anomaly: far from what is "
    "usual for its weekday; silence: nothing comes any more."
)


class AlertRecord(serializers.Serializer[Alert]):
    id = serializers.CharField(source="api_id", help_text="Such as alr_1.")
    name = serializers.CharField(help_text="Unique in the workspace.")
    metric = serializers.CharField(help_text="One of the metrics of Trends.")
    kind = serializers.ChoiceField([*AlertKind], help_text=_KINDS)
    direction = serializers.ChoiceField([*Direction])
    amount = serializers.FloatField(
        allow_null=True, help_text="The limit of a threshold: a number, a share, or minor units. The share of a change."
    )
    parameters = serializers.JSONField(help_text=f"What it is of: {', '.join(OF_ALERTS)}, as Trends takes them.")
    mailed = serializers.ChoiceField(MailTo.choices, help_text="Which members it is mailed to.")
    state = serializers.SerializerMethodField(help_text="open or resolved.")
    changedOn = serializers.DateField(source="changed_on", allow_null=True, help_text="The day that changed its state.")
    judgedOn = serializers.DateField(source="judged_on", allow_null=True, help_text="The newest day that was judged.")
    snoozedUntil = serializers.DateTimeField(source="snoozed_until", allow_null=True)
    createdAt = serializers.DateTimeField(source="created_at")
    createdBy = serializers.EmailField(source="created_by.email", default=None, allow_null=True)

    def get_state(self, alert: Alert) -> str:
        return "open" if alert.is_open else "resolved"


class AlertTrial(serializers.Serializer[Any]):
    days = serializers.IntegerField(help_text="Of how many days.")
    openedOn = serializers.ListField(child=serializers.DateField(), help_text="On which of them it would have opened.")
    fallsTold = serializers.FloatField(
        allow_null=True,
        help_text="After which share of the days a fall by 40 % would have been told once the day was judged; "
        "null where none is told, or fewer than 30 days had anything.",
    )


class AlertNewRecord(AlertRecord):
    trial = AlertTrial(help_text="How often it would have rung; null for silence.", allow_null=True)


class AlertBody(StrictSerializer):
    name = serializers.CharField(
        max_length=200, help_text="A name that no other alert of the workspace has.", validators=[one_line]
    )
    metric = serializers.ChoiceField(TREND_METRICS, help_text="One of the metrics of Trends.")
    kind = serializers.ChoiceField([*AlertKind], help_text=_KINDS)
    direction = serializers.ChoiceField([*Direction], default=Direction.BOTH, help_text="In which direction it rings.")
    amount = serializers.FloatField(
        required=False, allow_null=True, help_text="Of a threshold the limit, of a change the share; of others nothing."
    )
    parameters = serializers.DictField(
        required=False, help_text=f"What it is of, as Trends takes it: {', '.join(OF_ALERTS)}."
    )
    mailed = serializers.ChoiceField(MailTo.choices, default=MailTo.AUTHOR, help_text="Which members it is mailed to.")


class AlertPatch(AlertBody):
    name = serializers.CharField(max_length=200, required=False, validators=[one_line])
    metric = serializers.ChoiceField(TREND_METRICS, required=False)
    kind = serializers.ChoiceField([*AlertKind], required=False, help_text=_KINDS)
    direction = serializers.ChoiceField([*Direction], required=False)
    mailed = serializers.ChoiceField(MailTo.choices, required=False)
    snoozedUntil = serializers.DateTimeField(
        required=False, allow_null=True, help_text="Until then nobody is told of it; null ends that."
    )


class AlertFilter(ListFilter):
    pass


class AlertsViewSet(ResourceViewSet):
    """Rules by which a number that changes makes itself known, by mail and by webhooks. Each day is judged once, in the
    morning after it, in the workspace's zone."""

    resource, prefix = "alerts", "alr"
    filters = AlertFilter
    serializer_class = AlertRecord
    item_class, new_class, change_class, is_upsert = AlertBody, AlertNewRecord, AlertPatch, False
    can_fail = {"create": ("409",), "partial_update": ("409",)}
    orderings = {"id": "pk", "name": "name"}
    rights = CURATED

    def rows(self) -> QuerySet[Alert]:
        return Alert.objects.filter(workspace=self.access.workspace).select_related("created_by")

    def create(self, request: Request, workspace_id: str) -> Response:
        """Set up an alert; the answer says how often it would have rung."""
        body = AlertBody(data=request.data)
        body.is_valid(raise_exception=True)
        return self.once(request, lambda: self._save(request, body.validated_data))

    def _save(self, request: Request, body: Mapping[str, Any]) -> Response:
        item = self._item(body)
        try:
            alert = save_alert(workspace=self.access.workspace, item=item, by=caller(request))
        except ValueError as error:
            raise serializers.ValidationError({"name": [str(error)]}) from None
        trial = None if item.rule.kind is AlertKind.SILENCE else self._trial(item)
        return answer(request, {**self.record(alert), "trial": trial}, status_code=status.HTTP_201_CREATED)

    def _trial(self, item: AlertItem) -> dict[str, Any]:
        question = alert_question(item.metric, item.parameters, self.access.workspace, timezone.now())
        tried = tried_rule(Ledger(self.access.workspace), question, item.rule)
        opened_on = [str(day) for day in tried.opened_on]
        return {"days": TRIED_DAYS, "openedOn": opened_on, "fallsTold": tried.falls_told}

    def partial_update(self, request: Request, workspace_id: str, resource_id: str) -> Response:
        """Only the fields that are given change. With another rule it begins anew."""
        body = AlertPatch(data=request.data)
        body.is_valid(raise_exception=True)
        asked = body.validated_data
        with transaction.atomic():
            alert = self.row(resource_id)
            check_precondition(request, self.record(alert))
            fields = ("name", "metric", "kind", "direction", "amount", "parameters", "mailed")
            stored = {name: getattr(alert, name) for name in fields}
            if asked.keys() & {*fields}:
                change_alert(alert=alert, item=self._item({**stored, **asked}), by=caller(request))
            if "snoozedUntil" in asked:
                snooze_alert(alert=alert, until=asked["snoozedUntil"], by=caller(request))
        return answer(request, self.record(alert))

    def destroy(self, request: Request, workspace_id: str, resource_id: str) -> Response:
        """Delete the alert, with all that it has told."""
        alert = self.row(resource_id)
        check_precondition(request, self.record(alert))
        delete_alert(alert=alert, by=caller(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _item(self, body: Mapping[str, Any]) -> AlertItem:
        """Raises ValidationError, of the field that is wrong."""
        rule = AlertRule(AlertKind(body["kind"]), Direction(body["direction"]), body.get("amount"))
        item = AlertItem(body["name"], body["metric"], rule, body.get("parameters") or {}, MailTo(body["mailed"]))
        if problem := item.problem():
            raise serializers.ValidationError({problem[0]: [problem[1]]})
        sees = may_see_addresses(self.access.rights)
        try:
            alert_question(item.metric, item.parameters, self.access.workspace, timezone.now(), sees_addresses=sees)
        except ParameterError as error:
            field = "metric" if error.parameter == "metric" else "parameters"
            raise serializers.ValidationError({field: [str(error.detail)]}) from None
        return item


class AlertChangeRecord(serializers.Serializer[AlertChange]):
    id = serializers.SerializerMethodField(help_text="Such as alc_1.")
    alert = serializers.CharField(source="alert.api_id")
    state = serializers.SerializerMethodField(help_text="What it became: open or resolved.")
    day = serializers.DateField(help_text="The day whose number changed it.")
    at = serializers.DateTimeField(help_text="When it was judged.")
    value = serializers.FloatField(allow_null=True)
    expected = serializers.FloatField(allow_null=True, help_text="What it was compared with; null for a threshold.")
    low = serializers.FloatField(allow_null=True, help_text="From here to high it would not have rung.")
    high = serializers.FloatField(allow_null=True)

    def get_id(self, change: AlertChange) -> str:
        return f"alc_{change.pk}"

    def get_state(self, change: AlertChange) -> str:
        return "open" if change.opened else "resolved"


class AlertChangeFilter(ListFilter):
    alert = ReferenceFilter("alert", prefix="alr", help_text="Of this alert, such as alr_1.")


class AlertChangesViewSet(ResourceViewSet):
    """Each time that an alert opened or was resolved."""

    resource, prefix = "alert-changes", "alc"
    filters = AlertChangeFilter
    serializer_class = AlertChangeRecord
    orderings = {"id": "pk"}

    def rows(self) -> QuerySet[AlertChange]:
        return AlertChange.objects.filter(workspace=self.access.workspace).select_related("alert")
