"""Languages: every text of ours can be translated and is, and people get theirs."""

import re
from pathlib import Path
from typing import Any

import allauth
import django
import pytest
from allauth.mfa.models import Authenticator
from babel.messages import pofile
from django.conf import settings as configured
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse
from django.utils import translation

from ptfi.accounts.models import SecurityEvent, User
from tests.support.account_pages import code_of, reauthenticate, sign_in
from tests.support.cast import acting_for_self, client_of, confirmed, make_candidate
from tests.support.oauth import code_for, exchange, make_client, pkce, question, tokens_of
from tests.support.pages import Html, said
from tests.support.untranslated import PSEUDO, in_page, in_template, make_pseudo
from traits import decisions
from traits.models import ExtractedTraitCandidate, PersonaTrait

TEMPLATES = Path(configured.BASE_DIR) / "templates"
FILES = sorted(path for path in TEMPLATES.rglob("*") if path.suffix in (".html", ".txt"))
DJANGO = Path(django.__file__).parent
TRANSLATED = [
    Path(configured.BASE_DIR),
    *(DJANGO / each for each in ("conf", "contrib/admin", "contrib/auth", "contrib/humanize")),
    Path(allauth.__file__).parent,
]
GERMAN = [folder / "locale/de/LC_MESSAGES/django.po" for folder in TRANSLATED]
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_all_of_a_template_is_translated(path: Path) -> None:
    assert in_template(path) == []


@pytest.fixture(scope="module")
def pseudo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("locale")
    make_pseudo(folder, *GERMAN)
    return folder


@pytest.fixture
def pseudo(settings: Any, pseudo_folder: Path) -> Any:
    """A language in which each text that has a German translation stands in brackets."""
    settings.LANGUAGES = [*settings.LANGUAGES, (PSEUDO, "⟦Pseudo⟧")]
    settings.LOCALE_PATHS = [*settings.LOCALE_PATHS, str(pseudo_folder)]
    with translation.override(PSEUDO):
        yield


SAID = "Μιλάει ελληνικά"
"""What people say in these tests: no letter of it is Latin, so that each that is found is of ours."""
START = (
    "review",
    "overview",
    "traits",
    "trait_new",
    "graph",
    "history",
    "styles",
    "my_data",
    "account_preferences",
    "trait_duplicates",
)
OF_A_TRAIT = ("trait", "trait_edit", "trait_remove")
OF_A_SUGGESTION = ("review_candidate", "edit_candidate", "merge")
LINKED = (
    *("account_activity", "account_change_password", "account_email", "account_erase", "connected_apps"),
    *("erase_category", "erase_evidence", "erase_source", "erasure_new", "history_entry", "log_checked", "mfa_index"),
    *("persona_past", "review_filters", "sources", "staff_access", "style", "suppressions", "usersessions_list"),
    "verify",
)
"""Pages of a person that are reached through links."""
OF_STAFF = (
    *("accounts_user_add", "accounts_user_change", "accounts_user_changelist", "allauth_idp_oidc_client_changelist"),
    *("auth_group_add", "auth_group_change", "auth_group_changelist", "auth_group_delete", "candidates_export"),
    *("candidates_import", "index", "traits_accessentry_changelist", "traits_actedfor_changelist"),
    *(
        "traits_erasure_changelist",
        "traits_extractedtraitcandidate_change",
        "traits_extractedtraitcandidate_changelist",
    ),
    *("traits_moderationentry_changelist", "traits_persona_change", "traits_persona_changelist"),
    *("traits_quality_changelist", "traits_userrefinedtrait_change", "traits_userrefinedtrait_changelist"),
)
"""Pages of staff that are reached through links."""
MOST_PAGES = 150
FIXED = re.compile("(› )?moderator")
"""A role's stored name, which is edited and deleted under that name."""


