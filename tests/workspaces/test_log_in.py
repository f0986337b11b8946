"""The log-in page and its limits: what is said, what is counted, where it leads."""

import time
from statistics import median

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.core.cache import cache, caches
from django.core.cache.backends.db import DatabaseCache
from django.db import connection
from django.test import Client

from tests.conftest import NOW, PASSWORD, post_json
from workspaces.models import Action, AuditEvent, Session, User

WRONG = "The e-mail or the password is wrong."
SECRET = "A" * 32


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


def test_after_five_failures_an_account_is_locked_for_minutes_and_says_so(owner):
    for number in range(5):
        assert log_in(Client(REMOTE_ADDR=f"192.0.2.{number}"), password="wrong").status_code == 200
    response = log_in(Client(REMOTE_ADDR="192.0.2.9"))
    assert response.context["form"].non_field_errors() == ["Too many failed log-ins. Try again in 5 minutes."]
    assert log_in(Client(REMOTE_ADDR="192.0.2.9"), "nobody@example.com").status_code == 200


def test_an_unknown_account_is_locked_just_the_same(db):
    for number in range(5):
        log_in(Client(REMOTE_ADDR=f"192.0.2.{number}"), "nobody@example.com")
    response = log_in(Client(REMOTE_ADDR="192.0.2.9"), "nobody@example.com")
    assert "5 minutes" in response.text


def test_the_lock_ends(owner, time_machine):
    time_machine.move_to(NOW)
    for number in range(6):
        log_in(Client(REMOTE_ADDR=f"192.0.2.{number}"), password="wrong")
    time_machine.shift(301)
    assert log_in(Client()).status_code == 302


def test_one_lock_holds_for_page_and_api(owner):
    for number in range(5):
        post_json(
            Client(REMOTE_ADDR=f"192.0.2.{number}"), "/api/session", {"email": "owner@example.com", "password": "x"}
        )
    assert "5 minutes" in log_in(Client(REMOTE_ADDR="192.0.2.9")).text
    response = post_json(
        Client(REMOTE_ADDR="192.0.2.9"), "/api/session", {"email": "owner@example.com", "password": PASSWORD}
    )
    assert response.status_code == 429
    assert response.json()["code"] == "throttled"
    assert int(response["Retry-After"]) > 60


def test_an_address_that_tries_many_accounts_is_stopped(db):
    answers = [log_in(Client(), f"user{number}@example.com").text for number in range(12)]
    assert "5 minutes" in answers[-1]


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


@pytest.mark.django_db(transaction=True)
def test_the_counts_are_kept_in_the_database_for_all_processes(owner, settings):
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"},
        "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    }
    caches["default"].clear()
    assert isinstance(caches["default"], DatabaseCache)
    for number in range(6):
        log_in(Client(REMOTE_ADDR=f"192.0.2.{number}"), password="wrong")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cache WHERE cache_key LIKE %s", ["%login_failed%"])
        assert cursor.fetchone()[0] >= 6
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


def test_a_recovery_code_works_once(with_factor):
    code = with_factor.authenticator_set.get(type="recovery_codes").wrap().get_unused_codes()[0]
    for works in (True, False):
        client = Client()
        log_in(client)
        response = client.post("/account/second-factor/authenticate/", {"code": code})
        assert (response.status_code == 302) is works


def test_guessing_codes_is_limited_and_recorded(with_factor):
    client = Client()
    log_in(client)
    answers = [client.post("/account/second-factor/authenticate/", {"code": f"00000{n}"}) for n in range(6)]
    assert "5 minutes" in answers[-1].text
    client.post("/account/second-factor/authenticate/", {"code": code_now()})
    assert client.get("/w/").status_code == 302
    assert AuditEvent.objects.filter(action=Action.LOG_IN_FAILED, account=with_factor).count() == 5


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
    assert "new password" in Client().get(link, follow=True).text
    assert AuditEvent.objects.latest("id").action == Action.PASSWORD_RESET


def test_the_reset_answers_the_same_for_an_unknown_address(db):
    response = Client().post("/password/reset/", {"email": "nobody@example.com"})
    assert response["Location"] == "/password/reset/done/"
    assert "there is no account" in mail.outbox[0].body


def test_resets_are_limited(owner):
    answers = [Client().post("/password/reset/", {"email": "owner@example.com"}).status_code for _ in range(6)]
    assert answers[-1] == 429
    assert len(mail.outbox) == 5


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


@pytest.mark.parametrize("password", ["short", "password1234", "owner@example.com", "My-CampaignOS-login"])
def test_a_weak_password_is_refused(api, owner, password):
    given = {"oldpassword": PASSWORD, "password1": password}
    assert api.post("/account/password/", given).status_code == 200
    owner.refresh_from_db()
    assert owner.check_password(PASSWORD)


# E-mail


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


def test_changing_the_e_mail_asks_for_the_password_first(api):
    response = api.post("/account/email/", {"email": "new@example.com", "action_add": ""})
    assert response["Location"].startswith("/account/reauthenticate/")


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
