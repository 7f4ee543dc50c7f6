"""What an app may see and do, and what it read."""

from typing import Any

from rest_framework.serializers import BooleanField, ChoiceField, DateTimeField, IntegerField, ListField

from ptfi.api.shapes import Shape, json_of
from ptfi.api.strict import Choice, Id, QueryInteger, Strict, StrictBoolean, Text
from ptfi.oauth.grants import ConnectedClient
from traits.api.serializers.fields import MESSAGE, Ids, Texts, Words, texts
from traits.decisions.inputs import MAX_CONTEXT
from traits.models import Category, Grant
from traits.sharing.grants import NOTHING, terms_of

EVIDENCE, STYLES = "Whether it sees evidence.", "Whether it sees the communication style."
WRITE = "Whether it sees suggestions, decides on them and changes traits; its scopes must allow it."
SUGGEST = "Whether it may suggest traits."


class TermsSerializer(Shape):
    """What an app may see and do."""

    example = {"categories": ["Interest"], "contexts": ["everywhere"]}

    categories = ListField(child=ChoiceField(Category.choices), help_text="Of the traits that it sees; empty is none.")
    contexts = Texts(help_text="Of the traits that it sees; `everywhere` is all, empty is none.")
    evidence = BooleanField(help_text=EVIDENCE)
    styles = BooleanField(help_text=STYLES)
    write = BooleanField(help_text=WRITE)
    suggest = BooleanField(help_text=SUGGEST)


class GrantSerializer(TermsSerializer):
    """A connected app, and what it may see and do."""

    example = TermsSerializer.example | {"clientID": "pocket-review", "name": "Pocket review"}

    clientID = Words(help_text="The app's id.")
    name = Words(help_text="The app's name.")
    scopes = Texts(help_text="The scopes of its tokens.")
    connectedTimestamp = DateTimeField(help_text="Since when.")


class GrantsSerializer(Shape):
    """All connected apps."""

    data = GrantSerializer(many=True, help_text="By name.")


class DisconnectedSerializer(Shape):
    """That an app was disconnected."""

    message = MESSAGE()


class GrantChangesSerializer(Strict):
    """What to change of it; what is left out stays."""

    categories = ListField(child=Choice(choices=Category.choices), required=False, help_text="As in the answer.")
    contexts = texts(MAX_CONTEXT, "As in the answer.", required=False)
    evidence = StrictBoolean(required=False, help_text=EVIDENCE)
    styles = StrictBoolean(required=False, help_text=STYLES)
    write = StrictBoolean(required=False, help_text=WRITE)
    suggest = StrictBoolean(required=False, help_text=SUGGEST)


class ReceiptQuerySerializer(Strict):
    client = Text(max_length=100, default="", allow_blank=True, help_text="Only those of this app.")
    trait = Id(required=False, help_text="Only those of this trait.")
    limit = QueryInteger(min_value=1, max_value=100, default=20, help_text="How many on a page.")
    cursor = Text(max_length=100, default="", allow_blank=True, help_text="The `next` of the previous page.")


class ReceiptSerializer(Shape):
    """A read of an app."""

    example = {"clientID": "pocket-review", "operation": "api listTraits", "categories": ["Interest"], "number": 3}

    clientID = Words(source="client_id", help_text="The app's id.")
    operation = Words(help_text="The front door and the operation.")
    categories = ListField(child=ChoiceField(Category.choices), help_text="The categories of what it read.")
    traitIDs = Ids(source="trait_ids", help_text="The traits and suggestions that it read.")
    evidence = BooleanField(help_text="Whether evidence was in it.")
    number = IntegerField(help_text="How many items it got.")
    timestamp = DateTimeField(source="created_at", help_text="When.")


class ReceiptsSerializer(Shape):
    """A page of receipts."""

    data = ReceiptSerializer(many=True, help_text="Newest first.")
    next = Words(help_text="The value of `cursor` for the next page; null on the last one.", allow_null=True)


_terms = json_of(TermsSerializer)
receipt_json = json_of(ReceiptSerializer)


def grant_json(app: ConnectedClient, grant: Grant | None) -> dict[str, Any]:
    """A connected app and what it may see; without a grant that is nothing."""
    return {
        "clientID": app.client.pk,
        "name": app.client.name,
        "scopes": sorted(app.scopes),
        "connectedTimestamp": app.since,
        **_terms(terms_of(grant) if grant else NOTHING),
    }
