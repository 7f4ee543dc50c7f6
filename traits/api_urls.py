"""The API's addresses over suggestions, traits and the log."""

from django.urls import path

from traits import api, ingest_api, trait_api

PERSONA = "users/<str:user_id>/persona"
TRAITS = f"{PERSONA}/traits"

urlpatterns = [
    path(f"{TRAITS}/candidates", api.CandidateList.as_view(), name="api_candidates"),
    path(f"{TRAITS}/candidates/bulk-actions", api.BulkActions.as_view(), name="api_bulk_actions"),
    path(f"{TRAITS}/candidates/<str:candidate_id>", api.CandidateDetail.as_view(), name="api_candidate"),
    path(f"{TRAITS}/candidates/<str:candidate_id>/actions", api.CandidateAction.as_view(), name="api_action"),
    path(f"{TRAITS}/candidates/<str:candidate_id>/reopen", api.CandidateReopen.as_view(), name="api_reopen"),
    path(f"{TRAITS}/refinements/<str:action_id>/undo", api.Undo.as_view(), name="api_undo"),
    path(f"{TRAITS}/custom", trait_api.CustomTraits.as_view(), name="api_custom_traits"),
    path(f"{TRAITS}/history", trait_api.History.as_view(), name="api_history"),
    path(f"{TRAITS}/<str:trait_id>", trait_api.TraitDetail.as_view(), name="api_trait"),
    path(f"{TRAITS}/<str:trait_id>/status", trait_api.TraitStatus.as_view(), name="api_trait_status"),
    path(f"{PERSONA}/communication-styles", trait_api.CommunicationStyles.as_view(), name="api_styles"),
    path(f"{PERSONA}/erasures/<str:erasure_id>", trait_api.Erasures.as_view(), name="api_erasure"),
    path(PERSONA, trait_api.Persona.as_view(), name="api_persona"),
    path("ingest/candidates", ingest_api.Ingest.as_view(), name="api_ingest"),
]
