"""What belongs to Alice and no other person may see, and every route that could reveal it."""

import uuid
from collections.abc import Collection, Iterator

from django.apps import apps
from django.core import serializers
from django.db.models import Model
from django.urls import URLPattern, URLResolver

from ptfi.accounts.models import User
from tests.support.cast import acting_for_self, confirmed, make_candidate
from traits import decisions
from traits.erasure import persona as erasure
from traits.ingest import blocklist
from traits.models import AccessEntry, Suppression
from traits.review.sittings import selectors as sittings

MARKER = "xylophone"
# It reads a single snapshot, which requires a transaction of its own: tests/privacy/test_archive.py.
STREAMED = "/persona/data/download/"


class Theirs:
    """Alice's data: a suggestion to review, a rejected one, a trait, and the log entries about them."""

    def __init__(self, alice: User) -> None:
        self.user = alice
        self.candidate = make_candidate(
            alice, f"Plays the {MARKER}", evidence=[f"My {MARKER}!"], concepts=[MARKER], trait_description=MARKER
        )
        rejected = make_candidate(alice, f"Sells {MARKER}s", evidence=[MARKER])
        refusal = decisions.reject(**acting_for_self(alice), candidate_id=rejected.pk, code="not_me", reason=MARKER)
        outcome = confirmed(alice, f"Builds {MARKER}s", evidence=[MARKER], concepts=[MARKER])
        assert outcome.trait
        self.trait = outcome.trait
        style = decisions.put_styles(**acting_for_self(alice), context=MARKER, styles={"Catchphrase": MARKER})
        assert style.action_id
        confirm = {"confirm_email": "alice@example.com", "recently_authenticated": False}
        asked = erasure.request_erasure(**(acting_for_self(alice) | confirm))
        self.ids = [
            self.candidate.pk,
            rejected.pk,
            self.trait.pk,
            outcome.action_id,
            refusal.action_id,
            style.action_id,
            asked.pk,
            uuid.UUID(self.candidate.supporting_evidence[0]["evidence_id"]),
        ]
        AccessEntry.objects.create(staff_id=uuid.uuid4(), subject_id=alice.pk, kind="account", reason=MARKER)
        self.suppression = Suppression.objects.get(user=alice)
        sitting = sittings.start(alice)
        assert sitting
        self.sitting = sitting
        self.source = blocklist.source_bar(alice.pk, self.candidate.supporting_evidence[0]["source_package_id"])

    def rows(self, but: Collection[type[Model]] = ()) -> str:
        """Every row of every table that belongs to Alice, but for some tables."""
        found = list[Model]()
        for model in (model for model in apps.get_models() if model not in but):
            for field in model._meta.get_fields():
                if field.related_model is User and field.concrete and not field.many_to_many:
                    found += model._default_manager.filter(**{field.name: self.user}).order_by("pk")
        return str(serializers.serialize("json", found))


def routes(resolver: URLResolver, prefix: str = "/") -> Iterator[str]:
    """Every route of the project, such as /review/<uuid:candidate_id>/."""
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern).lstrip("^").rstrip("$").replace("\\Z", "")
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, route)
        elif isinstance(pattern, URLPattern) and route != STREAMED:
            yield route
