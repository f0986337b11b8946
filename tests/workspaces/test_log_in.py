"""The log-in page and its limits: what is said, what is counted, where it leads."""

import time
from datetime import timedelta
from statistics import median

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail, signing
from django.core.cache import cache, caches
from django.core.cache.backends.db import DatabaseCache
from django.db import connection
from django.test import Client

from tests.conftest import NOW, PASSWORD, post_json
from workspaces.log_in_limits import RATES
from workspaces.models import Action, AuditEvent, Session, User

WRONG = "The email or the password is wrong."
SECRET = "A" * 32

in_memory = pytest.mark.either_database(
    "attempts are counted in memory; that the counts are kept in the database has tests of its own"
)


def log_in(client, email="owner@example.com", password=PASSWORD, **more):
    return client.post("/login/", {"login": email, "password": password, **more})


def code_now():
    return format_hotp_value(hotp_value(SECRET, next(yield_hotp_counters_from_time())))


@pytest.fixture
def with_factor(owner):
    TOTP.activate(owner, SECRET)
    RecoveryCodes.activate(owner)
    return owner


def test_the_page_is_accessible_to_password_managers_and_says_nothing_of_users(db):
    html = Client().get("/login/").text
    assert 'autocomplete="username"' in html
    assert 'autocomplete="current-password"' in html
    assert "data-shows" in html


def test_logging_in_leads_to_the_start_and_is_recorded(workspace):
    client = Client(headers={"User-Agent": "Mozilla/5.0 (X11; Linux) Firefox/140.0"})
    response = log_in(client, "Owner@Example.com")
    assert response["Location"] == "/"
    event = AuditEvent.objects.latest("id")
    assert (event.action, event.actor_name, event.ip) == (Action.LOG_IN, "owner@example.com", None)
    assert Session.objects.get(user__email="owner@example.com").user_agent.endswith("Firefox/140.0")
    assert User.objects.get().last_seen_at is not None


def test_an_address_is_kept_only_where_the_setting_says_so(owner, settings):
    settings.AUDIT_IP = True
    log_in(Client(REMOTE_ADDR="192.0.2.7"))
    assert AuditEvent.objects.latest("id").ip == "192.0.2.7"


