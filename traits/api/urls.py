"""URLs of the API for suggestions, traits and the log."""

from django.urls import include, path

from traits.api import candidates, erasures, ingest, sharing, styles, traits

PERSONA = "users/<str:user_id>/persona"

of_traits = [
    path("candidates", candidates.CandidateList.as_view(), name="api_candidates"),
    path("candidates/bulk-actions", candidates.BulkActions.as_view(), name="api_bulk_actions"),
    path("candidates/<str:candidate_id>", candidates.CandidateDetail.as_view(), name="api_candidate"),
    path("candidates/<str:candidate_id>/actions", candidates.CandidateAction.as_view(), name="api_action"),
    path("candidates/<str:candidate_id>/reopen", candidates.CandidateReopen.as_view(), name="api_reopen"),
    path("refinements/<str:action_id>/undo", candidates.Undo.as_view(), name="api_undo"),
    path("custom", traits.CustomTraits.as_view(), name="api_custom_traits"),
    path("history", traits.History.as_view(), name="api_history"),
    path("<str:trait_id>", traits.TraitDetail.as_view(), name="api_trait"),
    path("<str:trait_id>/status", traits.TraitStatus.as_view(), name="api_trait_status"),
]
urlpatterns = [
    path(f"{PERSONA}/traits/", include(of_traits)),
    path(f"{PERSONA}/communication-styles", styles.CommunicationStyles.as_view(), name="api_styles"),
    path(f"{PERSONA}/erasures/<str:erasure_id>", erasures.Erasures.as_view(), name="api_erasure"),
    path(f"{PERSONA}/grants", sharing.Grants.as_view(), name="api_grants"),
    path(f"{PERSONA}/grants/<str:client_id>", sharing.GrantDetail.as_view(), name="api_grant"),
    path(f"{PERSONA}/receipts", sharing.Receipts.as_view(), name="api_receipts"),
    path(PERSONA, erasures.Persona.as_view(), name="api_persona"),
    path("ingest/candidates", ingest.Ingest.as_view(), name="api_ingest"),
    path("ingest/outcomes", ingest.Outcomes.as_view(), name="api_outcomes"),
    path("ingest/withdrawals", ingest.Withdrawals.as_view(), name="api_withdrawals"),
]
