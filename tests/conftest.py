"""The cast and the services: Alice owns, Bob must see nothing, Sam is staff; a real PostgreSQL and a real graph."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.core.management import call_command
from django.test import Client

from ptfi.accounts.models import User
from traits import services
from traits.log import Actor
from traits.models import ExtractedTraitCandidate, Persona
from traits.states import evidence_id, name_key

PASSWORD = "a long sentence for tests"
Suggest = Callable[..., ExtractedTraitCandidate]


@pytest.fixture(scope="session", autouse=True)
def static_files() -> None:
    """Pages name hashed static files, which collectstatic makes."""
    call_command("collectstatic", interactive=False, verbosity=0)


@pytest.fixture(autouse=True)
def fast_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Tests that run threads and a live server need more connections than one."""
    settings.DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": 16, "timeout": 10}


def make_user(name: str, **fields: Any) -> User:
    """A person with a verified e-mail and the password PASSWORD; their graph is new, as their id is."""
    user = User.objects.create_user(f"{name.lower()}@example.com", PASSWORD, display_name=name, **fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    Persona.objects.create(user=user)
    return user


@pytest.fixture
def alice(db: None) -> User:
    return make_user("Alice")


@pytest.fixture
def bob(db: None) -> User:
    return make_user("Bob")


@pytest.fixture
def sam(db: None) -> User:
    return make_user("Sam", is_staff=True, is_superuser=True)


@pytest.fixture
def signed_in() -> Callable[[AbstractBaseUser], Client]:
    def sign_in(user: AbstractBaseUser) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in


def make_candidate(user: User, name: str = "Loves jazz", **fields: Any) -> ExtractedTraitCandidate:
    """A suggestion with two pieces of evidence, unless fields say otherwise; evidence may be a list of texts."""
    pk = fields.pop("candidate_id", None) or uuid.uuid4()
    texts = fields.pop("evidence", ["I love jazz.", "Jazz again tonight!"])
    pieces = [
        {
            "type": "text_snippet",
            "content": text,
            "source_package_id": str(uuid.uuid5(pk, "package")),
            "source_detail": f"journal, page {number}",
            "start_time": None,
            "end_time": None,
            "relevance_score": None,
            "verdict": "",
        }
        for number, text in enumerate(texts, 1)
    ]
    values: dict[str, Any] = {
        "trait_description": "Because it is said often.",
        "trait_category": "Interest",
        "supporting_evidence": [{"evidence_id": evidence_id(pk, piece), **piece} for piece in pieces],
        "confidence_score": 0.8,
        "originating_models": ["text-analysis.v2"],
        "concepts": ["jazz"],
    }
    row = ExtractedTraitCandidate(
        candidate_id=pk, user=user, trait_name=name, name_key=name_key(name), **(values | fields)
    )
    row.save(force_insert=True)
    return row


@pytest.fixture
def suggest(db: None) -> Suggest:
    return make_candidate


def by(user: User) -> dict[str, Any]:
    """The person deciding for themselves, as the services want it."""
    return {"user": user, "actor": Actor(user_id=user.pk)}


def confirmed(user: User, name: str = "Loves jazz", **fields: Any) -> services.Outcome:
    """A suggestion that the person confirmed as it is."""
    return services.confirm(**by(user), candidate_id=make_candidate(user, name, **fields).pk)
