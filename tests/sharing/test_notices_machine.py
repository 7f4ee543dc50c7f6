"""Whatever people do and receivers answer: every app ends up knowing what became of what it read, and nothing else."""

import uuid
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import override_settings
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.support.cast import acting_for_self, confirmed_trait, make_user
from tests.support.receivers import Receiver, receiver, told_client
from traits import decisions
from traits.decisions.inputs import Changes
from traits.erasure import parts
from traits.erasure.persona import erase_persona
from traits.models import Notice, PersonaTrait, UserRefinedTrait
from traits.sharing.receipts import Read, Reader, store

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
TRAITS, APPS = 3, 2
traits, apps = st.integers(0, TRAITS - 1), st.integers(0, APPS - 1)
step = st.one_of(
    st.tuples(st.just("read"), apps, traits),
    st.tuples(st.sampled_from(["edit", "remove", "undo"]), traits),
    st.tuples(st.just("send"), st.lists(st.sampled_from([204, 500, 0, 302]), min_size=1, max_size=3)),
    st.tuples(st.just("erase_skills")),
)


class World:
    """A person with traits, one of them a skill, and apps that may read them."""

    def __init__(self, receivers: list[Receiver]) -> None:
        self.user = make_user(f"P{uuid.uuid4().hex[:8]}")
        self.mine = acting_for_self(self.user)
        self.receivers = receivers
        self.clients = [told_client(each, f"App {number}") for number, each in enumerate(receivers)]
        kinds = ["Interest", "Interest", "Skill"]
        self.ids = [confirmed_trait(self.user, f"T{n}", trait_category=kind).pk for n, kind in enumerate(kinds)]
        self.removals = dict[int, uuid.UUID]()
        self.changed_since_read = dict[tuple[int, int], bool]()
        self.edits = 0

    def has(self, number: int) -> bool:
        return PersonaTrait.objects.filter(pk=self.ids[number]).exists()

    def changed(self, number: int) -> None:
        for pair in self.changed_since_read:
            if pair[1] == number:
                self.changed_since_read[pair] = True

    def read(self, app: int, number: int) -> None:
        if self.has(number):
            reader = Reader(self.user.pk, self.clients[app].pk, "api readTrait")
            store(reader, Read({self.ids[number]: "Interest"}, number=1))
            self.changed_since_read.setdefault((app, number), False)

    def edit(self, number: int) -> None:
        if self.has(number):
            self.edits += 1
            changes = Changes(description=f"Edit {self.edits}")
            decisions.edit_trait(**self.mine, trait_id=self.ids[number], changes=changes)
            self.changed(number)

    def remove(self, number: int) -> None:
        if self.has(number):
            removed = decisions.remove_trait(**self.mine, trait_id=self.ids[number])
            self.removals[number] = removed.action_id
            self.changed(number)

    def undo(self, number: int) -> None:
        if number in self.removals and not self.has(number):
            decisions.undo(**self.mine, action_id=self.removals.pop(number))
            self.changed(number)

    def erase_skills(self) -> None:
        number = TRAITS - 1
        logged = UserRefinedTrait.objects.filter(user=self.user, trait_id_in_pkg=self.ids[number])
        if logged.exclude(user_decision="evidence_erased").exists():
            parts.erase_category(**self.mine, category="Skill")
            self.removals.pop(number, None)
            self.changed(number)

    def send(self, answers: list[int]) -> None:
        """Let the receivers answer like this, one after the other."""
        for each in self.receivers:
            left = list(answers)
            each.answer = lambda _, left=left: left.pop(0) if left else 204  # type: ignore[misc]
        with connection.cursor() as cursor:
            cursor.execute("UPDATE traits_notice SET next_attempt_at = now()")
            cursor.execute("UPDATE clients_webhook SET paused_until = NULL")
        call_command("send_notices", once=True)

    def settle(self) -> None:
        for _ in range(6):
            self.send([204])
        assert not Notice.objects.filter(subject_id=self.user.pk, acknowledged_at=None).exists()

    def check(self) -> None:
        for app, to in enumerate(self.receivers):
            last = {pk: event for event, pk in to.events()}
            known = {str(self.ids[number]): number for number in range(TRAITS)}
            assert {known[pk] for pk in last} <= {number for who, number in self.changed_since_read if who == app}
            for (who, number), is_changed in self.changed_since_read.items():
                if who == app and is_changed:
                    event = last[str(self.ids[number])]
                    assert (event == "trait.corrected") == self.has(number), (event, number)


@settings(
    max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate]
)
@given(steps=st.lists(step, min_size=4, max_size=14), whole=st.booleans())
def test_every_app_knows_what_became_of_what_it_read(steps: list[Any], whole: bool) -> None:
    with receiver() as first, receiver() as second, override_settings(NOTICE_DELAY_SECONDS=0):
        world = World([first, second])
        for name, *arguments in steps:
            getattr(world, name)(*arguments)
        world.settle()
        world.check()
        if not whole:
            return
        had = {pair for pair in world.changed_since_read if world.has(pair[1])}
        erase_persona(**world.mine)
        world.settle()
        for app, number in had:
            assert world.receivers[app].events().count(("trait.erased", str(world.ids[number]))) == 1