@in_memory
@pytest.mark.parametrize(
    ("given", "leads_to"),
    [
        ("/w/acme/reports/funnel/?range=7d", "/w/acme/reports/funnel/?range=7d"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("///evil.example", "/"),
        ("http://localhost/", "/"),
        ("javascript:alert(1)", "/"),
        ("/\\evil.example", "/"),
    ],
)
def test_only_addresses_of_our_own_host_are_followed(owner, settings, given, leads_to):
    settings.ALLOWED_HOSTS = ["testserver", "localhost"]
    assert log_in(Client(), next=given)["Location"] == leads_to


@pytest.mark.parametrize("email", ["owner@example.com", "nobody@example.com", "gone@example.com"])
def test_wrong_password_unknown_and_inactive_user_hear_the_same(owner, email):
    User.objects.create_user("gone@example.com", PASSWORD, is_active=False)
    response = log_in(Client(), email, "not this one" if email.startswith("owner") else PASSWORD)
    assert response.status_code == 200
    assert response.context["form"].non_field_errors() == [WRONG]


@pytest.mark.long
@in_memory
def test_unknown_users_take_about_as_long_as_known_ones(owner, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    owner.set_password(PASSWORD)
    owner.save()
    took = {"owner@example.com": [], "nobody@example.com": []}
    for number in range(4):
        for email, times in took.items():
            begin = time.perf_counter()
            log_in(Client(REMOTE_ADDR=f"192.0.2.{number}"), email, "not this one")
            times.append(time.perf_counter() - begin)
    known, unknown = (median(times) for times in took.values())
    assert 0.4 < known / unknown < 2.5


def fail(times, email="owner@example.com", client=None, **meta):
    for _ in range(times):
        log_in(client or Client(**meta), email, "wrong")


@in_memory
def test_after_five_failures_an_account_is_locked_for_its_network_and_says_so(owner):
    fail(5, REMOTE_ADDR="192.0.2.9")
    response = log_in(Client(REMOTE_ADDR="192.0.2.9"))
    assert response.context["form"].non_field_errors() == ["Too many failed log-ins. Try again in 5 minutes."]
    assert log_in(Client(REMOTE_ADDR="192.0.2.9"), "nobody@example.com").status_code == 200


@in_memory
def test_an_unknown_account_is_locked_just_the_same(db):
    fail(5, "nobody@example.com")
    assert "5 minutes" in log_in(Client(), "nobody@example.com").text


@pytest.mark.long
@in_memory
def test_strangers_elsewhere_lock_nobody_out(owner):
    for number in range(20):
        fail(6, REMOTE_ADDR=f"192.0.2.{number}")
    assert log_in(Client(REMOTE_ADDR="198.51.100.1")).status_code == 302


@in_memory
def test_a_network_of_ipv6_has_one_count(owner):
    for number in range(5):
        fail(1, REMOTE_ADDR=f"2001:db8::{number}")
    assert "5 minutes" in log_in(Client(REMOTE_ADDR="2001:db8::99")).text
    assert log_in(Client(REMOTE_ADDR="2001:db8:0:1::1")).status_code == 302


@pytest.fixture
def known(owner):
    """A browser in which the owner has logged in and out."""
    client = Client()
    log_in(client)
    client.post("/logout/")
    return client


@pytest.mark.long
@in_memory
def test_a_known_browser_is_not_locked_by_strangers_in_its_own_network(known):
    fail(35)
    fail(35, "somebody@example.com")
    assert log_in(Client()).status_code == 429
    assert log_in(known).status_code == 302


@in_memory
def test_a_known_browser_has_a_count_of_its_own_for_each_account(known):
    fail(5, client=known)
    assert "5 minutes" in log_in(known).text
    assert log_in(Client()).status_code == 302
    User.objects.create_user("other@example.com", PASSWORD)
    assert log_in(known, "other@example.com").status_code == 302


@pytest.mark.long
@in_memory
def test_a_browser_is_known_to_each_user_who_logged_in_there(known):
    User.objects.create_user("other@example.com", PASSWORD)
    log_in(known, "other@example.com")
    known.post("/logout/")
    fail(6)
    fail(6, "other@example.com")
    assert log_in(known).status_code == 302
    known.post("/logout/")
    assert log_in(known, "other@example.com").status_code == 302


@in_memory
def test_a_browser_is_known_over_the_api_too(owner):
    client, given = Client(), {"email": "owner@example.com", "password": PASSWORD}
    post_json(client, "/api/session", given)
    fail(6)
    assert post_json(Client(), "/api/session", given).status_code == 429
    assert post_json(client, "/api/session", given).status_code == 200


@in_memory
def test_a_browser_that_is_known_to_one_guesses_no_better_at_another(known):
    fail(5, "other@example.com", client=known)
    User.objects.create_user("other@example.com", PASSWORD)
    assert "5 minutes" in log_in(known, "other@example.com").text


@in_memory
def test_a_made_up_cookie_is_no_known_browser(owner, known):
    fail(6)
    known.cookies["browser"] = known.cookies["browser"].value.replace(":", "x:", 1)
    assert "5 minutes" in log_in(known).text


def test_a_browser_is_known_until_the_password_changes(owner, known):
    owner.set_password("another-good-password")
    owner.save()
    fail(6)
    assert "5 minutes" in log_in(known, password="another-good-password").text


@in_memory
def test_the_cookie_of_a_known_browser_names_nobody_and_is_for_the_server_alone(known, owner):
    cookie = known.cookies["browser"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert "owner" not in str(signing.loads(cookie.value, salt="workspaces.known_browsers"))


@pytest.mark.long
@in_memory
def test_guesses_from_very_many_networks_are_slowed_down(owner, known, monkeypatch):
    monkeypatch.setitem(RATES, "failures_anywhere", "10/h/key")
    for number in range(10):
        fail(1, REMOTE_ADDR=f"192.0.2.{number}")
    assert "Too many" in log_in(Client(REMOTE_ADDR="198.51.100.1")).text
    assert log_in(known).status_code == 302


def test_who_resets_the_password_is_locked_no_more(owner, monkeypatch):
    monkeypatch.setitem(RATES, "failures_anywhere", "4/h/key")
    fail(6)
    client = Client()
    client.post(client.get(reset_link("owner@example.com"))["Location"], {"password1": "a-brand-new-password"})
    assert log_in(Client(), password="a-brand-new-password").status_code == 302


@in_memory
def test_a_log_in_that_succeeds_is_no_failure(owner):
    for _ in range(8):
        assert log_in(Client()).status_code == 302


@in_memory
def test_the_lock_ends(owner, time_machine):
    time_machine.move_to(NOW)
    fail(6)
    time_machine.shift(301)
    assert log_in(Client()).status_code == 302


@in_memory
def test_one_lock_holds_for_page_and_api(owner):
    for _ in range(5):
        post_json(Client(), "/api/session", {"email": "owner@example.com", "password": "x"})
    assert "5 minutes" in log_in(Client()).text
    response = post_json(Client(), "/api/session", {"email": "owner@example.com", "password": PASSWORD})
    assert response.status_code == 429
    assert response.json()["code"] == "throttled"
    assert response.json()["message"] == "Too many failed log-ins. Try again in 5 minutes."
    assert int(response["Retry-After"]) > 60


@pytest.mark.long
@in_memory
def test_a_flood_of_log_ins_over_the_api_is_a_429(owner):
    given = {"email": "owner@example.com", "password": PASSWORD}
    answers = [post_json(Client(), "/api/session", given) for _ in range(31)]
    assert [answer.status_code for answer in answers[-2:]] == [200, 429]


@pytest.mark.long
@in_memory
def test_an_address_that_tries_many_accounts_is_stopped(db):
    answers = [log_in(Client(), f"user{number}@example.com").text for number in range(12)]
    assert "5 minutes" in answers[-1]


@pytest.mark.long
@in_memory
def test_a_flood_of_log_ins_from_one_address_is_a_429_in_our_look(owner):
    answers = [log_in(Client(), "owner@example.com") for _ in range(31)]
    assert answers[-1].status_code == 429
    assert "Too many attempts" in answers[-1].text


def test_failures_are_recorded_without_what_was_typed(owner):
    log_in(Client(), password="hunter2-hunter2")
    log_in(Client(), "a-secret-typed-here@example.com", "hunter2-hunter2")
    known, unknown = AuditEvent.objects.filter(action=Action.LOG_IN_FAILED).order_by("id")
    assert (known.account, known.actor, known.target) == (owner, None, owner.api_id)
    assert (unknown.account, unknown.target, unknown.actor_name) == (None, "", "")


@pytest.fixture
def counts_in_database(transactional_db, settings):
    settings.CACHES = {
        "default": {"BACKEND": "campaignos.attempts.Attempts", "LOCATION": "cache"},
        "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    }
    caches["default"].clear()
    assert isinstance(caches["default"], DatabaseCache)


def test_the_counts_are_kept_in_the_database_for_all_processes(counts_in_database, owner):
    fail(6, REMOTE_ADDR="192.0.2.9")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cache WHERE cache_key LIKE %s", ["%failures_here%"])
        assert cursor.fetchone()[0] == 1
    assert "5 minutes" in log_in(Client(REMOTE_ADDR="192.0.2.9")).text
    cache.clear()


def test_logging_in_gives_a_new_session_key(owner):
    client = Client()
    session = client.session
    session["kept"] = "from before"
    session.save()
    before = session.session_key
    log_in(client)
    assert client.session.session_key != before
    assert not Session.objects.filter(pk=before).exists()


def test_logging_out_needs_a_post_and_ends_the_session(api):
    assert api.get("/logout/").status_code == 200
    assert Session.objects.exists()
    assert api.post("/logout/")["Location"] == "/login/"
    assert not Session.objects.filter(user__isnull=False).exists()
    assert AuditEvent.objects.latest("id").action == Action.LOG_OUT


# The second factor


def test_with_a_second_factor_the_password_alone_opens_nothing(with_factor):
    client = Client()
    assert log_in(client)["Location"] == "/account/second-factor/authenticate/"
    assert client.get("/w/")["Location"].startswith("/login/")
    assert client.post("/account/second-factor/authenticate/", {"code": "000000"}).status_code == 200
    assert client.get("/w/")["Location"].startswith("/login/")
    assert client.post("/account/second-factor/authenticate/", {"code": code_now()}).status_code == 302
    assert client.get("/w/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_second_factor_is_changed_after_the_password_recorded_and_told_by_mail(api, owner):
    adding, removing = (f"/account/second-factor/totp/{change}/" for change in ("activate", "deactivate"))
    assert api.get(adding)["Location"].startswith("/account/reauthenticate/")
    api.post("/account/reauthenticate/", {"password": PASSWORD})
    secret = api.get(adding).context["form"].secret
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    assert api.post(adding, {"code": code}).status_code == 302
    assert api.post(removing).status_code == 302
    made = AuditEvent.objects.filter(account=owner).values_list("action", flat=True)
    assert {Action.SECOND_FACTOR_ADDED, Action.SECOND_FACTOR_REMOVED} <= {*made}
    assert len([sent for sent in mail.outbox if sent.to == ["owner@example.com"]]) == 2


def test_who_resets_the_password_is_still_asked_for_the_second_factor(with_factor):
    client = Client()
    client.post(client.get(reset_link("owner@example.com"))["Location"], {"password1": "a-brand-new-password"})
    assert client.get("/w/")["Location"].startswith("/login/")
    assert log_in(client, password="a-brand-new-password")["Location"] == "/account/second-factor/authenticate/"
    assert client.get("/w/")["Location"].startswith("/login/")


def test_a_recovery_code_works_once(with_factor):
    code = with_factor.authenticator_set.get(type="recovery_codes").wrap().get_unused_codes()[0]
    for works in (True, False):
        client = Client()
        log_in(client)
        response = client.post("/account/second-factor/authenticate/", {"code": code})
        assert (response.status_code == 302) is works


@pytest.mark.long
@in_memory
def test_guessing_codes_is_limited_and_recorded(with_factor):
    client = Client()
    log_in(client)
    answers = [client.post("/account/second-factor/authenticate/", {"code": f"00000{n}"}) for n in range(6)]
    assert "5 minutes" in answers[-1].text
    client.post("/account/second-factor/authenticate/", {"code": code_now()})
    assert client.get("/w/").status_code == 302
    assert AuditEvent.objects.filter(action=Action.LOG_IN_FAILED, account=with_factor).count() == 5


@in_memory
def test_who_knows_the_password_alone_does_not_lock_the_codes_of_a_known_browser(with_factor):
    known, given = Client(), {"email": "owner@example.com", "password": PASSWORD}
    post_json(known, "/api/session", {**given, "code": code_now()})
    known.post("/logout/")
    for number in range(6):
        post_json(Client(REMOTE_ADDR=f"192.0.2.{number}"), "/api/session", {**given, "code": "000000"})
    recovery = with_factor.authenticator_set.get(type="recovery_codes").wrap().get_unused_codes()
    answers = [post_json(client, "/api/session", {**given, "code": recovery.pop()}) for client in (Client(), known)]
    assert [answer.status_code for answer in answers] == [429, 200]


def test_the_api_asks_for_the_code(with_factor):
    given = {"email": "owner@example.com", "password": PASSWORD}
    refused = post_json(Client(), "/api/session", given)
    assert (refused.status_code, refused.json()["code"]) == (401, "mfa_required")
    wrong = post_json(Client(), "/api/session", {**given, "code": "000000"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "mfa_code_invalid")
    assert post_json(Client(), "/api/session", {**given, "code": code_now()}).status_code == 200


def test_the_api_says_nothing_of_a_second_factor_to_a_wrong_password(with_factor):
    refused = post_json(Client(), "/api/session", {"email": "owner@example.com", "password": "wrong"})
    assert refused.json()["code"] == "authentication_failed"


def test_a_code_works_once(with_factor):
    given = {"email": "owner@example.com", "password": PASSWORD, "code": code_now()}
    assert [post_json(Client(), "/api/session", given).status_code for _ in range(2)] == [200, 401]


@in_memory
def test_a_code_that_came_early_does_not_work_again_as_long_as_it_is_taken(with_factor, time_machine):
    given = {"email": "owner@example.com", "password": PASSWORD}
    given["code"] = format_hotp_value(hotp_value(SECRET, int(NOW.timestamp()) // 30))
    answers = []
    for seconds in (-29, 2, 33, 59):
        time_machine.move_to(NOW + timedelta(seconds=seconds))
        answers.append(post_json(Client(), "/api/session", given).status_code)
    assert answers == [200, 401, 401, 401]


@in_memory
@pytest.mark.parametrize(("late", "is_taken"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_code_is_taken_half_a_minute_early_or_late_and_no_more(with_factor, time_machine, late, is_taken):
    time_machine.move_to(NOW)
    code = format_hotp_value(hotp_value(SECRET, int(NOW.timestamp()) // 30))
    time_machine.shift(late)
    answer = post_json(Client(), "/api/session", {"email": "owner@example.com", "password": PASSWORD, "code": code})
    assert answer.status_code == (200 if is_taken else 401)


@in_memory
def test_guessing_codes_over_the_api_is_limited(with_factor):
    given = {"email": "owner@example.com", "password": PASSWORD, "code": "000000"}
    answers = [post_json(Client(), "/api/session", given).status_code for _ in range(6)]
    assert answers == [401] * 5 + [429]


def test_the_secret_of_a_factor_is_encrypted_in_the_database(with_factor):
    for factor in with_factor.authenticator_set.all():
        assert SECRET not in str(factor.data)
    assert with_factor.authenticator_set.get(type="totp").wrap().validate_code(code_now())


def test_secrets_encrypted_with_a_former_secret_key_can_be_read(with_factor, settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a new one", [settings.SECRET_KEY]
    assert with_factor.authenticator_set.get(type="totp").wrap().validate_code(code_now())


# Passwords


def test_a_password_is_reset_by_mail_and_ends_all_sessions(owner, api):
    response = Client().post("/password/reset/", {"email": "Owner@example.com"})
    assert response["Location"] == "/password/reset/done/"
    [sent] = mail.outbox
    assert sent.to == ["owner@example.com"]
    link = next(word for word in sent.body.split() if "/password/reset/" in word).removeprefix("http://testserver")
    client = Client()
    form = client.get(link)["Location"]
    assert client.post(form, {"password1": "short"}).status_code == 200
    assert client.post(form, {"password1": "a-brand-new-password"}).status_code == 302
    owner.refresh_from_db()
    assert owner.check_password("a-brand-new-password")
    assert api.get("/w/").status_code == 302
    assert "Send a new link" in Client().get(link, follow=True).text
    assert AuditEvent.objects.latest("id").action == Action.PASSWORD_RESET


def test_the_reset_answers_the_same_for_an_unknown_address(db):
    response = Client().post("/password/reset/", {"email": "nobody@example.com"})
    assert response["Location"] == "/password/reset/done/"
    assert "there is no account" in mail.outbox[0].body


@in_memory
@pytest.mark.parametrize("email", ["owner@example.com", "nobody@example.com"])
def test_a_mailbox_is_not_flooded_with_resets_and_the_last_links_work(owner, email):
    answers = [Client(REMOTE_ADDR=f"192.0.2.{n}").post("/password/reset/", {"email": email}) for n in range(8)]
    assert {answer["Location"] for answer in answers} == {"/password/reset/done/"}
    assert len(mail.outbox) == 5
    if email.startswith("owner"):
        link = next(word for word in mail.outbox[0].body.split() if "/password/reset/" in word)
        assert has_form_for_password(link.removeprefix("http://testserver"))


@pytest.mark.long
@in_memory
def test_resets_from_one_network_are_limited(db):
    answers = [Client().post("/password/reset/", {"email": f"user{n}@example.com"}).status_code for n in range(21)]
    assert answers[-2:] == [302, 429]


def test_changing_the_password_keeps_this_session_with_a_new_key_and_ends_the_others(owner, api):
    client = Client()
    log_in(client)
    before = client.session.session_key
    given = {"oldpassword": PASSWORD, "password1": "a-brand-new-password"}
    assert client.post("/account/password/", given).status_code == 302
    assert client.get("/w/").status_code == 200
    assert client.session.session_key != before
    assert api.get("/w/").status_code == 302
    assert mail.outbox[-1].to == ["owner@example.com"]
    assert "Password changed" in [str(event.get_action_display()) for event in AuditEvent.objects.all()]


def test_the_old_password_is_not_guessed_by_who_has_a_session(owner, api, time_machine):
    time_machine.move_to(NOW)
    for number in range(7):
        given = {"oldpassword": f"wrong-{number}", "password1": "a-brand-new-password"}
        answer = api.post("/account/password/", given)
        time_machine.shift(15)  # slower than the limit of the page
    assert "Too many failed log-ins" in answer.text
    assert "a-brand-new-password" not in answer.text
    assert AuditEvent.objects.filter(action=Action.LOG_IN_FAILED, account=owner).count() == 5
    api.post("/account/password/", {"oldpassword": PASSWORD, "password1": "a-brand-new-password"})
    owner.refresh_from_db()
    assert owner.check_password(PASSWORD)


def test_a_password_does_not_grow_old(owner, time_machine):
    time_machine.move_to(NOW)
    time_machine.shift(3 * 365 * 24 * 3600)
    assert log_in(Client())["Location"] == "/"


@in_memory
@pytest.mark.parametrize("password", ["short", "password1234", "owner@example.com", "My-CampaignOS-login"])
def test_a_weak_password_is_refused(api, owner, password):
    given = {"oldpassword": PASSWORD, "password1": password}
    assert api.post("/account/password/", given).status_code == 200
    owner.refresh_from_db()
    assert owner.check_password(PASSWORD)


# Email


def confirmed(client, address):
    log_in(client)
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    client.post("/account/email/", {"email": address, "action_add": ""})
    link = next(word for word in mail.outbox[-1].body.split() if "/email/confirm/" in word)
    return link.removeprefix("http://testserver")


def test_an_e_mail_changes_once_the_new_one_is_confirmed(owner):
    client = Client()
    link = confirmed(client, "New@Example.com")
    owner.refresh_from_db()
    assert owner.email == "owner@example.com"
    assert client.post(link).status_code == 302
    owner.refresh_from_db()
    assert owner.email == "new@example.com"
    assert log_in(Client(), "new@example.com").status_code == 302
    assert log_in(Client(), "owner@example.com").status_code == 200
    assert AuditEvent.objects.filter(action=Action.EMAIL_CHANGED, account=owner).exists()


def test_of_two_changes_of_the_e_mail_the_newest_counts_and_once(owner):
    client = Client()
    first, second = confirmed(client, "first@example.com"), confirmed(client, "second@example.com")
    assert waiting_addresses() == ["second@example.com"]
    for link, status, email in ((first, 404, "owner"), (second, 302, "second"), (first, 404, "second")):
        assert Client().post(link).status_code == status
        owner.refresh_from_db()
        assert owner.email == f"{email}@example.com"
    assert Client().post(second).status_code == 404


def test_looking_at_a_link_confirms_nothing(owner):
    assert Client().get(confirmed(Client(), "new@example.com")).status_code == 200
    owner.refresh_from_db()
    assert owner.email == "owner@example.com"


def test_of_two_pages_that_reset_a_password_the_first_sent_counts(owner):
    link = reset_link("owner@example.com")
    first, second = Client(), Client()
    pages = [client.get(link)["Location"] for client in (first, second)]
    first.post(pages[0], {"password1": "a-brand-new-password"})
    for client, page in zip((second, first), reversed(pages), strict=True):
        assert 'name="password1"' not in client.post(page, {"password1": "another-good-password"}).text
    owner.refresh_from_db()
    assert owner.check_password("a-brand-new-password")


@in_memory
@pytest.mark.parametrize("name", ["Host", "X-Forwarded-Host", "Forwarded"])
def test_no_header_leads_the_link_to_another_host(owner, settings, name):
    settings.ALLOWED_HOSTS = ["testserver"]
    said = "host=evil.example" if name == "Forwarded" else "evil.example"
    Client().post("/password/reset/", {"email": "owner@example.com"}, headers={name: said})
    assert [message.body for message in mail.outbox if "evil" in message.body] == []
    assert len(mail.outbox) == (0 if name == "Host" else 1)


def test_changing_the_e_mail_asks_for_the_password_first(api):
    response = api.post("/account/email/", {"email": "new@example.com", "action_add": ""})
    assert response["Location"].startswith("/account/reauthenticate/")


def reset_link(to):
    Client().post("/password/reset/", {"email": to})
    links = [word for message in mail.outbox for word in message.body.split() if "/password/reset/" in word]
    return links[-1].removeprefix("http://testserver") if links else None


def waiting_addresses():
    return list(EmailAddress.objects.filter(verified=False).values_list("email", flat=True))


def test_an_address_that_waits_to_be_confirmed_resets_no_password(owner):
    confirmed(Client(), "mallory@example.com")
    mail.outbox.clear()
    assert reset_link("mallory@example.com") is None
    assert [message.to for message in mail.outbox] == [["mallory@example.com"]]
    assert "there is no account" in mail.outbox[0].body
    assert reset_link("owner@example.com") is not None
    assert mail.outbox[-1].to == ["owner@example.com"]


def test_an_address_that_waits_to_be_confirmed_logs_nobody_in(owner):
    confirmed(Client(), "mallory@example.com")
    assert log_in(Client(), "mallory@example.com").context["form"].non_field_errors() == [WRONG]
    answer = post_json(Client(), "/api/session", {"email": "mallory@example.com", "password": PASSWORD})
    assert answer.status_code == 401


def test_a_changed_password_ends_a_change_of_address_that_waits(owner):
    client = Client()
    link = confirmed(client, "mallory@example.com")
    client.post("/account/password/", {"oldpassword": PASSWORD, "password1": "a-brand-new-password"})
    assert waiting_addresses() == []
    assert Client().post(link).status_code == 404
    owner.refresh_from_db()
    assert owner.email == "owner@example.com"


def test_a_reset_password_ends_a_change_of_address_that_waits(owner):
    confirmed(Client(), "mallory@example.com")
    client = Client()
    client.post(client.get(reset_link("owner@example.com"))["Location"], {"password1": "a-brand-new-password"})
    assert waiting_addresses() == []


def test_a_password_that_staff_set_ends_a_change_of_address_that_waits(owner, admin_client):
    admin_client.post("/account/reauthenticate/", {"password": "password"})
    confirmed(Client(), "mallory@example.com")
    given = {"usable_password": "true", "password1": "a-brand-new-password", "password2": "a-brand-new-password"}
    assert admin_client.post(f"/admin/workspaces/user/{owner.pk}/password/", given).status_code == 302
    assert waiting_addresses() == []


def has_form_for_password(link):
    return 'name="password1"' in Client().get(link, follow=True).text


def test_a_link_to_reset_the_password_ends_with_the_password(owner):
    link = reset_link("owner@example.com")
    assert has_form_for_password(link)
    owner.set_password("another-good-password")
    owner.save()
    assert not has_form_for_password(link)


def test_a_link_to_reset_the_password_ends_with_the_address(owner):
    client = Client()
    log_in(client)
    link = reset_link("owner@example.com")
    assert has_form_for_password(link)
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    client.post("/account/email/", {"email": "new@example.com", "action_add": ""})
    confirmation = next(word for word in mail.outbox[-1].body.split() if "/email/confirm/" in word)
    client.post(confirmation.removeprefix("http://testserver"))
    owner.refresh_from_db()
    assert owner.email == "new@example.com"
    assert not has_form_for_password(link)


def test_an_address_that_became_anothers_is_not_confirmed(owner):
    link = confirmed(Client(), "new@example.com")
    User.objects.create_user("new@example.com", PASSWORD)
    assert Client().post(link).status_code in (200, 302)
    owner.refresh_from_db()
    assert owner.email == "owner@example.com"
    assert log_in(Client(), "new@example.com").status_code == 302
    assert waiting_addresses() == []


# Signing up


def test_there_is_no_sign_up_unless_invited(db):
    assert 'name="password1"' not in Client().get("/signup/").text
    Client().post("/signup/", {"email": "new@example.com", "password1": "a-brand-new-password"})
    assert not User.objects.exists()
    assert "Sign up" not in Client().get("/login/").text


def test_sign_up_can_be_opened(db, settings):
    settings.OPEN_SIGNUP, settings.ACCOUNT_EMAIL_VERIFICATION = True, "mandatory"
    assert "Sign up" in Client().get("/login/").text
    client = Client()
    response = client.post("/signup/", {"email": "New@example.com", "password1": "a-brand-new-password"})
    assert response["Location"] == "/account/email/confirm/"
    assert client.get("/w/").status_code == 302
    link = next(word for word in mail.outbox[-1].body.split() if "/email/confirm/" in word)
    client.post(link.removeprefix("http://testserver"))
    assert log_in(Client(), "new@example.com", "a-brand-new-password")["Location"] == "/"


def test_sign_up_does_not_tell_who_has_an_account(owner, settings):
    settings.OPEN_SIGNUP, settings.ACCOUNT_EMAIL_VERIFICATION = True, "mandatory"
    response = Client().post("/signup/", {"email": "owner@example.com", "password1": "a-brand-new-password"})
    assert response["Location"] == "/account/email/confirm/"


@pytest.mark.long
def test_a_clock_that_is_put_back_locks_nobody_out_for_longer(counts_in_database, owner, time_machine):
    time_machine.move_to(NOW + timedelta(hours=1), tick=False)
    fail(6)
    assert "5 minutes" in log_in(Client()).text
    time_machine.move_to(NOW, tick=False)
    fail(4)
    assert log_in(Client()).status_code == 302
    fail(6)
    assert "5 minutes" in log_in(Client()).text
