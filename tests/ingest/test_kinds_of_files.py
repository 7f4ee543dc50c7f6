"""Files as people bring them: marks, packed and other encodings, other layouts, faults inside; through the command."""

import gzip
import json
from pathlib import Path

import pytest

from tests.support.candidate_files import Run, load, new_row, stored
from traits.models import ExtractedTraitCandidate

CASES = Path(__file__).parents[1] / "data/cases"
# The import has connections of its own, which see only what is committed.
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def line(**changes: object) -> str:
    return json.dumps(new_row(**changes))


def names() -> set[str]:
    return set(ExtractedTraitCandidate.objects.values_list("trait_name", flat=True))


@pytest.mark.parametrize("name", ["13-bom-crlf.jsonl", "14-gzip.jsonl.gz"])
def test_marks_line_ends_and_packed_files_are_read(name: str) -> None:
    run = Run(str(CASES / name))
    assert (run.status, run.said) == (0, [])
    assert run.counts == {"created": ExtractedTraitCandidate.objects.count()}
    assert run.counts["created"]


OBJECTS = [line(trait_name=f"Trait {number}") for number in range(3)]
PRETTY = "".join(json.dumps(json.loads(each), indent=1) + "\n" for each in OBJECTS)
OTHER_FILES = {
    "UTF-16": (CASES / "14-utf16.jsonl").read_bytes(),
    "UTF-16 without its mark": OBJECTS[0].encode("utf-16-le"),
    "UTF-32": "\n".join(OBJECTS).encode("utf-32"),
    "a JSON array": f"[{','.join(OBJECTS)}]".encode(),
    "a JSON array by lines": ("[\n" + ",\n".join(OBJECTS) + "\n]\n").encode(),
    "a JSON array with commas in front": ("[\n" + "\n,".join(OBJECTS) + "\n]\n").encode(),
    "a JSON array with spaces": json.dumps([json.loads(each) for each in OBJECTS], indent=2).encode(),
    "commas between": ",\n".join(OBJECTS).encode(),
    "several lines": PRETTY.encode(),
    "several lines, packed": gzip.compress(PRETTY.encode()),
    "zip": b"PK\x03\x04" + bytes(60),
    "bzip2": b"BZh91AY&SY" + bytes(60),
    "xz": b"\xfd7zXZ\x00" + bytes(60),
}


FOUND = {
    "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(50), "is packed with 7z"),
    "tar": (b"rows.jsonl" + bytes(247) + b"ustar\x0000" + bytes(300), "is packed with tar"),
    "gzip twice": (gzip.compress(gzip.compress(OBJECTS[0].encode())), "is packed with gzip twice; unpack it once"),
    "a page": (b"\n<!doctype html>\n<title>502</title>\n" * 9, "is HTML or XML; write JSON Lines"),
    "a printed page": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n" * 9, "is PDF; write JSON Lines"),
    "a list inside": (b'{"candidates":[' + ",".join(OBJECTS).encode() + b"]}", "jq -c '.candidates[]'"),
    "a list inside, over lines": (
        json.dumps({"data": [json.loads(each) for each in OBJECTS]}, indent=2).encode(),
        "jq -c '.data[]'",
    ),
    "carriage returns": ("\r".join(OBJECTS).encode(), "convert them: tr"),
}


@pytest.mark.parametrize("kind", FOUND)
def test_other_kinds_are_named_in_one_sentence(kind: str) -> None:
    content, sentence = FOUND[kind]
    run = load(content)
    assert (run.status, run.counts, len(run.said)) == (2, {}, 1)
    assert sentence in run.said[0]
    assert names() == set()


def test_joined_files_may_have_a_mark_each() -> None:
    mark = b"\xef\xbb\xbf"
    run = load(b"".join(mark + each.encode() + b"\r\n" for each in OBJECTS) + mark)
    assert (run.status, run.counts) == (0, {"created": 3})


def test_lines_in_another_encoding_are_named_and_the_others_go_in() -> None:
    other = [line(trait_name="Caf\xe9 owner").replace("\\u00e9", "\xe9").encode("latin-1") for _ in range(3)]
    run = load(b"\n".join([OBJECTS[0].encode(), *other, OBJECTS[1].encode()]))
    assert (run.status, run.counts, len(run.said)) == (1, {"created": 2, "refused": 3}, 1)
    assert run.said[0].endswith(
        ":2-4: line: is not text in UTF-8; convert the file, such as with: iconv -f WINDOWS-1252 -t UTF-8"
    )


def test_objects_without_line_ends_between_are_named() -> None:
    run = load("".join(OBJECTS).encode())
    assert (run.status, run.counts, len(run.said)) == (1, {"refused": 1}, 1)
    assert run.said[0].endswith(":1: line: has several objects; write each on a line of its own: jq -c .")


@pytest.mark.parametrize("kind", OTHER_FILES)
def test_one_sentence_says_what_a_file_is(kind: str) -> None:
    run = load(OTHER_FILES[kind])
    assert (run.status, run.counts, len(run.said)) == (2, {}, 1)
    assert kind.removesuffix(", packed").split(" without")[0].split(" by ")[0].split(" with ")[0] in run.said[0]
    assert names() == set()


def test_the_good_line_between_others_goes_in() -> None:
    run = Run(str(CASES / "15-array-and-commas.jsonl"))
    assert (run.status, run.counts["created"]) == (1, 1)
    assert [said.split("jsonl:")[1].split(":")[0] for said in run.said] == ["1-3", "5-32"]
    assert "no line of these is a JSON object" in run.said[0]


