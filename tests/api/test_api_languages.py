"""The API speaks to people in the language that the caller asks for; codes, names and the document stay the same."""

from typing import Any

import pytest
from django.test import Client

from ptfi.accounts.models import User
from ptfi.api.openapi.views import rendered
from tests.support.api import Api, api_of

pytestmark = pytest.mark.django_db


def error(api: Api, language: str, path: str, body: Any = None) -> dict[str, Any]:
    api.call("POST" if body is not None else "GET", path, body, Accept_Language=language)
    assert api.response["Content-Language"] == language.partition("-")[0]
    found: dict[str, Any] = api.response.json()["error"]
    return found


def test_errors_are_in_the_language_that_is_asked_for(alice: User) -> None:
    api = api_of(alice)
    german = error(api, "de-CH", "users/me/persona/traits/none")
    assert (german["code"], german["message"]) == ("not_found", "Das gibt es nicht, oder es gehört dir nicht.")
    assert error(api, "en", "users/me/persona/traits/none")["message"] == "This doesn’t exist, or it isn’t yours."
    assert error(Api(), "de", "users/me/persona/traits/custom", {"traitName": ""})["message"].startswith(
        "Melde dich zuerst an."
    )
    api.get("/traits/none", Accept_Language="tlh")
    assert api.response["Content-Language"] == "en"


@pytest.mark.parametrize("languages", [("de", "en"), ("en", "de")])
def test_faults_of_fields_do_not_stay_in_the_language_of_the_first(alice: User, languages: tuple[str, str]) -> None:
    """DRF keeps a message with a limit as it was said first."""
    api, path = api_of(alice), "users/me/persona/traits/custom"
    long = {"traitName": "x" * 256, "traitCategory": "Interest"}
    found = {language: error(api, language, path, long)["details"] for language in languages}
    assert found["en"] == {"traitName": ["Ensure this field has no more than 255 characters."]}
    assert found["de"].keys() == found["en"].keys()
    assert found["de"] != found["en"]


def test_what_comes_without_https_is_answered_in_its_language(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    answer = Client().get("/v1/users/me/persona/traits/", headers={"Accept-Language": "de"})
    assert answer.json()["error"]["message"].startswith("Diese Adresse ist nur über https erreichbar.")


def test_the_document_is_english_whoever_asks_first() -> None:
    rendered.cache_clear()
    document = Client().get("/v1/schema.json", headers={"Accept-Language": "de"})
    text = document.content.decode()
    assert "This doesn’t exist, or it isn’t yours." in text
    assert "Das gibt es nicht" not in text


@pytest.mark.graph
@pytest.mark.django_db(transaction=True)
def test_an_export_is_the_same_in_every_language(alice: User) -> None:
    """Programs read it, and it may be compared with an earlier one."""
    api = api_of(alice)
    found = {language: api.get("/export", Accept_Language=language)[1] for language in ("en", "de")}
    assert found["en"]["connectedApps"][0]["abilities"][0].startswith("See the part of your persona")
    assert found["de"]["connectedApps"] == found["en"]["connectedApps"]
