"""A decision about one candidate or many, and its outcome."""

import dataclasses
from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema_field
from rest_framework.serializers import ChoiceField, IntegerField, ListField, UUIDField, ValidationError

from ptfi.api.shapes import Shape, example_of
from ptfi.api.strict import Choice, Id, Strict, StrictBoolean, Text, Variant
from ptfi.parsing import parse_moment
from traits import decisions
from traits.api.serializers.evidence import Judgements
from traits.api.serializers.fields import ACTION, JAZZ, MESSAGE, PIECE, SYNC, Ids, VersionSerializer, texts
from traits.api.serializers.traits import ModificationsSerializer, TraitSerializer
from traits.decisions.inputs import MAX_CONTEXT, RATING_ALONE, Changes, Relation
from traits.models import MAX_TEXT, CandidateStatus, Decision, RejectionCode, TraitStatus
from traits.models.log import FOR_MANY

DECIDE: dict[str, Callable[..., decisions.Outcome]] = {
    "confirmed_asis": decisions.confirm,
    "confirmed_modified": decisions.confirm,
    "rejected": decisions.reject,
    "deferred": decisions.snooze,
    "merged": decisions.merge,
}
"""Decision about a suggestion → the service, called with the validated data of ActionSerializer."""
NEW_EVIDENCE = "new_evidence"
CLASH_KINDS = ["replaces", "was_true_before", "both_true", "new_is_wrong", "old_was_wrong"]
OUTCOMES = ["applied", "already_decided", "not_found", "refused"]


@extend_schema_field({"anyOf": [{"type": "string", "format": "date-time"}, {"const": NEW_EVIDENCE}]})
class SnoozeTime(Text):
    """A time, or "new_evidence"."""

    def to_internal_value(self, data: Any) -> Any:
        text = super().to_internal_value(data)
        if text == NEW_EVIDENCE:
            return None
        try:
            return parse_moment(text)
        except ValueError:
            wanted = gettext("Give new_evidence, or a time with its offset such as 2027-07-01T06:00:00+02:00.")
            raise ValidationError(wanted) from None


class ClashSerializer(Strict):
    """How a suggestion clashes with a trait that the person has."""

    traitID = Id(source="trait_id", help_text="The trait that the person has.")
    kind = Choice(
        choices=CLASH_KINDS,
        help_text="What becomes of the two: `new_is_wrong` goes with `rejected`, the others with a confirmation.",
    )
    existingContexts = texts(
        MAX_CONTEXT,
        "Where the one that the person has stays true, for `both_true`.",
        source="existing_contexts",
        required=False,
    )

    def validate(self, attrs: dict[str, Any]) -> Any:
        return Relation(**attrs)


def kinds(*allowed: str) -> dict[str, Any]:
    """A JSON Schema for `relation`, where only these kinds go with a decision."""
    return {"properties": {"kind": {"enum": list(allowed)}}}


BOTH_TRUE = {
    "if": {"required": ["relation"], "properties": {"relation": {"properties": {"kind": {"const": "both_true"}}}}},
    "then": {
        "properties": {
            field: {"required": [contexts], "properties": {contexts: {"minItems": 1}}}
            for field, contexts in (("modifications", "expressionContexts"), ("relation", "existingContexts"))
        },
    },
}
"""A JSON Schema: where two contradicting traits are both true, each says in which contexts."""
REJECT = Variant("Reject", ("rejectionReason", "rejectionCode"))
DEFER = Variant("Defer", ("deferUntil",), needs=("deferUntil",))


