"""Full-text search: typed text as a PostgreSQL query."""

import re

from django.contrib.postgres.search import CombinedSearchQuery, SearchQuery, SearchVectorField
from django.db.models import F, Value
from django.db.models.functions import Coalesce

# Scripts without spaces between words; the search vector separates their characters (see the first migration).
UNSPACED = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+")
# The index over words spans all people, so that a common word takes ten times as long there as in a person's own rows.
# PostgreSQL does not use an index for a computed expression.
OWN_WORDS = Coalesce(F("search"), Value(""), output_field=SearchVectorField())
# A leading hyphen excludes a word. Many of them nest deeper than PostgreSQL's stack allows.
NEGATION = re.compile(r"(?<!\w)-")
MAX_NEGATIONS = 16
# A single letter begins too many words to be useful.
BEGUN = re.compile(r"\w{2,}")


def search_query(text: str) -> SearchQuery:
    return SearchQuery(spaced(text), config="simple", search_type="websearch")


def typed_query(text: str) -> SearchQuery | CombinedSearchQuery:
    """Like search_query(), for text that is still being typed: the last word may be incomplete."""
    before, _, word = text.strip().rpartition(" ")
    in_quotes, after_or = text.count('"') % 2, before.lower().split()[-1:] == ["or"]
    if not BEGUN.fullmatch(word) or UNSPACED.search(word) or in_quotes or after_or:
        return search_query(text)
    begun = SearchQuery(f"'{word}':*", config="simple", search_type="raw")
    return search_query(before) & begun if before else begun


def spaced(text: str) -> str:
    """Prepare text for a web search; a run of characters in a script without spaces becomes a phrase."""
    if len(NEGATION.findall(text)) > MAX_NEGATIONS:
        text = NEGATION.sub(" ", text)
    return UNSPACED.sub(lambda run: f' "{" ".join(run.group())}" ', text)
