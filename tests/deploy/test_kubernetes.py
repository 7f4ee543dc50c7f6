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

from ptfi.environment import SECRETS
from tests.support.images import ROOT, compose

FOLDER = ROOT / "deploy/k8s"
VERSION = "1.33"
BUILDS = ("base", "overlays/production")
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
    assert set(pods(build)) == {"web", "events", "projector", "migrate", "quality", "heads"}
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
        if name == "projector":
            continue
        port = container["ports"][0]["containerPort"]
        # The web's is the Dockerfile's own command.
        assert name == "web" or str(port) in container["command"]
        assert container["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "http"}
        assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "http"}
        pause = container["lifecycle"]["preStop"]["sleep"]["seconds"]
        assert spec["terminationGracePeriodSeconds"] >= pause + 30


@each_build
def test_secrets_come_from_outside(build: str) -> None:
    assert not of_kind(build, "Secret")
    (settings,) = of_kind(build, "ConfigMap").values()
    files = {name for name in settings["data"] if name.endswith("_FILE")}
    assert files == {f"{name}_FILE" for name in SECRETS}
    for name, container in containers(build):
        mounts = {mount["name"]: mount for mount in container["volumeMounts"]}
        assert all(settings["data"][each].startswith(f"{mounts['secrets']['mountPath']}/") for each in files)
        assert container["envFrom"] == [{"configMapRef": {"name": settings["metadata"]["name"]}}], name
        own = {each["name"]: each["value"] for each in container.get("env", [])}
        assert set(own) == ({"DATABASE_URL_FILE", "LOG_SIGNING_KEY_FILE"} if name == "migrate" else set())
        assert not own.get("LOG_SIGNING_KEY_FILE"), "who owns the tables has no key to sign with"
        assert ("owner" in mounts) == (name == "migrate"), "nobody else knows the owner of the tables"


def test_secrets_are_made_as_documented(tmp_path: Path) -> None:
    """The commands of the guide, with nothing sent anywhere."""
    subprocess.run([sys.executable, ROOT / "deploy/make_secrets.py", tmp_path], check=True)
    commands = re.findall(r"^kubectl .* create secret .*$", (ROOT / "docs/operations.md").read_text(), re.MULTILINE)
    made = {}
    for command in commands:
        script = command.replace("deploy/secrets", str(tmp_path)) + " --dry-run=client --output=yaml"
        path = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        done = subprocess.run(["bash", "-c", script], env=path, capture_output=True, text=True, check=True)
        secret = yaml.safe_load(done.stdout)
        made[secret["metadata"]["name"]] = set(secret["data"])
    (settings,) = of_kind("base", "ConfigMap").values()
    mounted = {each.rpartition("/")[2] for each in settings["data"].values() if each.startswith("/run/secrets/ptfi/")}
    assert made == {"ptfi": mounted, "ptfi-owner": {"owner_database_url"}}


@each_build
def test_all_run_the_image_as_compose_does(build: str) -> None:
    images = {container["image"] for _, container in containers(build)}
    assert len(images) == 1
    # Compose starts nothing on time.
    for name in pods(build).keys() - {"quality", "heads"}:
        (container,) = pods(build)[name]["spec"]["containers"]
        assert container.get("command") == compose()["services"][name].get("command"), name


@each_build
def test_the_owner_of_the_tables_has_no_key_to_sign_with(build: str) -> None:
    volumes = {volume["name"]: volume for volume in pods(build)["migrate"]["spec"]["volumes"]}
    held = {item["key"] for item in volumes["secrets"]["secret"]["items"]}
    assert held == {"secret_key", "oidc_private_key", "second_step_keys", "neo4j_url", "email_url", "metrics_token"}


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
        "metrics": {"web", "events", "projector"},
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
    (pool,) = [int(each["data"]["DB_POOL_SIZE"]) for each in of_kind(build, "ConfigMap").values()]
    web = scaler["spec"]["maxReplicas"] + deployments.pop("web")["spec"]["strategy"]["rollingUpdate"]["maxSurge"]
    # While one is replaced there is one more of each; none but web takes more than three.
    others = sum(each["spec"]["replicas"] + 1 for each in deployments.values()) + len(of_kind(build, "Job", "CronJob"))
    assert web * pool + others * 3 <= 97


def test_the_way_in_lets_the_longest_body_through() -> None:
    (way_in,) = of_kind("base", "Ingress").values()
    assert way_in["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-body-size"] == "11m"
