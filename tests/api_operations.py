"""Every operation of the API, found from the project's addresses, so that a new one is tested too."""

import uuid
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver


def operations() -> list[tuple[str, str]]:
    """Every method and address of the API, as the project's addresses have them."""
    found = []
    for resolver in get_resolver().url_patterns:
        if isinstance(resolver, URLResolver) and str(resolver.pattern) == "v1/":
            for each in resolver.url_patterns:
                assert isinstance(each, URLPattern)
                view: Any = each.callback
                path = str(each.pattern)
                for name in ("candidate_id", "trait_id", "action_id", "erasure_id"):
                    path = path.replace(f"<str:{name}>", str(uuid.UUID(int=1)))
                allowed = view.view_class.http_method_names
                methods = [name.upper() for name in allowed if name != "head" and hasattr(view.view_class, name)]
                found += [(method, path) for method in methods]
    assert len(found) > 20
    return found
