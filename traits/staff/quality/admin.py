"""The page about the quality of suggestions, and its CSV export."""

import datetime as dt
from collections.abc import Iterator
from operator import attrgetter
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ptfi.staff.base import ReadOnlyAdmin
from ptfi.web.csv import CsvTable
from traits.models import Category, Quality
from traits.persona.overview import DRAWN
from traits.staff.quality import report as quality
from traits.staff.quality.report import COUNTED, PERIODS, QualityFilters

TABLE = CsvTable[Any](
    [
        ("week", attrgetter("week")),
        ("model", attrgetter("model")),
        ("category", attrgetter("category")),
        ("confidence_from", lambda row: row.band / 10 if row.band >= 0 else ""),
        ("confidence_to", lambda row: (row.band + 1) / 10 if row.band >= 0 else ""),
        *((name, attrgetter(name)) for name in COUNTED),
    ],
    marked=False,
)
LEGEND = (
    ("confirmed", _("confirmed as suggested")),
    ("changed", _("confirmed with changes")),
    ("rejected", _("rejected")),
)


class QualityFilterForm(forms.Form):
    period = forms.ChoiceField(label=_("Period"), choices=list(PERIODS.items()), required=False)
    model = forms.ChoiceField(label=_("Model"), required=False)
    category = forms.ChoiceField(
        label=_("Category"), choices=[("", _("All categories")), *Category.choices], required=False
    )

    def __init__(self, *args: Any, models: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["model"].choices = [("", _("All models")), *((name, name) for name in models)]  # type: ignore[attr-defined]

    def filters(self) -> QualityFilters:
        """Return the filters; if they are invalid, those for everything."""
        return QualityFilters(**self.cleaned_data) if self.is_valid() else QualityFilters()


@admin.register(Quality)
class QualityAdmin(ReadOnlyAdmin):
    """The report, in place of Django's list of rows."""

    page_name = _("Suggestion quality")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("", view(self.changelist_view), name="traits_quality_changelist"),
            path("export/", view(self.export), name="traits_quality_export"),
        ]

    def has_export_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("traits.export_quality") and self.has_view_permission(request)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = QualityFilterForm(request.GET, models=quality.models())
        filters = form.filters()
        refreshed = quality.last_refresh()
        context = {
            **self.admin_site.each_context(request),
            "title": _("Suggestion quality"),
            "opts": self.opts,
            "form": form,
            "filters": filters,
            "report": quality.report(filters),
            "refreshed": refreshed,
            "is_stale": refreshed is not None and timezone.now() - refreshed.refreshed_at > quality.STALE,
            "may_export": self.has_export_permission(request),
            "query": filters.query(),
            "drawn": DRAWN,
            "legend": LEGEND,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/traits/quality/quality.html", context, status=_status(form))

    def export(self, request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
        """Export the filtered rows as CSV; rows about all models together have an empty model."""
        if not self.has_export_permission(request):
            raise PermissionDenied
        form = QualityFilterForm(request.GET, models=quality.models())
        if not form.is_valid():
            return self.changelist_view(request)
        rows = quality.rows(form.filters())
        name = f"quality-{dt.datetime.now(dt.UTC).date()}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return StreamingHttpResponse(_lines(rows), content_type="text/csv; charset=utf-8", headers=headers)


def _status(form: QualityFilterForm) -> int:
    return 200 if form.is_valid() else 400


def _lines(rows: Iterator[Any]) -> Iterator[bytes]:
    yield TABLE.head()
    for row in rows:
        yield TABLE.lines([row])