@pytest.fixture
def persona(alice: User) -> User:
    """With something on each page."""
    User.objects.filter(pk=alice.pk).update(display_name="Αλίκη")
    for number in range(3):
        fields = {"evidence": [SAID, f"{SAID} {number}"], "concepts": ["γλώσσα"], "trait_description": SAID}
        make_candidate(alice, f"Α {number} {SAID}", **fields)
        confirmed(alice, f"Β {number} {SAID}", **fields)
        rejected = make_candidate(alice, f"Γ {number} {SAID}", **fields)
        decisions.reject(**acting_for_self(alice), candidate_id=rejected.pk, code="not_me", reason=SAID)
        later = make_candidate(alice, f"Δ {number} {SAID}", **fields)
        decisions.snooze(**acting_for_self(alice), candidate_id=later.pk, until=None)
    for context in ("", "work", "σπίτι"):
        styles = {"FormalityLevel": "formal", SAID: SAID}
        decisions.put_styles(**acting_for_self(alice), context=context, styles=styles, seen=None)
    return User.objects.get(pk=alice.pk)


def texts_outside(answer: Any) -> dict[str, list[str]]:
    """The untranslated texts of a page by its address; empty if there are none."""
    texts = [text for text in in_page(answer.content.decode()) if not FIXED.fullmatch(text)]
    return {answer.wsgi_request.path: texts} if texts else {}


def crawl(client: Client, starts: list[str]) -> tuple[dict[str, list[str]], set[str]]:
    """The untranslated texts of all pages that links lead to, one of each kind, by their address; and those kinds."""
    waiting, kinds, found = list(starts), set[str](), dict[str, list[str]]()
    while waiting and len(kinds) < MOST_PAGES:
        address = waiting.pop(0)
        answer: Any = client.get(address, HTTP_ACCEPT_LANGUAGE=PSEUDO, follow=True)
        match = answer.wsgi_request.resolver_match
        if answer.streaming or "html" not in answer["Content-Type"] or not match or match.view_name in kinds:
            continue
        kinds.add(match.view_name)
        found |= texts_outside(answer)
        waiting += [link.partition("#")[0] for link in sorted(Html(answer).links()) if link.startswith("/")]
    return found, kinds


@pytest.mark.slow
@pytest.mark.usefixtures("pseudo")
def test_german_addresses_people_in_one_form() -> None:
    with GERMAN[0].open("rb") as file:
        catalog = pofile.read_po(file, locale="de")
    formal = re.compile(r"[a-zäöü]en Sie\b|\bSie wurden abg|\bIhre Entscheidung")
    texts = [" ".join(each.string) if isinstance(each.string, tuple) else each.string for each in catalog if each.id]
    assert sorted(text for text in texts if formal.search(text)) == [
        "Könnten Sie mir bitte den Bericht schicken?",  # examples of a formal style
        "Wären Sie so freundlich, mir den Bericht zukommen zu lassen?",
    ]


def test_every_page_of_a_person_is_translated(persona: User) -> None:
    [trait, other, _] = PersonaTrait.objects.values_list("pk", flat=True)
    [candidate, *_] = ExtractedTraitCandidate.objects.filter(status="candidate").values_list("pk", flat=True)
    found, kinds = crawl(
        client_of(persona, proven=True),
        [
            *(reverse(name) for name in START),
            *(reverse(name, args=[trait]) for name in OF_A_TRAIT),
            reverse("trait_compare", args=[trait, other]),
            *(reverse(name, args=[candidate]) for name in OF_A_SUGGESTION),
        ],
    )
    assert found == {}
    assert kinds >= {*START, *OF_A_TRAIT, *OF_A_SUGGESTION, *LINKED}


@pytest.mark.slow
@pytest.mark.usefixtures("pseudo")
def test_every_page_before_signing_in_is_translated(client: Client) -> None:
    names = ("home", "account_login", "account_signup", "account_reset_password", "account_email_verification_sent")
    found, kinds = crawl(client, [*map(reverse, names), "/nothing/"])
    assert found == {}
    assert kinds >= set(names)


