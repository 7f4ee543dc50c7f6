"""How many requests the API answers, whichever process they reach."""

import json
import os
import subprocess
import sys
import time
from typing import Any

import pytest

from ptfi.accounts.models import User
from tests.support.api import Api, access_token, api_of

LISTED = "/v1/users/me/persona/traits/candidates"
ANOTHER_PROCESS = f"""
import json, sys, django
django.setup()
from django.test import Client
headers = {{"Authorization": f"Bearer {{sys.argv[1]}}", "Host": "localhost"}}
print(json.dumps([Client().get("{LISTED}", headers=headers).status_code for _ in range(int(sys.argv[2]))]))
"""


@pytest.fixture
def early_in_a_minute() -> None:
    """Wait for the next minute where this one may end before the test does."""
    if (left := 60 - time.time() % 60) < 25:
        time.sleep(left)


def listed_elsewhere(token: str, times: int, settings: Any) -> list[int]:
    """What another process, which has the same settings, answers to requests for the list."""
    database = settings.DATABASES["default"]
    environment = {
        **os.environ,
        "DATABASE_URL": f"postgresql://{database['USER']}@/{database['NAME']}?host={database['HOST']}",
        "PTFI_EMBEDDED": "",
        "HTTPS": "0",
        "API_USER_REQUESTS_PER_MINUTE": str(settings.API_USER_REQUESTS_PER_MINUTE),
        "DJANGO_SETTINGS_MODULE": "ptfi.settings",
    }
    command = [sys.executable, "-c", ANOTHER_PROCESS, token, str(times)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
    found: list[int] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("early_in_a_minute")
def test_a_limit_holds_for_all_processes_together(alice: User, settings: Any) -> None:
    settings.API_USER_REQUESTS_PER_MINUTE = 5
    token = access_token(alice)
    api = Api(token)
    assert [api.get("/traits/candidates")[0] for _ in range(3)] == [200] * 3
    assert listed_elsewhere(token, 4, settings) == [200, 200, 429, 429]
    assert api.get("/traits/candidates")[0] == 429
    assert 1 <= int(api.response["Retry-After"]) <= 60


def test_one_persons_limit_is_nobody_elses(alice: User, bob: User, settings: Any) -> None:
    settings.API_USER_REQUESTS_PER_MINUTE = 3
    api = api_of(alice)
    assert 429 in [api.get("/traits/candidates")[0] for _ in range(9)]
    assert api_of(bob).get("/traits/candidates")[0] == 200
