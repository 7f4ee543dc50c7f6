"""Commands that have new names still work under their old ones."""

from io import StringIO

import pytest
from django.core.management import call_command

from ptfi.accounts.models import User
from ptfi.embedded import APPLICATION

CASES = {
    "encrypt_second_steps": ("encrypt_mfa_secrets", []),
    "grant_application": ("grant_app_role", [APPLICATION]),
    "invite_person": ("invite_user", ["person-7", "ada@example.com"]),
    "create_client": ("create_oauth_client", ["Feed", "--pipeline", "--client-id", "feed"]),
    "refresh_quality": ("refresh_quality_statistics", ["--verbosity", "0"]),
}


def run(name: str, arguments: list[str]) -> tuple[str, str]:
    """What the command wrote to standard output and to standard error."""
    out, err = StringIO(), StringIO()
    call_command(name, *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


@pytest.mark.owner
@pytest.mark.django_db
@pytest.mark.parametrize("old", CASES)
def test_an_old_name_warns_and_does_what_the_new_one_does(old: str, application_role: str) -> None:
    if old == "grant_application" and not application_role:
        pytest.skip("SKIPPED: this PostgreSQL has no role of the application")
    new, arguments = CASES[old]
    User.objects.create_user(external_id="person-7")
    run(new, arguments)
    said, complaint = run(new, arguments)
    assert complaint == ""
    assert run(old, arguments) == (
        said,
        f"This command is called {new} now. The next release ignores the old name.\n",
    )
