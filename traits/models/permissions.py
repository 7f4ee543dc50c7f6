"""Permissions of staff, besides Django's own view permissions; the roles come from a migration."""


def _named(*codenames: str) -> tuple[tuple[str, str], ...]:
    return tuple((codename, codename.replace("_", " ")) for codename in codenames)


OF_CANDIDATES = _named(
    "view_evidence",
    "archive_candidate",
    "requeue_candidate",
    "flag_candidate",
    "reassign_candidate",
    "import_candidates",
    "export_candidates",
)
OF_LOG = _named("check_log")
OF_PERSONAS = _named("act_for_person", "hold_projection", "retry_projection", "check_graph")
OF_LOOKS = _named("view_search_words")
