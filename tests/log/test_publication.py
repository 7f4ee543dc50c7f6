"""`manage.py publish_log_heads`: a leaf for each log that changed, a signed head, and where that goes."""

import http.server
import json
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client

from ptfi import signing
from ptfi.accounts.models import User
from tests.support.attacks import verify_log, without_triggers
from tests.support.cast import acting_for_self, confirmed
from tests.support.concurrency import beside
from traits.erasure import persona as erasure
from traits.log.proofs import heads, merkle, tree
from traits.log.proofs.positions import position
from traits.models import LogAttestation, LogLeaf, Persona, TreeHead, TreeNode, UserRefinedTrait

pytestmark = pytest.mark.django_db
ADDRESS = "/.well-known/ptfi-log-heads"


def publish(*arguments: str) -> str:
    out = StringIO()
    call_command("publish_log_heads", *arguments, stdout=out, stderr=out)
    return out.getvalue()


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_heads_are_signed_chained_and_written_down(alice: User, bob: User, heads_file: Path) -> None:
    assert publish() == "There is no log yet.\n"
    confirmed(alice)
    assert publish() == "1 heads of logs added, a new head: 1 leaves.\n"
    confirmed(alice, "Sails")
    confirmed(bob)
    assert publish() == "2 heads of logs added, a new head: 3 leaves.\n"
    first, second = lines(heads_file)
    assert (first["size"], second["size"]) == (1, 3)
    assert first["previous"] == "00" * 32
    assert second["previous"] == heads.digest(first).hex()
    assert heads.is_genuine(first)
    assert heads.is_genuine(second)
    assert not heads.is_genuine(second | {"size": 4})
    assert not heads.is_genuine(second | {"signature": first["signature"]})
    assert verify_log() == (0, [])


def test_a_repeat_does_nothing(alice: User, heads_file: Path) -> None:
    confirmed(alice)
    publish()
    said = heads_file.read_bytes()
    assert publish() == "0 heads of logs added, no new head: 1 leaves.\n"
    assert heads_file.read_bytes() == said
    assert TreeHead.objects.count() == 1


def test_a_head_is_signed_each_day_though_nothing_changed(alice: User, heads_file: Path) -> None:
    confirmed(alice)
    publish()
    with without_triggers("traits_treehead"):
        TreeHead.objects.update(created_at="2026-01-01T00:00:00Z")
    heads_file.unlink()
    assert "a new head" in publish()
    assert [head["size"] for head in lines(heads_file)] == [1, 1]


def test_leaves_say_nothing_without_their_salt(alice: User, heads_file: Path) -> None:
    confirmed(alice)
    publish()
    leaf, node, persona = LogLeaf.objects.get(), TreeNode.objects.get(), Persona.objects.get(user=alice)
    assert bytes(node.hash) == tree.leaf_of(bytes(leaf.salt), alice.pk, 1, bytes(persona.hash))
    erasure.erase_persona(**acting_for_self(alice))
    leaf.refresh_from_db()
    node.refresh_from_db()
    assert (bytes(leaf.salt), bytes(leaf.hash)) == (b"", b"")
    assert node.hash
    assert verify_log() == (0, [])
    confirmed(alice, "Begins again")
    assert publish().startswith("1 heads of logs added")
    assert verify_log() == (0, [])
    assert heads_file.exists()


def test_erasures_before_the_first_head_are_vouched_for_once(alice: User, heads_file: Path, settings: Any) -> None:
    key, settings.LOG_SIGNING_KEY = settings.LOG_SIGNING_KEY, ""
    confirmed(alice)
    erasure.erase_persona(**acting_for_self(alice))
    assert not LogAttestation.objects.exists()
    settings.LOG_SIGNING_KEY = key
    confirmed(alice)
    publish()
    assert verify_log() == (0, [])
    assert LogAttestation.objects.exists()
    settings.LOG_SIGNING_KEY = ""
    erasure.erase_persona(**acting_for_self(alice))
    settings.LOG_SIGNING_KEY = key
    publish()
    status, said = verify_log()
    assert (status, len(said)) == (1, 1)
    assert said[0].endswith("is not signed")
    assert publish("--sign-records").startswith("Signed 1 records of erasures.")
    assert verify_log() == (0, [])
    assert heads_file.exists()


def test_without_a_key_nothing_is_published(alice: User, heads_file: Path, settings: Any) -> None:
    settings.LOG_SIGNING_KEY = ""
    confirmed(alice)
    with pytest.raises(CommandError, match="there is no key"):
        publish()
    assert verify_log() == (0, [])
    assert not heads_file.exists()


