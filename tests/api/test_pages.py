"""Lists by pages: the cursor goes on behind the last item, whatever has left the list or come into it."""

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from ptfi.accounts.models import User
from tests.support.api import Api, api_of
from tests.support.cast import Suggest, confirmed, make_candidate

pytestmark = pytest.mark.django_db
START: str | None = ""
ORDERS = [
    f"sortBy={name}&sortOrder={way}"
    for name in ("creationTimestamp", "confidenceScore", "traitName", "lastUpdatedTimestamp")
    for way in ("asc", "desc")
]


@pytest.fixture
def api(alice: User, suggest: Suggest) -> Api:
    """The API of somebody with nine suggestions, of which several share a time, a confidence and a name."""
    noon = timezone.now() - dt.timedelta(days=9)
    for number in range(9):
        suggest(
            alice,
            f"Ünïcode_ {number // 2}",
            created_at=noon + dt.timedelta(days=number // 4),
            confidence_score=number % 3 / 3,
            trait_category="Skill" if number % 2 else "Interest",
        )
    return api_of(alice)


def page(api: Api, query: str) -> tuple[list[str], dict[str, Any]]:
    status, found = api.get(f"/traits/candidates?{query}")
    assert status == 200, found
    return [row["candidateID"] for row in found["data"]], found["pagination"]


@pytest.mark.parametrize("order", ORDERS)
def test_every_item_comes_once(api: Api, order: str) -> None:
    whole, where = page(api, order)
    assert (len(whole), where["next"]) == (9, None)
    seen, cursor = list[str](), START
    while cursor is not None:
        part, where = page(api, f"{order}&limit=2&cursor={cursor}")
        seen, cursor = seen + part, where["next"]
        assert where["total"] == 9
    assert seen == whole


@pytest.mark.parametrize("order", ["", *ORDERS[:6]])
def test_what_is_decided_moves_no_page(api: Api, alice: User, order: str) -> None:
    whole, _ = page(api, order)
    seen, cursor = list[str](), START
    while cursor is not None:
        part, where = page(api, f"{order}&limit=4&cursor={cursor}")
        for pk in part:
            assert api.post(f"/traits/candidates/{pk}/actions", {"userDecision": "rejected"})[0] == 200
        make_candidate(alice, f"New {len(seen)}", created_at=timezone.now())
        seen, cursor = seen + part, where["next"]
    assert [pk for pk in seen if pk in whole] == whole
    assert len(seen) == len(set(seen))


def test_offset_and_cursor_lead_to_the_same_places(api: Api) -> None:
    by_offset, where = page(api, "limit=3&offset=3")
    assert page(api, f"limit=3&cursor={page(api, 'limit=3')[1]['next']}")[0] == by_offset
    assert page(api, "limit=3&offset=6")[1]["next"] is None
    assert page(api, f"limit=3&cursor={where['next']}")[1] == {"offset": 0, "limit": 3, "total": 9, "next": None}


def test_pages_past_the_end_are_empty(api: Api) -> None:
    for offset in (9, 10, 1_000_000):
        assert page(api, f"offset={offset}") == ([], {"offset": offset, "limit": 20, "total": 9, "next": None})
    for query in ("limit=0", "offset=1000001", "offset=-1"):
        assert api.get(f"/traits/candidates?{query}")[0] == 400


def test_a_cursor_belongs_to_its_order(api: Api) -> None:
    cursor = page(api, "limit=2")[1]["next"]
    for query in (
        f"cursor={cursor}&sortOrder=asc",
        f"cursor={cursor}&sortBy=traitName",
        f"cursor={cursor}&offset=1",
        f"cursor={cursor[:-4]}",
        "cursor=x",
        "cursor=%00",
        "cursor=WyJ4IiwgInkiXQ==",
    ):
        status, answer = api.get(f"/traits/candidates?{query}")
        assert (status, list(answer["error"]["details"])) == (400, ["cursor"]), query


def test_the_history_has_a_cursor_too(alice: User) -> None:
    api = api_of(alice)
    for number in range(5):
        confirmed(alice, f"Trait {number}")
    whole = [entry["revision"] for entry in api.get("/traits/history")[1]["data"]]
    seen, cursor = list[int](), START
    while cursor is not None:
        found = api.get(f"/traits/history?limit=2&cursor={cursor}")[1]
        confirmed(alice, f"Later {len(seen)}")
        seen += [entry["revision"] for entry in found["data"]]
        cursor = found["pagination"]["next"]
    assert seen == whole
    wrong = page(api, "limit=1")[1]["next"] or "x"
    for cursor in (wrong, "x"):
        status, answer = api.get(f"/traits/history?cursor={cursor}")
        assert (status, list(answer["error"]["details"])) == (400, ["cursor"])
