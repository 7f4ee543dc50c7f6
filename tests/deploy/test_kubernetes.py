"""What Kustomize makes of deploy/k8s: valid, restricted, probed, and of one piece."""

import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from django.core.management import get_commands

from ptfi.environment import NEEDED
from tests.support.images import ROOT, SECRETS_OF, compose

FOLDER = ROOT / "deploy/k8s"
VERSION = "1.33"
BUILDS = ("base", "overlays/production")
SERVED = {"web", "events", "projector", "notifier"}
"""Who is asked over TLS: for pages, events and metrics."""
APP = "app.kubernetes.io/component"
Resource = dict[str, Any]

each_build = pytest.mark.parametrize("build", BUILDS)


@cache
def built(build: str) -> list[Resource]:
    kubectl = str(Path(sys.executable).parent / "kubectl")
    made = subprocess.run([kubectl, "kustomize", FOLDER / build], capture_output=True, text=True, check=True)
    assert made.stderr == ""
    return list(yaml.safe_load_all(made.stdout))


def of_kind(build: str, *kinds: str) -> dict[str, Resource]:
    return {each["metadata"]["name"]: each for each in built(build) if each["kind"] in kinds}


def pods(build: str) -> dict[str, Resource]:
    """The pods' templates, by the names of what makes them."""
    jobs = {name: each["spec"]["jobTemplate"] for name, each in of_kind(build, "CronJob").items()}
    return {name: each["spec"]["template"] for name, each in (of_kind(build, "Deployment", "Job") | jobs).items()}


def containers(build: str) -> list[tuple[str, Resource]]:
    return [
        (name, each)
        for name, pod in pods(build).items()
        for each in (*pod["spec"].get("initContainers", []), *pod["spec"]["containers"])
    ]


def selected(build: str, selector: Resource) -> set[str]:
    """The pods that a selector fits."""

    def fits(labels: dict[str, str]) -> bool:
        expressions = selector.get("matchExpressions", [])
        assert all(each["operator"] == "In" for each in expressions)
        wanted = selector.get("matchLabels", {}).items() <= labels.items()
        return wanted and all(labels.get(each["key"]) in each["values"] for each in expressions)

    return {name for name, pod in pods(build).items() if fits(pod["metadata"]["labels"])}


@pytest.mark.slow
@each_build
def test_every_resource_is_valid(build: str) -> None:
    for resource in built(build):
        kubernetes_validate.validate(resource, VERSION, strict=True)


@pytest.mark.slow
def test_a_fault_would_be_noticed() -> None:
    faulty = of_kind("base", "Deployment")["web"] | {"spec": {"replicas": "many"}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(faulty, VERSION, strict=True)


@each_build
def test_every_pod_is_restricted(build: str) -> None:
    assert set(pods(build)) == {"web", "events", "projector", "notifier", "migrate", "quality", "heads"}
    for pod in pods(build).values():
        spec = pod["spec"]
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)
        assert spec["automountServiceAccountToken"] is False
        context = spec["securityContext"]
        assert (context["runAsNonRoot"], context["seccompProfile"]) == (True, {"type": "RuntimeDefault"})
        assert context["runAsUser"] == context["runAsGroup"] == context["fsGroup"] == 10001
        assert all(set(volume) - {"name"} <= {"secret", "emptyDir"} for volume in spec["volumes"])
    for name, container in containers(build):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }, name


@each_build
def test_every_container_says_what_it_needs(build: str) -> None:
    for name, container in containers(build):
        assert set(container["resources"]["requests"]) == {"cpu", "memory"}, name
        assert "memory" in container["resources"]["limits"], name


@each_build
def test_every_process_is_probed_and_has_time_to_stop(build: str) -> None:
    for name, deployment in of_kind(build, "Deployment").items():
        spec = deployment["spec"]["template"]["spec"]
        (container,) = spec["containers"]
        assert {"startupProbe", "livenessProbe"} <= set(container), name
        if name in ("projector", "notifier"):
            continue
        port = container["ports"][0]["containerPort"]
        # The web's is the Dockerfile's own command.
        assert name == "web" or str(port) in container["command"]
        assert container["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "https", "scheme": "HTTPS"}
        assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "https", "scheme": "HTTPS"}
        pause = container["lifecycle"]["preStop"]["sleep"]["seconds"]
        assert spec["terminationGracePeriodSeconds"] >= pause + 30


def files_of(build: str, name: str) -> dict[str, tuple[str, str]]:
    """The Secret and its key that each file of a pod's volumes holds."""
    pod = pods(build)[name]["spec"]
    (mounts,) = {tuple((each["name"], each["mountPath"]) for each in one["volumeMounts"]) for one in pod["containers"]}
    folders = dict(mounts)
    return {
        f"{folders[volume['name']]}/{item['path']}": (volume["secret"]["secretName"], item["key"])
        for volume in pod["volumes"]
        for item in volume.get("secret", {}).get("items", [])
    }


