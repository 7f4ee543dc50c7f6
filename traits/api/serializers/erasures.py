"""The receipt of an erasure."""

from rest_framework.serializers import ChoiceField, DateTimeField, DictField, IntegerField, UUIDField

from ptfi.api.shapes import Shape, json_of
from ptfi.api.strict import Strict, Text
from traits.api.serializers.fields import ACTION, Words
from traits.models.erasure import ErasureState


class ErasureRequestSerializer(Strict):
    """That the person means it."""

    confirm = Text(max_length=254, help_text="The e-mail address of the account.")


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


erasure_json = json_of(ErasureSerializer)
