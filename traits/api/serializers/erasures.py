"""The receipt of an erasure."""

from rest_framework.serializers import (
    BooleanField,
    ChoiceField,
    DateTimeField,
    DictField,
    IntegerField,
    UUIDField,
)

from ptfi.api.shapes import Shape, json_of
from ptfi.api.strict import Strict, Text
from traits.api.serializers.fields import ACTION, Words
from traits.models.erasure import ErasureState


class ErasureRequestSerializer(Strict):
    """That the person means it."""

    confirm = Text(max_length=254, help_text="The e-mail address of the account.")


class ErasureRecipientSerializer(Shape):
    """An app that had read what was erased."""

    example = {"clientID": "server-app", "notifiable": True, "traits": 3, "acknowledged": 3}

    clientID = Words(source="client_id", help_text="The app's id.")
    notifiable = BooleanField(help_text="Whether it can be told; of others the number of traits is not known.")
    traits = IntegerField(help_text="Of how many traits and suggestions it is told.")
    acknowledged = IntegerField(help_text="How many of these messages it acknowledged.")
    unacknowledged = IntegerField(source="given_up", help_text="How many it did not acknowledge within 41 hours.")
    acknowledgedTimestamp = DateTimeField(
        source="acknowledged_at", help_text="When it acknowledged one last.", allow_null=True
    )


class ErasureSerializer(Shape):
    """The receipt of an erasure."""

    example = {"erasureID": ACTION, "state": "awaiting_confirmation"}

    erasureID = UUIDField(source="pk", help_text="The receipt's id.")
    state = ChoiceField(ErasureState.choices, help_text="How far it is.")
    requestedTimestamp = DateTimeField(source="requested_at", help_text="When it was asked for.")
    confirmedTimestamp = DateTimeField(
        source="confirmed_at", help_text="Null until the person confirmed it.", allow_null=True
    )
    erasedTimestamp = DateTimeField(source="erased_at", help_text="Null until the tables are empty.", allow_null=True)
    graphClearedTimestamp = DateTimeField(
        source="graph_cleared_at", help_text="Null until the graph is clear.", allow_null=True
    )
    counts = DictField(child=IntegerField(), help_text="How many rows of each kind went; empty until they did.")
    kept = DictField(child=Words(), help_text="What stays, and why; empty until the rest went.")
    recipients = ErasureRecipientSerializer(
        source="informed", many=True, help_text="The apps that had read it; only for the person."
    )


erasure_json = json_of(ErasureSerializer)
