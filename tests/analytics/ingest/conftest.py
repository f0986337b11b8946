"""What the ingest tests begin with."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.conftest import post_json
from tests.copied_rows import copied
from workspaces.changes import create_key, create_workspace
from workspaces.models import KeyKind, User, Workspace


@pytest.fixture
def take(track: Callable[..., Any]) -> Callable[..., dict[str, Any]]:
    """Sends calls as one batch, which is answered."""

    def send(*calls: object, **batch: Any) -> dict[str, Any]:
        response = track(*calls, **batch)
        assert response.status_code == 200, response.content
        return response.json()

    return send


@pytest.fixture
def take_trusted(track_trusted: Callable[..., Any]) -> Callable[..., dict[str, Any]]:
    """Sends calls as one batch with the secret key, which is answered."""

    def send(*calls: object) -> dict[str, Any]:
        response = track_trusted(*calls)
        assert response.status_code == 200, response.content
        return response.json()

    return send


@pytest.fixture
def send_bulk(api: Client, workspace: Workspace) -> Callable[..., dict[str, Any]]:
    """Sends items to the bulk API in one request, and answers all that is answered."""

    def send(resource: str, items: list[dict[str, Any]]) -> dict[str, Any]:
        response = post_json(api, f"/api/workspaces/{workspace.api_id}/{resource}/bulk", {"items": items})
        assert response.status_code == 200, response.content
        return response.json()

    return send


@pytest.fixture
@copied
def elsewhere(owner: User) -> Workspace:
    return create_workspace(name="Elsewhere", time_zone="UTC", by=owner)


@pytest.fixture
def take_elsewhere(elsewhere: Workspace, owner: User) -> Callable[..., dict[str, Any]]:
    """Sends calls as one batch to another workspace."""
    token = create_key(workspace=elsewhere, kind=KeyKind.WRITE, name="test", by=owner)[1]

    def send(*calls: object) -> dict[str, Any]:
        response = post_json(Client(), "/v1/batch", {"batch": calls}, Authorization=f"Bearer {token}")
        assert response.status_code == 200, response.content
        return response.json()

    return send


@pytest.fixture
def bulk_elsewhere(api: Client, elsewhere: Workspace) -> Callable[..., dict[str, Any]]:
    def send(resource: str, items: list[dict[str, Any]]) -> dict[str, Any]:
        response = post_json(api, f"/api/workspaces/{elsewhere.api_id}/{resource}/bulk", {"items": items})
        assert response.status_code == 200, response.content
        return response.json()

    return send
