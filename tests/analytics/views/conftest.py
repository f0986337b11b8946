"""A workspace with a little of everything, and its report pages."""

import pytest

from tests.copied_rows import copied


@pytest.fixture
def page(api, workspace, now):
    def get(name, expected=200, **query):
        response = api.get(f"/w/{workspace.slug}/reports/{name}/", query)
        assert response.status_code == expected
        return response.content.decode()

    return get


@pytest.fixture
@copied
def some_data(bulk, track, now):
    bulk("contacts", [{"externalId": f"c{number}", "signedUpAt": "2026-03-20T10:00:00Z"} for number in range(3)])
    bulk("campaigns", [{"externalId": "spring", "name": "Spring <sale>", "status": "ACTIVE"}])
    bulk(
        "messages",
        [
            {
                "externalId": f"m{number}",
                "campaign": "spring",
                "contact": "c0",
                "channel": "EMAIL",
                "createdAt": "2026-03-21T10:00:00Z",
                "sentAt": "2026-03-21T10:00:30Z",
                "deliveredAt": "2026-03-21T10:01:00Z",
                **({"openedAt": "2026-03-22T10:01:00Z"} if number < 2 else {}),
            }
            for number in range(3)
        ],
    )
    calls = [
        {"type": "track", "userId": "c1", "event": event, "timestamp": f"2026-03-25T10:0{minute}:00Z"}
        for minute, event in enumerate(("page_view", "signup", "purchase"))
    ]
    calls[0]["context"] = {"campaign": {"source": "google", "medium": "cpc"}}
    assert track(*calls).json()["accepted"] == 3
