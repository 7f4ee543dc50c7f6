"""Compare an earlier download with the log, and say in words what is missing or differs."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.translation import gettext

from traits.log.chain import NO_HASH
from traits.log.interventions import Interventions, interventions
from traits.log.proofs import heads, positions, tree, tree_check
from traits.log.proofs.attestations import record
from traits.log.proofs.earlier import Earlier, Json, NotReadableError
from traits.models import LogIntervention, UserRefinedTrait

CHUNK = 200
CONTENT = ("v", "before", "after", "reason", "notes", "relation", "redacted", "erased")
"""The fields of an entry in a file that form its content; the others are columns."""
NOT_OURS = "the file's signature is not one of this installation: the file was changed, or comes from elsewhere"
MOST_FAULTS = 100


@dataclasses.dataclass(frozen=True, kw_only=True)
class Comparison:
    """The result of a comparison; faults are differences that no erasure explains.

    entries: number of the file's entries that were compared, besides its head. redacted: number of entries that have
    lost texts since then. erased: the erasure that has deleted the whole log since then.
    """

    entries: int
    redacted: int
    erased: LogIntervention | None
    faults: list[str]


def compare(earlier: Earlier) -> Comparison:
    """Compare a download with the current data. Raises NotReadableError."""
    try:
        return _compare(earlier)
    except (KeyError, TypeError, AttributeError, RecursionError):
        raise NotReadableError(gettext("This file is damaged.")) from None


def _compare(earlier: Earlier) -> Comparison:
    if earlier.user_id is None:
        return Comparison(entries=0, redacted=0, erased=None, faults=list(_heads_faults(earlier.heads)))
    known = interventions(earlier.user_id)
    last, since = known.newest_erasure, _moment(earlier.at)
    faults = [*_file_faults(earlier.user_id, earlier), *_record_faults(earlier.user_id, earlier.records)]
    if last and last.created_at > since:
        faults += _before_erasure(earlier, last, known)
        return Comparison(entries=len(earlier.entries), redacted=0, erased=last, faults=faults)
    faults += _head_faults(earlier.user_id, earlier)
    redacted = 0
    for fault, is_redacted in _entry_faults(earlier.user_id, earlier.entries):
        redacted += is_redacted
        faults += [fault] if fault else []
        if len(faults) > MOST_FAULTS:
            break
    return Comparison(entries=len(earlier.entries), redacted=redacted, erased=None, faults=faults)


def _moment(text: str) -> dt.datetime:
    """Parse a time of the file, in UTC unless it says otherwise. Raises NotReadableError."""
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        raise NotReadableError(gettext("This file does not say when it was made.")) from None
    return at if at.tzinfo else at.replace(tzinfo=dt.UTC)


def _file_faults(user_id: uuid.UUID, earlier: Earlier) -> Iterator[str]:
    """Report contradictions within the file, or between the file and the tree."""
    said = earlier.position
    if said is None:
        return
    same = (said.get("userID"), said.get("revision"), said.get("hash")) == (
        str(user_id),
        earlier.revision,
        earlier.hash,
    )
    if said.get("signature") and not (same and positions.is_genuine(said)):
        yield NOT_OURS
    if published := said.get("published"):
        if not positions.is_proven(user_id, published):
            yield "the file's proof that the log was published does not fit"
        elif not _is_in_tree(published["head"]):
            yield f"{tree_check.named(published['head'])} is not a head of this tree any more"


def _is_in_tree(head: Json) -> bool:
    try:
        return bool(tree.root(head["size"]).hex() == head["root"])
    except tree.BrokenTreeError:
        return False


def _before_erasure(earlier: Earlier, last: LogIntervention, known: Interventions) -> Iterator[str]:
    """Report what the log already lacked of the file when it was erased."""
    if last.revision is not None and last.revision < earlier.revision:
        yield f"the log ended at revision {earlier.revision} in the file, and at {last.revision} when it was erased"
    if last.hash is not None and last.revision == earlier.revision and bytes(last.hash).hex() != earlier.hash:
        yield f"the log that was erased was another one than the file's, at revision {last.revision}"
    if tree_check.is_published():
        yield from tree_check.record_signatures(last.subject_id, known)


def _head_faults(user_id: uuid.UUID, earlier: Earlier) -> Iterator[str]:
    """Report if the log no longer contains the file's head."""
    entries = UserRefinedTrait.objects.filter(user_id=user_id)
    if earlier.revision == 0:
        return
    found = entries.filter(revision=earlier.revision).values_list("hash", flat=True).first()
    if found is None:
        last = entries.order_by("-revision").values_list("revision", flat=True).first() or 0
        yield f"the log ended at revision {earlier.revision} in the file, and ends at revision {last} now"
    elif bytes(found).hex() != earlier.hash:
        yield f"the log up to revision {earlier.revision} is not the one in the file"


