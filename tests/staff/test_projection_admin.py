"""The page of the way into the graph: how far it is, who fails, what staff do about it, and who may."""

import datetime as dt
import time
import uuid

import psutil
import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from graph.models import GraphCheck
from ptfi.accounts.models import User
from tests.support.attacks import without_triggers
from tests.support.cast import SignedIn, confirmed, make_user
from tests.support.graph_helpers import cypher, fail_projection, persona, project, trait_node
from tests.support.pages import said, text_of
from tests.support.staff import give_reason, staff_of
from tests.support.trait_pages import queries_of
from traits.models import Erasure, ErasureState, Persona

pytestmark = [pytest.mark.graph, pytest.mark.django_db]
PAGE = "/admin/traits/persona/"


@pytest.fixture
def staff(sam: User, signed_in: SignedIn) -> Client:
    return signed_in(sam)


def of(user: User, more: str = "change/") -> str:
    return f"{PAGE}{user.pk}/{more}"


def act(client: Client, action: str, *people: User, **more: str) -> str:
    """Do it as staff do, with the question in between; returns what is said then."""
    fields = {"action": action, "_selected_action": [str(user.pk) for user in people]} | more
    for user in people:
        give_reason(client, of(user))
    asked = client.post(PAGE, fields)
    assert asked.status_code == 200
    assert all(str(user.pk) in asked.content.decode() for user in people)
    answer = client.post(PAGE, fields | {"confirmed": "yes"})
    assert answer.status_code == 302
    return " ".join(said(client.get(answer["Location"])) or said(answer))


@pytest.mark.slow
def test_the_page_says_that_nobody_is_behind(staff: Client, alice: User) -> None:
    text = text_of(staff.get(PAGE))
    for part in (
        "The graph is up to date",
        "No projector is running",
        "have not been compared",
        "0 failing",
        "No one needs",
    ):
        assert part in text, part
    assert "Action:" not in text
    assert "0 personas" not in text
    assert str(alice.pk) not in text
    assert str(alice.pk) in text_of(staff.get(PAGE, {"q": str(alice.pk)}))
    for nobody in ("alice@example.com", "\x00", "1", str(uuid.uuid4())):
        answer = staff.get(PAGE, {"q": nobody}, follow=True)
        assert answer.status_code == 200
        assert str(alice.pk) not in text_of(answer)
        assert "No one" in text_of(answer)


def test_the_page_says_how_far_the_graph_is(staff: Client, alice: User, bob: User) -> None:
    confirmed(alice)
    confirmed(alice, "Sails")
    confirmed(bob)
    fail_projection(bob)
    text = text_of(staff.get(PAGE))
    assert "behind for 2 people. 3 entries are waiting. Longest wait: 0 seconds" in text
    assert "1 failing" in text
    assert "ValueError at rows.py:7" in text
    assert str(alice.pk) not in text_of(staff.get(PAGE, {"state": "failing"}))
    assert staff.get(PAGE, {"state": "nonsense"}).status_code == 200
    assert queries_of(staff, PAGE, mark="") <= 12


@pytest.mark.slow
def test_a_page_of_many_needs_no_more_queries(signed_in: SignedIn) -> None:
    for number in range(60):
        confirmed(make_user(f"Carol{number}"))
    client = signed_in(staff_of("administrator"))
    assert queries_of(client, PAGE, mark="") <= 14
    assert "60 personas" in text_of(client.get(PAGE))


def test_failing_people_are_tried_again(staff: Client, alice: User, bob: User, sam: User) -> None:
    confirmed(alice)
    fail_projection(alice)
    assert act(staff, "retry", alice, bob) == "Retrying 1 person now. Nothing to do for 1."
    assert persona(alice).next_attempt_at is None
    assert persona(alice).attempts == 3
    project(alice)
    assert persona(alice).behind == 0
    entry = LogEntry.objects.get(object_id=str(alice.pk))
    assert (entry.user_id, entry.object_repr) == (sam.pk, str(alice.pk))
    assert "retry" in entry.change_message