@pytest.mark.slow
@pytest.mark.usefixtures("pseudo", "persona")
def test_every_page_of_staff_is_translated(sam: User) -> None:
    User.objects.filter(pk=sam.pk).update(is_superuser=True, display_name="Σαμ")
    found, kinds = crawl(client_of(sam, proven=True), [reverse("admin:index")])
    assert found == {}
    assert kinds >= {f"admin:{name}" for name in OF_STAFF}


def untranslated(client: Client, address: str, form: dict[str, Any] | None = None) -> list[str]:
    """On one page, or on the answer to its form."""
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = PSEUDO
    answer = client.get(address, follow=True) if form is None else client.post(address, form, follow=True)
    return in_page(answer.content.decode())


@pytest.mark.usefixtures("pseudo")
def test_what_forms_of_accounts_refuse_is_translated(alice: User) -> None:
    """Much of it is said by allauth and Django."""
    new = {"password1": "password12", "password2": "password13"}
    login, signup = reverse("account_login"), reverse("account_signup")
    for address, form in (
        (login, {"login": "alice@example.com", "password": "wrong"}),
        (login, {"login": "", "password": ""}),
        (signup, {"email": "no address", **new}),
        (signup, {"email": "x@example.com", "password1": "12345", "password2": "12345"}),
    ):
        assert untranslated(Client(), address, form) == [], form
    client = Client()
    sign_in(client, alice.email or "")
    email = reverse("account_email")
    for address, form in (
        (reverse("account_reauthenticate"), {"password": "wrong"}),
        (reverse("account_change_password"), {"oldpassword": "wrong", **new}),
        (email, {"action_add": "", "email": "alice@example.com"}),
        (email, {"action_add": "", "email": "second@example.com"}),
        (email, {"action_remove": "", "email": "alice@example.com"}),
        (reverse("account_preferences"), {"display_name": "", "time_zone": "Nowhere"}),
    ):
        assert [text for text in untranslated(client, address, form) if "@" not in text] == [], form


@pytest.mark.usefixtures("pseudo")
def test_second_steps_are_translated(alice: User) -> None:
    client = Client()
    sign_in(client, alice.email or "")
    reauthenticate(client)
    activate = reverse("mfa_activate_totp")
    assert untranslated(client, activate, {"code": "000"}) == []
    secret = Html(client.get(activate)).attribute("#authenticator_secret", "value")
    assert untranslated(client, activate, {"code": code_of(secret)}) == []
    for name in (
        "mfa_index",
        "mfa_add_webauthn",
        "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes",
        "mfa_deactivate_totp",
    ):
        assert untranslated(client, reverse(name)) == [], name
    key = Authenticator.objects.create(user=alice, type=Authenticator.Type.WEBAUTHN, data={"name": SAID})
    assert untranslated(client, reverse("mfa_list_webauthn")) == []
    for name in ("mfa_edit_webauthn", "mfa_remove_webauthn"):
        assert untranslated(client, reverse(name, args=[key.pk])) == [], name
    key.delete()
    other = Client()
    sign_in(other, alice.email or "")
    assert untranslated(other, reverse("mfa_authenticate"), {"code": "000000"}) == []
    assert untranslated(client, reverse("mfa_deactivate_totp"), {}) == []


