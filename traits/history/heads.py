"""The public heads of the tree of all logs: what was signed, with which keys, and proofs that the tree only grew."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from ptfi import signing
from traits.log.proofs import heads, merkle, tree
from traits.models import TreeHead

NEWEST = 31
BROKEN = "The tree lacks nodes; whoever runs PTFI has to look at it."
WRONG = "first is the number of leaves of an earlier head."


@require_safe
@cache_control(public=True, max_age=300)
def log_heads(request: HttpRequest) -> JsonResponse:
    """The newest heads and all keys; with ?first=N the proof that the tree began with those N leaves."""
    newest = [heads.published(head) for head in TreeHead.objects.order_by("-id")[:NEWEST]]
    keys = [{"keyID": key_id, "publicKey": signing.encoded(key)} for key_id, key in signing.public_keys().items()]
    found: heads.Json = {"format": "ptfi-log-heads", "version": 1, "keys": keys, "heads": newest}
    if "first" in request.GET:
        first, second = request.GET["first"], newest[0]["size"] if newest else 0
        if not (first.isascii() and first.isdigit() and len(first) < 19 and int(first) <= second):
            return JsonResponse({"error": {"code": "validation_failed", "message": WRONG}}, status=400)
        try:
            proof = tree.with_nodes(lambda at: merkle.consistency(int(first), second, at))
        except tree.BrokenTreeError:
            return JsonResponse({"error": {"code": "error", "message": BROKEN}}, status=503)
        hashes = [each.hex() for each in proof]
        found |= {"consistency": {"first": int(first), "second": second, "proof": hashes}}
    return JsonResponse(found)
