"""The cast: Alice owns a persona, Bob must see nothing of it, Sam is staff. Also what they suggest and decide."""

import time
import uuid
from collections.abc import Callable
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.http import HttpRequest
from django.test import Client

from ptfi.accounts.middleware import BEGAN, SEEN
from ptfi.accounts.models import User
from traits import decisions
from traits.decisions.inputs import Changes
from traits.evidence import Piece, evidence_id
from traits.log.entries import Actor
from traits.models import ExtractedTraitCandidate, Persona, PersonaTrait
from traits.text import name_key

PASSWORD = "a long sentence for tests"
Suggest = Callable[..., ExtractedTraitCandidate]
SignedIn = Callable[[User], Client]


def make_user(name: str, **fields: Any) -> User:
    """A person with a verified e-mail address and the password PASSWORD; their new id has nothing in the graph."""
    user = User.objects.create_user(f"{name.lower()}@example.com", PASSWORD, display_name=name, **fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    Persona.objects.create(user=user)
    return user


def client_of(user: User, *, proven: bool = False) -> Client:
    """A client in whose session the person is signed in, staff with their second step, as allauth records it.

    proven: the session also has a recent authentication.
    """
    client = Client()
    client.force_login(user)
    session = client.session
    # As after a first request, so that the next one does not write it.
    session[BEGAN] = session[SEEN] = time.time()
    session.save()
    if user.is_staff:
        step = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
        step = step or TOTP.activate(user, generate_totp_secret()).instance
        _record(client, user, "mfa", id=step.pk, type=step.type)
    if proven:
        _record(client, user, "password")
    return client


def _record(client: Client, user: User, method: str, **more: Any) -> None:
    request = HttpRequest()
    request.session, request.user = client.session, user
    record_authentication(request, user, method, **more)
    request.session.save()


def make_candidate(user: User, name: str = "Loves jazz", **fields: Any) -> ExtractedTraitCandidate:
    """A suggestion with two pieces of evidence, unless fields override it; evidence may be a list of texts."""
    pk = fields.pop("candidate_id", None) or uuid.uuid4()
    texts = fields.pop("evidence", ["I love jazz.", "Jazz again tonight!"])
    pieces: list[Piece] = [
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


def acting_for_self(user: User) -> dict[str, Any]:
    """The arguments of the services for a person who decides for themselves."""
    return {"user": user, "actor": Actor(user_id=user.pk)}


def confirmed(user: User, name: str = "Loves jazz", **fields: Any) -> decisions.Outcome:
    """The outcome of confirming a suggestion as it is."""
    return decisions.confirm(**acting_for_self(user), candidate_id=make_candidate(user, name, **fields).pk)


def confirmed_trait(user: User, name: str = "Loves jazz", **fields: Any) -> PersonaTrait:
    """The trait from a suggestion that was confirmed as it is."""
    trait = confirmed(user, name, **fields).trait
    assert trait
    return trait


def second_trait(user: User, name: str, **fields: Any) -> PersonaTrait:
    """A trait whose name says the same as another one's: confirming makes none, but renaming does."""
    trait = confirmed_trait(user, f"{name} {uuid.uuid4()}", **fields)
    renamed = decisions.edit_trait(**acting_for_self(user), trait_id=trait.pk, changes=Changes(name=name)).trait
    assert renamed
    return renamed
