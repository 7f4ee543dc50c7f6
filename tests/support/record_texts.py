"""``python -m pytest tests/support/record_texts.py``: record a persona whose texts are stored as they were sent.

Its name is not that of a test file, so that only this command records. The recorded files are kept, because only
a release that neither normalises texts nor drops invisible characters from name keys can write them.
"""

import json
import uuid
from typing import Any

import pytest

from ptfi.accounts.models import User
from tests.support.candidate_files import Row, new_row, piece
from tests.support.cast import acting_for_self
from tests.support.decisions import assert_log_whole
from tests.support.earlier_texts import INPUT, TABLES
from tests.support.frozen_logs import rows_of
from tests.support.graph_helpers import project
from tests.support.persona_marker import check_graph
from tests.support.record_log import written
from traits import decisions
from traits.decisions.inputs import Changes, Evidence
from traits.erasure import parts as erasure_parts
from traits.ingest import batch, blocklist
from traits.ingest.parsing import CandidateRecord, parse
from traits.models import ExtractedTraitCandidate, PersonaTrait

pytestmark = pytest.mark.django_db
SPACE = uuid.UUID("5e2d3c66-0b39-4d0a-9a55-4d2f1c8b7a01")
NFD = "Cafe\u0301"
SOURCE_NFD = "note-e\u0301te\u0301"


def rows() -> dict[str, Row]:
    """Suggestions whose texts look the same as others', by a name for this file."""
    said: dict[str, tuple[str, str, str, list[str]]] = {
        "as is": ("Plays piano", "I play.", "p1", ["music"]),
        "soft hyphen": ("Plays pia\u00adno", "I play the piano.", "p1", ["mu\u200bsic"]),
        "zero width": ("Plays gui\u200btar", "Guitars!", "p1", ["music"]),
        "selector": ("I \u2764\ufe0f jazz", "Jazz.", "p1", ["jazz"]),
        "composed apart": (f"{NFD} hopper", f"I sat in a {NFD}.", "p1", [NFD, "mu\u00adsic"]),
        "full width": ("Ｌｏｖｅｓ　ｔｅａ", "Tea.", "p1", ["tea"]),
        "snoozed": ("Dances tan\u200bgo", f"We danced in the {NFD}.", "p1", ["dance"]),
        "waiting": (f"Bakes {NFD} cake", f"Cake from the {NFD}.", "p1", ["food"]),
        "erased": ("Reads no\u00advels", "A novel.", "p1", ["books"]),
        "erased again": ("Reads no\u00advels", "Another novel.", "p1", ["books"]),
        "piece": ("Swims", f"I swam to the {NFD}.", "p2", ["water"]),
        "source": ("Hikes", "Up the hill.", SOURCE_NFD, ["hills"]),
    }
    return {
        key: new_row(
            candidate_id=str(uuid.uuid5(SPACE, key)),
            user={"external_id": "notes:rene\u0301 ", "display_name": "Rene\u0301"},
            trait_name=name,
            supporting_evidence=[piece(content, source_package_id=source), piece(f"More of {key}.")],
            associated_feature_set_ids=[],
            concepts=concepts,
        )
        for key, (name, content, source, concepts) in said.items()
    }


def test_record(alice: User, sam: User) -> None:
    sent = rows()
    _take_in(alice, [row for key, row in sent.items() if key != "erased again"])
    ids = {key: uuid.UUID(row["candidate_id"]) for key, row in sent.items()}
    for key in ("as is", "soft hyphen", "zero width", "selector", "erased"):
        decisions.reject(**acting_for_self(alice), candidate_id=ids[key], code="not_me")
    own = Evidence(own=[f"Every {NFD} knows me."])
    decisions.confirm(**acting_for_self(alice), candidate_id=ids["composed apart"], changes=Changes(), evidence=own)
    changes = Changes(expression_contexts=[f"in the {NFD}"], notes=f"My {NFD}.")
    decisions.confirm(**acting_for_self(alice), candidate_id=ids["full width"], changes=changes)
    decisions.snooze(**acting_for_self(alice), candidate_id=ids["snoozed"], until=None)
    _take_in(alice, [sent["erased again"]])
    for content in ("A novel.", "More of erased.", sent["piece"]["supporting_evidence"][0]["content"]):
        _erase(alice, content)
    key = blocklist.source_bar(alice.pk, SOURCE_NFD)
    erasure_parts.erase_source(**acting_for_self(alice), source=key)
    assert PersonaTrait.objects.filter(user=alice).count() == 2
    project(alice)
    assert_log_whole(alice)
    assert "0 differ" in check_graph(alice)
    tables: dict[str, list[dict[str, Any]]] = rows_of(alice)
    TABLES.write_text(written({"person": str(alice.pk), "staff": str(sam.pk)}, tables))
    INPUT.write_text("".join(json.dumps(row) + "\n" for row in sent.values()))


def _take_in(user: User, rows: list[Row]) -> None:
    records = [parse(row) for row in rows]
    batch.apply_within([record for record in records if isinstance(record, CandidateRecord)], user)


def _erase(user: User, content: str) -> None:
    candidates = ExtractedTraitCandidate.objects.filter(user=user)
    found = candidates.filter(supporting_evidence__contains=[{"content": content}]).get()
    piece_id = next(each["evidence_id"] for each in found.supporting_evidence if each["content"] == content)
    erasure_parts.erase_evidence(**acting_for_self(user), evidence_id=uuid.UUID(piece_id))
