"""Every address of the project."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("traits.urls")),
    path("", include("graph.urls")),
    path("accounts/", include("ptfi.accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "ptfi.errors.bad_request"
handler404 = "ptfi.errors.page_not_found"
handler500 = "ptfi.errors.server_error"
