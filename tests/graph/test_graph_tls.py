"""The graph is asked over TLS that is checked, also where its certificate is of an authority of one's own."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.data_folder import ROOT
from tests.support.inner_tls import Certified, certified, make_certificates, terminated

pytestmark = pytest.mark.slow
ASK_GRAPH = """
import django
django.setup()
from graph.connection import read
print(read(lambda transaction: transaction.run("RETURN 7 AS number").single()["number"]))
"""


def ask_the_graph(port: int, authority: str, scheme: str = "bolt+s") -> "subprocess.CompletedProcess[str]":
    known = urlsplit(os.environ["NEO4J_URL"])
    address = known._replace(scheme=scheme, netloc=f"{known.netloc.rpartition('@')[0]}@localhost:{port}").geturl()
    more = {"NEO4J_URL": address, "NEO4J_CA_FILE": authority, "DJANGO_SETTINGS_MODULE": "ptfi.settings"}
    environment = dict(os.environ) | {"PTFI_EMBEDDED": "", "GRAPH_TIMEOUT_SECONDS": "10"} | more
    return subprocess.run(
        [sys.executable, "-c", ASK_GRAPH], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_the_graph_is_asked_over_tls_of_an_authority_of_ones_own(tmp_path: Path) -> None:
    own, other = certified(tmp_path / "own"), certified(tmp_path / "other")
    make_certificates(tmp_path / "own", "elsewhere")
    graph = urlsplit(os.environ["NEO4J_URL"]).port or 0
    with terminated(graph, own) as port, terminated(graph, Certified(own.folder, "elsewhere")) as impostor:
        done = ask_the_graph(port, own.authority)
        assert done.stdout == "7\n", done.stderr
        for at, authority in ((port, other.authority), (port, ""), (impostor, own.authority)):
            done = ask_the_graph(at, authority)
            assert (done.returncode, done.stdout) == (1, "")
            assert "GraphUnavailableError" in done.stderr


def test_an_authority_that_would_not_be_asked_is_a_fault(tmp_path: Path) -> None:
    own = certified(tmp_path)
    assert "NEO4J_CA_FILE: Needs bolt+s://" in ask_the_graph(1, own.authority, "bolt").stderr
    assert "NEO4J_CA_FILE: Needs bolt+s://" in ask_the_graph(1, own.authority, "bolt+ssc").stderr
    assert "NEO4J_CA_FILE: Not a file of certificates" in ask_the_graph(1, str(tmp_path / "none")).stderr
    assert "NEO4J_CA_FILE: Not a file of certificates" in ask_the_graph(1, str(ROOT / "README.md")).stderr