@each_build
def test_each_process_gets_the_secrets_that_it_uses_and_no_others(build: str) -> None:
    """From outside, as files; whoever owns the tables, for one, has no key to sign what becomes of their logs."""
    assert not of_kind(build, "Secret")
    (settings,) = of_kind(build, "ConfigMap").values()
    assert not [name for name in settings["data"] if name.endswith("_FILE") or name in SECRETS_OF["web"]]
    for name, pod in pods(build).items():
        held = {key for secret, key in files_of(build, name).values() if secret == "ptfi"}
        assert held == set(SECRETS_OF[name].values()) - {"owner_database_url"}, name
        others = {volume.get("secret", {}).get("secretName") for volume in pod["spec"]["volumes"]} - {None, "ptfi"}
        owner = {"ptfi-owner"} if name == "migrate" else set()
        assert others == {"ptfi-trust"} | owner | ({f"{name}-tls"} if name in SERVED else set())
    for name, container in containers(build):
        own = {each["name"]: each["value"] for each in container["env"]}
        named = {key: value for key, value in own.items() if key.removesuffix("_FILE") in SECRETS_OF["web"]}
        assert {key: value.rpartition("/")[2] for key, value in named.items()} == {
            f"{key}_FILE": value for key, value in SECRETS_OF[name].items()
        }
        known = set(files_of(build, name)) | {"/run/secrets/ptfi-owner/owner_database_url"}
        assert {value for key, value in own.items() if key.endswith("_FILE")} <= known
        assert own["PTFI_PROCESS"] == (name if name in NEEDED else "job")
        assert container["envFrom"] == [{"configMapRef": {"name": settings["metadata"]["name"]}}], name


@each_build
def test_everybody_speaks_tls_with_a_certificate_of_their_own(build: str) -> None:
    for name, container in containers(build):
        own = {each["name"]: each["value"] for each in container["env"]}
        files = files_of(build, name)
        assert ("TLS_CERTIFICATE_FILE" in own) == (name in SERVED)
        if name in SERVED:
            assert files[own["TLS_CERTIFICATE_FILE"]] == (f"{name}-tls", "tls.crt")
            assert files[own["TLS_KEY_FILE"]] == (f"{name}-tls", "tls.key")
        if "NEO4J_URL_FILE" in own:
            assert files[own["NEO4J_CA_FILE"]] == ("ptfi-trust", "ca.crt")
    (way_in,) = of_kind(build, "Ingress").values()
    said = {key.rpartition("/")[2]: value for key, value in way_in["metadata"]["annotations"].items()}
    assert (said["backend-protocol"], said["proxy-ssl-verify"]) == ("HTTPS", "on")
    assert said["proxy-ssl-secret"] == "ptfi/ptfi-trust"


def test_cert_manager_makes_what_is_mounted() -> None:
    """Its own schemas are not here; names and references are."""
    made = list(yaml.safe_load_all((FOLDER / "cert-manager.yaml").read_text()))
    issuers = {each["metadata"]["name"]: each["spec"] for each in made if each["kind"] == "Issuer"}
    certificates = {each["metadata"]["name"]: each["spec"] for each in made if each["kind"] == "Certificate"}
    assert {each["metadata"]["namespace"] for each in made} == {"ptfi"}
    assert {each["issuerRef"]["name"] for each in certificates.values()} <= set(issuers)
    authority = certificates.pop("ptfi-authority")
    assert (authority["isCA"], authority["secretName"]) == (True, issuers["ptfi-inside"]["ca"]["secretName"])
    assert {each["secretName"] for each in certificates.values()} == {f"{name}-tls" for name in SERVED}
    (way_in,) = of_kind("base", "Ingress").values()
    name = way_in["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-ssl-name"]
    assert [service for service, each in certificates.items() if name in each["dnsNames"]] == ["web", "events"]


def test_secrets_are_made_as_documented(tmp_path: Path) -> None:
    """The commands of the guide, with nothing sent anywhere."""
    subprocess.run([sys.executable, ROOT / "deploy/make_secrets.py", tmp_path], check=True)
    (tmp_path / "ca.crt").touch()
    commands = re.findall(r"^kubectl .* create secret .*$", (ROOT / "docs/operations.md").read_text(), re.MULTILINE)
    made = {}
    for command in commands:
        script = command.replace("deploy/secrets", str(tmp_path)) + " --dry-run=client --output=yaml"
        path = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        done = subprocess.run(["bash", "-c", script], env=path, capture_output=True, text=True, check=True)
        secret = yaml.safe_load(done.stdout)
        made[secret["metadata"]["name"]] = set(secret["data"])
    mounted = {name for secrets in SECRETS_OF.values() for name in secrets.values()}
    assert made == {
        "ptfi": mounted - {"owner_database_url"},
        "ptfi-owner": {"owner_database_url"},
        "ptfi-trust": {"ca.crt"},
    }


@each_build
def test_all_run_the_image_as_compose_does(build: str) -> None:
    images = {container["image"] for _, container in containers(build)}
    assert len(images) == 1
    # Compose starts nothing on time.
    for name in pods(build).keys() - {"quality", "heads"}:
        (container,) = pods(build)[name]["spec"]["containers"]
        assert container.get("command") == compose()["services"][name].get("command"), name


