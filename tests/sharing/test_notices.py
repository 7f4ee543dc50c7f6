"""What apps are told: who hears of what, by which log entry, in which order, and what stays of it."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.idp.oidc.models import Client as OAuthClient
from django.core.management import call_command
from django.db import connection

from ptfi.accounts.models import User
from ptfi.oauth.models import Webhook
from ptfi.oauth.registration import register_web_app
from ptfi.oauth.webhooks.registration import register_webhook
from tests.support.api import Api
from tests.support.cast import SignedIn, acting_for_self, client_of, confirmed_trait, make_candidate
from tests.support.oauth import (
    REDIRECT_URI,
    access_token,
    code_for,
    exchange,
    keep_grant,
    make_client,
    refresh,
    tokens_of,
)
from tests.support.receivers import Receiver, receiver, told_client
from traits import decisions
from traits.decisions.inputs import Changes
from traits.erasure import parts
from traits.erasure.account import erase_account
from traits.erasure.persona import erase_persona
from traits.models import Erasure, ErasureRecipient, Notice, ReadReceipt, TraitRecipient
from traits.sharing.grants import Terms, end_grants

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def at_once(settings: Any) -> None:
    settings.NOTICE_DELAY_SECONDS = 0


@pytest.fixture
def theirs() -> Iterator[Receiver]:
    with receiver() as opened:
        yield opened


@pytest.fixture
def app(theirs: Receiver) -> OAuthClient:
    return told_client(theirs)


def send() -> None:
    call_command("send_notices", once=True)


def read(user: User, client: OAuthClient, *ids: uuid.UUID) -> None:
    api = Api(access_token(user, client))
    for pk in ids:
        assert api.get(f"/traits/{pk}")[0] == 200


def test_each_change_of_what_was_read_is_told_in_order(alice: User, app: OAuthClient, theirs: Receiver) -> None:
    mine, trait, unread = acting_for_self(alice), confirmed_trait(alice), confirmed_trait(alice, "Sails")
    decisions.edit_trait(**mine, trait_id=trait.pk, changes=Changes(description="Before it was read."))
    read(alice, app, trait.pk)
    send()
    told_before = theirs.events()
    decisions.edit_trait(**mine, trait_id=trait.pk, changes=Changes(name="Plays jazz"))
    decisions.edit_trait(**mine, trait_id=unread.pk, changes=Changes(name="Sails a lot"))
    gone = decisions.remove_trait(**mine, trait_id=trait.pk, reason="private")
    send()
    decisions.undo(**mine, action_id=gone.action_id)
    send()
    assert [event for event, _ in theirs.events()[len(told_before) :]] == [
        "trait.corrected",
        "trait.removed",
        "trait.corrected",
    ]
    assert {pk for _, pk in theirs.events()} == {str(trait.pk)}
    assert b"jazz" not in b"".join(each.body for each in theirs.got).lower()
    assert theirs.got[-1].message["data"] == {"userID": str(alice.pk), "traitID": str(trait.pk)}
    assert len({each.id for each in theirs.got}) == len(theirs.got)
    send()
    assert Notice.objects.filter(acknowledged_at=None).count() == 0


def test_only_confidential_clients_that_read_it_are_told(alice: User, app: OAuthClient, theirs: Receiver) -> None:
    trait, public = confirmed_trait(alice), make_client(name="Browser app")
    with receiver() as other:
        silent = told_client(other, name="Never read it")
        access_token(alice, silent)
        read(alice, public, trait.pk)
        read(alice, app, trait.pk)
        ReadReceipt.objects.all().delete()
        decisions.remove_trait(**acting_for_self(alice), trait_id=trait.pk)
        send()
        assert other.seen == []
    assert theirs.events() == [("trait.removed", str(trait.pk))]
    assert set(TraitRecipient.objects.values_list("client", flat=True)) == {app.pk}


def test_changes_of_the_grant_are_told(alice: User, app: OAuthClient, theirs: Receiver) -> None:
    access_token(alice, app)
    keep_grant(alice, app, Terms(categories=["Interest"], contexts=["everywhere"]))
    keep_grant(alice, app, Terms(categories=["Interest", "Skill"], contexts=["everywhere"]))
    end_grants(alice.pk)
    send()
    assert theirs.events() == [("grant.narrowed", app.pk), ("grant.revoked", app.pk)]


def test_an_erased_persona_is_told_of_and_its_receipt_lists_who_knows(
    alice: User, app: OAuthClient, theirs: Receiver
) -> None:
    trait, waiting, public = confirmed_trait(alice), make_candidate(alice, "Sails"), make_client(name="Browser app")
    read(alice, app, trait.pk)
    read(alice, public, trait.pk)
    assert Api(access_token(alice, app)).get(f"/traits/candidates/{waiting.pk}")[0] == 200
    theirs.answer = lambda _: 500
    decisions.edit_trait(**acting_for_self(alice), trait_id=trait.pk, changes=Changes(name="Plays jazz"))
    send()
    erasure = erase_persona(**acting_for_self(alice))
    assert not TraitRecipient.objects.exists()
    theirs.answer = lambda _: 204
    due()
    send()
    assert sorted(theirs.events()) == sorted([("trait.erased", str(trait.pk)), ("trait.erased", str(waiting.pk))])
    known = {each.client_id: each for each in ErasureRecipient.objects.filter(erasure=erasure)}
    assert (known[app.pk].traits, known[app.pk].acknowledged, known[app.pk].notifiable) == (2, 2, True)
    assert known[app.pk].acknowledged_at
    assert not known[public.pk].notifiable
    assert not Notice.objects.filter(trait_id__isnull=False).exists()


def test_what_a_part_leaves_is_corrected_and_what_goes_is_erased(
    alice: User, app: OAuthClient, theirs: Receiver
) -> None:
    mine = acting_for_self(alice)
    trait, skill = confirmed_trait(alice), confirmed_trait(alice, "Knits", trait_category="Skill")
    read(alice, app, trait.pk, skill.pk)
    # Not sent yet, and overtaken by the erasure.
    decisions.edit_trait(**mine, trait_id=skill.pk, changes=Changes(name="Knits socks"))
    piece = parts.erase_evidence(**mine, evidence_id=uuid.UUID(trait.evidence[0]["evidence_id"]))
    category = parts.erase_category(**mine, category="Skill")
    send()
    assert theirs.events() == [("trait.corrected", str(trait.pk)), ("trait.erased", str(skill.pk))]
    assert {(each.erasure_id, each.traits, each.acknowledged) for each in ErasureRecipient.objects.all()} == {
        (piece.pk, 1, 1),
        (category.pk, 1, 1),
    }


def test_an_erased_account_is_told_of(alice: User, app: OAuthClient, theirs: Receiver) -> None:
    trait, pk = confirmed_trait(alice), str(alice.pk)
    read(alice, app, trait.pk)
    erase_account(**acting_for_self(alice), confirm_email=None)
    send()
    assert sorted(theirs.events()) == [("grant.revoked", app.pk), ("trait.erased", str(trait.pk))]
    assert {each.message["data"]["userID"] for each in theirs.got} == {pk}
    assert (Notice.objects.count(), TraitRecipient.objects.count()) == (0, 0)


def test_who_reads_what_is_being_erased_is_told_too(alice: User, app: OAuthClient, theirs: Receiver) -> None:
    """The answer was made before the erasure, and its receipt is stored after it."""
    from traits.sharing.receipts import Read, Reader, store

    trait = confirmed_trait(alice, trait_category="Skill")
    parts.erase_category(**acting_for_self(alice), category="Skill")
    store(Reader(alice.pk, app.pk, "api readTrait"), Read({trait.pk: "Skill"}, number=1))
    send()
    assert theirs.events() == [("trait.erased", str(trait.pk))]
    assert not TraitRecipient.objects.exists()


def test_a_message_is_given_up_after_41_hours(alice: User, app: OAuthClient, theirs: Receiver) -> None:
    trait = confirmed_trait(alice)
    read(alice, app, trait.pk)
    Webhook.objects.all().delete()
    erasure = erase_persona(**acting_for_self(alice))
    send()
    assert Notice.objects.count() == 1
    shift("created_at", "41 hours 1 minute")
    send()
    assert Notice.objects.count() == 0
    assert ErasureRecipient.objects.get(erasure=erasure).given_up == 1
    assert Erasure.objects.get(pk=erasure.pk).recipients.count() == 1


def test_a_new_secret_signs_beside_the_former_one_for_a_time(alice: User, app: OAuthClient, theirs: Receiver) -> None:
    theirs.secrets.append(register_webhook(app.pk, theirs.url, new_secret=True))
    trait = confirmed_trait(alice)
    read(alice, app, trait.pk)
    decisions.remove_trait(**acting_for_self(alice), trait_id=trait.pk)
    send()
    (got,) = theirs.got
    assert len(got.headers["webhook-signature"].split()) == 2
    assert not any(secret in str(Webhook.objects.values()) for secret in theirs.secrets)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE clients_webhook SET former_until = now()")
    theirs.secrets.pop(0)
    end_grants(alice.pk)
    send()
    assert len(theirs.got[-1].headers["webhook-signature"].split()) == 1


def due() -> None:
    """Let what waits for another attempt be due, and receivers that failed be asked again."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE traits_notice SET next_attempt_at = now(), claimed_until = NULL")
        cursor.execute("UPDATE clients_webhook SET paused_until = NULL")