@pytest.mark.parametrize("cut", [8, -9, -1])
def test_a_packed_file_that_is_cut_off(cut: int) -> None:
    run = load(gzip.compress("\n".join(OBJECTS).encode())[:cut])
    assert run.status == 2
    assert run.said[0].endswith("rows.jsonl: is packed with gzip, and is cut off or damaged")
    assert "is not valid JSON" not in str(run.said)


def test_a_packed_line_without_an_end_is_skipped() -> None:
    run = load(gzip.compress(b'{"a": "' + b"x" * (40 * 1024 * 1024) + b'"}\n' + OBJECTS[0].encode()))
    assert run.counts == {"created": 1, "refused": 1}
    assert run.said[0].endswith(":1: line: is longer than 32 MiB")


def test_an_object_has_each_name_once_at_any_depth() -> None:
    run = Run(str(CASES / "12-same-key-twice.jsonl"))
    assert (run.status, run.counts) == (1, {"refused": 2})
    assert [said.split("jsonl:")[1] for said in run.said] == [
        "1: trait_name: appears more than once",
        "2: user: appears more than once",
    ]
    text = line(trait_description="Said: x")
    twice = {
        "content": text.replace('"content":', '"content": "a", "content":'),
        "display_name": text.replace('"display_name":', '"display_name" : "a", "display_name"\t:'),
        "concepts": text.replace('"concepts":', '"conc\\u0065pts": [], "concepts":'),
        "type": text.replace("Said: x", '\\":').replace('"type":', '"type": "a", "type":'),
    }
    for name, bad in twice.items():
        run = load(bad.encode() + b"\n")
        assert run.counts == {"refused": 1}
        assert run.said[0].endswith(f":1: {name}: appears more than once")
    assert load(text.replace("Said: x", 'Said \\"trait_name\\": \\" :').encode()).counts == {"created": 1}


def test_one_id_in_several_spellings_is_one_suggestion() -> None:
    path = str(CASES / "27-one-id-three-times.jsonl")
    assert Run(path).counts == {"created": 1, "updated": 2}
    assert names() == {"Same id, third time"}
    row = new_row()
    load(row)
    plain = row["candidate_id"]
    assert load({**row, "candidate_id": plain.upper()}).counts == {"unchanged": 1}
    for spelling in (f"{{{plain}}}", f"urn:uuid:{plain}", plain.replace("-", ""), f" {plain}", plain[:-1]):
        run = load({**row, "candidate_id": spelling, "trait_name": "Another"})
        assert run.counts == {"refused": 1}
        assert "candidate_id: must be a UUID, as in 123e4567" in run.said[0]
    assert stored(row).trait_name == "Loves jazz"


def test_faults_say_what_was_expected_and_what_was_found() -> None:
    said = Run(str(CASES / "11-confidence-edges.jsonl")).said
    places = {int(each.split("jsonl:")[1].split(":")[0]): each.split(": ", 1)[1] for each in said}
    assert places == {
        5: "confidence_score: must be between 0 and 1, but is 1.0000001",
        6: "confidence_score: must be between 0 and 1, but is 1.0000000000000002",
        7: "confidence_score: must be a number, but is text",
        8: "confidence_score: must be a number, but is null",
        9: "confidence_score: must be a number, but is true or false",
        15: "confidence_score: must be between 0 and 1, but is 85",
        16: places[16],
    }
    assert places[16].startswith("line: is not valid JSON (")


def test_a_moment_has_a_zone_and_is_not_in_the_future() -> None:
    run = Run(str(CASES / "22-moments.jsonl"))
    places = {int(each.split("jsonl:")[1].split(":")[0]): each.split("created_at: ")[1] for each in run.said}
    assert set(places) == {1, 3, 7, 8, 9, 10, 11, 12}
    assert places[1] == "must not be in the future by more than a day, but is 2099-01-01T00:00:00+00:00"
    assert places[8].startswith("must be an ISO 8601 time with a time zone, such as 2026-03-01T10:00:00+01:00")
    assert places[11].endswith("but is a day only")
    assert run.counts == {"created": 4, "refused": 8}


def test_characters_that_cannot_be_stored_are_named() -> None:
    run = Run(str(CASES / "26-odd-characters.jsonl"))
    assert run.status == 1
    assert {each.split("jsonl:")[1].split(":")[0] for each in run.said} >= {"1", "3"}
    assert {1, 3} <= {int(each.split("jsonl:")[1].split(":")[0]) for each in run.said}


@pytest.mark.parametrize(
    "bad",
    [
        b'{"confidence_score": Infinity}',
        b'{"confidence_score": ' + b"9" * 5_000 + b"}",
        b'{"a":' * 2_000 + b"1" + b"}" * 2_000,
        b'{"a" :' * 1_100 + b"1" + b"}" * 1_100,
        b"\x00" * 40,
        b'{"trait_name": "a\x00b"}',
    ],
    ids=["infinite", "huge", "deep", "deep and spaced", "NUL", "NUL inside"],
)
def test_bad_json_is_a_bad_line(bad: bytes) -> None:
    run = load(new_row(), bad + b"\n", new_row())
    assert (run.status, run.counts, len(run.said)) == (1, {"created": 2, "refused": 1}, 1)


def test_reasons_above_the_limit_are_counted() -> None:
    run = load({**new_row(), **{f"field{number}": 1 for number in range(30)}})
    assert len(run.said) == 21
    assert run.said[-1].endswith(":1: line: has at least 10 more faults")