@pytest.mark.slow
def test_hold_and_release(staff: Client, alice: User) -> None:
    trait = confirmed(alice).trait
    assert trait
    assert act(staff, "hold", alice, one="yes") == "Paused 1 person."
    project(alice)
    assert trait_node(trait.pk) is None
    assert "Paused since" in text_of(staff.get(of(alice)))
    assert "Nothing to do for 1" in act(staff, "hold", alice)
    assert str(alice.pk) in text_of(staff.get(PAGE, {"state": "held"}))
    assert act(staff, "release", alice) == "Resumed 1 person."
    project(alice)
    assert trait_node(trait.pk)


@pytest.mark.slow
def test_project_from_the_start(staff: Client, alice: User, bob: User) -> None:
    trait = confirmed(alice).trait
    assert trait
    project(alice)
    cypher("MATCH (t:Trait {traitID: $id}) DETACH DELETE t", id=trait.pk)
    assert "Nothing to do for 1" in act(staff, "rebuild", alice, bob)
    assert persona(alice).behind == 1
    project(alice)
    assert trait_node(trait.pk)


def test_too_many_at_once_and_nobody(staff: Client) -> None:
    people = [str(make_user(f"Carol{number}").pk) for number in range(21)]
    answer = staff.post(PAGE, {"action": "rebuild", "_selected_action": people})
    assert "at most 20" in " ".join(said(staff.get(answer["Location"])) or said(answer))
    for wrong in (["nonsense"], [str(uuid.uuid4())]):
        answer = staff.post(PAGE, {"action": "hold", "_selected_action": wrong, "confirmed": "yes"}, follow=True)
        assert answer.status_code == 200
    assert not Persona.objects.exclude(held_at=None).exists()
    for missing in (f"{PAGE}{uuid.uuid4()}/change/", f"{PAGE}nonsense/change/", f"{PAGE}{uuid.uuid4()}/check/"):
        assert staff.get(missing).status_code == 404


def test_compare_one_person(staff: Client, alice: User) -> None:
    give_reason(staff, of(alice))
    trait = confirmed(alice, "My secret name").trait
    assert "still behind for this person" in text_of(staff.post(of(alice, "check/")))
    project(alice)
    assert "No differences." in text_of(staff.post(of(alice, "check/")))
    assert trait
    cypher("MATCH (t:Trait {traitID: $id}) SET t.name = 'other'", id=trait.pk)
    text = text_of(staff.post(of(alice, "check/")))
    assert f"Trait {trait.pk}: name is not as in the log" in text
    assert "secret" not in text
    assert staff.get(of(alice, "check/")).status_code == 302


def test_a_long_log_is_not_compared_by_a_page(staff: Client, alice: User) -> None:
    give_reason(staff, of(alice))
    Persona.objects.filter(pk=alice.pk).update(revision=20_001, projected_revision=20_001)
    assert staff.post(of(alice, "check/")).status_code == 302
    assert f"check_graph --person {alice.pk}" in text_of(staff.get(of(alice)))


@pytest.mark.slow
@pytest.mark.fault("graph hung: staff ask for a comparison")
def test_a_graph_that_hangs_is_waited_for_so_long(
    staff: Client, alice: User, graph_process: psutil.Process, settings: object
) -> None:
    give_reason(staff, of(alice))
    confirmed(alice)
    project(alice)
    settings.PROJECTOR_LEASE_SECONDS = 1.0  # type: ignore[attr-defined]
    graph_process.suspend()
    started = time.monotonic()
    text = text_of(staff.post(of(alice, "check/")))
    assert "The graph does not respond" in text
    assert time.monotonic() - started < 5


@pytest.mark.slow
def test_the_last_comparison_of_everybody(staff: Client, alice: User, bob: User) -> None:
    trait = confirmed(alice).trait
    assert trait
    project(alice)
    call_command("check_graph", person=str(alice.pk), verbosity=0)
    assert not GraphCheck.objects.exists()
    cypher("MATCH (t:Trait {traitID: $id}) SET t.name = 'other'", id=trait.pk)
    with pytest.raises(CommandError):
        call_command("check_graph")
    assert "1 person in " in text_of(staff.get(PAGE))
    assert "1 person differs" in text_of(staff.get(PAGE))
    call_command("check_graph", repair=True)
    assert "No differences." in text_of(staff.get(PAGE))
    assert str(GraphCheck.objects.get().people) == "1"