def shift(column: str, time: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE traits_notice SET {column} = {column} - interval '{time}'")  # noqa: S608


def test_the_pages_say_who_knows(
    alice: User, bob: User, app: OAuthClient, theirs: Receiver, signed_in: SignedIn
) -> None:
    mine, public = acting_for_self(alice), make_client(name="Browser app")
    trait, other = confirmed_trait(alice), confirmed_trait(alice, "Sails")
    read(alice, app, trait.pk, other.pk)
    read(alice, public, trait.pk)
    browser = signed_in(alice)
    pages = {client.pk: browser.get(f"/accounts/connections/{client.pk}/").content.decode() for client in (app, public)}
    assert "It is told when you change" in pages[app.pk]
    assert "It cannot be notified" in pages[public.pk]
    assert "It cannot be notified" in browser.get("/accounts/connections/").content.decode()
    decisions.edit_trait(**mine, trait_id=trait.pk, changes=Changes(name="Plays jazz"))
    send()
    theirs.answer = lambda _: 503
    decisions.remove_trait(**mine, trait_id=other.pk)
    send()
    text = browser.get("/accounts/notices/").content.decode()
    assert "Plays jazz" in text
    assert "You removed a trait" in text
    assert ("confirmed on" in text, "has not confirmed it yet" in text) == (True, True)
    shift("created_at", "42 hours")
    send()
    assert "did not confirm it within 41 hours" in browser.get(f"/accounts/notices/?client={app.pk}").content.decode()
    assert "You removed" not in signed_in(bob).get("/accounts/notices/").content.decode()
    assert browser.get("/accounts/notices/?client=%00&after=x").status_code == 200
    exported = client_of(alice, proven=True).get("/v1/users/me/persona/export")
    found = json.loads(b"".join(exported))
    assert {each["event"] for each in found["notices"]} == {"trait.corrected", "trait.removed"}
    assert {each["traitID"] for each in found["traitRecipients"]} == {str(trait.pk), str(other.pk)}
    theirs.answer = lambda _: 204
    erasure = erase_persona(**mine)
    due()
    send()
    receipt = " ".join(browser.get(f"/persona/erasures/{erasure.pk}/").content.decode().split())
    assert "told of 2 traits, and confirmed 2." in receipt
    assert "cannot be notified. If it keeps" in receipt
    own = browser.get(f"/v1/users/me/persona/erasures/{erasure.pk}").json()["recipients"]
    assert [(each["notifiable"], each["acknowledged"]) for each in own if each["clientID"] == app.pk] == [(True, 2)]
    assert Api(access_token(alice, public)).get(f"/erasures/{erasure.pk}")[1]["recipients"] == []


def test_settled_notices_are_kept_as_long_as_receipts(
    alice: User, app: OAuthClient, theirs: Receiver, settings: Any
) -> None:
    trait = confirmed_trait(alice)
    read(alice, app, trait.pk)
    decisions.edit_trait(**acting_for_self(alice), trait_id=trait.pk, changes=Changes(name="Plays jazz"))
    send()
    theirs.answer = lambda _: 500
    decisions.remove_trait(**acting_for_self(alice), trait_id=trait.pk)
    send()
    settings.RECEIPT_DAYS = -1
    call_command("refresh_quality_statistics", verbosity=0)
    assert [each.event for each in Notice.objects.all()] == ["trait.removed"]
    assert TraitRecipient.objects.count() == 1


def test_a_web_app_gets_tokens_with_its_secret_alone(alice: User) -> None:
    made = register_web_app(name="Server app", redirect_uris=[REDIRECT_URI])
    assert made.secret
    data = code_for(client_of(alice, proven=True), made.client)
    assert exchange(data).status_code == 401
    data = code_for(client_of(alice, proven=True), made.client)
    tokens = tokens_of(exchange(data | {"client_secret": made.secret}))
    assert Api(tokens["access_token"]).get("/traits/history")[0] == 200
    assert refresh(made.client, tokens["refresh_token"]).status_code == 401
    assert refresh(made.client, tokens["refresh_token"], client_secret=made.secret).status_code == 200
    assert exchange({"grant_type": "client_credentials", "client_id": made.client.pk}).status_code >= 400
