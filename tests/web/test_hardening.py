"""What an attacker tried: taking over ids and accounts, texts left behind, input that breaks a page."""

import base64
import json
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.core.management import call_command
from django.test import Client

from ptfi.accounts.models import User
from tests.support.candidate_files import row
from tests.support.cast import Suggest, acting_for_self, confirmed
from tests.support.staff import give_reason
from traits import decisions
from traits.decisions.inputs import Changes
from traits.errors import InvalidError
from traits.models import ExtractedTraitCandidate, PersonaTrait
from traits.text import name_key

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_suggestion_cannot_take_the_id_of_a_trait(
    alice: User, bob: User, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever reads the graph knows the ids of traits."""
    trait = decisions.add_trait(**acting_for_self(alice), changes=Changes(name="Mine", category="Skill")).trait
    assert trait
    file = tmp_path / "candidates.jsonl"
    file.write_text(json.dumps(row(trait.pk, 1)))
    for owner in (bob, alice):
        with pytest.raises(SystemExit):
            call_command("import_candidates", str(file), owner=owner.email)
        assert "candidate_id: belongs to somebody else" in capsys.readouterr().err
    assert not ExtractedTraitCandidate.objects.filter(pk=trait.pk).exists()
    assert PersonaTrait.objects.get(pk=trait.pk).user == alice


@pytest.mark.parametrize("model", ["account/emailaddress", "mfa/authenticator", "usersessions/usersession"])
def test_no_admin_page_gives_accounts_away(sam: User, signed_in: SignedIn, model: str) -> None:
    assert signed_in(sam).get(f"/admin/{model}/").status_code == 404


def test_who_gets_the_suggestions_is_not_for_staff_to_change(alice: User, sam: User, signed_in: SignedIn) -> None:
    staff, address = signed_in(sam), f"/admin/accounts/user/{alice.pk}/change/"
    give_reason(staff, address)
    page = staff.get(address).content.decode()
    assert 'name="display_name"' in page
    assert 'name="external_id"' not in page


@pytest.mark.parametrize("address", ["/review/", "/traits/new/", "/accounts/preferences/"])
def test_personal_pages_are_kept_nowhere(alice: User, signed_in: SignedIn, address: str) -> None:
    response = signed_in(alice).get(address)
    assert {"no-store", "private"} <= set(response["Cache-Control"].split(", "))
    assert "HX-Request" in response["Vary"]


def test_notices_do_not_outlive_the_session(alice: User, suggest: Suggest, signed_in: SignedIn) -> None:
    client = signed_in(alice)
    client.post(f"/review/{suggest(alice, 'Xylophone').pk}/confirm/")
    client.post("/accounts/logout/")
    assert "messages" not in client.cookies
    assert b"Xylophone" not in client.get("/accounts/login/").content


@pytest.mark.parametrize(
    "address",
    [
        f"/review/?after=0001-01-01T00:00:00%2B23:59_{uuid.UUID(int=1)}",
        f"/review/?after=9999-12-31T23:59:59-23:59_{uuid.UUID(int=1)}",
        "/traits/?after=" + base64.urlsafe_b64encode(json.dumps(["\ud800", str(uuid.UUID(int=1))]).encode()).decode(),
        "/review/?tab=%00&category=%00&q=%00&concept=%00",
    ],
)
def test_odd_addresses_are_answered(alice: User, signed_in: SignedIn, address: str) -> None:
    assert signed_in(alice).get(address).status_code in (200, 503)


def test_an_odd_header_is_answered(alice: User, signed_in: SignedIn) -> None:
    confirmed(alice)
    headers = {"HX-Request": "true", "HX-Current-URL": "http://["}
    assert signed_in(alice).post("/undo/", headers=headers).status_code == 200


def test_a_text_that_grows_when_normalized_costs_nothing() -> None:
    start = time.perf_counter()
    assert len(name_key("\ufdfa" * 300_000)) <= 255
    assert time.perf_counter() - start < 0.5


def test_a_merge_has_a_bound_and_a_full_trait_can_be_edited(alice: User, suggest: Suggest) -> None:
    trait = confirmed(alice, evidence=[f"I said {number}." for number in range(1_000)]).trait
    assert trait
    with pytest.raises(InvalidError):
        decisions.merge(**acting_for_self(alice), candidate_id=suggest(alice, "More").pk, into=trait.pk)
    decisions.edit_trait(**acting_for_self(alice), trait_id=trait.pk, changes=Changes(name="Renamed"))


def test_a_duplicate_is_rejected_alone(alice: User, suggest: Suggest) -> None:
    first, second = suggest(alice, "Loves jazz"), suggest(alice, "loves jazz")
    decisions.reject(**acting_for_self(alice), candidate_id=first.pk, code="duplicate")
    assert ExtractedTraitCandidate.objects.get(pk=second.pk).status == "candidate"


def test_files_that_nobody_asked_for_are_not_kept(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forms are read before anybody is asked who they are: a large file would fill the disk."""

    def kept(*_: object) -> None:
        pytest.fail("it was written")

    monkeypatch.setattr(TemporaryFileUploadHandler, "new_file", kept)
    with_cookie = Client(enforce_csrf_checks=True)
    with_cookie.get("/accounts/login/")
    for browser in (client, with_cookie):
        file = SimpleUploadedFile("large", b"x" * 6 * 1024 * 1024)
        assert browser.post("/accounts/login/", {"file": file}).status_code == 413
