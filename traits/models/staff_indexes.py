"""What the lists of staff go by, across all people; each order and each filter finds its rows in one of these."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db.models import Func, Index, Q

WORDS = Func("trait_name", "trait_description", function="candidate_words", output_field=SearchVectorField())
"""Name and description, for those who may not read evidence; what they find must not depend on it."""
FILTERED = ["status", "trait_category", "language", "held_reason", "user", "confidence_score", "created_at"]
"""What the filters ask: with these in the index, one that lets hardly a row through looks at no row of the table."""
STAFF_INDEXES = [
    Index(
        fields=["-created_at", "candidate_id"],
        include=[name for name in FILTERED if name != "created_at"],
        name="candidate_newest",
    ),
    Index(
        fields=["-confidence_score", "candidate_id"],
        include=[name for name in FILTERED if name != "confidence_score"],
        name="candidate_surest",
    ),
    Index(fields=["-created_at", "candidate_id"], name="candidate_held", condition=~Q(held_reason="")),
    GinIndex("originating_models", name="candidate_of_model"),
    GinIndex(WORDS, name="candidate_words", gin_pending_list_limit=16_384),
]