def _entry_faults(user_id: uuid.UUID, entries: list[Json]) -> Iterator[tuple[str, bool]]:
    """For each of the file's entries its fault, or "", and whether it has lost texts since then."""
    previous = NO_HASH.hex()
    for start in range(0, len(entries), CHUNK):
        chunk = entries[start : start + CHUNK]
        revisions = [entry["revision"] for entry in chunk]
        live = {row.revision: row for row in UserRefinedTrait.objects.filter(user_id=user_id, revision__in=revisions)}
        for entry in chunk:
            if entry.get("previousHash", previous) != previous:
                yield f"revision {entry['revision']} of the file does not follow the one before it", False
            previous = entry["hash"]
            yield _difference(entry, live.get(entry["revision"]))


def _difference(entry: Json, row: UserRefinedTrait | None) -> tuple[str, bool]:
    if row is None:
        return f"revision {entry['revision']} is missing", False
    if bytes(row.hash).hex() != entry["hash"]:
        return f"revision {row.revision} is another one than in the file", False
    said = {name: entry[name] for name in CONTENT if name in entry}
    if said == row.content:
        return "", False
    if not bytes(row.salt) and is_left_of(said, row.content):
        return "", True
    return f"revision {row.revision} says something else than in the file", False


def is_left_of(old: Any, new: Any) -> bool:
    """Whether the new content is the old one minus states, pieces of evidence and the texts that went with these.

    The database enforces the same when it redacts an entry (log_keeps_what_it_said), but its owner could change that.
    """
    changing = ("before", "after", "relation", "reason", "notes", "erased")
    if {key: old[key] for key in old if key not in changing} != {key: new[key] for key in new if key not in changing}:
        return False
    halves = [(old.get(half) or {}, new.get(half) or {}) for half in ("before", "after")]
    if not all(_is_half_left(*half) for half in halves):
        return False
    is_empty = not any(state for _, half in halves for state in half.values())
    texts = all(new.get(name) == old.get(name) or (is_empty and new.get(name) == "") for name in ("reason", "notes"))
    relation = old.get("relation")
    return texts and new.get("relation") in (relation, relation and relation | {"existing_contexts": []})


def _is_half_left(old: Json, new: Json) -> bool:
    if old.keys() != new.keys():
        return False
    return all(_is_state_left(side, old[side], new[side]) for side in old)


def _is_state_left(side: str, old: Any, new: Any) -> bool:
    if old == new or (new is None and side != "style"):
        return True
    if not isinstance(old, dict) or not isinstance(new, dict) or side == "style":
        return False
    pieces = iter(old.get("evidence") or [])
    return old | {"evidence": None} == new | {"evidence": None} and all(
        piece in pieces for piece in new.get("evidence") or []
    )


def _record_faults(user_id: uuid.UUID, groups: Iterable[Json]) -> Iterator[str]:
    """Report records of erasures in the file that are missing or changed now."""
    said = [each for group in groups for each in group.get("records") or [] if isinstance(each.get("id"), int)]
    rows = LogIntervention.objects.filter(subject_id=user_id).in_bulk([each["id"] for each in said])
    for each in said:
        row = rows.get(each["id"])
        if row is None or record(row) != each:
            yield f"the record of the erasure {each.get('erasureID')} is not there as it was"


def _heads_faults(found: list[Json]) -> Iterator[str]:
    """Report heads in the file that the tree no longer has; a declared restore explains the loss of earlier ones."""
    roots, missing = tree_check.roots({head["size"] for head in found}), list[Json]()
    for head in found:
        if head.get("restored"):
            missing.clear()
        if not heads.is_genuine(head):
            yield f"{tree_check.named(head)} has no signature of ours"
        elif roots.get(head["size"], b"").hex() != head["root"]:
            missing.append(head)
    yield from (f"{tree_check.named(head)} is not a head of this tree" for head in missing)