@pytest.mark.usefixtures("pseudo")
def test_the_pages_of_apps_are_translated(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(display_name="Αλίκη")
    app, client = make_client("Καθρέφτης"), client_of(alice, proven=True)
    client.defaults["HTTP_USER_AGENT"] = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    asked = question(app, pkce()[1])
    assert untranslated(client, asked) == []
    assert "Αλίκη" in Html(client.get(asked)).text
    assert untranslated(client, asked.replace("client_id", "client")) == []
    tokens_of(exchange(code_for(client, app)))
    assert untranslated(client, reverse("connected_apps")) == []
    assert untranslated(client, reverse("connected_apps"), {"client": app.pk}) == []
    assert untranslated(client, reverse("account_activity")) == []
    assert untranslated(client, reverse("usersessions_list")) == []
    assert untranslated(client, reverse("idp:oidc:logout")) == []


def test_events_are_kept_in_one_language_and_shown_in_each(alice: User) -> None:
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    client = Client(headers={"Accept-Language": "de", "User-Agent": firefox})
    sign_in(client, alice.email or "")
    assert SecurityEvent.objects.get(user=alice).browser == "Firefox on Linux"
    page = Html(client.get(reverse("account_activity"))).text
    assert "Angemeldet" in page
    assert "Firefox auf Linux" in page


# Whose language.


def language_of(answer: Any) -> tuple[str, str]:
    return answer["Content-Language"], Html(answer).attribute("html", "lang")


def test_the_browser_is_followed_until_one_is_chosen(alice: User, client: Client) -> None:
    page = client.get(reverse("account_login"), HTTP_ACCEPT_LANGUAGE="de-AT,de;q=0.9,en;q=0.5")
    assert language_of(page) == ("de", "de")
    assert Html(page).attribute("html", "dir") == "ltr"
    assert language_of(client.get(reverse("account_login"), HTTP_ACCEPT_LANGUAGE="fr")) == ("en", "en")
    client = client_of(alice)
    client.post(reverse("account_preferences"), {"language": "de", "time_zone": "", "display_name": ""})
    assert language_of(client.get(reverse("review"), HTTP_ACCEPT_LANGUAGE="en")) == ("de", "de")
    client.post(reverse("account_preferences"), {"language": "", "time_zone": "", "display_name": ""})
    assert language_of(client.get(reverse("review"), HTTP_ACCEPT_LANGUAGE="en")) == ("en", "en")
    client.post(reverse("account_preferences"), {"language": "de", "time_zone": "", "display_name": ""})
    back = {"language": "", "time_zone": "", "display_name": ""}
    answer = client.post(reverse("account_preferences"), back, HTTP_ACCEPT_LANGUAGE="en")
    assert said(answer)[-1] == "Preferences saved."
    assert User.objects.get(pk=alice.pk).language == "en"
    answer = client.post(reverse("account_preferences"), {"language": "tlh", "time_zone": ""})
    assert answer.status_code == 422


def test_a_request_leaves_no_language_to_the_next_one(alice: User, client: Client) -> None:
    """A thread serves many requests, and not all of them find out their own language."""
    User.objects.filter(pk=alice.pk).update(language="de", language_chosen=True)
    alice.refresh_from_db()
    active = translation.get_language()
    assert language_of(client_of(alice).get(reverse("review")))[0] == "de"
    assert translation.get_language() == active
    client_of(alice).post(reverse("account_preferences"), {"language": "de", "time_zone": "", "display_name": ""})
    client.get(reverse("account_login"), HTTP_ACCEPT_LANGUAGE="de")
    assert client.get("/v1/users/me/persona/traits/", HTTP_ACCEPT_LANGUAGE="de")["Content-Language"] == "de"
    assert translation.get_language() == active


def test_mails_are_in_the_language_of_whoever_gets_them(
    alice: User, client: Client, mailoutbox: list[EmailMessage]
) -> None:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"
    sign_in(client, "alice@example.com")
    alice.refresh_from_db()
    assert (alice.language, alice.language_chosen) == ("de", False)
    mailoutbox.clear()
    Client().post(reverse("account_reset_password"), {"email": alice.email}, HTTP_ACCEPT_LANGUAGE="en")
    assert "Passwort" in mailoutbox[0].subject
    User.objects.filter(pk=alice.pk).update(language="en", language_chosen=True)
    sign_in(Client(), "alice@example.com")
    alice.refresh_from_db()
    assert alice.language == "en"
