"""The served project under many senders at once, and while its database is away."""

import gzip
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from django.db import connection

from analytics.models import Contact, Event, Person
from tests.database import database_url
from tests.postgres import own_server
from tests.served import served

OUTAGE_SECONDS = float(os.environ.get("OUTAGE_SECONDS", "2"))
SENDERS = 3
BATCH = 20


def post(address, key, batch, timeout=120):
    """The status, the headers and the JSON of an answer."""
    client = http.client.HTTPConnection(address.removeprefix("http://"), timeout=timeout)
    try:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        client.request("POST", "/v1/batch", json.dumps({"batch": batch}), headers)
        response = client.getresponse()
        return response.status, response.headers, json.loads(response.read())
    finally:
        client.close()


def call(name, number):
    person = number % 30
    ids = {"userId": f"u{person}", "anonymousId": f"d{number % 40}"}
    return {"type": "track", "event": "did", "messageId": f"{name}-{number}", **ids}


@pytest.mark.django_db(transaction=True)
def test_the_same_batch_from_eight_threads_at_once_is_stored_once(write_key, workspace):
    batch = [call("m", number) for number in range(300)]
    start = threading.Barrier(8)

    def send():
        start.wait()
        return post(server.address, write_key, batch)

    patience = "60"  # seconds: the machine may be busy, and seven wait for the eighth
    here = {"DATABASE_URL": database_url(), "SECRET_KEY": "for-tests", "DATABASE_LOCK_SECONDS": patience}
    with served(**here) as server, ThreadPoolExecutor(8) as pool:
        answers = [answer.result() for answer in [pool.submit(send) for _ in range(8)]]
    assert [status for status, _, _ in answers] == [200] * 8
    assert sum(body["accepted"] for _, _, body in answers) == 300
    assert sum(body["duplicates"] for _, _, body in answers) == 300 * 7
    assert Event.objects.filter(workspace=workspace).count() == 300
    assert Contact.objects.filter(workspace=workspace).count() == 30
    assert Person.objects.filter(workspace=workspace, joined_to=None).count() <= 40


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_batch_that_is_sent_in_chunks_is_taken(server, write_key, workspace, encoding):
    body = json.dumps({"batch": [call("m", number) for number in range(300)]}).encode()
    pieces = [body[start : start + 5000] for start in range(0, len(body), 5000)]
    headers = {"Authorization": f"Bearer {write_key}", "Content-Encoding": encoding}
    client = http.client.HTTPConnection(server.removeprefix("http://"), timeout=120)

    for _ in range(2):  # on one connection: nothing of the first body is left in it
        sent = map(gzip.compress, pieces) if encoding == "gzip" else pieces
        client.request("POST", "/v1/batch", iter(sent), headers, encode_chunked=True)
        answer = json.loads(client.getresponse().read())

    client.close()
    assert answer["duplicates"] == Event.objects.filter(workspace=workspace).count() == 300


def test_who_is_refused_before_the_body_was_read_gets_to_read_why(server):
    batch = [{"type": "track", "event": "x" * 7000}] * 600
    status, _, body = post(server, "wk_unknown", batch)
    assert (status, body["code"]) == (401, "invalid_key")


class Sender(threading.Thread):
    """Sends batch after batch, each again until it is acknowledged, as clients do."""

    def __init__(self, address, key, name, done):
        super().__init__()
        self.address, self.key, self.label, self.done = address, key, name, done
        self.acknowledged, self.answers = [], Counter()

    def run(self):
        number = 0
        while not self.done.is_set():
            batch = [call(f"{self.label}-{number}", place) for place in range(BATCH)]
            self.send(batch)
            self.acknowledged += [one["messageId"] for one in batch]
            number += 1

    def send(self, batch):
        while True:
            status, headers, body = post(self.address, self.key, batch)
            self.answers[status] += 1
            if status == 200:
                assert body["accepted"] + body["duplicates"] == BATCH
                return
            assert (status, body["code"]) == (503, "database_away")
            time.sleep(min(0.2, int(headers["Retry-After"])))


def wait_for(senders, batches):
    """Until they have got so many more acknowledged."""
    wanted = sum(len(sender.acknowledged) for sender in senders) + batches * BATCH
    end = time.monotonic() + 60
    while sum(len(sender.acknowledged) for sender in senders) < wanted:
        assert time.monotonic() < end, "The server takes nothing."
        time.sleep(0.02)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no server that could be away")
def test_a_database_that_stops_under_load_and_comes_back_loses_and_doubles_nothing():
    with own_server() as database:
        key = manage(database.get_uri(), SET_UP)
        with served(DATABASE_URL=database.get_uri(), SECRET_KEY="for-tests") as server:
            done = threading.Event()
            senders = [Sender(server.address, key, f"s{number}", done) for number in range(SENDERS)]
            for sender in senders:
                sender.start()
            wait_for(senders, batches=20)
            stop_at_once(database)
            time.sleep(OUTAGE_SECONDS)
            database.ensure_postgres_running()
            wait_for(senders, batches=20)
            done.set()
            for sender in senders:
                sender.join(60)
                assert not sender.is_alive()
        answers = sum((sender.answers for sender in senders), Counter())
        assert answers.keys() == {200, 503}
        sent = [message_id for sender in senders for message_id in sender.acknowledged]
        assert json.loads(manage(database.get_uri(), COUNT)) == [len(sent), len(set(sent)), 0]


SET_UP = """
from django.core.management import call_command
call_command("migrate", verbosity=0)
from workspaces.models import KeyKind, User
from workspaces.changes import create_key, create_workspace
owner = User.objects.create_user("owner@example.com", "x")
workspace = create_workspace(name="Acme", time_zone="UTC", by=owner)
print(create_key(workspace=workspace, kind=KeyKind.WRITE, name="test", by=owner)[1])
"""
COUNT = """
import json
from analytics.ledger.rebuild import Difference, verify
from analytics.models import Event
from workspaces.models import Workspace
from workspaces.scope import act_for
workspace = Workspace.objects.get()
act_for(workspace.pk)
ids = list(Event.objects.filter(workspace=workspace).values_list("message_id", flat=True))
print(json.dumps([len(ids), len(set(ids)), sum(isinstance(found, Difference) for found in verify(workspace))]))
"""


def manage(url, code):
    """Runs code in a process of its own on a database; what it printed last."""
    code = f"import django; django.setup()\n{code}"
    environment = {**os.environ, "DATABASE_URL": url, "SECRET_KEY": "for-tests"}
    environment["DJANGO_SETTINGS_MODULE"] = "campaignos.settings"
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()[-1]


def stop_at_once(database):
    """As in a crash: connections break, what was under way is not ended."""
    process = database.get_postmaster_info().process
    os.kill(process.pid, signal.SIGQUIT)
    process.wait(10)