@pytest.fixture
def failing(alice: User) -> Erasure:
    with without_triggers("traits_erasure"):
        return Erasure.objects.create(
            user=alice,
            subject_id=alice.pk,
            state=ErasureState.ERASED,
            erased_at=timezone.now(),
            actor_kind="person",
            attempts=2,
            next_attempt_at=timezone.now() + dt.timedelta(minutes=5),
            last_error="ConstraintError at erasing.py:7",
        )


def test_erasures_that_fail(staff: Client, alice: User, failing: Erasure) -> None:
    give_reason(staff, of(alice))
    text = text_of(staff.get(PAGE))
    assert "1 erasure in progress" in text
    assert "ConstraintError at erasing.py:7" in text
    assert queries_of(staff, PAGE, mark="") <= 13
    assert "Erasures in progress" in text_of(staff.get(of(alice)))
    address = f"{PAGE}erasures/{failing.pk}/retry/"
    assert address in staff.get(PAGE).content.decode()
    assert "failed 2 times" in text_of(staff.get(address))
    waiting = Erasure.objects.filter(next_attempt_at=None)
    assert not waiting.exists()
    assert "Retrying the erasure now" in text_of(staff.post(address, follow=True))
    assert waiting.exists()
    project(alice)
    assert "is not failing" in text_of(staff.post(address, follow=True))


def test_a_log_that_went_back_is_shown_and_left_alone(staff: Client, alice: User, bob: User) -> None:
    confirmed(alice)
    project(alice)
    cypher("MATCH (u:User {userID: $u}) SET u.revision = 9", u=alice.pk)
    assert "person lost entries:" not in text_of(staff.get(PAGE))
    project(alice)
    page = text_of(staff.get(PAGE))
    assert "The log of 1 person lost entries:" in page
    assert "The log lost entries (found" in page
    assert str(alice.pk) in text_of(staff.get(PAGE, {"state": "went_back"}))
    assert str(bob.pk) not in text_of(staff.get(PAGE, {"state": "went_back"}))
    give_reason(staff, of(alice))
    assert "it is older than the graph made from it" in text_of(staff.get(of(alice)))


NEEDED = {
    "retry": "retry_projection",
    "rebuild": "retry_projection",
    "hold": "hold_projection",
    "release": "hold_projection",
}


def chosen(action: str, user: User) -> dict[str, str]:
    return {"action": action, "_selected_action": str(user.pk), "confirmed": "yes"}


def carol(*codenames: str) -> User:
    staff = make_user("Carol", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return staff


@pytest.mark.parametrize("right", ["", "retry_projection", "hold_projection", "check_graph"])
def test_each_action_needs_its_permission(alice: User, failing: Erasure, signed_in: SignedIn, right: str) -> None:
    confirmed(alice)
    fail_projection(alice)
    client = signed_in(carol("view_persona", right))
    give_reason(client, of(alice))
    shown = client.get(of(alice)).content.decode()
    labels = {"retry_projection": "Rebuild…", "hold_projection": "Pause…", "check_graph": "Compare log"}
    for name, label in labels.items():
        assert (label in shown) == (name == right)
    before = Persona.objects.filter(pk=alice.pk).values().get()
    for action, needed in NEEDED.items():
        client.post(PAGE, chosen(action, alice))
        changed = Persona.objects.filter(pk=alice.pk).values().get() != before
        assert changed == (needed == right), action
        Persona.objects.filter(pk=alice.pk).update(**before | ({"held_at": timezone.now()} if action == "hold" else {}))
        before = Persona.objects.filter(pk=alice.pk).values().get()
    assert client.post(of(alice, "check/")).status_code == (200 if right == "check_graph" else 403)
    address = f"{PAGE}erasures/{failing.pk}/retry/"
    assert client.post(address).status_code == (302 if right == "retry_projection" else 403)
    assert (address in client.get(PAGE).content.decode()) == (right == "retry_projection")


def test_nobody_else_may(alice: User, signed_in: SignedIn) -> None:
    blind = signed_in(carol("retry_projection", "hold_projection", "check_graph"))
    for address in (PAGE, of(alice)):
        assert blind.get(address).status_code == 403
    assert blind.post(PAGE, chosen("hold", alice)).status_code == 403
    assert blind.post(of(alice, "check/")).status_code == 403
    assert signed_in(alice).post(PAGE, chosen("hold", alice)).status_code == 302
    assert persona(alice).held_at is None
