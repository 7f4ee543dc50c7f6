"""Create the secrets that compose.yaml reads, in deploy/secrets/ or the given folder; existing ones are kept.

    python deploy/make_secrets.py [FOLDER]

The folder is closed to other users. Its files are readable, because the container's user has to read them.
"""

import secrets
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ptfi.encryption import make_key  # noqa: E402 (the project may not be on the path)
from ptfi.oauth.keys import make_private_key  # noqa: E402
from ptfi.signing import make_private_key as make_signing_key  # noqa: E402

VERIFIED = "?sslmode=verify-full&sslrootcert=/run/tls/trust/ca.pem"
"""The path is where compose.yaml mounts the certificate authority."""


def main(folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    postgres = keep(folder / "postgres_password", secrets.token_urlsafe(24))
    keep(folder / "postgres_admin_password", secrets.token_urlsafe(24))
    auth = keep(folder / "neo4j_auth", f"neo4j/{secrets.token_urlsafe(24)}")
    application = keep(folder / "postgres_application_password", secrets.token_urlsafe(24))
    keep(folder / "owner_database_url", f"postgresql://ptfi:{postgres}@postgres:5432/ptfi{VERIFIED}")
    keep(folder / "database_url", f"postgresql://ptfi_application:{application}@postgres:5432/ptfi{VERIFIED}")
    keep(folder / "neo4j_url", f"bolt+s://{auth.replace('/', ':', 1)}@neo4j:7687")
    keep(folder / "secret_key", secrets.token_urlsafe(50))
    keep(folder / "oidc_private_key", make_private_key())
    keep(folder / "second_step_keys", make_key())
    keep(folder / "webhook_keys", make_key())
    keep(folder / "log_signing_key", make_signing_key())
    keep(folder / "email_url", "smtp://localhost:25")
    keep(folder / "metrics_token", secrets.token_urlsafe(24))


def keep(path: Path, text: str) -> str:
    """The file's text; the file is created with this text if it does not exist."""
    if not path.exists():
        path.write_text(text)
        path.chmod(0o444)
    return path.read_text()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "deploy" / "secrets")
