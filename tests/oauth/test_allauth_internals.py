"""The parts of allauth that may change without notice stand in one module, and were checked with this version."""

import re
from importlib.metadata import version
from pathlib import Path

from ptfi.accounts import allauth_internals

ROOT = Path(__file__).resolve().parents[2]


def test_they_were_checked_with_the_version_that_is_pinned_and_installed() -> None:
    pinned = re.search(r"^django-allauth\[.*\]==(\S+)$", (ROOT / "requirements.in").read_text(), re.MULTILINE)
    assert pinned
    assert {allauth_internals.CHECKED_WITH, pinned[1]} == {version("django-allauth")}


def test_no_other_module_of_the_product_uses_them() -> None:
    private = re.compile(r"\ballauth\.[\w.]*\binternal\b|\b_request_info\b")
    sources = [path for folder in ("ptfi", "traits", "graph") for path in (ROOT / folder).rglob("*.py")]
    users = {str(path.relative_to(ROOT)) for path in sources if private.search(path.read_text())}
    assert users == {"ptfi/accounts/allauth_internals.py"}