def test_a_log_that_lost_what_was_published_is_named_and_left_out(alice: User, bob: User, heads_file: Path) -> None:
    confirmed(alice)
    confirmed(alice, "Sails")
    publish()
    with without_triggers("traits_userrefinedtrait"):
        UserRefinedTrait.objects.filter(user=alice, revision=2).delete()
    first = UserRefinedTrait.objects.get(user=alice)
    Persona.objects.filter(user=alice).update(revision=1, hash=first.hash)
    confirmed(bob)
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("publish_log_heads", stdout=out, stderr=out)
    assert "1 heads of logs added" in out.getvalue()
    assert f"{alice.pk}: the log lacks what was published of it" in out.getvalue()
    assert LogLeaf.objects.filter(subject_id=alice.pk).count() == 1
    assert heads_file.exists()


def go_back(heads_of: int) -> None:
    """Have the tree as it was at this head, as after a restore of PostgreSQL."""
    head = TreeHead.objects.order_by("id")[heads_of - 1]
    with without_triggers("traits_treehead"):
        TreeHead.objects.filter(pk__gt=head.pk).delete()
    with without_triggers("traits_logleaf"):
        LogLeaf.objects.filter(index__gte=head.size).delete()
    with without_triggers("traits_treenode"):
        for node in TreeNode.objects.all():
            level, index = divmod(node.place, tree.LEVEL)
            if (index + 1) << level > head.size:
                node.delete()


def test_a_tree_that_went_back_is_not_published_unless_somebody_says_why(alice: User, heads_file: Path) -> None:
    for name in ("Loves jazz", "Sails", "Keeps bees"):
        confirmed(alice, name)
        publish()
    kept = Persona.objects.get(user=alice)
    go_back(2)
    status, said = verify_log()
    assert status == 1
    assert "was published, and is no longer there" in said[0]
    with pytest.raises(CommandError, match=r"\(3 leaves\) was published before, and is not in the database"):
        publish()
    assert "a new head" in publish("--after-restore")
    assert verify_log() == (0, [])
    *_, lost, newest = lines(heads_file)
    assert (newest["restored"], newest["previous"]) == (True, heads.digest(lost).hex())
    assert "no new head" in publish()
    assert Persona.objects.get(user=alice).hash == kept.hash


def test_a_file_of_something_else_is_not_written_to(alice: User, heads_file: Path) -> None:
    heads_file.write_text("Dear diary\n")
    confirmed(alice)
    with pytest.raises(CommandError, match="something else than heads"):
        publish()
    assert heads_file.read_text() == "Dear diary\n"


# Keys.


def test_an_old_key_stays_listed(alice: User, client: Client, heads_file: Path, settings: Any) -> None:
    confirmed(alice)
    publish()
    (old_id,) = signing.public_keys()
    old = signing.encoded(signing.public_keys()[old_id])
    settings.LOG_SIGNING_KEY = signing.make_private_key()
    confirmed(alice, "Sails")
    publish()
    status, said = verify_log()
    assert status == 1
    assert "has no signature of ours" in said[0]
    settings.LOG_PUBLIC_KEYS = [old]
    assert verify_log() == (0, [])
    keys = client.get(ADDRESS).json()["keys"]
    assert [key["keyID"] for key in keys][1:] == [old_id]
    assert keys[1]["publicKey"] == old
    assert heads_file.exists()


@pytest.fixture(params=["base64", "raw"])
def key_service(request: pytest.FixtureRequest, heads_file: Path, settings: Any, tmp_path: Path) -> Path:
    """A command that signs its standard input, as those of key services do."""
    key = tmp_path / "key.pem"
    key.write_text(settings.LOG_SIGNING_KEY)
    settings.LOG_PUBLIC_KEYS = [signing.encoded(each) for each in signing.public_keys().values()]
    program = tmp_path / "sign.py"
    program.write_text(
        "import base64, sys\n"
        "from cryptography.hazmat.primitives.serialization import load_pem_private_key\n"
        f"key = load_pem_private_key(open({str(key)!r}, 'rb').read(), None)\n"
        "signature = key.sign(sys.stdin.buffer.read())\n"
        f"sys.stdout.buffer.write(signature if {request.param == 'raw'} else base64.b64encode(signature) + b'\\n')\n"
    )
    settings.LOG_SIGNING_KEY, settings.LOG_SIGNING_COMMAND = "", f"{sys.executable} {program}"
    return program


