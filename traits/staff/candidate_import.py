"""Import of a file of candidates, after a preview of its faults."""

import dataclasses
import json
import logging
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import FileExtensionValidator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ptfi.accounts.models import User
from ptfi.parsing import BYTE_ORDER_MARK, GZIP, DamagedError, PackedTooLargeError, unpack
from ptfi.web.language import grouped
from traits.history.changes import SuggestionChange, with_candidates
from traits.ingest import batch as ingest
from traits.ingest.faults import Reason, by_place
from traits.ingest.layouts import WINDOW, not_lines
from traits.ingest.parsing import FILE, CandidateRecord, parse_line
from traits.ingest.rows import Result
from traits.ingest.sender import Delivery, digest_of, finish, sender_of
from traits.models import AccessKind, Door, IngestBatch
from traits.models.moderation import MAX_REASON
from traits.models.staff_access import MAX_REASON as MAX_ACCESS_REASON
from traits.staff.access import looked_at_many

logger = logging.getLogger(__name__)

MOST_BYTES = 4 * 1024 * 1024
MOST_SENT = 900_000
"""The largest size in characters of the packed file in the form; a form may hold a megabyte."""
SALT = "traits.staff.candidate_files"
KEPT_SECONDS = 3_600
SHOWN_CHANGES = 20
"""Changes of stored suggestions that a preview shows; each person concerned finds the access in their access log."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class CheckedFile:
    """A parsed file: valid rows and faults, by line number."""

    rows: dict[int, CandidateRecord]
    faults: dict[int, list[Reason]]


def _most_lines() -> str:
    return grouped(ingest.MAX_BATCH)


def _limits() -> str:
    text = gettext(
        "JSON lines as the pipeline writes them, also packed with gzip, at most %(number)s lines and 4 MB."
        " Import larger files with manage.py import_candidates."
    )
    return text % {"number": _most_lines()}


@dataclasses.dataclass(frozen=True, kw_only=True)
class SentFile:
    """A file as it was sent, and why it is imported."""

    name: str
    reason: str
    content: bytes

    @property
    def delivery(self) -> Delivery:
        return Delivery(door=Door.UPLOAD, name=self.name, reason=self.reason, digest=digest_of(self.content))


class FileForm(forms.Form):
    file = forms.FileField(
        validators=[FileExtensionValidator(["jsonl", "ndjson", "gz"])],
        label=_("File"),
        help_text=lazy(_limits, str)(),
        widget=forms.ClearableFileInput(attrs={"accept": ".jsonl,.ndjson,.gz,application/x-ndjson,application/gzip"}),
    )
    reason = forms.CharField(
        max_length=MAX_REASON,
        label=_("Reason"),
        help_text=_(
            "It is recorded with the import. People whose suggestions the preview or the import's page shows can read"
            " it. Don't name or quote anyone."
        ),
    )

    def clean_file(self) -> "UploadedFile[Any]":
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > MOST_BYTES:
            raise forms.ValidationError(gettext("The file is larger than 4 MB."))
        return file

    def clean_reason(self) -> str:
        return " ".join(str(self.cleaned_data["reason"]).split())

    def clean(self) -> None:
        """Read the file into cleaned_data["sent"]."""
        if "file" not in self.cleaned_data or "reason" not in self.cleaned_data:
            return
        file = self.cleaned_data["file"]
        try:
            content = _text_of(file.read())
        except forms.ValidationError as error:
            self.add_error("file", error)
            return
        sent = SentFile(name=file.name or "", reason=self.cleaned_data["reason"], content=content)
        if len(sent.content.splitlines()) > ingest.MAX_BATCH:
            self.add_error("file", gettext("The file has more than %(number)s lines.") % {"number": _most_lines()})
        elif len(packed(sent)) > MOST_SENT:
            self.add_error("file", gettext("The file is too large for this page, even compressed."))
        self.cleaned_data["sent"] = sent


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
    return content


def packed(sent: SentFile) -> str:
    """Sign and compress the file for the browser to send again: nothing is stored before the confirmation."""
    parts = [sent.name, sent.reason, sent.content.decode("utf-8", "surrogateescape")]
    return signing.dumps(parts, salt=SALT, compress=True, serializer=_Escaped)


def unpacked(text: str) -> SentFile | None:
    """Return the file; None if it was not packed here or is over an hour old."""
    try:
        name, reason, content = signing.loads(text, salt=SALT, max_age=KEPT_SECONDS, serializer=_Escaped)
    except signing.BadSignature:
        return None
    return SentFile(name=name, reason=reason, content=content.encode("utf-8", "surrogateescape"))


class _Escaped:
    """JSON for texts with bytes that are not valid UTF-8, which faulty files may contain."""

    def dumps(self, value: Any) -> bytes:
        return json.dumps(value).encode("ascii")

    def loads(self, data: bytes) -> Any:
        return json.loads(data)


def read(content: bytes) -> CheckedFile:
    """Check the file line by line; a repeated candidate is a fault of the later line."""
    checked, seen = CheckedFile(rows={}, faults={}), dict[Any, int]()
    for number, line in enumerate(content.split(b"\n"), 1):
        parsed = parse_line(line) if line.removeprefix(BYTE_ORDER_MARK).strip() else []
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


def trial(checked: CheckedFile, batch: IngestBatch) -> Result:
    """Import and roll back, to show the outcome."""
    rows = list(checked.rows.values())
    return ingest.tried(lambda: ingest.apply_within(rows, sender=sender_of(batch)))


def imported(checked: CheckedFile, delivery: Delivery) -> Result:
    """Import, and record the batch with it."""

    def attempt() -> Result:
        batch = delivery.batch()
        result = ingest.apply_within(list(checked.rows.values()), sender=sender_of(batch))
        finish(batch, result.counts() | {"refused": len(faults(checked, result))})
        return result

    return ingest.retried(attempt)


def faults(checked: CheckedFile, result: Result) -> list[tuple[int, list[Reason]]]:
    """Return all faults, by line number."""
    numbers = list(checked.rows)
    refused = {numbers[index]: reasons for index, reasons in result.refused.items()}
    return sorted((checked.faults | refused).items())


def _told(result: Result, refused: int) -> str:
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


def _changes(request: HttpRequest, result: Result, reason: str) -> list[SuggestionChange]:
    """Return the first changes of stored suggestions, after recording the access to those people's data."""
    shown = result.changes[:SHOWN_CHANGES]
    if not shown or not request.user.has_perm("traits.view_extractedtraitcandidate"):
        return []
    people = {change.user_id for change in shown}
    looked_at_many(request, AccessKind.IMPORT, len(shown), people=people, reason=reason[:MAX_ACCESS_REASON])
    return with_candidates(shown)


