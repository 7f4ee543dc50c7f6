"""Words that belong to a person, each planted in one field, and every address of the admin with every role."""

import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.idp.oidc.models import Client as OAuthClient
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ptfi.accounts.models import User
from tests.support.cast import SignedIn, acting_for_self, make_candidate
from tests.support.oauth import make_client
from tests.support.persona_marker import erased
from tests.support.staff import REASON, give_reason, staff_of
from tests.support.staff_pages import admin_addresses
from traits import decisions
from traits.decisions.inputs import Changes
from traits.models import CandidateStatus, Erasure, ExtractedTraitCandidate, ModerationAction, PersonaTrait
from traits.moderation import services as moderation

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

CANDIDATES, LOG = "traits.view_extractedtraitcandidate", "traits.view_userrefinedtrait"
ACCOUNTS, MODERATION = "accounts.view_user", "traits.view_moderationentry"
# Any of these is enough; the log holds whole states.
MAY_SEE = {
    "xyloname": {CANDIDATES, LOG},
    "xylodescription": {CANDIDATES, LOG},
    "xyloconcept": {CANDIDATES, LOG},
    "xyloevidence": {"traits.view_evidence"},
    "xyloreason": {LOG},
    "xylonotes": {LOG},
    "xylostyle": {LOG},
    "xylomoderation": {MODERATION},
    "xyloheld": {MODERATION},
    "xylodisplay": {ACCOUNTS, "traits.act_for_person"},
    "xyloexternal": {ACCOUNTS},
    "xylomail": {ACCOUNTS},
}
ROLES = [(), ("moderator",), ("support",), ("auditor",), ("administrator",)]
SEES = {
    "moderator": {"xyloname", "xylodescription", "xyloconcept", "xylomoderation", "xyloheld"},
    "support": {"xyloname", "xylodescription", "xyloconcept", "xyloevidence", "xyloreason", "xylodisplay"},
    "auditor": {"xylomoderation", "xyloname", "xylodescription", "xyloconcept", "xyloreason"},
    "administrator": MAY_SEE.keys() - {"xylonotes", "xylostyle"},
}
"""What each role does see, so that the test would notice pages that show nothing at all."""


@pytest.fixture
def marked(alice: User, sam: User, signed_in: SignedIn) -> dict[str, str]:
    """Alice with a word of its own in every field; ids of rows, by model."""
    User.objects.filter(pk=alice.pk).update(
        display_name="Xylodisplay", external_id="xyloexternal", email="xylomail@example.com"
    )
    alice.refresh_from_db()
    texts: dict[str, Any] = {
        "trait_description": "xylodescription",
        "concepts": ["xyloconcept"],
        "evidence": ["xyloevidence here", "xyloevidence there"],
    }
    waiting = make_candidate(alice, "Plays xyloname", **texts)
    rejected = make_candidate(alice, "Rejects xyloname", **texts)
    reject = decisions.reject(**acting_for_self(alice), candidate_id=rejected.pk, code="other", reason="xyloreason")
    trait = decisions.confirm(
        **acting_for_self(alice), candidate_id=make_candidate(alice, "Has xyloname", **texts).pk
    ).trait
    assert trait
    decisions.edit_trait(**acting_for_self(alice), trait_id=trait.pk, changes=Changes(notes="xylonotes"))
    decisions.put_styles(**acting_for_self(alice), context="", styles={"Greeting": "xylostyle"})
    flag = moderation.Moderation(name=ModerationAction.FLAG, kind="unsafe", reason="xyloheld")
    moderation.act(actor=sam, action=flag, candidate_ids=[waiting.pk])
    held = moderation.act(
        actor=sam,
        action=moderation.Moderation(name=ModerationAction.ARCHIVE, reason="xylomoderation"),
        candidate_ids=[make_candidate(alice, "Archived xyloname", **texts).pk],
    )
    account = f"/admin/accounts/user/{alice.pk}/change/"
    staff = signed_in(sam)
    give_reason(staff, account)
    form = {"display_name": "Xylodisplay", "time_zone": "Europe/Oslo", "is_active": "on", "keys_enabled": "on"}
    assert staff.post(account, form).status_code == 302
    gone = User.objects.create_user("gone@example.com")
    rows = {
        "rejected": rejected.pk,
        "traits.extractedtraitcandidate": waiting.pk,
        "traits.userrefinedtrait": reject.entries[0].pk,
        "traits.decisions.traits": alice.pk,
        "traits.erasure.persona": erased(gone).pk,
        "traits.moderationentry": moderation.entries_about(held.done[0])[0].pk,
        "accounts.user": alice.pk,
        "allauth_idp_oidc.client": OAuthClient.objects.get(pk=make_client().pk).pk,
        "auth.group": staff_of("moderator", name="Other").groups.get().pk,
    }
    # Whatever else has a page: any row of it, and every one of them is about Alice.
    for model in admin.site._registry:
        label = f"{model._meta.app_label}.{model._meta.model_name}"
        first = model._default_manager.first()
        if label not in rows:
            rows[label] = first.pk if first else uuid.UUID(int=1)
    return {label: str(pk) for label, pk in rows.items()}


