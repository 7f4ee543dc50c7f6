"""Search in what a person has confirmed or added."""

import uuid

from django.contrib.postgres.search import SearchVectorField
from django.db.models import Func

from ptfi.accounts.models import User
from traits.models import PersonaTrait
from traits.search.query import search_query

# Computed for each of the person's traits: they are few, and a stored column would be one more thing to write in each
# decision.
NAME = Func("name", function="search_words", output_field=SearchVectorField())
NAME_AND_DESCRIPTION = Func("name", "description", function="candidate_words", output_field=SearchVectorField())


def ids_with(user_id: uuid.UUID, typed: str) -> list[str]:
    """Return the ids of the person's traits whose name or description has what was typed."""
    rows = PersonaTrait.objects.filter(user=user_id).alias(words=NAME_AND_DESCRIPTION)
    return [str(pk) for pk in rows.filter(words=search_query(typed)).values_list("pk", flat=True)]


def traits_to_merge_into(user: User, typed: str = "", limit: int = 200) -> list[PersonaTrait]:
    """Return the person's traits by name, as choices: all of them, or those whose name has what was typed."""
    rows = PersonaTrait.objects.filter(user=user)
    rows = rows.alias(words=NAME).filter(words=search_query(typed)) if typed.strip() else rows
    return list(rows.only("trait_id", "name", "category", "status").order_by("sort_key", "pk")[:limit])
