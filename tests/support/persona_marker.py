"""A persona with a marker word in every field that can hold one, and a search for the word."""

import io
import json
import uuid
from typing import Any

from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection

from ptfi.accounts.models import User
from tests.support.cast import acting_for_self, confirmed, make_candidate
from tests.support.graph_helpers import cypher
from traits import decisions
from traits.decisions.inputs import Changes, Evidence, Relation
from traits.erasure import persona as erasure
from traits.models import Erasure


def marked_persona(user: User, word: str) -> list[uuid.UUID]:
    """Decide in every way on suggestions that contain the word; returns ids that an erasure must remove, too."""
    texts: dict[str, Any] = {"evidence": [word, f"{word}!"], "concepts": [word], "trait_description": word}
    undecided = make_candidate(user, f"Likes {word}", held_reason=word, **texts)
    later = make_candidate(user, f"Sees {word}", **texts)
    decisions.snooze(**acting_for_self(user), candidate_id=later.pk, until=None)
    rejected = make_candidate(user, f"Hears {word}", **texts)
    decisions.reject(**acting_for_self(user), candidate_id=rejected.pk, code="other", reason=word)
    modified = make_candidate(user, f"Plays {word}", **texts)
    changes = Changes(
        name=f"Knows {word}",
        description=word,
        category="Skill",
        user_confidence=5,
        notes=word,
        concepts=[word],
        expression_contexts=[word],
    )
    trait = decisions.confirm(
        **acting_for_self(user), candidate_id=modified.pk, changes=changes, evidence=Evidence(own=[f"own {word}"])
    ).trait
    added = decisions.add_trait(
        **acting_for_self(user), changes=Changes(name=f"{word} of mine", category="Other"), own_evidence=[word]
    ).trait
    assert trait
    assert added
    merged = make_candidate(user, f"{word} again", **texts)
    decisions.merge(**acting_for_self(user), candidate_id=merged.pk, into=added.pk)
    both = make_candidate(user, f"Plays no {word}", **texts)
    relation = Relation(trait_id=trait.pk, kind="both_true", existing_contexts=[word])
    clash = Changes(expression_contexts=[f"not {word}"])
    decisions.confirm(**acting_for_self(user), candidate_id=both.pk, changes=clash, relation=relation)
    removed = confirmed(user, f"Once {word}", **texts)
    assert removed.trait
    decisions.remove_trait(**acting_for_self(user), trait_id=removed.trait.pk, reason=word)
    decisions.undo(**acting_for_self(user), action_id=confirmed(user, f"Perhaps {word}", **texts).action_id)
    decisions.put_styles(**acting_for_self(user), context=word, styles={word: word})
    return [undecided.pk, later.pk, rejected.pk, trait.pk, added.pk, merged.pk, both.pk, removed.trait.pk]


def erased(user: User) -> Erasure:
    """Erase the persona, requested by a person who has just signed in."""
    assert user.email
    return erasure.request_erasure(**acting_for_self(user), confirm_email=user.email, recently_authenticated=True)


def tables_with(word: str) -> set[str]:
    """The tables with the word in any column of any row, including decoded sessions."""
    found = set[str]()
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT count(*) FROM "{table}" AS r WHERE r::text ILIKE %s', [f"%{word}%"])  # noqa: S608
            if cursor.fetchone()[0]:
                found.add(table)
    if any(word in json.dumps(session.get_decoded()) for session in Session.objects.all()):
        found.add("django_session")
    return found


def graph_with(word: str) -> list[str]:
    """The nodes and edges with the word in any property."""
    nodes = cypher("MATCH (n) RETURN labels(n) AS what, properties(n) AS p")
    edges = cypher("MATCH ()-[e]->() RETURN type(e) AS what, properties(e) AS p")
    return [str(row) for row in (*nodes, *edges) if word in str(row)]


def check_graph(user: User) -> str:
    """The command's output for the person; raises CommandError if there is a difference."""
    out = io.StringIO()
    call_command("check_graph", person=str(user.pk), stdout=out)
    return out.getvalue()
