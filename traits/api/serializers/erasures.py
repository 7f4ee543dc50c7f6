"""The receipt of an erasure."""

from rest_framework import serializers

from ptfi.api.shapes import Shape, json_of
from ptfi.api.strict import Strict, Text
from traits.api.serializers.fields import ACTION, Words
from traits.models.erasure import ErasureState


class ErasureRequestSerializer(Strict):
    confirm = Text(max_length=254, help_text="The e-mail address of the account.")


class ErasureSerializer(Shape):
    """The receipt of an erasure."""

    example = {"erasureID": ACTION, "state": "awaiting_confirmation"}

    erasureID = serializers.UUIDField(source="pk", help_text="The receipt's id.")
    state = serializers.ChoiceField(ErasureState.choices, help_text="How far it is.")
    requestedTimestamp = serializers.DateTimeField(source="requested_at", help_text="When it was asked for.")
    confirmedTimestamp = serializers.DateTimeField(
        source="confirmed_at", help_text="Null until the person confirmed it.", allow_null=True
    )
    erasedTimestamp = serializers.DateTimeField(
        source="erased_at", help_text="Null until the tables are empty.", allow_null=True
    )
    graphClearedTimestamp = serializers.DateTimeField(
        source="graph_cleared_at", help_text="Null until the graph is clear.", allow_null=True
    )
    counts = serializers.DictField(
        child=serializers.IntegerField(), help_text="How many rows of each kind went; empty until they did."
    )
    kept = serializers.DictField(child=Words(), help_text="What stays, and why; empty until the rest went.")


erasure_json = json_of(ErasureSerializer)
