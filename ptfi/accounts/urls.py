"""Account pages that allauth lacks, or would leave open to anyone who has only a session."""

from allauth.account.decorators import reauthentication_required
from allauth.account.views import password_set
from allauth.decorators import rate_limit
from allauth.mfa.totp.views import deactivate_totp
from django.contrib.auth.decorators import login_required
from django.urls import path

from . import step_views, views
from .activity.views import security_activity
from .step_views import with_proof

urlpatterns = [
    path("preferences/", views.preferences, name="account_preferences"),
    path("activity/", security_activity, name="account_activity"),
    path("second-step/", step_views.second_step, name="account_second_step"),
    path("session/", views.session_state, name="account_session"),
    path("time-zone/", views.time_zone, name="account_time_zone"),
    path("invitation/", views.invitation, name="account_invitation"),
    path("invitation/<str:token>/", views.open_invitation, name="account_open_invitation"),
    path("2fa/totp/activate/", with_proof(step_views.ActivateAppView.as_view()), name="mfa_activate_totp"),
    path("2fa/totp/deactivate/", with_proof(deactivate_totp), name="mfa_deactivate_totp"),
    path("2fa/webauthn/add/", with_proof(step_views.AddPasskeyView.as_view()), name="mfa_add_webauthn"),
    path(
        "2fa/webauthn/keys/<int:pk>/remove/",
        with_proof(step_views.RemovePasskeyView.as_view()),
        name="mfa_remove_webauthn",
    ),
    path(
        "2fa/recovery-codes/generate/",
        with_proof(login_required(rate_limit(action="recovery_codes")(step_views.GenerateCodesView.as_view()))),
        name="mfa_generate_recovery_codes",
    ),
    # Changing a password asks for the old one; setting the first one cannot, so it asks for reauthentication.
    path("password/set/", login_required(reauthentication_required(password_set, app="allauth.account"))),
]
