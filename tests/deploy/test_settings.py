"""The environment: every bad or missing variable is reported at once, and a good one is fit for production."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import NoEncryption

from ptfi.encryption import make_key
from ptfi.environment import NEEDED, RENAMED, SECRETS
from ptfi.oauth.keys import make_private_key
from ptfi.signing import make_private_key as make_signing_key

ROOT = Path(__file__).resolve().parents[2]
PRIVATE_KEY = make_private_key()
SIGNING_KEY = make_signing_key()
SECOND_STEP_KEY = make_key()
GOOD = {
    "OIDC_PRIVATE_KEY": PRIVATE_KEY,
    "SECRET_KEY": "a-secret-key-of-more-than-fifty-characters-0123456789-abcdef",
    "DATABASE_URL": "postgresql://user:password@localhost/ptfi",
    "MFA_ENCRYPTION_KEYS": SECOND_STEP_KEY,
    "LOG_SIGNING_KEY": SIGNING_KEY,
    "NEO4J_URL": "bolt://user:password@localhost:7687",
    "PYTHONWARNINGS": "error",
    "TRUSTED_PROXY_COUNT": "1",
}
OF_OLD_NAMES = {
    "MFA_ENCRYPTION_KEYS": f"{SECOND_STEP_KEY},{SECOND_STEP_KEY}",
    **{new: f"{number}" for number, new in enumerate(RENAMED.values(), 101) if new != "MFA_ENCRYPTION_KEYS"},
}
"""A value of its own for each setting that has had another name."""
READ = """
import json, os, django
django.setup()
from django.conf import settings
lists = {"MFA_ENCRYPTION_KEYS": ",".join(settings.MFA_ENCRYPTION_KEYS)}
names = [name for name in os.environ["NAMES"].split() if name not in lists]
values = {name: getattr(settings, name, os.environ.get(name)) for name in names}
print(json.dumps(lists | {name: f"{float(value):.0f}" for name, value in values.items()}))
"""


def check(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "django", "check", "--settings=ptfi.settings", *arguments],
        env=kept | {"PYTHONPATH": str(ROOT)} | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_every_fault_is_named_at_once() -> None:
    done = check(
        DATABASE_URL="nonsense",
        NEO4J_URL="http://x",
        DB_POOL_SIZE="many",
        HTTPS="perhaps",
        GRAPH_TIMEOUT_SECONDS="0",
        EMAIL_URL="x",
    )
    assert done.returncode != 0
    for name in (
        "SECRET_KEY",
        "OIDC_PRIVATE_KEY",
        "DATABASE_URL",
        "NEO4J_URL",
        "DB_POOL_SIZE",
        "HTTPS",
        "GRAPH_TIMEOUT_SECONDS",
        "EMAIL_URL",
    ):
        assert f"{name}: " in done.stderr, done.stderr


@pytest.mark.slow
def test_no_secret_is_repeated() -> None:
    done = check(**GOOD | {"DATABASE_URL": "postgresql:hunter2@x", "NEO4J_URL": "hunter2", "DB_POOL_SIZE": "x"})
    assert done.returncode != 0
    assert "hunter2" not in done.stderr


@pytest.mark.parametrize("key", ["hunter2", PRIVATE_KEY.replace("A", "hunter2"), PRIVATE_KEY[:-40]])
def test_a_bad_private_key_is_named_and_not_repeated(key: str) -> None:
    done = check(**GOOD | {"OIDC_PRIVATE_KEY": key, "DB_POOL_SIZE": "x"})
    assert "OIDC_PRIVATE_KEY: Not the PEM" in done.stderr, done.stderr
    assert "DB_POOL_SIZE: " in done.stderr
    assert "hunter2" not in done.stderr
    assert PRIVATE_KEY[100:140] not in done.stderr


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"LOG_SIGNING_KEY": PRIVATE_KEY}, "LOG_SIGNING_KEY: Not the PEM of an Ed25519"),
        ({"LOG_SIGNING_KEY": "hunter2"}, "LOG_SIGNING_KEY: Not the PEM of an Ed25519"),
        ({"LOG_PUBLIC_KEYS": "hunter2"}, "LOG_PUBLIC_KEYS: Not keys of 32 bytes"),
        ({"LOG_HEADS_URL": "hunter2"}, "LOG_HEADS_URL: Not an http"),
        ({"WEBHOOK_ENCRYPTION_KEYS": "hunter2"}, "WEBHOOK_ENCRYPTION_KEYS: Not keys of 32 bytes"),
        ({"WEBHOOK_NETWORKS": "10.0.0.0/8,hunter2"}, "WEBHOOK_NETWORKS: Not IP networks"),
        ({"LOG_SIGNING_COMMAND": "sign"}, "LOG_SIGNING_COMMAND: Needs its key in LOG_PUBLIC_KEYS"),
    ],
)
def test_bad_keys_of_the_log_are_named_and_not_repeated(wrong: dict[str, str], fault: str) -> None:
    done = check(**GOOD | wrong)
    assert fault in done.stderr, done.stderr
    assert "hunter2" not in done.stderr


@pytest.mark.slow
def test_secrets_come_from_files(tmp_path: Path) -> None:
    secrets = GOOD | {"EMAIL_URL": "submission://me:secret@mail.example:587"}
    names = (
        "SECRET_KEY",
        "LOG_SIGNING_KEY",
        "OIDC_PRIVATE_KEY",
        "MFA_ENCRYPTION_KEYS",
        "DATABASE_URL",
        "NEO4J_URL",
        "EMAIL_URL",
    )
    for name in names:
        (tmp_path / name).write_text(f"{secrets[name]}\n")
    files = {f"{name}_FILE": str(tmp_path / name) for name in names}
    done = check("--deploy", "--fail-level", "WARNING", PYTHONWARNINGS="error", TRUSTED_PROXY_COUNT="1", **files)
    assert done.returncode == 0, done.stderr
    read = subprocess.run(
        [
            sys.executable,
            "-c",
            "from ptfi import settings as s; print(s.EMAIL_HOST, s.EMAIL_USE_TLS, s.NEO4J_URL, s.DATABASE['HOST'])",
        ],
        env={"PATH": os.environ["PATH"], **files},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert read.stdout.split() == ["mail.example", "True", GOOD["NEO4J_URL"], "localhost"]


@pytest.mark.slow
def test_faults_of_secret_files_are_named(tmp_path: Path) -> None:
    bad = tmp_path / "bad"
    bad.write_text("hunter2")
    files = {"SECRET_KEY_FILE": str(bad), "NEO4J_URL_FILE": str(bad), "OIDC_PRIVATE_KEY_FILE": str(tmp_path / "none")}
    done = check(**files, SECRET_KEY="x", DATABASE_URL=GOOD["DATABASE_URL"])
    assert "SECRET_KEY_FILE: SECRET_KEY is set as well; set one of the two." in done.stderr
    assert "OIDC_PRIVATE_KEY_FILE: No file that can be read." in done.stderr
    assert "OIDC_PRIVATE_KEY: " not in done.stderr
    assert "NEO4J_URL: Not a bolt://" in done.stderr
    assert "hunter2" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("missing", ["DATABASE_URL", "NEO4J_URL"])
def test_one_address_alone_is_not_enough(missing: str) -> None:
    done = check(**{name: value for name, value in GOOD.items() if name != missing})
    assert f"{missing}: " in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("key", [PRIVATE_KEY, PRIVATE_KEY.replace("\n", "\\n")])
def test_ready_for_production(key: str) -> None:
    done = check("--deploy", "--fail-level", "WARNING", **GOOD | {"OIDC_PRIVATE_KEY": key})
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("key", ["", "x", "hunter2" * 7, "ab" * 40])
def test_a_secret_key_that_could_be_guessed_is_named_and_not_repeated(key: str) -> None:
    done = check(**GOOD | {"SECRET_KEY": key})
    assert "SECRET_KEY: At least 50 random characters" in done.stderr, done.stderr
    assert "hunter2" not in done.stderr


@pytest.mark.slow
def test_a_number_of_proxies_that_cannot_be_is_named() -> None:
    for wrong in ("-1", "one", "1.5"):
        assert "TRUSTED_PROXY_COUNT: " in check(**GOOD | {"TRUSTED_PROXY_COUNT": wrong}).stderr
    assert "ptfi.W003" in check("--deploy", **GOOD | {"TRUSTED_PROXY_COUNT": "0"}).stderr


@pytest.mark.slow
@pytest.mark.parametrize(("value", "number"), [("yes", "1"), ("off", "0")])
def test_a_proxy_of_old_is_one(value: str, number: str) -> None:
    others = {name: each for name, each in OF_OLD_NAMES.items() if name != "TRUSTED_PROXY_COUNT"}
    assert read(**others, BEHIND_PROXY=value)[0]["TRUSTED_PROXY_COUNT"] == number


@pytest.mark.slow
def test_bad_keys_of_second_steps_are_not_repeated() -> None:
    done = check(**GOOD | {"MFA_ENCRYPTION_KEYS": f"{SECOND_STEP_KEY},hunter2"})
    assert "MFA_ENCRYPTION_KEYS: Not keys of 32 bytes" in done.stderr, done.stderr
    assert "hunter2" not in done.stderr
    assert SECOND_STEP_KEY not in done.stderr


@pytest.mark.slow
def test_a_key_of_second_steps_is_printed() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ptfi.encryption"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert check(**GOOD | {"MFA_ENCRYPTION_KEYS": done.stdout.strip()}).returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"MFA_TOTP_TOLERANCE": "2"}, "MFA_TOTP_TOLERANCE: Must be"),
        ({"MFA_TOTP_TOLERANCE": "-1"}, "MFA_TOTP_TOLERANCE: Must be"),
        ({"REQUIRE_SECOND_STEP": "perhaps"}, "REQUIRE_SECOND_STEP: Not a valid boolean"),
    ],
)
def test_bad_rules_of_second_steps_are_refused(wrong: dict[str, str], fault: str) -> None:
    done = check(**GOOD | wrong)
    assert fault in done.stderr, done.stderr


@pytest.mark.slow
def test_what_is_not_fit_for_production_is_said() -> None:
    done = check("--deploy", **{name: value for name, value in GOOD.items() if name != "MFA_ENCRYPTION_KEYS"})
    assert "ptfi.W001" in done.stderr, done.stderr
    elsewhere = {"DATABASE_URL": "postgresql://a:b@db/ptfi?sslmode=require", "NEO4J_URL": "bolt+ssc://a:b@graph"}
    short = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = short.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, NoEncryption())
    done = check("--deploy", **GOOD | elsewhere | {"OIDC_PRIVATE_KEY": pem.decode()})
    assert all(name in done.stderr for name in ("ptfi.W005", "ptfi.W006", "ptfi.W007")), done.stderr
    proven = {"DATABASE_URL": "postgresql://a:b@db/ptfi?sslmode=verify-full", "NEO4J_URL": "neo4j+s://a:b@graph"}
    done = check("--deploy", "--fail-level", "WARNING", **GOOD | proven)
    assert done.returncode == 0, done.stderr


def read(**environment: str) -> tuple[dict[str, str], str]:
    """The settings of OF_OLD_NAMES as a process has them, and what it logged."""
    done = subprocess.run(
        [sys.executable, "-c", READ],
        env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "ptfi.settings", "NAMES": " ".join(OF_OLD_NAMES)}
        | {name: value for name, value in GOOD.items() if name not in OF_OLD_NAMES}
        | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout), done.stderr


@pytest.mark.slow
def test_old_names_of_settings_still_work_and_the_log_names_the_new_ones() -> None:
    values, log = read(**{old: OF_OLD_NAMES[new] for old, new in RENAMED.items()})
    assert values == OF_OLD_NAMES
    for old, new in RENAMED.items():
        assert f'"The setting {old} is called {new} now. The next release ignores the old name."' in log, log
    assert SECOND_STEP_KEY not in log


@pytest.mark.slow
def test_new_names_of_settings_work_and_nothing_is_said() -> None:
    assert read(**OF_OLD_NAMES) == (OF_OLD_NAMES, "")


@pytest.mark.slow
def test_old_and_new_names_that_say_the_same_work() -> None:
    values, log = read(**OF_OLD_NAMES, **{old: OF_OLD_NAMES[new] for old, new in RENAMED.items()})
    assert values == OF_OLD_NAMES
    assert len(log.splitlines()) == len(RENAMED)


@pytest.mark.slow
def test_old_and_new_names_that_differ_are_refused() -> None:
    new = {name: value for name, value in GOOD.items() if name != "MFA_ENCRYPTION_KEYS"} | OF_OLD_NAMES
    done = check(**new, **dict.fromkeys(RENAMED, "hunter2"))
    assert done.returncode != 0
    for old, name in RENAMED.items():
        assert f"{old}: {name}, its new name, is set to something else; set {name} alone." in done.stderr, done.stderr
    assert "hunter2" not in done.stderr


@pytest.mark.slow
def test_a_secret_file_under_its_old_name_still_works(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(SECOND_STEP_KEY)
    others = {name: value for name, value in OF_OLD_NAMES.items() if name != "MFA_ENCRYPTION_KEYS"}
    values, log = read(**others, SECOND_STEP_KEYS_FILE=str(tmp_path / "keys"))
    assert values["MFA_ENCRYPTION_KEYS"] == SECOND_STEP_KEY
    assert "The setting SECOND_STEP_KEYS_FILE is called MFA_ENCRYPTION_KEYS_FILE now." in log


@pytest.mark.slow
def test_a_bad_value_under_an_old_name_is_reported_with_that_name() -> None:
    assert "GRAPH_TIMEOUT_SECONDS (set as GRAPH_TIMEOUT): " in check(**GOOD, GRAPH_TIMEOUT="soon").stderr


@pytest.mark.slow
@pytest.mark.parametrize("process", sorted(NEEDED))
def test_each_process_starts_with_the_secrets_that_it_needs_and_names_one_that_is_missing(process: str) -> None:
    own = {name: GOOD[name] for name in NEEDED[process]} | {"PTFI_PROCESS": process}
    assert check(**own).returncode == 0
    for missing in NEEDED[process]:
        said = check(**{name: value for name, value in own.items() if name != missing}).stderr
        assert [name for name in SECRETS if f"  {name}: " in said] == [missing]


@pytest.mark.slow
def test_a_process_that_says_nothing_of_itself_wants_all_that_web_needs() -> None:
    said = check(PTFI_PROCESS="").stderr + check().stderr
    assert all(said.count(f"  {name}: ") == 2 for name in NEEDED["web"]), said
    assert "PTFI_PROCESS: Must be one of: " in check(**GOOD | {"PTFI_PROCESS": "cron"}).stderr


@pytest.mark.slow
def test_nobody_serves_pages_without_the_keys_for_them() -> None:
    for process, what in (("events", "web"), ("projector", "events"), ("job", "web")):
        environment = {name: os.environ[name] for name in ("PATH",)} | GOOD | {"PTFI_PROCESS": process}
        command = [sys.executable, "manage.py", "serve", what]
        done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
        assert (done.returncode, f"PTFI_PROCESS={process} may lack secrets" in done.stderr) == (1, True)
