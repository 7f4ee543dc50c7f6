"""Import of a file of candidates, after a preview of its faults."""

import dataclasses
import json
import logging
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import FileExtensionValidator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ptfi.parsing import BYTE_ORDER_MARK, GZIP, DamagedError, PackedTooLargeError, unpack
from traits.ingest import batch as ingest
from traits.ingest.faults import Reason, by_place
from traits.ingest.files import WINDOW, not_lines
from traits.ingest.parsing import FILE, CandidateRecord, parse_line

logger = logging.getLogger(__name__)

MOST_BYTES = 4 * 1024 * 1024
MOST_SENT = 900_000
"""The largest size in characters of the packed file in the form; a form may hold a megabyte."""
SALT = "traits.staff.candidate_files"
KEPT_SECONDS = 3_600


@dataclasses.dataclass(frozen=True, kw_only=True)
class CheckedFile:
    """A parsed file: valid rows and faults, by line number."""

    rows: dict[int, CandidateRecord]
    faults: dict[int, list[Reason]]


def _most_lines() -> str:
    return number_format(ingest.MAX_BATCH, force_grouping=True)


def _limits() -> str:
    text = gettext(
        "JSON lines as the pipeline writes them, also packed with gzip, at most %(number)s lines and 4 MB."
        " Import larger files with manage.py import_candidates."
    )
    return text % {"number": _most_lines()}


class FileForm(forms.Form):
    file = forms.FileField(
        validators=[FileExtensionValidator(["jsonl", "ndjson", "gz"])],
        label=_("File"),
        help_text=lazy(_limits, str)(),
        widget=forms.ClearableFileInput(attrs={"accept": ".jsonl,.ndjson,.gz,application/x-ndjson,application/gzip"}),
    )

    def clean_file(self) -> bytes:
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > MOST_BYTES:
            raise forms.ValidationError(gettext("The file is larger than 4 MB."))
        content = _text_of(file.read())
        if len(content.splitlines()) > ingest.MAX_BATCH:
            raise forms.ValidationError(gettext("The file has more than %(number)s lines.") % {"number": _most_lines()})
        if len(packed(content)) > MOST_SENT:
            raise forms.ValidationError(gettext("The file is too large for this page, even compressed."))
        return content


def _text_of(file: bytes) -> bytes:
    """The file's lines, unpacked. Raises ValidationError with what it is if it is no JSON Lines."""
    try:
        content = unpack(file, MOST_BYTES) if file.startswith(GZIP) else file
    except PackedTooLargeError:
        raise forms.ValidationError(gettext("The file is larger than 4 MB once it is unpacked.")) from None
    except DamagedError:
        raise forms.ValidationError(gettext("The file is packed with gzip, and is cut off or damaged.")) from None
    if fault := not_lines(content[:WINDOW]):
        raise forms.ValidationError(gettext("The file %(fault)s.") % {"fault": fault})
    return content.removeprefix(BYTE_ORDER_MARK)


def packed(content: bytes) -> str:
    """Sign and compress the file for the browser to send again: nothing is stored before the confirmation."""
    return signing.dumps(content.decode("utf-8", "surrogateescape"), salt=SALT, compress=True, serializer=_Escaped)


def unpacked(text: str) -> bytes | None:
    """Return the file; None if it was not packed here or is over an hour old."""
    try:
        found: str = signing.loads(text, salt=SALT, max_age=KEPT_SECONDS, serializer=_Escaped)
    except signing.BadSignature:
        return None
    return found.encode("utf-8", "surrogateescape")


class _Escaped:
    """JSON for texts with bytes that are not valid UTF-8, which faulty files may contain."""

    def dumps(self, value: str) -> bytes:
        return json.dumps(value).encode("ascii")

    def loads(self, data: bytes) -> Any:
        return json.loads(data)


def read(content: bytes) -> CheckedFile:
    """Check the file line by line; a repeated candidate is a fault of the later line."""
    checked, seen = CheckedFile(rows={}, faults={}), dict[Any, int]()
    for number, line in enumerate(content.split(b"\n"), 1):
        parsed = parse_line(line) if line.strip() else []
        if isinstance(parsed, CandidateRecord):
            if first := seen.setdefault(parsed.candidate_id, number) if parsed.candidate_id in seen else None:
                checked.faults[number] = [
                    ("candidate_id", gettext("is already in line %(number)s") % {"number": first})
                ]
            else:
                seen[parsed.candidate_id] = number
                checked.rows[number] = parsed
        elif parsed:
            checked.faults[number] = parsed
    return checked


def trial(checked: CheckedFile) -> ingest.Result:
    """Import in a transaction that is rolled back, to see the outcome."""

    def attempt() -> ingest.Result:
        result = ingest.apply_within(list(checked.rows.values()))
        transaction.set_rollback(True)
        return result

    return ingest.retried(attempt)


def faults(checked: CheckedFile, result: ingest.Result) -> list[tuple[int, list[Reason]]]:
    """Return all faults, by line number."""
    numbers = list(checked.rows)
    refused = {numbers[index]: reasons for index, reasons in result.refused.items()}
    return sorted((checked.faults | refused).items())


def _told(result: ingest.Result, refused: int) -> str:
    """Return the notice about the outcome."""
    text = gettext(
        "Imported. New: %(new)s, changed: %(changed)s, unchanged: %(unchanged)s, blocked: %(blocked)s,"
        " refused: %(refused)s."
    )
    return text % {
        "new": result.created,
        "changed": result.updated,
        "unchanged": result.unchanged,
        "blocked": result.suppressed,
        "refused": refused,
    }


class CandidateImport(admin.ModelAdmin):  # type: ignore[type-arg]
    """The view that imports a file."""

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Preview a file's faults, then import it; nothing is written before the confirmation."""
        if not request.user.has_perm("traits.import_candidates"):
            raise PermissionDenied
        if "packed" in request.POST:
            return self._take_in(request)
        form = FileForm(request.POST or None, request.FILES or None)
        context = self.admin_site.each_context(request) | {"title": gettext("Import suggestions"), "form": form}
        if request.method != "POST" or not form.is_valid():
            status = 400 if request.method == "POST" else 200
            return render(request, "admin/candidates/import.html", context, status=status)
        checked = read(form.cleaned_data["file"])
        result = trial(checked)
        found = faults(checked, result)
        context |= {
            "checked": checked,
            "result": result,
            "faults": found,
            "places": list(by_place(found, FILE.whole)),
            "goes_in": len(checked.rows) - len(result.refused),
            "packed": packed(form.cleaned_data["file"]),
        }
        return render(request, "admin/candidates/import.html", context)

    def _take_in(self, request: HttpRequest) -> HttpResponse:
        content = unpacked(request.POST["packed"])
        if content is None:
            messages.error(request, gettext("This preview has expired. Nothing was imported. Choose the file again."))
            return redirect(reverse("admin:candidates_import"))
        checked = read(content)
        result = ingest.apply(list(checked.rows.values()))
        left = len(faults(checked, result))
        logger.info("%s imported candidates: %s new, %s refused", request.user.pk, result.created, left)
        messages.success(request, _told(result, left))
        return redirect(reverse("admin:traits_extractedtraitcandidate_changelist"))
