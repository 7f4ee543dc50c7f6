"""What the lists of staff go by, across all people; each order and each filter finds its rows in one of these."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db.models import F, Func, Index, Q

WORDS = Func("trait_name", "trait_description", function="candidate_words", output_field=SearchVectorField())
"""Name and description, for those who may not read evidence; what they find must not depend on it."""
NEWEST = (F("created_at").desc(), "candidate_id")
STAFF_INDEXES = [
    Index(*NEWEST, name="candidate_newest"),
    Index("status", *NEWEST, name="candidate_of_status"),
    Index("trait_category", *NEWEST, name="candidate_of_category"),
    Index(F("confidence_score").desc(), "candidate_id", name="candidate_surest"),
    Index("language", *NEWEST, name="candidate_of_language", condition=~Q(language="")),
    Index(*NEWEST, name="candidate_held", condition=~Q(held_reason="")),
    GinIndex("originating_models", name="candidate_of_model"),
    GinIndex(WORDS, name="candidate_words", gin_pending_list_limit=16_384),
]
