"""compose.yaml: what each service may do, what it gets, and the secrets that are made for it."""

import json
import os
import stat
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from ptfi.environment import SECRETS
from tests.support.images import COMPOSE, ROOT, SECRETS_OF, TOOLS, VARIABLES, compose, run, the

OURS = ("web", "web2", "events", "projector", "notifier", "migrate")


def test_compose_takes_its_file() -> None:
    command = (TOOLS / "docker-compose", "-f", COMPOSE, "config", "--format", "json")
    done = run(*command, env=os.environ | VARIABLES)
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)["services"]) == {*OURS, "certificates", "postgres", "neo4j"}
    missing = run(*command, env=os.environ | {"SITE_URL": ""})
    assert missing.returncode
    assert "the address that people open" in missing.stderr


@pytest.mark.parametrize("name", OURS)
def test_services_are_restricted(name: str) -> None:
    service = compose()["services"][name]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", OURS)
def test_each_service_gets_the_secrets_that_it_uses_and_no_others(name: str) -> None:
    service, used = compose()["services"][name], SECRETS_OF[name.rstrip("2")]
    named = {key: value for key, value in service["environment"].items() if key.removesuffix("_FILE") in SECRETS}
    assert named == {f"{key}_FILE": f"/run/secrets/{value}" for key, value in used.items()}
    assert sorted(service["secrets"]) == sorted(used.values())
    assert service["environment"]["PTFI_PROCESS"] == name.rstrip("2")


def test_each_key_of_tls_is_for_one() -> None:
    """The service that makes them has all, and the authority's alone; others have their own, and whom they trust."""
    services = compose()["services"]
    volumes = {name: {each.split(":")[0] for each in service.get("volumes", [])} for name, service in services.items()}
    made = {name for name in volumes.pop("certificates") if name.startswith("tls-")}
    assert made == {name for name in compose()["volumes"] if name.startswith("tls-")}
    for name, mounted in volumes.items():
        own = {f"tls-{name.rstrip('2')}"} & made
        assert {each for each in mounted if each.startswith("tls-")} == own | ({"tls-trust"} if name in OURS else set())
        for each in services[name].get("volumes", []):
            assert not each.startswith("tls-") or each.endswith(":ro")
    maker = services["certificates"]
    assert (maker["cap_drop"], maker["cap_add"], maker["network_mode"]) == (["ALL"], ["CHOWN"], "none")
    assert "secrets" not in maker


def test_nothing_is_open_to_other_machines() -> None:
    ports = [port for service in compose()["services"].values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert compose()["networks"]["data"]["internal"] is True


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(compose()["services"]))
def test_a_service_gets_every_secret_that_its_environment_names(name: str) -> None:
    service = compose()["services"][name]
    named = {value for key, value in service.get("environment", {}).items() if key.endswith("_FILE")}
    held = {f"/run/secrets/{name}" for name in service.get("secrets", [])}
    mounted = [place for each in service.get("volumes", []) for place in each.split(":") if place.startswith("/")]
    assert all(value in held or value.startswith(tuple(mounted)) for value in named)


def test_no_service_fills_the_disk_with_what_it_writes() -> None:
    for service in compose()["services"].values():
        assert {"max-size", "max-file"} <= set(service["logging"]["options"])


def test_health_checks_need_no_quotes() -> None:
    """Some engines split an argument at its spaces."""
    checks = [each["healthcheck"].get("test", []) for each in compose()["services"].values() if "healthcheck" in each]
    for kind, *words in [each for each in checks if each] + [["CMD", *the("HEALTHCHECK").command]]:
        assert kind == "CMD-SHELL" or not any(" " in word for word in words)


def test_secrets_are_made_once_and_fit_each_other(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    assert run(sys.executable, ROOT / "deploy/make_secrets.py", folder).returncode == 0
    made = {path.name: path.read_text() for path in folder.iterdir()}
    assert set(made) == set(compose()["secrets"])
    assert {each["file"] for each in compose()["secrets"].values()} == {f"./secrets/{name}" for name in made}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for url, user, password in (
        ("owner_database_url", "ptfi", "postgres_password"),
        ("database_url", "ptfi_application", "postgres_application_password"),
    ):
        address = urlsplit(made[url])
        assert (address.hostname, address.username, address.password) == ("postgres", user, made[password])
    address = urlsplit(made["neo4j_url"])
    assert (address.hostname, f"{address.username}/{address.password}") == ("neo4j", made["neo4j_auth"])
    assert run(sys.executable, ROOT / "deploy/make_secrets.py", folder).returncode == 0
    assert {path.name: path.read_text() for path in folder.iterdir()} == made
