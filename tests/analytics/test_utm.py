"""What stands beside the source of a link: its term and its content."""

import pytest

from analytics.utm import utm_of_call, utm_text

ADDRESS = "https://example.com/?UTM_Source=News&utm_content=Top%20banner&utm_term=wine"


@pytest.mark.parametrize(
    ("context", "properties", "content"),
    [
        ({"campaign": {"source": "news", "content": " Top banner "}}, {}, "Top banner"),
        ({"campaign": {"content": "no source"}}, {"utm_source": "news", "utm_content": "second"}, "second"),
        ({"page": {"url": ADDRESS}}, {}, "Top banner"),
        ({}, {"$current_url": ADDRESS}, "Top banner"),
        ({"campaign": {"source": "news"}, "page": {"url": ADDRESS}}, {}, None),
        ({"campaign": {"source": "news", "content": ""}}, {}, None),
        ({}, {"utm_content": "alone"}, None),
    ],
)
def test_the_content_is_that_of_the_place_which_says_the_source(context, properties, content):
    assert utm_text("content", context, properties) == content
    assert (utm_of_call(context, properties) is None) is (content is None and "campaign" not in context)


def test_the_term_is_read_alike():
    assert utm_text("term", {"page": {"url": ADDRESS}}, {}) == "wine"
