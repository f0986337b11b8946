"""The pages of this app. An address without its last slash leads to the one with it."""

from django.urls import path, re_path
from django.views.generic import RedirectView

from analytics import registrations  # noqa: F401  registers what leads to these pages
from analytics.registry import REPORTS
from analytics.views import (
    campaigns,
    contact,
    event_properties,
    events,
    filter_builder,
    funnel,
    glossary,
    imports,
    joins,
    kept,
    key_drops,
    lists,
    message,
    money,
    segments,
    start,
    step_builder,
)

urlpatterns = [
    path("help/metrics/", glossary.metrics_page, name="metrics_help"),
    *(path(f"w/<slug:slug>/reports/{report.name}/", report.page, name=report.name) for report in REPORTS),
    path("w/<slug:slug>/reports/funnel/<int:pk>/", funnel.saved_funnel_page, name="saved_funnel"),
    path("w/<slug:slug>/filter/", filter_builder.add_filter, name="add_filter"),
    path("w/<slug:slug>/funnels/", funnel.save_funnel_page, name="save_funnel"),
    path("w/<slug:slug>/funnels/steps/", step_builder.funnel_steps, name="funnel_steps"),
    path("w/<slug:slug>/funnels/<int:pk>/delete/", funnel.delete_funnel_page, name="delete_funnel"),
    path("w/<slug:slug>/campaigns/", campaigns.campaigns_page, name="campaigns"),
    path("w/<slug:slug>/campaigns/archive/", campaigns.archive_page, name="campaigns_archive"),
    path("w/<slug:slug>/contacts/", lists.contacts_page, name="contacts"),
    path("w/<slug:slug>/contacts/<contact_id>/", contact.contact_page, name="contact"),
    path("w/<slug:slug>/contacts/<contact_id>/export/", contact.contact_export, name="contact_export"),
    path("w/<slug:slug>/contacts/<contact_id>/erase/", contact.contact_erasure, name="contact_erasure"),
    path("w/<slug:slug>/contacts/<contact_id>/join/", joins.join_page, name="contact_join"),
    path("w/<slug:slug>/contacts/<contact_id>/joins/<join_id>/undo/", joins.part_page, name="contact_part"),
    path("w/<slug:slug>/import/", imports.import_page, name="import"),
    path("w/<slug:slug>/import/contacts.csv", imports.import_template, {"resource": "contacts"}, "contacts_template"),
    path(
        "w/<slug:slug>/import/campaigns.csv", imports.import_template, {"resource": "campaigns"}, "campaigns_template"
    ),
    path("w/<slug:slug>/import/<int:pk>/", imports.upload_page, name="import_upload"),
    path("w/<slug:slug>/import/<int:pk>/confirm/", imports.import_confirm, name="import_confirm"),
    path("w/<slug:slug>/import/<int:pk>/discard/", imports.import_discard, name="import_discard"),
    path("w/<slug:slug>/import/<int:pk>/rejected/", imports.import_rejected, name="import_rejected"),
    path("w/<slug:slug>/messages/", lists.messages_page, name="messages"),
    path("w/<slug:slug>/messages/<message_id>/", message.message_page, name="message"),
    path("w/<slug:slug>/clicks/", lists.clicks_page, name="clicks"),
    path("w/<slug:slug>/enrolments/", lists.enrollments_page, name="enrolments"),
    path("w/<slug:slug>/people/", lists.people_page, name="people"),
    path("w/<slug:slug>/events/", events.events_page, name="events"),
    path("w/<slug:slug>/events/<event_id>/json/", events.event_json, name="event_json"),
    path("w/<slug:slug>/segments/", segments.segments_page, name="segments"),
    path("w/<slug:slug>/segments/save/", segments.save_segment_page, name="save_segment"),
    path("w/<slug:slug>/segments/<int:pk>/", segments.segment_page, name="segment"),
    path("w/<slug:slug>/segments/<int:pk>/delete/", segments.segment_deletion, name="segment_delete"),
    path("w/<slug:slug>/start/", start.start_page, name="start"),
    path("w/<slug:slug>/start/arrived/", start.first_arrived, name="first_arrived"),
    path("w/<slug:slug>/start/sample/", start.sample_page, name="sample"),
    path("w/<slug:slug>/settings/keys/<int:pk>/drop/", key_drops.drop_page, name="key-drop"),
    path("w/<slug:slug>/settings/money/", money.money_page, name="settings-money"),
    path("w/<slug:slug>/settings/money/type/", money.money_type_page, name="settings-money-type"),
    path("w/<slug:slug>/settings/properties/", event_properties.properties_page, name="settings-properties"),
    path("w/<slug:slug>/settings/properties/<property_id>/", event_properties.property_page, name="settings-property"),
    path("w/<slug:slug>/settings/data/", kept.kept_page, name="settings-data"),
    re_path(
        r"^(?P<page>(?:w|login|logout|help)(?:/[^?]*[^/?])?)$",
        RedirectView.as_view(url="/%(page)s/", query_string=True),
    ),
]