def parameters(alice: User) -> dict[str, str]:
    """What stands for parameters in addresses that are no object's id."""
    decided = ExtractedTraitCandidate.objects.get(user=alice, status=CandidateStatus.REJECTED)
    trait = PersonaTrait.objects.get(user=alice)
    ids = dict.fromkeys(("object_id", "user_id", "person_id"), alice.pk)
    ids |= {
        "candidate_id": decided.pk,
        "trait_id": trait.pk,
        "action_id": uuid.UUID(int=1),
        "erasure_id": Erasure.objects.values_list("pk")[0][0],
    }
    return {name: str(pk) for name, pk in ids.items()}


def body(response: Any) -> str:
    return (b"".join(response) if response.streaming else response.content).decode()


def opened(client: Client, address: str) -> str:
    """The page, after saying why where it asks."""
    page = client.get(address)
    if not page.streaming and b'name="access_reason"' in page.content:
        page = client.post(address, {"access_reason": REASON})
        # A file comes as the answer itself.
        page = client.get(address) if page.status_code == 302 else page
    assert page.status_code in (200, 301, 302, 400, 403, 404, 405), f"{address}: {page.status_code}"
    return body(page)


def forms_of(address: str, rows: dict[str, str]) -> Iterator[dict[str, Any]]:
    """What to send to an address: nonsense, and what the actions take."""
    yield {"action": "nonsense", "candidate": "nonsense", "q": "xyloname"}
    if address.endswith("/act/"):
        candidate = rows["traits.extractedtraitcandidate"]
        yield from ({"action": action, "candidate": candidate} for action in ModerationAction.values)
        yield {"action": "reassign", "candidate": candidate, "to": "xyloexternal"}


def allowed(user: User) -> set[str]:
    user = User.objects.get(pk=user.pk)
    return {word for word, needed in MAY_SEE.items() if any(user.has_perm(each) for each in needed)}


def words_in(page: str) -> set[str]:
    return {word for word in MAY_SEE if word in page.lower()}


@pytest.mark.parametrize("roles", ROLES, ids=lambda roles: roles[0] if roles else "no role")
def test_no_page_shows_what_its_reader_may_not_see(
    roles: tuple[str, ...], marked: dict[str, str], alice: User, signed_in: SignedIn
) -> None:
    nour = staff_of(*roles)
    client, may, seen = signed_in(nour), allowed(nour), set[str]()
    addresses = [f"/admin/traits/extractedtraitcandidate/{marked['rejected']}/change/"]
    addresses += admin_addresses(marked, parameters(alice))
    client.post("/admin/traits/actedfor/", {"person": str(alice.pk), "reference": "T-17", "asked": "on"})
    for address in sorted(addresses, key=lambda address: ("logout" in address, address.endswith("/end/"))):
        found = words_in(opened(client, address))
        assert found <= may, address
        seen |= found
        for form in forms_of(address, marked) if "logout" not in address else ():
            answer = client.post(address, form)
            assert answer.status_code < 500, address
            # What was typed may stand in its own field again.
            found = words_in(body(answer)) - words_in(str(form))
            assert found <= may, f"{address}: {form}"
    assert seen >= set().union(*(SEES[role] for role in roles))


def without(page: str, word: str) -> str:
    """The page but for what was searched and what differs with every request."""
    keys = r"\b[A-Za-z0-9]{64}\b|[\w-]{16}\.[0-9a-f]{32}\.[0-9a-f]{32}"
    return re.sub(rf"{word}|\d+ (min|second)s?|{keys}", "", page)


