"""Currencies: which there are, what they are called, and their minor units."""

import pytest

from campaignos.currencies import currencies, currency_names, exponent


def test_currencies_are_those_of_iso_4217():
    assert {"EUR", "USD", "JPY", "KWD", "CLF", "DEM"} <= currencies()
    assert not {"", "EURO", "eur", "€", "XXX", "XTS"} & currencies()


@pytest.mark.parametrize(
    ("currency", "places"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("AFN", 2), ("IQD", 3), ("UYW", 4)]
)
def test_minor_units_are_those_of_iso_4217_where_other_lists_differ(currency, places):
    assert exponent(currency) == places


def test_those_that_somebody_pays_with_have_names():
    names = currency_names()
    assert (names["EUR"], names["USD"]) == ("Euro", "US Dollar")
    assert set(names) < currencies()
    assert not {"DEM", "XAU"} & set(names)
