"""Addresses of the OpenID provider; ours precede allauth's own, so that they replace them."""

from allauth.idp.oidc import views as provider
from django.urls import include, path

from ptfi.oauth import views
from ptfi.oauth.authorization import views as authorize
from ptfi.oauth.authorization.parameters import checked_endpoint, checked_page
from ptfi.oauth.tokens import endpoints as tokens
from ptfi.oauth.tokens.basic import with_basic

urlpatterns = [
    path("accounts/sessions/", views.SessionsView.as_view(), name="usersessions_list"),
    path("identity/o/authorize", checked_page(authorize.AuthorizationView.as_view())),
    path("identity/o/logout", checked_page(authorize.LogoutView.as_view())),
    path("identity/o/device", views.not_offered),
    path("identity/o/api/device/code", views.not_offered),
    path("identity/o/api/token", checked_endpoint(with_basic(tokens.TokenView.as_view()))),
    path("identity/o/api/revoke", checked_endpoint(with_basic(tokens.RevokeView.as_view()))),
    path("identity/o/api/userinfo", checked_endpoint(provider.user_info)),
    path("", include("allauth.idp.urls")),
]
