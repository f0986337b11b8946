"""What follows from a report's entry, and what can be shown of it without a request."""

from io import StringIO

import pytest
from django.core.management import BaseCommand, call_command
from django.utils import timezone

from analytics.api.questions.forms import FORMS
from analytics.ledger import Ledger
from analytics.presentation.kept.saved_questions import REPORT_LABELS
from analytics.presentation.reports import SHOW_REPORT
from analytics.presentation.texts import presentation_text, table_html
from analytics.questions.reader import OF_PAGES, read_question
from analytics.registry import REPORTS
from tests.analytics.reports.items import contact, event, message
from tests.copied_rows import copied
from workspaces.models import Workspace
from workspaces.scope import scope


class Command(BaseCommand):
    """A mail of the reports, as a mail will be made: a question, a source, and what is shown."""

    def add_arguments(self, parser):
        parser.add_argument("slug")
        parser.add_argument("--html", action="store_true")

    def handle(self, slug, html, **options):
        workspace = Workspace.objects.get(slug=slug)
        asked = {"now": timezone.now(), "zone": workspace.zone, "earliest": timezone.localdate}
        question, _ = read_question({"range": "30d", "compare": "off", "opens": "all"}, **asked, defaults=OF_PAGES)
        with scope(workspace):
            for report in REPORTS:
                shown = report.show(Ledger(workspace), question)
                tables = "\n".join(map(table_html, shown.all_tables))
                self.stdout.write(tables if html else f"{report.label}\n\n{presentation_text(shown)}\n\n")


@pytest.fixture
@copied
def shop(bulk, now):
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome <b>"}])
    bulk("contacts", [contact("ada", "03-20 09:00"), contact("bob", "03-21 09:00")])
    sent = {"sent": "03-24 09:00", "delivered": "03-24 09:01"}
    bulk("messages", [message("m1", "03-24 09:00", **sent, opened="03-24 10:00"), message("m2", "03-24 09:00", **sent)])
    utm = {"utm": {"source": "google"}}
    bulk("events", [event("visit", "ada", "03-24 11:00", **utm), event("purchase", "ada", "03-24 12:00", **utm)])


def written(workspace, *options):
    out = StringIO()
    call_command(Command(), workspace.slug, *options, stdout=out)
    return out.getvalue()


@pytest.mark.long
def test_every_report_can_be_put_into_words_without_a_request(workspace, shop, report):
    text = written(workspace)
    overview, funnel = report("", days=30), report("/funnel", steps="visit,purchase", days=30)
    assert f"Messages: {overview['messages']['total']}" in text
    assert "Open rate: 50.0%" in text
    assert "1 of 1 people completed the funnel: 100.0%." in text
    assert funnel["overallConversion"] == 1.0
    assert "google brought the most events: 2, 100.0% of those attributed." in text
    for label in ("Overview", "Campaigns", "Trends", "Attribution", "Funnels", "Retention"):
        assert f"{label}\n\n" in text


@pytest.mark.long
def test_every_report_can_be_put_into_a_mail_without_a_request(workspace, shop):
    html = written(workspace, "--html")
    assert "<caption>Top campaigns</caption>" in html
    assert "<td>Welcome &lt;b&gt;</td><td>2</td><td>50.0%</td>" in html
    assert "<caption>All sources</caption>" in html
    assert "<caption>Steps</caption>" in html


def test_names_shortcuts_and_places_are_each_reports_own():
    for name in ("name", "label", "shortcut"):
        values = [getattr(report, name) for report in REPORTS]
        assert len(set(values)) == len(values)
    endpoints = [endpoint for report in REPORTS for endpoint in report.endpoints]
    assert len({endpoint.place for endpoint in endpoints}) == len({endpoint.name for endpoint in endpoints})


def test_every_report_can_be_asked_and_shown_without_its_page():
    names = [report.name for report in REPORTS]
    assert [*SHOW_REPORT] == [*FORMS] == names
    assert {report.name: report.label for report in REPORTS} == REPORT_LABELS
    routes = [endpoint.name for report in REPORTS for endpoint in report.endpoints]
    assert {form.endpoint for form in FORMS.values()} <= {*routes}