@each_build
def test_heads_of_logs_are_published_every_day(build: str) -> None:
    job = of_kind(build, "CronJob")["heads"]
    minute, hour, *rest = job["spec"]["schedule"].split()
    assert (minute.isdigit(), hour.isdigit(), rest) == (True, True, ["*"] * 3)
    assert job["spec"]["concurrencyPolicy"] == "Forbid"
    (container,) = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    assert container["command"] == ["python", "manage.py", "publish_log_heads"]


@each_build
def test_the_quality_is_counted_every_hour(build: str) -> None:
    job = of_kind(build, "CronJob")["quality"]
    minute, *rest = job["spec"]["schedule"].split()
    assert (minute.isdigit(), rest) == (True, ["*"] * 4)
    assert job["spec"]["concurrencyPolicy"] == "Forbid"
    work = job["spec"]["jobTemplate"]["spec"]
    assert work["activeDeadlineSeconds"] < 3600, "one that hangs would keep the next ones from starting"
    (container,) = work["template"]["spec"]["containers"]
    python, manage, command = container["command"]
    assert (python, manage) == ("python", "manage.py")
    assert get_commands()[command] == "traits"


def test_production_names_a_version() -> None:
    images = {container["image"] for _, container in containers("overlays/production")}
    assert all(re.search(r":\d+\.\d+\.\d+$", image) for image in images)


@each_build
def test_services_and_the_way_in_lead_somewhere(build: str) -> None:
    services = of_kind(build, "Service")
    for name, service in services.items():
        assert selected(build, {"matchLabels": service["spec"]["selector"]}) == {name}
    (ingress,) = of_kind(build, "Ingress").values()
    (rule,) = ingress["spec"]["rules"]
    (settings,) = of_kind(build, "ConfigMap").values()
    assert settings["data"]["SITE_URL"] == f"https://{rule['host']}"
    assert settings["data"]["ALLOWED_HOSTS"] == rule["host"]
    ways = {path["path"]: path["backend"]["service"]["name"] for path in rule["http"]["paths"]}
    assert ways == {settings["data"]["EVENTS_URL"]: "events", "/": "web"}
    assert set(ways.values()) <= set(services)


@each_build
def test_nobody_speaks_to_anybody_unless_it_is_said(build: str) -> None:
    policies = of_kind(build, "NetworkPolicy")
    everybody = set(pods(build))
    nothing = policies["nothing"]["spec"]
    assert (selected(build, nothing["podSelector"]), set(nothing["policyTypes"])) == (everybody, {"Ingress", "Egress"})
    assert not {"ingress", "egress"} & set(nothing)
    who = {name: selected(build, policy["spec"]["podSelector"]) for name, policy in policies.items()}
    assert who == {
        "nothing": everybody,
        "names": everybody,
        "browsers": {"web", "events"},
        "postgresql": everybody,
        "neo4j": {"web", "projector", "migrate"},
        "mail": {"web"},
        "receivers": {"notifier"},
        "metrics": {"web", "events", "projector", "notifier"},
    }


def test_production_survives_a_node() -> None:
    build = "overlays/production"
    deployments = of_kind(build, "Deployment")
    budgets = of_kind(build, "PodDisruptionBudget")
    assert {name: selected(build, each["spec"]["selector"]) for name, each in budgets.items()} == {
        name: {name} for name in deployments
    }
    (scaler,) = of_kind(build, "HorizontalPodAutoscaler").values()
    assert scaler["spec"]["scaleTargetRef"]["name"] == "web"
    assert scaler["spec"]["minReplicas"] >= 3
    # With a number of its own, each apply would undo the autoscaler's.
    assert "replicas" not in deployments.pop("web")["spec"]
    for deployment in deployments.values():
        assert deployment["spec"]["replicas"] >= 2
        assert deployment["spec"]["template"]["spec"]["topologySpreadConstraints"]
    (namespace,) = of_kind(build, "Namespace").values()
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert {each["metadata"].get("namespace", "ptfi") for each in built(build)} == {"ptfi"}


def test_all_pods_together_fit_into_postgresql() -> None:
    """It has 100 connections unless it is told otherwise, and keeps 3 for its superuser."""
    build = "overlays/production"
    deployments = of_kind(build, "Deployment")
    (scaler,) = of_kind(build, "HorizontalPodAutoscaler").values()
    (values,) = [each["data"] for each in of_kind(build, "ConfigMap").values()]
    pool = int(values["DB_POOL_SIZE"])
    assert int(values["WEB_THREADS"]) < pool
    web = scaler["spec"]["maxReplicas"] + deployments.pop("web")["spec"]["strategy"]["rollingUpdate"]["maxSurge"]
    # While one is replaced there is one more of each. A projector has two workers, and is woken through two more.
    taken = {name: 4 if name == "projector" else 3 for name in deployments}
    others = sum((each["spec"]["replicas"] + 1) * taken[name] for name, each in deployments.items())
    others += 3 * len(of_kind(build, "Job", "CronJob"))
    assert web * pool + others <= 97


def test_the_way_in_lets_the_longest_body_through() -> None:
    (way_in,) = of_kind("base", "Ingress").values()
    assert way_in["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-body-size"] == "11m"
