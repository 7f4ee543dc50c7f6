"""The export of a person's data, apart from the graph: the API's shapes with additional stored data."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db.models import Model, QuerySet
from rest_framework.serializers import (
    BooleanField,
    ChoiceField,
    DateTimeField,
    DictField,
    IntegerField,
    JSONField,
    ListField,
    UUIDField,
)

from ptfi.accounts.models import User
from ptfi.api.shapes import Shape, json_of
from ptfi.oauth.grants import ConnectedClient
from ptfi.web.language import in_english
from traits.api.serializers.candidates import CandidateSerializer
from traits.api.serializers.erasures import ErasureSerializer
from traits.api.serializers.fields import ACTION, PERSON, Ids, Texts, Words
from traits.api.serializers.log import HASH
from traits.api.serializers.traits import TraitSerializer
from traits.models import ActorKind, Category, NoticeEvent


def _of(model: type[Model], user: User) -> QuerySet[Any]:
    return model._default_manager.filter(user=user).order_by("pk")


class AddressSerializer(Shape):
    """An e-mail address."""

    email = Words(help_text="The address.")
    verified = BooleanField(help_text="Whether a mail to it was answered.")
    primary = BooleanField(help_text="Whether mails go there.")


class SessionSerializer(Shape):
    """A browser that signed in."""

    ip = Words(help_text="Where it called from.")
    userAgent = Words(source="user_agent", help_text="What it says it is.")
    createdAt = DateTimeField(source="created_at", help_text="When it signed in.")
    lastSeenAt = DateTimeField(source="last_seen_at", help_text="When it last called.")


class SecondStepSerializer(Shape):
    """A second step of signing in, without its secret."""

    type = Words(help_text="Such as totp.")
    createdAt = DateTimeField(source="created_at", help_text="When it was set up.")
    lastUsedAt = DateTimeField(source="last_used_at", help_text="Null where it never was.", allow_null=True)


class AccountSerializer(Shape):
    """The account as it is stored."""

    example = {
        "userID": PERSON,
        "email": "alice@example.com",
        "displayName": "Alice",
        "language": "de",
        "timeZone": "Europe/Berlin",
        "keysEnabled": True,
        "keys": {"confirm": "y"},
        "emailAddresses": [{"email": "alice@example.com", "verified": True, "primary": True}],
        "sessions": [],
        "secondSteps": [],
    }

    userID = UUIDField(source="pk", help_text="The account's id.")
    email = Words(help_text="Null where nobody can sign in to it yet.", allow_null=True)
    externalID = Words(source="external_id", help_text="What the pipeline calls the person.", allow_null=True)
    displayName = Words(source="display_name", help_text="How the person is greeted.")
    language = Words(help_text="Of pages and e-mails, such as de; empty until it is known.")
    languageChosen = BooleanField(source="language_chosen", help_text="Whether the person chose it.")
    timeZone = Words(source="time_zone", help_text="Such as Europe/Berlin.")
    timeZoneChosen = BooleanField(source="time_zone_chosen", help_text="Whether the person chose it.")
    keysEnabled = BooleanField(source="keys_enabled", help_text="Whether keys work on pages.")
    keys = DictField(child=Words(), help_text="Keys that the person chose, by what they do in the review.")
    invitedEmail = Words(source="invited_email", help_text="Where an invitation went.", allow_null=True)
    invitedAt = DateTimeField(source="invited_at", help_text="When it went.", allow_null=True)
    isStaff = BooleanField(source="is_staff", help_text="Whether the person is of the staff.")
    createdAt = DateTimeField(source="date_joined", help_text="When the account was made.")
    lastSignInAt = DateTimeField(source="last_login", help_text="Null where nobody has signed in.", allow_null=True)
    emailAddresses = AddressSerializer(many=True, help_text="The account's addresses.")
    sessions = SessionSerializer(many=True, help_text="Where the person is signed in.")
    secondSteps = SecondStepSerializer(many=True, help_text="How else they prove who they are.")
    suggestionsOffAt = DateTimeField(
        source="persona.suggestions_off_at", help_text="Null: suggestions are on.", allow_null=True
    )
    feedbackSince = DateTimeField(
        source="persona.feedback_since",
        help_text="Since when senders of suggestions learn what the person decides; null: they don't.",
        allow_null=True,
    )


class ExportedCandidateSerializer(CandidateSerializer):
    """A suggestion, and what else is kept of it."""

    language = Words(help_text="Of its texts; empty where nobody said.")
    supersedes = Ids(help_text="Older ones that it replaced.")
    heldReason = Words(help_text="Why staff hold it back; null where they don't.", allow_null=True)
    suppressed = BooleanField(help_text="Not shown, since the person rejected the same before.")
    clientID = Words(source="client_id", help_text="The client that sent it; empty for imports.")
    batchID = UUIDField(source="batch_id", help_text="The import that brought it.", allow_null=True)
    changedIn = UUIDField(source="changed_in", help_text="The import that last changed it.", allow_null=True)
    sequence = IntegerField(help_text="The sender's number of this version; null where it gave none.", allow_null=True)
    withdrawnAt = DateTimeField(source="withdrawn_at", help_text="When its sender withdrew it.", allow_null=True)


class SuggestionChangeSerializer(Shape):
    """What the pipeline changed in a suggestion: the columns that differ, as they are stored."""

    candidateID = UUIDField(source="candidate_id", help_text="The suggestion.")
    batchID = UUIDField(source="batch_id", help_text="The import.")
    before = JSONField(help_text="The values before.")
    after = JSONField(help_text="The values after.")
    takenBackAt = DateTimeField(source="taken_back_at", help_text="When staff took it back.", allow_null=True)
    createdAt = DateTimeField(source="created_at", help_text="When.")


class FeedbackSerializer(Shape):
    """A decision that the sender of the suggestion may learn of."""

    clientID = Words(source="client_id", help_text="The sender.")
    candidateID = UUIDField(source="candidate_id", help_text="The suggestion.")
    refinementActionID = UUIDField(source="entry_id", help_text="The entry of the log.")
    createdAt = DateTimeField(source="created_at", help_text="When.")


class ExportedTraitSerializer(TraitSerializer):
    """A trait, and what else is kept of it."""

    lastObservedTimestamp = DateTimeField(
        source="last_observed_at", help_text="When the pipeline last saw it.", allow_null=True
    )
    customizationNotes = Words(source="notes", help_text="The person's notes.")


class SuppressionSerializer(Shape):
    """What is not suggested again."""

    nameKey = Words(source="name_key", help_text="The name, however it is spelled.")
    category = ChoiceField(Category.choices, help_text="The category.")
    sources = Ids(help_text="The suggestions and traits whose reject or removal wants it.")
    createdAt = DateTimeField(source="created_at", help_text="Since when.")


class SavedViewSerializer(Shape):
    """Filters and order of the review queue, under a name."""

    name = Words(help_text="The name that the person gave.")
    query = Words(help_text="The filters and the order, as in the address of the page.")
    createdAt = DateTimeField(source="created_at", help_text="Since when.")


class SittingSerializer(Shape):
    """The suggestions that the person last set out to decide in one go."""

    candidateIDs = Ids(source="candidate_ids", help_text="The suggestions, in their order.")
    revision = IntegerField(help_text="The revision of the log when it began.")
    startedAt = DateTimeField(source="started_at", help_text="When it began.")


class ExportedErasureSerializer(ErasureSerializer):
    """A receipt, and who asked."""

    kind = Words(help_text="What was erased.")
    actorKind = ChoiceField(ActorKind.choices, source="actor_kind", help_text="Who asked.")
    clientID = Words(source="client_id", help_text="Through which app; empty for the pages.")
    reference = Words(help_text="The ticket of staff; empty for others.")


class TreeHeadSerializer(Shape):
    """The head of the tree of all logs, as it is published."""

    example = {"format": "ptfi-log-head", "version": 1, "root": HASH, "previous": HASH, "keyID": HASH[:16]}

    format = Words(help_text="What this is.")
    version = IntegerField(help_text="1.")
    size = IntegerField(help_text="How many leaves the tree has.")
    root = Words(help_text="Its root, hexadecimal.")
    time = DateTimeField(help_text="When it was signed.")
    previous = Words(help_text="SHA-256 of the head before it.")
    restored = BooleanField(help_text="Whether the database was brought back to the past before it.")
    keyID = Words(help_text="The key that signed it.")
    signature = Words(help_text="Ed25519, in base64.")


class PublishedSerializer(Shape):
    """What was published of the log, and the proof that it is in the tree."""

    example = {"revision": 6, "hash": HASH, "salt": HASH, "index": 4, "proof": [HASH]}

    revision = IntegerField(help_text="The number of the entry that was the newest then.")
    hash = Words(help_text="Its hash.")
    salt = Words(help_text="What keeps others from finding out whose leaf it is.")
    index = IntegerField(help_text="The leaf's place in the tree.")
    proof = Texts(help_text="The hashes from the leaf to the root; docs/export.md says how to follow them.")
    head = TreeHeadSerializer(help_text="The head that the proof leads to.")


class PositionSerializer(Shape):
    """Where the log stands, signed."""

    example = {"format": "ptfi-log-position", "version": 1, "userID": PERSON, "revision": 7, "hash": HASH}

    format = Words(help_text="What this is.")
    version = IntegerField(help_text="1.")
    userID = UUIDField(help_text="Whose log.")
    revision = IntegerField(help_text="The number of the newest entry.")
    hash = Words(help_text="Its hash, hexadecimal.")
    time = DateTimeField(help_text="When it was signed.")
    keyID = Words(help_text="The key that signed it; null where nothing could be signed.", allow_null=True)
    signature = Words(help_text="Ed25519, in base64.", allow_null=True)
    published = PublishedSerializer(help_text="Null where nothing was published of it yet.", allow_null=True)


class InterventionSerializer(Shape):
    """What the database did to the log for an erasure."""

    example = {"userID": PERSON, "erasureID": ACTION, "action": "redact_log", "hash": HASH, "revisions": [3]}

    id = IntegerField(help_text="The record's number.")
    userID = UUIDField(help_text="Whose log.")
    erasureID = UUIDField(help_text="The receipt.")
    action = Words(help_text="Such as erase_persona_log or redact_log.")
    revision = IntegerField(help_text="The newest entry before; null where there was none.", allow_null=True)
    hash = Words(help_text="Its hash.", allow_null=True)
    number = IntegerField(help_text="How many rows it touched.")
    revisions = ListField(child=IntegerField(), help_text="The entries that lost texts.")
    digests = Texts(help_text="What is left in each of them, as SHA-256.")
    time = DateTimeField(help_text="When.")


class AttestedSerializer(Shape):
    """What was done to the log in one transaction, signed."""

    example = {"format": "ptfi-log-interventions", "version": 1, "keyID": HASH[:16]}

    format = Words(help_text="What this is.")
    version = IntegerField(help_text="1.")
    records = InterventionSerializer(many=True, help_text="What was done.")
    keyID = Words(help_text="The key that signed it; null where nobody did.", allow_null=True)
    signature = Words(help_text="Ed25519, in base64.", allow_null=True)


class LookSerializer(Shape):
    """A look of staff at what is the person's, alone or with other people's."""

    staffID = UUIDField(source="staff_id", help_text="Who of the staff.")
    kind = Words(help_text="What kind of page.")
    reason = Words(help_text="Why; empty once what it showed was erased.")
    createdAt = DateTimeField(source="created_at", help_text="When.")


class SecurityEventSerializer(Shape):
    """Something that happened to the account."""

    kind = Words(help_text="What happened.")
    clientID = Words(source="client_id", help_text="The app that took part; empty where none did.")
    network = Words(source="address", help_text="The network that it came from.")
    browser = Words(help_text="The browser that it came from.")
    createdAt = DateTimeField(source="created_at", help_text="When.")


class ModeratedSerializer(Shape):
    """How a suggestion stood."""

    of_mappings = True

    status = Words(help_text="Its status.")
    held = Words(help_text="Why staff held it back: sensitive, unsafe or held; empty where they did not.")


class ModerationSerializer(Shape):
    """What staff did with a suggestion."""

    entryID = UUIDField(source="pk", help_text="The entry's id.")
    candidateID = UUIDField(source="candidate_id", help_text="The suggestion.")
    action = Words(help_text="Such as archive, flag or receive.")
    reason = Words(help_text="Why; empty once what it was about was erased.")
    before = ModeratedSerializer(help_text="How it stood before.")
    after = ModeratedSerializer(help_text="How it stood after.")
    createdAt = DateTimeField(source="created_at", help_text="When.")


class GrantedSerializer(Shape):
    """What an app may see and do."""

    of_mappings = True

    categories = Texts(help_text="The categories of the traits that it sees.")
    contexts = Texts(help_text="The contexts of the traits that it sees; `everywhere` is all.")
    evidence = BooleanField(help_text="Whether it sees evidence.")
    styles = BooleanField(help_text="Whether it sees the communication style.")
    write = BooleanField(help_text="Whether it sees suggestions, decides on them and changes traits.")
    suggest = BooleanField(help_text="Whether it may suggest traits.")


class ReadReceiptSerializer(Shape):
    """A read of an app."""

    clientID = Words(source="client_id", help_text="The app's id.")
    operation = Words(help_text="The front door and the operation.")
    categories = Texts(help_text="The categories of what it read.")
    traitIDs = Ids(source="trait_ids", help_text="The traits and suggestions that it read.")
    evidence = BooleanField(help_text="Whether evidence was in it.")
    number = IntegerField(help_text="How many items it got.")
    createdAt = DateTimeField(source="created_at", help_text="When.")


class TraitRecipientSerializer(Shape):
    """That an app read a trait, and is told of changes to it."""

    clientID = Words(source="client_id", help_text="The app's id.")
    traitID = UUIDField(source="trait_id", help_text="The trait or suggestion.")


class NoticeSerializer(Shape):
    """A message to an app about a change."""

    noticeID = UUIDField(source="notice_id", help_text="The message's id, its `webhook-id`.")
    clientID = Words(source="client_id", help_text="The app's id.")
    event = ChoiceField(NoticeEvent.choices, help_text="What happened.")
    traitID = UUIDField(
        source="trait_id", help_text="The trait or suggestion; null for the app's grant.", allow_null=True
    )
    attempts = IntegerField(help_text="How often it was sent.")
    createdAt = DateTimeField(source="created_at", help_text="When.")
    acknowledgedAt = DateTimeField(source="acknowledged_at", help_text="When the app confirmed it.", allow_null=True)
    givenUpAt = DateTimeField(source="given_up_at", help_text="When it was given up.", allow_null=True)


class ConnectedAppSerializer(Shape):
    """An app that may read or change the persona."""

    clientID = Words(source="client.pk", help_text="The app's id.")
    name = Words(source="client.name", help_text="The app's name.")
    abilities = Texts(help_text="What it may do, in words.")
    connectedAt = DateTimeField(source="since", help_text="Since when.")
    lastReadAt = DateTimeField(
        source="last_read_at", help_text="To ten minutes; null where it never read.", allow_null=True
    )
    granted = GrantedSerializer(help_text="What it may see and do; null where nothing.", allow_null=True)


address_json = json_of(AddressSerializer)
session_json = json_of(SessionSerializer)
second_step_json = json_of(SecondStepSerializer)
account_json = json_of(
    AccountSerializer,
    emailAddresses=lambda user: [address_json(row) for row in _of(EmailAddress, user)],
    sessions=lambda user: [session_json(row) for row in _of(UserSession, user)],
    secondSteps=lambda user: [second_step_json(row) for row in _of(Authenticator, user)],
)
exported_candidate = json_of(
    ExportedCandidateSerializer,
    heldReason=lambda row: row.held_reason or None,
    suppressed=lambda row: row.suppressed_by_id is not None,
)
exported_change = json_of(SuggestionChangeSerializer)
exported_feedback = json_of(FeedbackSerializer)
exported_trait = json_of(ExportedTraitSerializer)
exported_suppression = json_of(SuppressionSerializer)
exported_view = json_of(SavedViewSerializer)
exported_sitting = json_of(SittingSerializer)
exported_erasure = json_of(ExportedErasureSerializer)
exported_look = json_of(LookSerializer)
exported_security_event = json_of(SecurityEventSerializer)
exported_moderation = json_of(ModerationSerializer)
_app = json_of(
    ConnectedAppSerializer, abilities=lambda connected: in_english(connected.abilities), granted=lambda _: None
)
_granted = json_of(GrantedSerializer)
exported_receipt = json_of(ReadReceiptSerializer)
exported_recipient = json_of(TraitRecipientSerializer)
exported_notice = json_of(NoticeSerializer)


def exported_app(connected: ConnectedClient, granted: dict[str, Any] | None) -> dict[str, Any]:
    """The app with what it may see."""
    return _app(connected) | {"granted": granted and _granted(granted)}
