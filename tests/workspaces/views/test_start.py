"""The page of one's workspaces, on which a new one is made."""

import pytest

from workspaces.models import Workspace

GIVEN = {"name": "Second shop", "time_zone": "UTC", "currency": "usd"}


def test_a_new_workspace_has_the_currency_that_its_form_says_in_either_case(api, workspace):
    assert '<option value="USD">US Dollar</option>' in api.get("/w/").text
    assert api.post("/w/", GIVEN)["Location"] == "/w/second-shop/"
    assert Workspace.objects.get(slug="second-shop").currency == "USD"


@pytest.mark.parametrize("code", ["", "Euro", "XXX"])
def test_a_currency_that_is_none_makes_no_workspace(api, workspace, code):
    refused = api.post("/w/", {**GIVEN, "currency": code})
    assert (refused.status_code, Workspace.objects.count()) == (400, 1)
    assert 'id="id_currency_error"' in refused.text
