"""Split texts into search words by rules of our own, and recompute the words of all suggestions.

PostgreSQL's parser takes "a/b" for a path and "a.b" for a host, drops symbols, and depends on the server's locale.
"""

from typing import Any
from uuid import UUID

from django.db import migrations

# Classes of characters after compatibility normalization. traits/search/words.py has the same.
# White space, controls and punctuation.
SEPARATORS = (
    r"\u0000-\u0022\u0027-\u0029\u002c-\u002f\u003a\u003b\u003f\u005b-\u005d\u005f\u007b\u007d\u007f-\u00a1\u00a7"
    r"\u00ab\u00b6-\u00bf\u055a-\u055f\u0589\u058a\u05be\u05c0\u05c3\u05c6\u05f3\u05f4\u0609\u060a\u060c\u060d"
    r"\u061b\u061d-\u061f\u066a-\u066d\u06d4\u0700-\u070d\u07f7-\u07f9\u0830-\u083e\u085e\u0964\u0965\u0970\u09fd"
    r"\u0a76\u0af0\u0c77\u0c84\u0df4\u0e4f\u0e5a\u0e5b\u0f04-\u0f12\u0f14\u0f3a-\u0f3d\u0f85\u0fd0-\u0fd4\u0fd9"
    r"\u0fda\u104a-\u104f\u10fb\u1360-\u1368\u1400\u166e\u1680\u169b\u169c\u16eb-\u16ed\u1735\u1736\u17d4-\u17d6"
    r"\u17d8-\u17da\u1800-\u180a\u1944\u1945\u1a1e\u1a1f\u1aa0-\u1aa6\u1aa8-\u1aad\u1b5a-\u1b60\u1b7d\u1b7e"
    r"\u1bfc-\u1bff\u1c3b-\u1c3f\u1c7e\u1c7f\u1cc0-\u1cc7\u1cd3\u2010-\u2029\u2030-\u2043\u2045-\u2051"
    r"\u2053-\u205e\u2308-\u230b\u2768-\u2775\u27c5\u27c6\u27e6-\u27ef\u2983-\u2998\u29d8-\u29db\u29fc\u29fd"
    r"\u2cf9-\u2cfc\u2cfe\u2cff\u2d70\u2e00-\u2e2e\u2e30-\u2e4f\u2e52-\u2e5d\u3001-\u3003\u3008-\u3011"
    r"\u3014-\u301f\u3030\u303d\u30a0\u30fb\ua4fe\ua4ff\ua60d-\ua60f\ua673\ua67e\ua6f2-\ua6f7\ua874-\ua877\ua8ce"
    r"\ua8cf\ua8f8-\ua8fa\ua8fc\ua92e\ua92f\ua95f\ua9c1-\ua9cd\ua9de\ua9df\uaa5c-\uaa5f\uaade\uaadf\uaaf0\uaaf1"
    r"\uabeb\ufd3e\ufd3f\ufe45\ufe46"
)
# Symbols, and the punctuation that people search for.
SYMBOLS = (
    r"\u0023-\u0026\u002a\u002b\u003c-\u003e\u0040\u005e\u0060\u007c\u007e\u00a2-\u00a6\u00a9\u00ac\u00ae-\u00b1"
    r"\u00d7\u00f7\u02c2-\u02c5\u02d2-\u02eb\u02ed\u02ef-\u02ff\u0375\u03f6\u0482\u058d-\u058f\u0606-\u0608\u060b"
    r"\u060e\u060f\u06de\u06e9\u06fd\u06fe\u07f6\u07fe\u07ff\u0888\u09f2\u09f3\u09fa\u09fb\u0af1\u0b70"
    r"\u0bf3-\u0bfa\u0c7f\u0d4f\u0d79\u0e3f\u0f01-\u0f03\u0f13\u0f15-\u0f17\u0f1a-\u0f1f\u0f34\u0f36\u0f38"
    r"\u0fbe-\u0fc5\u0fc7-\u0fcf\u0fd5-\u0fd8\u109e\u109f\u1390-\u1399\u166d\u17db\u1940\u19de-\u19ff\u1b61-\u1b6a"
    r"\u1b74-\u1b7c\u2044\u2052\u20a0-\u20c0\u2104-\u212e\u213a-\u214d\u214f\u218a-\u2307\u230c-\u244a"
    r"\u2500-\u2767\u2794-\u27c4\u27c7-\u27e5\u27f0-\u2982\u2999-\u29d7\u29dc-\u29fb\u29fe-\u2bff\u2ce5-\u2cea"
    r"\u2e50\u2e51\u2e80-\u2ffb\u3004\u3012\u3013\u3020\u3037\u303e\u303f\u3190\u3191\u31c0-\u31e3\u327f"
    r"\u4dc0-\u4dff\ua490-\ua4c6\ua700-\ua716\ua720\ua721\ua789\ua78a\ua828-\ua82b\ua836-\ua839\uaa77-\uaa79\uab5b"
    r"\uab6a\uab6b\ufbb2-\ufbc2\ufd40-\ufdff\ufffc\ufffd\U0001f000-\U0001faff"
)
# Scripts without spaces between words.
UNSPACED = (
    r"\u0e00-\u0e3e\u0e40-\u0e4e\u0e50-\u0e59\u0e5c-\u0eff\u1000-\u1049\u1050-\u109d\u1780-\u17d3\u17d7"
    r"\u17dc-\u17ff\u1950-\u19dd\u1a20-\u1a9f\u1aa7\u1aae\u1aaf\u1b00-\u1b59\u1b6b-\u1b73\u1b7f\u2ffc-\u3000"
    r"\u3005-\u3007\u3021-\u302f\u3031-\u3036\u3038-\u303c\u3040-\u309f\u30a1-\u30fa\u30fc-\u318f\u3192-\u31bf"
    r"\u31e4-\u327e\u3280-\u4dbf\u4e00-\u9fff\ua980-\ua9c0\ua9ce-\ua9dd\ua9e0-\ua9ff\uaa60-\uaa76\uaa7a-\uaadd"
    r"\uac00-\ud7af\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
# Characters that nobody sees.
INVISIBLE = (
    r"\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    r"\U000e0000-\U000e0fff"
)
# A word with the full stop that begins it, as in ".NET"; or one symbol. U+0001 stands between texts.
SPACED = rf"\.?[^{SEPARATORS}{SYMBOLS}]+|[{SYMBOLS}\u0001]"
ALL = rf"\.?[^{SEPARATORS}{SYMBOLS}{UNSPACED}]+|[{UNSPACED}]+|[{SYMBOLS}\u0001]"
# What PostgreSQL's own parser would split in another way. It splits everything else in half the time.
SPECIAL = r"[#-&*+<-@^`|~/\\_\u0002-\u0008]|[-.:][a-z0-9]"
LONG = "[a-z0-9]{255}"
# Lexemes with their positions, as text. PostgreSQL stores at most 2,046 bytes of a lexeme.
LEXEMES = """
    SELECT coalesce(string_agg(CASE WHEN starts_with(word, '.')
        THEN format('''%s'':%s ''%s'':%s', left(word, 500), at, substr(word, 2, 500), at)
        ELSE concat('''', left(word, 500), ''':', at) END, ' '), '')::tsvector
    FROM ({}) AS found
    WHERE word <> chr(1)
"""
WORDS = f"""
    SELECT match[1] AS word, at FROM regexp_matches(folded, '{SPACED}', 'g') WITH ORDINALITY AS each(match, at)
"""
# A run of an unspaced script becomes pairs of neighbouring characters, and its last character.
WORDS_AND_RUNS = f"""
    SELECT one || coalesce(next, '') AS word, row_number() OVER () AS at
    FROM regexp_matches(left(folded, 70000), '{ALL}', 'g') AS each(match),
        unnest(
            CASE WHEN match[1] ~ '^[{UNSPACED}]' THEN string_to_array(match[1], NULL) ELSE match END,
            CASE WHEN match[1] ~ '^[{UNSPACED}]' THEN (string_to_array(match[1], NULL))[2:] END
        ) AS pair(one, next)
"""
# In plpgsql only PostgreSQL's own functions are called, which are found whatever the search path is.
# Only the first 100,000 characters, and 70,000 of unspaced scripts: a tsvector holds at most 1 MB.
SEARCH_WORDS = f"""
CREATE OR REPLACE FUNCTION search_words(texts text, evidence jsonb DEFAULT '[]') RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    folded text := left(texts || coalesce((
        SELECT string_agg(chr(1) || (piece->>'content'), '') FROM jsonb_array_elements(evidence) AS piece
    ), ''), 100000);
BEGIN
    IF octet_length(folded) = char_length(folded) THEN
        folded := lower(folded);
        IF folded !~ '{SPECIAL}' AND (length(folded) < 2000 OR folded !~ '{LONG}') THEN
            RETURN ts_delete(to_tsvector('simple', replace(folded, chr(1), ' betweentexts0 ')), 'betweentexts0');
        END IF;
    ELSE
        IF folded IS NOT NFKC NORMALIZED THEN
            folded := left(normalize(folded, NFKC), 100000);
        END IF;
        folded := translate(lower(translate(folded, 'İ', 'i')), 'ς', 'σ');
        IF folded ~ '[{INVISIBLE}]' THEN
            folded := regexp_replace(folded, '[{INVISIBLE}]+', '', 'g');
        END IF;
    END IF;
    IF octet_length(folded) = char_length(folded) OR folded !~ '[{UNSPACED}]' THEN
        RETURN ({LEXEMES.format(WORDS)});
    END IF;
    RETURN ({LEXEMES.format(WORDS_AND_RUNS)});
END $$
"""
# Replaced in place: the generated column and the index that call these functions stay, with the values that they have.
# They are so plain that PostgreSQL puts the call of search_words in their place.
CANDIDATE_WORDS = """
CREATE OR REPLACE FUNCTION candidate_words(name text, description text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN search_words(name || chr(1) || description)
"""
CANDIDATE_SEARCH_VECTOR = """
CREATE OR REPLACE FUNCTION candidate_search_vector(name text, description text, evidence jsonb) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN search_words(name || chr(1) || description, evidence)
"""
SLICE = 500
NEXT = """
    SELECT candidate_id FROM traits_extractedtraitcandidate WHERE candidate_id > %s ORDER BY candidate_id LIMIT %s
"""
# PostgreSQL recomputes a generated column if a column that it depends on is written, even with the same value. Rows are
# locked in the order of their ids, as decisions do.
RECOMPUTED = """
    UPDATE traits_extractedtraitcandidate AS row SET trait_name = row.trait_name
    FROM (
        SELECT candidate_id FROM traits_extractedtraitcandidate WHERE candidate_id = ANY(%s)
        ORDER BY candidate_id FOR NO KEY UPDATE
    ) AS slice
    WHERE row.candidate_id = slice.candidate_id AND row.search IS DISTINCT FROM
        candidate_search_vector(row.trait_name, row.trait_description, row.supporting_evidence)
"""


def recompute(apps: Any, schema_editor: Any) -> None:
    """Recompute the words slice by slice, each in its own transaction; starting again skips the rows that are done."""
    last = UUID(int=0)
    with schema_editor.connection.cursor() as cursor:
        while True:
            cursor.execute(NEXT, [last, SLICE])
            ids = [row[0] for row in cursor.fetchall()]
            if not ids:
                return
            cursor.execute(RECOMPUTED, [ids])
            last = ids[-1]


class Migration(migrations.Migration):
    # There may be millions of suggestions: people go on deciding and searching while their words are recomputed.
    atomic = False

    dependencies = [
        ("traits", "0026_name_keys"),
    ]

    operations = [
        migrations.RunSQL([SEARCH_WORDS, CANDIDATE_WORDS, CANDIDATE_SEARCH_VECTOR], migrations.RunSQL.noop),
        # Only so that connections forget what they keep of the index, as it calls another function now.
        migrations.RunSQL(
            ["ALTER INDEX candidate_words SET (gin_pending_list_limit = 16384)"], migrations.RunSQL.noop
        ),
        migrations.RunPython(recompute, migrations.RunPython.noop),
        # What an attempt leaves behind that was stopped here.
        migrations.RunSQL(["DROP INDEX CONCURRENTLY IF EXISTS candidate_words_ccnew"], migrations.RunSQL.noop),
        migrations.RunSQL(["REINDEX INDEX CONCURRENTLY candidate_words"], migrations.RunSQL.noop),
    ]
