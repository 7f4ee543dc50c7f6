"""The operator's guide about Compose, followed in real containers from nothing: ``make test-compose`` runs this file.

Each test goes on from where the one before it ended.
"""

import datetime as dt
import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.compose import ROOT, images
from tests.support.compose.engine import engine
from tests.support.compose.load import asked_through_the_proxy
from tests.support.compose.site import SERVICES, Site
from tests.support.data_folder import wait_until
from tests.support.images import SECRETS_OF

ENDED = ("certificates", "migrate")
"""Those that do their work and end."""
MEGABYTES_AT_MOST = 200.0
NAME, PASSWORD = "Loves jazz", "a long sentence for tests"
EMAIL = "alice@example.com"
ALICE = f"""
from allauth.account.models import EmailAddress
from ptfi.accounts.models import User
user = User.objects.create_user("{EMAIL}", "{PASSWORD}", display_name="Alice")
EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
"""
IN_CLEAR = """
import neo4j, psycopg
from urllib.parse import urlsplit
from django.conf import settings
try:
    psycopg.connect(host="postgres", dbname="ptfi", user="ptfi", password="x", sslmode="disable")
except psycopg.OperationalError as error:
    print(error)
address = urlsplit(settings.NEO4J_URL)
try:
    with neo4j.GraphDatabase.driver("bolt://neo4j:7687", auth=(address.username, address.password)) as driver:
        driver.verify_connectivity()
    print("the graph took it")
except neo4j.exceptions.ServiceUnavailable:
    pass
"""
SUGGESTION = {
    "candidate_id": "76932e64-04f4-4d8b-926f-3ea9b6d6f966",
    "user": {"external_id": "alice", "display_name": "Alice"},
    "trait_name": NAME,
    "trait_description": "Goes to concerts.",
    "trait_category": "Interest",
    "confidence_score": 0.8,
    "originating_models": ["model-1"],
    "associated_feature_set_ids": [],
    "concepts": ["jazz"],
    "created_at": "2026-11-01T12:00:00Z",
    "supporting_evidence": [
        {
            "type": "text_snippet",
            "content": "Jazz again tonight!",
            "source_package_id": "6ae105f6-b3a0-4796-8b2d-b8f74424c8f3",
            "source_detail": "journal, page 1",
            "relevance_score": 0.9,
        }
    ],
}


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """The images of others, and an operator's folder with nothing installed."""
    data = Path(os.environ.get("PTFI_DATA_DIR") or ROOT / ".data" / "compose").resolve()
    with engine(data) as running:
        images.make_base(running)
        images.make_services(running)
        yield Site(running, images.copy_of_release(running))


def say(text: str) -> None:
    """A figure of this run, for docs/operations.md."""
    print(f"\n    {text}")


def test_all_of_it_comes_up_as_documented(site: Site) -> None:
    site.follow("make_secrets")
    containers = site.containers()
    assert set(containers) == {*SERVICES, *ENDED, "postgres", "neo4j"}
    for name, each in containers.items():
        state = each["State"]
        if name in ENDED:
            assert (state["Status"], state["ExitCode"]) == ("exited", 0)
        else:
            assert (state["Status"], state["Health"]["Status"]) == ("running", "healthy"), name
    began = json.loads(site.engine.run("podman", "inspect", "--format", "{{json .State.StartedAt}}", "ptfi-postgres-1"))
    say(f"healthy after {time.time() - seconds_of(began):.0f} s")


def seconds_of(stamp: str) -> float:
    """A time as the engine writes it, in seconds since 1970."""
    return dt.datetime.fromisoformat(re.sub(r"\.\d+", "", stamp)).timestamp()


def test_the_image_is_small(site: Site) -> None:
    whole, base = (images.megabytes(site.engine, name) for name in ("ptfi:local", images.base_name()))
    say(f"image {whole:.0f} MB, of it {whole - base:.0f} MB above its base")
    assert whole - base < MEGABYTES_AT_MOST


def test_containers_may_do_nothing_but_their_work(site: Site) -> None:
    for name in SERVICES:
        status = site.compose("exec", "-T", name, "cat", "/proc/1/status")
        said = dict(re.findall(r"^(\w+):\s+(.*)$", status, re.MULTILINE))
        assert (int(said["CapEff"], 16), int(said["CapBnd"], 16), said["NoNewPrivs"]) == (0, 0, "1"), name
        assert said["Seccomp"] == "2"
        assert said["Uid"].split() == said["Gid"].split() == ["10001"] * 4
        tried = ("sh", "-c", "touch /tmp/x && ! touch /srv/ptfi/x 2>/dev/null && ! touch /opt/ptfi/x 2>/dev/null")
        site.compose("exec", "-T", name, *tried)


def test_both_databases_are_asked_over_tls_and_take_nothing_else(site: Site) -> None:
    ask = (
        "SELECT DISTINCT ssl, version FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE client_addr IS NOT NULL"
    )
    as_owner = ("exec", "-T", "postgres", "psql", "--username", "postgres", "--no-align", "--tuples-only", "--command")
    assert site.compose(*as_owner, ask) == "t|TLSv1.3\n"
    said = site.manage("shell", "--verbosity", "0", "-c", IN_CLEAR)
    assert "no encryption" in said
    assert "the graph took it" not in said


