"""`manage.py load_demo`: the demo's accounts can sign in, and a repeat changes nothing."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from ptfi.accounts.models import User
from traits.models import Category, ExtractedTraitCandidate


@pytest.fixture
def data(settings: Any, tmp_path: Path, db: None) -> Path:
    settings.DATA_DIR = tmp_path
    settings.EMBEDDED = str(tmp_path)
    return tmp_path


def sign_ins(data: Path) -> list[dict[str, str]]:
    signed: list[dict[str, str]] = json.loads((data / "demo-signins.json").read_text())
    return signed


def sign_in(one: dict[str, str]) -> bool:
    client = Client()
    client.post(reverse("account_login"), {"login": one["email"], "password": one["password"]})
    if "recovery_codes" in one:
        assert "_auth_user_id" not in client.session
        client.post(reverse("mfa_authenticate"), {"code": one["recovery_codes"].split()[0]})
        assert client.get("/admin/").status_code == 200
    return "_auth_user_id" in client.session


def test_both_can_sign_in(data: Path) -> None:
    call_command("load_demo", verbosity=0)
    person, staff = sign_ins(data)
    assert sign_in(person)
    assert sign_in(staff)
    assert not sign_in(person | {"password": staff["password"]})
    assert User.objects.get(email=staff["email"]).is_superuser
    assert not User.objects.get(email=person["email"]).is_staff
    assert stat.S_IMODE((data / "demo-signins.json").stat().st_mode) == 0o600


def test_the_person_has_suggestions_of_all_categories(data: Path) -> None:
    call_command("load_demo")
    theirs = ExtractedTraitCandidate.objects.filter(user__email=sign_ins(data)[0]["email"])
    assert theirs.count() >= 40
    assert set(theirs.values_list("trait_category", flat=True)) == set(Category.values)


def test_a_repeat_changes_nothing(data: Path) -> None:
    call_command("load_demo")
    before = [
        sign_ins(data),
        list(User.objects.order_by("pk").values()),
        list(ExtractedTraitCandidate.objects.values()),
    ]
    call_command("load_demo")
    after = [sign_ins(data), list(User.objects.order_by("pk").values()), list(ExtractedTraitCandidate.objects.values())]
    assert after == before


@pytest.mark.slow
def test_lost_sign_ins_are_made_again(data: Path) -> None:
    call_command("load_demo")
    before = sign_ins(data)
    (data / "demo-signins.json").unlink()
    call_command("load_demo")
    assert not sign_in(before[0])
    assert all(sign_in(one) for one in sign_ins(data))
    assert User.objects.count() == 2


def test_a_new_database_beside_old_sign_ins_gets_new_ones(data: Path) -> None:
    (data / "demo-signins.json").write_text("[]")
    call_command("load_demo")
    assert all(sign_in(one) for one in sign_ins(data))


def test_it_wants_the_embedded_services_or_force(data: Path, settings: Any) -> None:
    settings.EMBEDDED = ""
    with pytest.raises(CommandError, match="--force"):
        call_command("load_demo")
    assert not User.objects.exists()
    call_command("load_demo", "--force")
    assert User.objects.count() == 2


def test_an_address_that_another_account_has_is_an_error(data: Path) -> None:
    User.objects.create_user("mira@example.com", "a long sentence for tests")
    with pytest.raises(CommandError, match="another account"):
        call_command("load_demo")