@pytest.mark.django_db(transaction=True)
def test_a_key_service_signs(alice: User, key_service: Path) -> None:
    confirmed(alice)
    publish()
    erasure.erase_persona(**acting_for_self(alice))
    assert verify_log() == (0, [])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("program", ["import sys; sys.exit(3)", "print('x')", "print('AAAA' * 21 + 'AA==')"])
def test_a_key_service_that_fails_stops_no_erasure(
    alice: User, key_service: Path, program: str, caplog: pytest.LogCaptureFixture
) -> None:
    confirmed(alice)
    publish()
    key_service.write_text(program)
    confirmed(alice, "Sails")
    with pytest.raises(CommandError, match="nothing can be signed"):
        publish()
    done = erasure.erase_persona(**acting_for_self(alice))
    assert "Nothing was signed" in caplog.text
    status, said = verify_log()
    assert status == 1
    assert said == [f"{alice.pk}: the record of the erasure {done.pk} (erase_persona_log) is not signed"]


# Where it goes.


@pytest.fixture
def receiver(settings: Any) -> Iterator[list[bytes]]:
    """Something that takes heads by http."""
    got: list[bytes] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(302 if self.path == "/moved" else 204)
            self.send_header("Location", "/heads")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        settings.LOG_HEADS_URL = f"http://127.0.0.1:{server.server_port}/heads"
        yield got
        server.shutdown()
        thread.join()


def test_heads_are_sent_to_an_address(alice: User, heads_file: Path, receiver: list[bytes], settings: Any) -> None:
    confirmed(alice)
    publish()
    assert [json.loads(body) for body in receiver] == lines(heads_file)
    settings.LOG_HEADS_URL = "http://127.0.0.1:9/"
    confirmed(alice, "Sails")
    with pytest.raises(CommandError, match="could not be published"):
        publish()
    assert len(lines(heads_file)) == 2


def test_heads_go_nowhere_else(alice: User, heads_file: Path, receiver: list[bytes], settings: Any) -> None:
    settings.LOG_HEADS_URL = settings.LOG_HEADS_URL.replace("/heads", "/moved")
    confirmed(alice)
    with pytest.raises(CommandError, match="could not be published"):
        publish()
    assert len(receiver) == 1


def test_anybody_may_read_the_heads(alice: User, bob: User, client: Client, heads_file: Path) -> None:
    assert client.get(ADDRESS).json()["heads"] == []
    sizes = []
    for user in (alice, bob, alice, bob, alice):
        confirmed(user, str(uuid.uuid4()))
        publish()
        sizes.append(TreeHead.objects.order_by("-id")[0].size)
    answer = client.get(ADDRESS)
    assert answer["Cache-Control"] == "public, max-age=300"
    assert str(alice.pk) not in answer.content.decode()
    found = answer.json()
    assert found["heads"] == lines(heads_file)[::-1]
    keys = {key["keyID"]: signing.decoded(key["publicKey"]) for key in found["keys"]}
    assert all(heads.is_genuine(head, keys) for head in found["heads"])
    roots = {head["size"]: bytes.fromhex(head["root"]) for head in found["heads"]}
    for first in sizes:
        proof = client.get(ADDRESS, {"first": first}).json()["consistency"]
        hashes = [bytes.fromhex(each) for each in proof["proof"]]
        assert merkle.is_consistent(first, 5, hashes, roots[first], roots[5])
    for wrong in ("6", "-1", "x", "", "1" * 40, "٣"):
        assert client.get(ADDRESS, {"first": wrong}).status_code == 400
    assert client.post(ADDRESS).status_code == 405


def test_a_tree_that_lacks_nodes_is_said_to(alice: User, bob: User, client: Client, heads_file: Path) -> None:
    for user in (alice, bob):
        confirmed(user)
    publish()
    with without_triggers("traits_treenode"):
        TreeNode.objects.all().delete()
    assert client.get(ADDRESS, {"first": "1"}).status_code == 503
    assert position(Persona.objects.get(user=alice))["published"] is None
    assert heads_file.exists()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_no_salt_outlives_the_erasure_of_its_log(alice: User, bob: User, heads_file: Path) -> None:
    """A leaf that is being written while the log goes would be found by nobody."""
    confirmed(alice)
    confirmed(bob)
    with ExitStack() as erasing:
        erasing.enter_context(transaction.atomic())
        erasure.erase_persona(**acting_for_self(alice))
        with beside(publish) as publishing:
            erasing.close()
    assert publishing.result() == "1 heads of logs added, a new head: 1 leaves.\n"
    assert LogLeaf.objects.get().subject_id == bob.pk
    assert verify_log() == (0, [])
    assert heads_file.exists()
