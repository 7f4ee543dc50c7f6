"""Full-text search: what a person typed, as a query of PostgreSQL."""

import re

from django.contrib.postgres.search import CombinedSearchQuery, SearchQuery, SearchVectorField
from django.db.models import F, Value
from django.db.models.functions import Coalesce

# Scripts that put no space between words; the search vector sets their characters apart (see the first migration).
UNSPACED = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+")
# The index over words holds everybody's, and a common one takes ten times as long to look up there as in a person's own
# rows; PostgreSQL does not use it for what is computed.
OWN_WORDS = Coalesce(F("search"), Value(""), output_field=SearchVectorField())
# A hyphen that begins a word leaves out what has it. Many of them in a row nest deeper than PostgreSQL's own stack.
NEGATION = re.compile(r"(?<!\w)-")
MAX_NEGATIONS = 16
# One letter begins too many words to be of use.
BEGUN = re.compile(r"\w{2,}")


def search_query(text: str) -> SearchQuery:
    return SearchQuery(spaced(text), config="simple", search_type="websearch")


def typed_query(text: str) -> SearchQuery | CombinedSearchQuery:
    """As search_query(), for who is still typing: the last word may be the beginning of one."""
    before, _, word = text.strip().rpartition(" ")
    in_quotes, after_or = text.count('"') % 2, before.lower().split()[-1:] == ["or"]
    if not BEGUN.fullmatch(word) or UNSPACED.search(word) or in_quotes or after_or:
        return search_query(text)
    begun = SearchQuery(f"'{word}':*", config="simple", search_type="raw")
    return search_query(before) & begun if before else begun


def spaced(text: str) -> str:
    """The text for a web search; a run of characters of an unspaced script is a phrase of them."""
    if len(NEGATION.findall(text)) > MAX_NEGATIONS:
        text = NEGATION.sub(" ", text)
    return UNSPACED.sub(lambda run: f' "{" ".join(run.group())}" ', text)