@pytest.mark.parametrize("roles", ROLES[1:4], ids=lambda roles: roles[0])
def test_no_search_tells_what_its_reader_may_not_see(
    roles: tuple[str, ...], marked: dict[str, str], alice: User, signed_in: SignedIn
) -> None:
    nour = staff_of(*roles)
    client, may = signed_in(nour), allowed(nour)
    lists = [
        address for address in admin_addresses(marked, parameters(alice)) if re.fullmatch(r"/admin/\w+/\w+/", address)
    ]
    assert len(lists) > 5
    lists.append("/admin/traits/extractedtraitcandidate/export/")
    for address in lists:
        if client.get(address).status_code == 403:
            continue
        nothing = without(opened(client, f"{address}?q=nonesuch"), "nonesuch")
        for word in MAY_SEE.keys() - may:
            assert without(opened(client, f"{address}?q={word}"), word) == nothing, f"{address}?q={word}"


def test_full_text_finds_evidence_for_those_who_may_read_it(marked: dict[str, str], signed_in: SignedIn) -> None:
    address, row = "/admin/traits/extractedtraitcandidate/", marked["traits.extractedtraitcandidate"]
    moderator, support = (signed_in(staff_of(role, name=role)) for role in ("moderator", "support"))
    for words, finds in (("xyloevidence", False), ("xyloname", True), ("plays xylodescription", True), ("音楽", False)):
        assert (row in opened(moderator, f"{address}?q={words}")) == finds, words
    assert row in opened(support, f"{address}?q=xyloevidence")


def test_completion_gives_nothing_away(marked: dict[str, str], signed_in: SignedIn) -> None:
    nour = staff_of()
    client = signed_in(nour)
    for model in admin.site._registry:
        for field in (field for field in model._meta.get_fields() if field.is_relation):
            names = {
                "app_label": model._meta.app_label,
                "model_name": str(model._meta.model_name),
                "field_name": field.name,
            }
            answer = client.get("/admin/autocomplete/", names | {"term": "xylo"})
            assert answer.status_code in (403, 404), names


def test_lists_are_filtered_by_what_stands_beside_them_alone(
    marked: dict[str, str], sam: User, signed_in: SignedIn
) -> None:
    client = signed_in(sam)
    asked = 0
    for model, site in admin.site._registry.items():
        address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        if site.list_filter or site.search_fields:
            for field in model._meta.get_fields():
                for query in (
                    f"{field.name}__startswith=p",
                    f"{field.name}__password__contains=p",
                    f"{field.name}=%00",
                ):
                    assert client.get(f"{address}?{query}").status_code == 400, f"{address}?{query}"
                    asked += 1
    assert asked > 80
    assert client.get("/admin/accounts/user/?is_staff__exact=1").status_code == 200
    assert client.get("/admin/traits/erasure/?kind__exact=persona&state=erasing").status_code == 200


def test_no_id_breaks_a_page(marked: dict[str, str], sam: User, signed_in: SignedIn) -> None:
    client = signed_in(sam)
    content_type = ContentType.objects.get_for_model(User).pk
    assert client.get(f"/admin/r/{content_type}/1/").status_code == 404
    for model in admin.site._registry:
        address = f"/admin/{model._meta.app_label}/{model._meta.model_name}"
        for pk in ("%00", "_00", "99999999999999999999", "%FF", "x" * 300):
            for page in ("change", "history", "delete", "password"):
                assert client.get(f"{address}/{pk}/{page}/").status_code in (302, 403, 404), f"{address}/{pk}/{page}/"
        row = marked[f"{model._meta.app_label}.{model._meta.model_name}"]
        assert client.post(f"{address}/{row}/delete/", {"_to_field": ""}).status_code < 500


def test_lists_cost_few_queries(marked: dict[str, str], alice: User, sam: User, signed_in: SignedIn) -> None:
    for number in range(30):
        make_candidate(alice, f"Number {number}")
    for client in (signed_in(sam), signed_in(staff_of("administrator"))):
        for address in admin_addresses(marked, parameters(alice)):
            if re.fullmatch(r"/admin/\w+/\w+/", address):
                with CaptureQueriesContext(connection) as queries:
                    client.get(address)
                asked = [each["sql"] for each in queries if not each["sql"].startswith(("SAVEPOINT", "RELEASE"))]
                # The projection's page also reads how far the graph is behind, and what the projectors do.
                assert len(asked) <= (14 if address == "/admin/traits/persona/" else 10), f"{address}: {asked}"
