"""What is printed: charts at the paper's width, wide tables in parts, nothing on top of anything else or cut off."""

import pytest

from analytics.models import Contact

pytestmark = pytest.mark.django_db(transaction=True)

PRINTED = """() => new Promise((done) => {
  dispatchEvent(new Event("beforeprint"));
  const told = (table) => ({
    right: table.getBoundingClientRect().right,
    heads: [...table.tHead.rows[0].cells].map((cell) => cell.dataset.label ?? cell.textContent),
    rows: table.tBodies[0].rows.length,
  });
  const tables = [...document.querySelectorAll("main table:not(.print-whole)")].filter((one) => one.checkVisibility());
  const partsOf = (table) => {
    const found = [];
    for (let next = table.nextElementSibling; next?.matches(".print-part"); next = next.nextElementSibling) {
      found.push(told(next));
    }
    return found;
  };
  done({
    charts: [...document.querySelectorAll("figure canvas")].map((one) => {
      const box = one.getBoundingClientRect();
      const below = one.closest("figure").querySelector("table:not(.print-whole)")?.getBoundingClientRect();
      return { right: box.right, ratio: one.width / box.width, overlap: below ? box.bottom - below.top : 0 };
    }),
    tables: tables.map(told),
    cut: [...document.querySelectorAll(".print-whole")].map((one) => ({ whole: told(one), parts: partsOf(one) })),
  });
})"""
PAPER = 703
"""A4 upright, within the margins that the style sheet gives."""


@pytest.mark.parametrize("visitor", [(1280, "dark")], indirect=True)
def test_charts_are_drawn_for_paper_and_wide_tables_are_cut_into_parts(visitor, shop):
    visitor.start_session()
    page = visitor.page
    page.emulate_media(media="print")
    page.set_viewport_size({"width": PAPER, "height": 1000})
    every = ("started", "messages", "sent", "delivered", "opened", "clicked", "bounced", "failed", "open_rate")
    columns = "&".join(f"column={name}" for name in ("channel", "status", *every, "human_open_rate", "bounce_rate"))
    cut = set()
    reports = ("overview/", "retention/?range=12mo", "campaign/", "funnel/?steps=page_view,purchase&range=all", "why/")
    for path in (*(f"reports/{report}" for report in reports), f"campaigns/?{columns}"):
        visitor.open(f"/w/{shop.slug}/{path}")
        printed = page.evaluate(PRINTED)
        for chart in printed["charts"]:
            assert chart["right"] <= PAPER, path
            assert chart["ratio"] >= 1.5, "sharp on paper"
            assert chart["overlap"] <= 0, path
        for table in printed["tables"]:
            assert table["right"] <= PAPER + 1, (path, table["heads"])
        for table in printed["cut"]:
            cut.add(path.split("?")[0])
            whole, parts = table["whole"], table["parts"]
            assert len(parts) > 1
            assert all(part["heads"][0] == whole["heads"][0] for part in parts), "each part names its rows"
            assert {head for part in parts for head in part["heads"]} == {*whole["heads"]}
            assert {part["rows"] for part in parts} == {whole["rows"]}
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.locator(".print-part, .print-whole").count() == 0
    assert "campaigns/" in cut

    page.emulate_media(media="screen")
    page.evaluate(
        "addEventListener('beforeprint', () => { window.onPaper = document.querySelectorAll('.print-part').length; })"
    )
    page.pdf(format="A4")
    assert page.evaluate("onPaper") > 1, "the browser itself says that it prints"


@pytest.mark.parametrize("visitor", [(320, "light")], indirect=True)
def test_nothing_is_wider_than_a_small_phone(visitor, shop, workspace):
    visitor.start_session()
    page = visitor.page
    workspace.name = "Bluebird Coffee Company"
    workspace.save()
    contact = Contact.objects.filter(workspace=workspace).first().api_id
    reports = ("overview/", "campaign/", "timeseries/", "attribution/", "funnel/", "retention/?range=12mo")
    lists = ("campaigns/", "contacts/", "messages/", "events/", "import/")
    settings = ("settings/audit/", "settings/members/", "settings/keys/")
    others = (f"contacts/{contact}/", f"contacts/{contact}/join/", "start/")
    for path in (*(f"reports/{report}" for report in reports), *lists, *settings, *others):
        visitor.open(f"/w/{shop.slug}/{path}")
        width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(width) == 0, path
    for menu in (".switcher", ".user-menu"):
        page.locator(f"{menu} > summary").click()
        box = page.locator(f"{menu} .menu-panel").bounding_box()
        assert box["x"] >= 0, menu
        assert box["x"] + box["width"] <= 320, menu
        page.keyboard.press("Escape")
