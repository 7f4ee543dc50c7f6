"""The API's addresses over suggestions, traits and the log."""

from django.urls import include, path

from traits.api import candidates as api
from traits.api import ingest as ingest_api
from traits.api import traits as trait_api

PERSONA = "users/<str:user_id>/persona"

of_traits = [
    path("candidates", api.CandidateList.as_view(), name="api_candidates"),
    path("candidates/bulk-actions", api.BulkActions.as_view(), name="api_bulk_actions"),
    path("candidates/<str:candidate_id>", api.CandidateDetail.as_view(), name="api_candidate"),
    path("candidates/<str:candidate_id>/actions", api.CandidateAction.as_view(), name="api_action"),
    path("candidates/<str:candidate_id>/reopen", api.CandidateReopen.as_view(), name="api_reopen"),
    path("refinements/<str:action_id>/undo", api.Undo.as_view(), name="api_undo"),
    path("custom", trait_api.CustomTraits.as_view(), name="api_custom_traits"),
    path("history", trait_api.History.as_view(), name="api_history"),
    path("<str:trait_id>", trait_api.TraitDetail.as_view(), name="api_trait"),
    path("<str:trait_id>/status", trait_api.TraitStatus.as_view(), name="api_trait_status"),
]
urlpatterns = [
    path(f"{PERSONA}/traits/", include(of_traits)),
    path(f"{PERSONA}/communication-styles", trait_api.CommunicationStyles.as_view(), name="api_styles"),
    path(f"{PERSONA}/erasures/<str:erasure_id>", trait_api.Erasures.as_view(), name="api_erasure"),
    path(PERSONA, trait_api.Persona.as_view(), name="api_persona"),
    path("ingest/candidates", ingest_api.Ingest.as_view(), name="api_ingest"),
]
