"""A field that a trait gets later has its default in every older entry, and old entries work as before."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client

from graph.projection import outbox
from ptfi.accounts.models import User
from tests.support.cast import SignedIn, acting_for_self
from tests.support.frozen_logs import FILES, entries_of, holds, load, standing_entry
from tests.support.new_field import DEFAULT, FIELD, added_field
from traits import decisions
from traits.decisions.inputs import Changes
from traits.history import past
from traits.history import selectors as history
from traits.log.versions import lifted, newest
from traits.models import Decision, PersonaTrait

# Only the owner of a table may add a column to it.
pytestmark = [pytest.mark.graph, pytest.mark.slow, pytest.mark.django_db, pytest.mark.owner]


@pytest.fixture(params=FILES, ids=lambda file: file.stem)
def frozen(request: pytest.FixtureRequest, db: None) -> Iterator[User]:
    """The person of a frozen log, in a release whose traits have the field."""
    file: Path = request.param
    with added_field():
        yield load(file)


def moods(user: User) -> set[str]:
    return {getattr(trait, FIELD) for trait in PersonaTrait.objects.filter(user=user)}


def test_older_entries_have_its_default(frozen: User) -> None:
    entries = entries_of(frozen)
    assert all(entry.content.get("v", 0) < newest() for entry in entries)
    for entry in entries:
        content = history.content(frozen, entry.pk)
        traits = [content[half]["trait"] for half in ("before", "after")]
        assert {trait[FIELD] for trait in traits if trait} <= {DEFAULT}
    then = past.persona_at(frozen, entries[-1].revision, limit=200).traits
    assert {each.state[FIELD] for each in then} == {DEFAULT}
    projected = [change.state for change in outbox.history(frozen.pk, len(entries)) if not change.is_style]
    assert {state[FIELD] for state in projected if state} == {DEFAULT}
    holds(frozen)


def test_all_of_an_older_log_can_be_undone(frozen: User) -> None:
    while entry := standing_entry(frozen):
        decisions.undo(**acting_for_self(frozen), action_id=entry.pk)
        assert moods(frozen) <= {DEFAULT}
    holds(frozen)


def test_new_entries_keep_what_it_holds(frozen: User) -> None:
    trait = PersonaTrait.objects.get(user=frozen, name="Bakes once")
    PersonaTrait.objects.filter(pk=trait.pk).update(**{FIELD: "merry"})
    edited = decisions.edit_trait(**acting_for_self(frozen), trait_id=trait.pk, changes=Changes(notes="With salt."))
    entry = edited.entries[0]
    assert entry.content["v"] == newest()
    assert lifted(entry.content)["after"]["trait"][FIELD] == "merry"
    decisions.remove_trait(**acting_for_self(frozen), trait_id=trait.pk)
    decisions.undo(**acting_for_self(frozen), action_id=entries_of(frozen)[-1].pk)
    assert getattr(PersonaTrait.objects.get(pk=trait.pk), FIELD) == "merry"
    holds(frozen)


def test_what_was_merged_before_can_be_split(frozen: User) -> None:
    merged = next(entry for entry in entries_of(frozen) if entry.user_decision == Decision.MERGED)
    assert merged.original_candidate_id
    split = decisions.reopen(**acting_for_self(frozen), candidate_id=merged.original_candidate_id)
    assert getattr(split.trait, FIELD) == DEFAULT
    holds(frozen)


def test_pages_of_older_entries_open(frozen: User, signed_in: SignedIn) -> None:
    mine: Client = signed_in(frozen)
    assert mine.get("/persona/history/").status_code == 200
    assert mine.get("/persona/past/").status_code == 200