def test_nobody_has_a_key_or_a_secret_that_is_for_others(site: Site) -> None:
    for name in SERVICES:
        kind = name.rstrip("2")
        listed = site.compose("exec", "-T", name, "sh", "-c", "ls /run/secrets /run/tls/own /run/tls/trust").split()
        found = {each for each in listed if not each.endswith(":")}
        assert found == {*SECRETS_OF[kind].values(), "certificate.pem", "key.pem", "ca.pem"}, name


def test_pages_and_api_answer_the_proxy(site: Site) -> None:
    for service in ("web", "web2"):
        page = site.ask("/accounts/login/", service=service)
        assert (page.status, "Sign in" in page.text) == (200, True)
        assert "max-age" in page.headers["Strict-Transport-Security"]
        style = page.text.split('rel="stylesheet"')[1].split('href="')[1].split('"')[0]
        assert site.ask(style, service=service).status == 200
        assert site.ask("/v1/users/me/persona/traits", service=service).status == 401
        assert json.loads(site.ask("/readyz", service=service).text)["checks"]["graph"]["status"] == "ok"
    assert site.ask("/readyz", service="events").status == 200
    assert site.ask("/metrics").status == 404


def test_what_a_person_decides_is_in_the_graph(site: Site) -> None:
    site.manage("shell", "--verbosity", "0", "-c", ALICE)
    (site.folder / "deploy" / "suggestion.jsonl").write_text(json.dumps(SUGGESTION))
    take = "docker compose -f deploy/compose.yaml exec -T web python manage.py import_candidates --owner"
    script = f"{take} {EMAIL} - < deploy/suggestion.jsonl"
    site.engine.run("bash", "-euc", script, folder=site.folder)
    session = site.sign_in(EMAIL, PASSWORD)
    assert NAME in site.ask("/review/", session=session, service="web2").text
    confirm = f"/review/{SUGGESTION['candidate_id']}/confirm/"
    assert site.ask(confirm, {"from": "test"}, session=session).status == 302
    wait_until(lambda: NAME in site.ask("/traits/", session=session).text, 60)
    assert_sound(site)


def assert_sound(site: Site, service: str = "web") -> None:
    """Neither the log nor the graph has a fault; both commands end with 1 otherwise."""
    site.manage("project_graph", "--once", service=service)
    site.manage("verify_log", service=service)
    assert "1 people compared, 0 still behind, 0 differ." in site.manage("check_graph", service=service)


def test_memory_at_rest(site: Site) -> None:
    said = site.engine.run("podman", "stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}")
    used = dict(re.findall(r"ptfi-(\w+)-1 (\S+) /", said))
    say("memory: " + ", ".join(f"{name} {used[name]}" for name in sorted(used)))
    assert set(SERVICES) <= set(used)


def test_without_postgresql_it_says_so_and_comes_back_by_itself(site: Site) -> None:
    before, session = started(site), site.sign_in(EMAIL, PASSWORD)
    site.compose("stop", "postgres")
    # Podman's name server starts again whenever a container ends, and loses what it is asked meanwhile.
    site.compose("exec", "-T", "web", "getent", "hosts", "neo4j")
    assert site.ask("/healthz").status == 200
    asked = [site.ask(path, session=session) for path in ("/readyz", "/review/", "/traits/")]
    asked.append(site.ask("/v1/users/me/persona/traits", token="nothing"))
    for answer in asked:
        assert answer.status == 503
        assert answer.seconds < 1
    assert all(answer.headers["Retry-After"] for answer in asked[1:])
    site.compose("start", "postgres")
    wait_until(lambda: site.status("/readyz") == 200)
    wait_until(lambda: site.status("/readyz", "events") == 200)
    assert site.ask("/review/", session=session).status == 200
    assert {name: each for name, each in started(site).items() if name != "postgres"} == {
        name: each for name, each in before.items() if name != "postgres"
    }


def started(site: Site) -> dict[str, tuple[Any, Any]]:
    """Each container and when its process began: a restart changes it."""
    return {name: (each["Id"], each["State"]["StartedAt"]) for name, each in site.containers().items()}


def test_a_new_version_takes_over_without_a_gap(site: Site) -> None:
    (site.folder / "ptfi" / "version.txt").write_text("2.0\n")
    with asked_through_the_proxy(site.engine.data, site.folder / "inside.pem") as load:
        site.follow("PTFI_VERSION=")
    say(f"upgrade: {len(load.seconds)} requests, {len(load.faults)} failed, the slowest took {max(load.seconds):.1f} s")
    assert load.faults == [], load.faults[:10]
    assert len(load.seconds) > 50
    for name in SERVICES:
        assert site.containers()[name]["ImageName"].endswith("ptfi:2.0"), name
    for name in SERVICES:
        assert site.compose("exec", "-T", name, "cat", "ptfi/version.txt") == "2.0\n"
    assert_sound(site)


def test_a_backup_brings_all_of_it_back_on_a_new_machine(site: Site) -> None:
    site.follow("pg_dump")
    site.compose("down", "--volumes")
    (site.folder / "deploy" / "secrets").rename(site.folder / "lost")
    site.engine.run("tar", "--extract", "--file", "secrets.tar.gz", "--directory", "deploy", folder=site.folder)
    site.follow("pg_restore")
    site.compose("up", "--wait")
    assert_sound(site)
    session = site.sign_in(EMAIL, PASSWORD)
    wait_until(lambda: NAME in site.ask("/traits/", session=session).text, 60)
