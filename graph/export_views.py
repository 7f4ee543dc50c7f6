"""The download of everything that is held about a person."""

from django.contrib.auth.decorators import login_required
from django.http import StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from graph.reads.export_archive import archive
from ptfi.web.downloads import Download
from traits.web import Request


@login_required
@require_GET
def download(request: Request) -> StreamingHttpResponse:
    """One archive, streamed, for nobody's cache."""
    response = StreamingHttpResponse(Download(request.user.pk, archive(request.user)), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="persona-{timezone.now():%Y-%m-%d}.zip"'
    response["Cache-Control"] = "no-store, private"
    return response
