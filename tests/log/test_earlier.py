"""Reading an earlier download: whatever the bytes are, they are read or refused."""

import contextlib
import io
import json
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from traits.log.proofs.earlier import Earlier, NotReadableError, read

ENTRIES = [{"revision": number} for number in range(50)]
DOCUMENT = json.dumps({"format": "ptfi-export", "account": {"userID": "x"}, "log": ENTRIES})
KINDS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


def archive(kind: int) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", kind) as file:
        file.writestr("my/persona.json", DOCUMENT)
    return made.getvalue()


ARCHIVES = {kind: archive(kind) for kind in KINDS}


def assert_read_or_refused(content: bytes) -> None:
    with contextlib.suppress(NotReadableError):
        assert isinstance(read(content), Earlier)


@pytest.mark.parametrize("kind", KINDS)
def test_an_archive_with_any_byte_changed(kind: int) -> None:
    whole = ARCHIVES[kind]
    for place in range(2, len(whole)):
        for value in (0, 0xFF, whole[place] ^ 1):
            assert_read_or_refused(whole[:place] + bytes([value]) + whole[place + 1 :])


@pytest.mark.parametrize("kind", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_we_do_not_pack_with_is_not_unpacked(kind: int) -> None:
    """A few hundred bytes of these become hundreds of megabytes at the first read."""
    with pytest.raises(NotReadableError):
        read(ARCHIVES[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_an_archive_that_is_cut(kind: int) -> None:
    for length in range(len(ARCHIVES[kind])):
        assert_read_or_refused(ARCHIVES[kind][:length])


@given(st.binary(max_size=400))
def test_any_bytes(content: bytes) -> None:
    for start in (b"", b"PK", b"PK\x03\x04", b"{", b"["):
        assert_read_or_refused(start + content)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
)
NAMES = ("format", "version", "account", "userID", "log", "revision", "hash", "position", "interventions", "records")
FORMATS = ("ptfi-export", "ptfi-log", "ptfi-log-position", "ptfi-log-head", "ptfi-receipt")


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(NAMES), JSON), st.sampled_from(FORMATS))
def test_any_document(document: dict[str, object], kind: str) -> None:
    assert_read_or_refused(json.dumps(document | {"format": kind}).encode())
