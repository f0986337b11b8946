"""Long and wide tables scroll with the page: their heads stay below the bar, the names of the rows beside them."""

import pytest

pytestmark = pytest.mark.django_db(transaction=True)

PLACES = """(id) => {
  const table = document.getElementById(id), box = table.parentElement;
  const top = (one) => Math.round(one.getBoundingClientRect().top);
  return {
    bar: Math.round(document.querySelector(".top").getBoundingClientRect().bottom),
    table: top(table), head: top(table.tHead),
    left: box.getBoundingClientRect().left,
    names: [table.tHead, table.tBodies[0]].map((part) => part.rows[0].cells[0].getBoundingClientRect().left),
    isWide: box.scrollWidth > box.clientWidth, isTall: box.scrollHeight > box.clientHeight + 1,
  };
}"""


@pytest.mark.parametrize("visitor", [(900, "light")], indirect=True)
@pytest.mark.parametrize(
    ("path", "table", "is_wide"),
    [("timeseries/?metric=events", "days", False), ("campaign/?range=30d", "campaigns", True)],
)
def test_the_head_of_a_table_stays_in_sight(visitor, shop, path, table, is_wide):
    visitor.start_session()
    page = visitor.page
    page.set_viewport_size({"width": 900, "height": 300})
    visitor.open(f"/w/{shop.slug}/reports/{path}")
    page.wait_for_load_state("networkidle")
    page.evaluate("(id) => document.querySelector(`#${id} tbody`).rows[2].scrollIntoView({ block: 'start' })", table)
    page.mouse.wheel(0, 60)
    page.wait_for_function(
        f"(id) => {{ const found = ({PLACES})(id); return found.table < found.bar && found.head - found.bar <= 2; }}",
        arg=table,
    )
    if is_wide:
        page.evaluate("(id) => document.getElementById(id).parentElement.scrollTo({ left: 150 })", table)
    places = page.evaluate(PLACES, table)
    assert places["head"] >= places["bar"]
    assert (places["isWide"], places["isTall"]) == (is_wide, False)
    assert all(abs(left - places["left"]) <= 1 for left in places["names"])