def _next_page(request: HttpRequest) -> str:
    """Return the list of imports, or that of suggestions for staff who may not see imports."""
    may = request.user.has_perm("traits.view_ingestbatch")
    return "admin:traits_ingestbatch_changelist" if may else "admin:traits_extractedtraitcandidate_changelist"


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
        sent: SentFile = form.cleaned_data["sent"]
        checked = read(sent.content)
        result = trial(checked, sent.delivery.batch())
        changes = _changes(request, result, sent.reason)
        found = faults(checked, result)
        context |= {
            "checked": checked,
            "result": result,
            "faults": found,
            "places": list(by_place(found, FILE.whole)),
            "goes_in": len(checked.rows) - len(result.refused),
            "changes": changes,
            "more_changes": len(result.changes) - len(changes),
            "packed": packed(sent),
        }
        return render(request, "admin/candidates/import.html", context)

    def _take_in(self, request: HttpRequest) -> HttpResponse:
        sent = unpacked(request.POST["packed"])
        if sent is None:
            messages.error(request, gettext("This preview has expired. Nothing was imported. Choose the file again."))
            return redirect(reverse("admin:candidates_import"))
        checked = read(sent.content)
        result = imported(checked, dataclasses.replace(sent.delivery, staff=cast(User, request.user)))
        left = len(faults(checked, result))
        logger.info("%s imported candidates: %s new, %s refused", request.user.pk, result.created, left)
        messages.success(request, _told(result, left))
        return redirect(reverse(_next_page(request)))
