"""Verification that everything in an earlier download still exists, and receipts as files that can be verified."""

import uuid
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import FileExtensionValidator
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from ptfi.db.snapshot import snapshot
from traits import selectors
from traits.api.serializers.export import exported_erasure
from traits.erasure.persona import receipt
from traits.log.interventions import interventions
from traits.log.proofs import earlier
from traits.log.proofs.attestations import attested
from traits.log.proofs.comparison import Comparison, compare
from traits.log.proofs.earlier import Earlier, NotReadableError
from traits.log.proofs.positions import position
from traits.web import Request

MOST_BYTES = 4 * 1_048_576
TOO_LARGE = _(
    "This file is larger than 4 MB. The first line of your history’s file is enough: save that as a file of its own."
)
ANOTHERS = _("This file is about another account.")


class DownloadForm(forms.Form):
    """The upload of an earlier download."""

    file = forms.FileField(
        validators=[FileExtensionValidator(["zip", "json", "jsonl"])],
        label=_("Your earlier download"),
        help_text=_("The archive of your data, the file of your history, or a receipt; 4 MB at most."),
        widget=forms.ClearableFileInput(attrs={"accept": ".zip,.json,.jsonl,application/zip,application/json"}),
        allow_empty_file=True,
    )

    def clean_file(self) -> Earlier:
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > MOST_BYTES:
            raise forms.ValidationError(TOO_LARGE)
        try:
            return earlier.read(file.read())
        except NotReadableError as error:
            raise forms.ValidationError(str(error)) from None


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: Request) -> HttpResponse:
    """Compare a download with the current log; nothing of the file is stored."""
    form = DownloadForm(request.POST or None, request.FILES or None)
    if request.method != "POST":
        return render(request, "privacy/verify.html", {"form": DownloadForm()})
    found = _found(request, form) if form.is_valid() else None
    if found is None:
        return render(request, "privacy/verify.html", {"form": form}, status=400)
    context = {"form": DownloadForm(), "found": found, "file": form.cleaned_data["file"]}
    return render(request, "privacy/verify.html", context)


def _found(request: Request, form: DownloadForm) -> Comparison | None:
    """Return the comparison. None, with a fault on the form, if the file is incomplete or another person's."""
    file: Earlier = form.cleaned_data["file"]
    if file.user_id != request.user.pk:
        form.add_error("file", ANOTHERS)
        return None
    try:
        # One snapshot: otherwise an erasure that finishes in between would look like a loss.
        with snapshot():
            return compare(file)
    except NotReadableError as error:
        form.add_error("file", str(error))
        return None


@login_required
@never_cache
@require_safe
def receipt_file(request: Request, erasure_id: uuid.UUID) -> HttpResponse:
    """Download the receipt with the database's record of the erasure and the log's signed current position."""
    row = receipt(request.user, erasure_id)
    rows = [each for each in interventions(request.user.pk).rows if each.erasure_id == row.pk]
    document = {
        "format": "ptfi-receipt",
        "version": 1,
        "exportedAt": timezone.now(),
        "receipt": exported_erasure(row),
        "records": [group.json() for group in attested(request.user.pk, rows)],
        "position": position(selectors.persona(request.user)),
    }
    response = JsonResponse(document)
    response["Content-Disposition"] = f'attachment; filename="receipt-{row.pk}.json"'
    return response
