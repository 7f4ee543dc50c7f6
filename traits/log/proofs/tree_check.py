"""Check the tree against its signed heads, and logs against the tree's leaves."""

import itertools
import uuid
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from traits.log.chain import NO_HASH
from traits.log.interventions import Interventions
from traits.log.proofs import attestations, heads, merkle, tree
from traits.models import Intervention, LogLeaf, TreeHead, TreeNode, UserRefinedTrait

TOUCHES_LOG = (Intervention.LOG_ERASED, Intervention.LOG_REDACTED)


def is_published() -> bool:
    return TreeHead.objects.exists()


def tree_faults() -> Iterator[str]:
    """Each fault of the tree and its heads, in words."""
    yield from _leaf_faults()
    yield from _head_faults()
    yield from _file_faults()


def _leaf_faults() -> Iterator[str]:
    """Report leaves that are missing or that do not match the tree."""
    leaves = LogLeaf.objects.order_by("index").iterator(2_000)
    nodes = TreeNode.objects.filter(pk__lt=tree.LEVEL).order_by("pk").iterator(2_000)
    for index, (leaf, node) in enumerate(itertools.zip_longest(leaves, nodes)):
        if not leaf or not node or leaf.index != index or node.place != index:
            yield f"the tree has no leaf {index}"
            return
        salt = bytes(leaf.salt)
        if salt and tree.leaf_of(salt, leaf.subject_id, leaf.revision, bytes(leaf.hash)) != bytes(node.hash):
            yield f"leaf {index} of the tree was changed ({leaf.subject_id}, revision {leaf.revision})"


def _head_faults() -> Iterator[str]:
    """Report heads that are unsigned, out of sequence, or not heads of the stored tree."""
    found = list(TreeHead.objects.order_by("id"))
    there, previous, before = roots({head.size for head in found}), NO_HASH, 0
    for head in found:
        said = heads.published(head)
        if not heads.is_genuine(said):
            yield f"{named(said)} has no signature of ours"
        if bytes(head.previous) != previous and not head.is_restored:
            yield f"{named(said)} does not follow the one before it"
        if head.size < before:
            yield f"{named(said)} is of a smaller tree than the one before it"
        if there.get(head.size) != bytes(head.root):
            yield f"{named(said)} is not a head of this tree"
        previous, before = heads.digest(said), head.size


def named(head: heads.Json) -> str:
    """A head in words."""
    return f"the tree's head of {head.get('time')} ({head.get('size')} leaves)"


def roots(sizes: set[int]) -> dict[int, bytes]:
    """The root of the first leaves for each of these sizes, computed from the leaves alone."""
    edge, found = dict[tuple[int, int], bytes](), {0: merkle.EMPTY}
    leaves = TreeNode.objects.filter(pk__lt=tree.LEVEL).order_by("pk").values_list("hash", flat=True)
    for index, leaf in enumerate(leaves.iterator(2_000)):
        nodes = list(merkle.append(index, bytes(leaf), lambda *at: edge[at]))
        # Only the last node of each level is needed later.
        for level, place, node in nodes:
            edge.pop((level, place - 2), None)
            edge[level, place] = node
        if index + 1 in sizes:
            found[index + 1] = merkle.root(index + 1, lambda *at: edge[at])
    return found


def _file_faults() -> Iterator[str]:
    """Report heads in LOG_HEADS_FILE that the database lacks, except those that a restore has undone."""
    if not settings.LOG_HEADS_FILE:
        return
    held = {heads.digest(heads.published(head)) for head in TreeHead.objects.all()}
    missing, filed = list[heads.Json](), set[bytes]()
    try:
        for head in heads.in_file(Path(settings.LOG_HEADS_FILE)):
            filed.add(heads.digest(head))
            if head.get("restored"):
                missing.clear()
            if not heads.is_genuine(head):
                yield f"{named(head)} in {settings.LOG_HEADS_FILE} has no signature of ours"
            elif heads.digest(head) not in held:
                missing.append(head)
    except heads.NotAHeadError:
        yield f"{settings.LOG_HEADS_FILE} holds something else than heads"
    yield from (f"{named(head)} was published, and is no longer there" for head in missing)
    if held - filed:
        yield f"{settings.LOG_HEADS_FILE} lacks {len(held - filed)} heads that were published"


def record_signatures(user_id: uuid.UUID, known: Interventions) -> Iterator[str]:
    """Report interventions in the log that this installation did not sign."""
    touching = [row for row in known.rows if row.action in TOUCHES_LOG]
    groups = attestations.attested(user_id, known.rows)
    ids = {row.pk for row in touching}
    yield from attestations.faults(group for group in groups if ids & {row.pk for row in group.rows})


def leaf_faults(user_id: uuid.UUID, known: Interventions) -> Iterator[str]:
    """Report what the tree says of a person's log and the log does not confirm."""
    leaves = LogLeaf.objects.filter(subject_id=user_id)
    blank = leaves.filter(salt=b"").order_by("index").first()
    if blank and known.newest_erasure is None:
        yield f"leaf {blank.index} of the tree lost what it said, and no erasure took the log"
    newest = leaves.exclude(salt=b"").order_by("-index").first()
    if newest is None:
        return
    entries = UserRefinedTrait.objects.filter(user_id=user_id)
    found = entries.filter(revision=newest.revision).values_list("hash", flat=True).first()
    if found is None:
        last = entries.order_by("-revision").values_list("revision", flat=True).first() or 0
        yield f"the log ended at revision {newest.revision} when it was published, and ends at revision {last} now"
    elif bytes(found) != bytes(newest.hash):
        yield f"the log up to revision {newest.revision} is not the one that was published"