class RejectingSerializer(Strict):
    """What deciding once and deciding on many have in common."""

    variant_field = "userDecision"

    rejectionReason = Text(
        source="reason",
        max_length=MAX_TEXT,
        required=False,
        allow_blank=True,
        help_text="In the person’s words. With `rejected`.",
    )
    rejectionCode = Choice(
        choices=RejectionCode.choices,
        source="rejection_code",
        required=False,
        help_text="Why. With `rejected`; `other` unless told.",
    )
    deferUntil = SnoozeTime(
        source="until", required=False, help_text="A time to come, or `new_evidence`. With `deferred`, which needs it."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        decision, faults = attrs["decision"], dict[str, list[str]]()
        for name in {name for each in self.variants.values() for name in each.takes}:
            if self.fields[name].source in attrs and name not in self.variants[decision].takes:
                faults[name] = [gettext("This cannot be combined with %(decision)s.") % {"decision": decision}]
        if decision == Decision.DEFERRED and "until" not in attrs:
            faults["deferUntil"] = [gettext("Give a time, or new_evidence.")]
        if faults:
            raise ValidationError(faults)
        code = attrs.pop("rejection_code", RejectionCode.OTHER.value)
        return attrs | {"code": code} if decision == Decision.REJECTED else attrs


class ActionSerializer(RejectingSerializer, VersionSerializer):
    """A decision about a suggestion."""

    variants = {
        "confirmed_asis": Variant(
            "ConfirmAsIs",
            ("modifications", "relation"),
            shapes={
                "modifications": {"propertyNames": {"const": "userConfidenceRating"}},
                "relation": kinds("replaces", "was_true_before", "old_was_wrong"),
            },
        ),
        "confirmed_modified": Variant(
            "ConfirmModified",
            ("modifications", "relation"),
            needs=("modifications",),
            shapes={
                "modifications": {"minProperties": 1},
                "relation": kinds("replaces", "was_true_before", "both_true", "old_was_wrong"),
                "*": {"allOf": [BOTH_TRUE]},
            },
        ),
        "rejected": Variant("Reject", (*REJECT.takes, "relation"), shapes={"relation": kinds("new_is_wrong")}),
        "deferred": DEFER,
        "merged": Variant("Merge", ("mergeInto",), needs=("mergeInto",)),
    }

    userDecision = Choice(choices=list(DECIDE), source="decision", help_text="What is decided.")
    modifications = ModificationsSerializer(
        source="changes",
        required=False,
        help_text="At least one field with `confirmed_modified`; only userConfidenceRating with `confirmed_asis`.",
    )
    linkedEvidenceOverride = Judgements(
        required=False,
        help_text="Verdicts, and evidence of one’s own. Anything but `supports` makes it `confirmed_modified`.",
    )
    mergeInto = Id(
        source="into", required=False, help_text="The trait that it says the same as. With `merged`, which needs it."
    )
    relation = ClashSerializer(required=False, help_text="How it clashes with a trait that the person has.")
    onlyThis = StrictBoolean(
        source="alone",
        required=False,
        help_text="Decide this one alone. Otherwise, undecided suggestions of the same name and category are decided "
        "along: a confirmation or merge adds their evidence to the trait.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        decision, given = attrs["decision"], attrs.get("changes", {})
        if decision == Decision.CONFIRMED_MODIFIED and not given:
            raise ValidationError({"modifications": [gettext("Say what to change.")]})
        if decision == Decision.CONFIRMED_ASIS and given.keys() - RATING_ALONE:
            raise ValidationError(
                {"modifications": [gettext("Only userConfidenceRating can be combined with this decision.")]}
            )
        if decision == Decision.MERGED and "into" not in attrs:
            raise ValidationError({"mergeInto": [gettext("Name the trait to merge into.")]})
        return attrs | {"changes": Changes(**given)} if "changes" in attrs else attrs


class BulkActionSerializer(RejectingSerializer):
    """A decision about many suggestions."""

    variants = {
        "confirmed_asis": Variant("ConfirmMany"),
        "rejected": dataclasses.replace(REJECT, name="RejectMany"),
        "deferred": dataclasses.replace(DEFER, name="DeferMany"),
    }

    candidateIDs = ListField(
        child=Id(), source="candidate_ids", min_length=1, max_length=200, help_text="The suggestions."
    )
    userDecision = Choice(
        choices=[each.value for each in FOR_MANY],
        source="decision",
        help_text="What is decided about all of them.",
    )


class OutcomeSerializer(Shape):
    """What a decision left behind."""

    example = {
        "message": "Confirmed.",
        "traitID_in_pkg": JAZZ,
        "newStatus_in_pkg": "active",
        "updatedTraitDetails": example_of(TraitSerializer),
        "updatedTraitCandidateStatus": "confirmed_by_user",
        "refinementActionID": ACTION,
    }

    message = MESSAGE()
    traitID_in_pkg = UUIDField(source="trait.trait_id", help_text="Null where there is no trait.", allow_null=True)
    newStatus_in_pkg = ChoiceField(
        TraitStatus.choices,
        source="trait.status",
        help_text="The trait's status; null where there is none.",
        allow_null=True,
    )
    updatedTraitDetails = TraitSerializer(
        source="trait", help_text="The trait now; null where there is none.", allow_null=True
    )
    updatedTraitCandidateStatus = ChoiceField(
        CandidateStatus.choices,
        source="candidate.status",
        help_text="The suggestion's status; null where there is none.",
        allow_null=True,
    )
    refinementActionID = UUIDField(
        source="action_id", help_text="What undo takes; null: nothing changed.", allow_null=True
    )
    pkgSync = SYNC()


class BulkRowSerializer(Shape):
    """What became of one suggestion."""

    example = {"candidateID": JAZZ}

    candidateID = UUIDField(help_text="As it was sent.")
    outcome = ChoiceField(OUTCOMES, help_text="`refused`: sensitive ones are confirmed one by one.")


class BulkSerializer(Shape):
    """What became of each suggestion."""

    example = {"batchID": ACTION}

    batchID = UUIDField(help_text="What undoes all of it; null where nothing was applied.", allow_null=True)
    outcomes = BulkRowSerializer(many=True, help_text="Each id once, in the order in which they were sent.")
    pkgSync = SYNC()


class UndoneSerializer(Shape):
    """What was undone."""

    example = {"message": "Undone.", "refinementActionIDs": [PIECE], "undone": [ACTION]}

    message = MESSAGE()
    refinementActionIDs = Ids(help_text="The new entries of the log.")
    undone = Ids(help_text="The entries that they undo.")
    skipped = IntegerField(help_text="How many of a batch had changed since, and stay.")
    pkgSync = SYNC()
