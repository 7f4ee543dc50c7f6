"""All addresses of the project."""

from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.utils.functional import lazy
from django.views.generic import RedirectView

# The file's name contains a hash that is known only after static files are collected.
icon = lazy(static, str)("icon.svg")

urlpatterns = [
    # Most frequent first, because patterns are tried in order.
    path("v1/", include("traits.api.urls")),
    path("v1/", include("graph.api.urls")),
    path("v1/", include("ptfi.api.urls")),
    path("", include("ptfi.oauth.urls")),
    path("", include("traits.urls")),
    path("", include("graph.urls")),
    path("accounts/", include("ptfi.accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("favicon.ico", RedirectView.as_view(url=icon)),
]

handler400 = "ptfi.web.error_pages.bad_request"
handler403 = "ptfi.web.error_pages.permission_denied"
handler404 = "ptfi.web.error_pages.page_not_found"
handler500 = "ptfi.web.error_pages.server_error"
