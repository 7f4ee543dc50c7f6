"""What staff's pages of the log cost with a long one, across many people.

    python bench/staff_log.py [--entries 1000000] [--people 2000] [--candidates 200000] [--runs 5]

Server time is measured in this process with all of Django's middleware, without a network. The entries have small
contents and no valid hashes. Works in a data folder of its own (.data/bench-staff, or PTFI_DATA_DIR) on the embedded
services.
"""

import argparse
import os
import statistics
import sys
import time
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("PTFI_DATA_DIR", str(ROOT / ".data" / "bench-staff"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ptfi.settings")

from ptfi import embedded  # noqa: E402 (the settings need the services' addresses)

embedded.start()

import django  # noqa: E402

django.setup()

from allauth.account.internal.flows.login import record_authentication  # noqa: E402
from allauth.mfa.models import Authenticator  # noqa: E402
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.http import HttpRequest  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from ptfi.accounts.models import User  # noqa: E402
from traits.models import ExtractedTraitCandidate, Persona, UserRefinedTrait  # noqa: E402

PEOPLE = """
    INSERT INTO accounts_user (id, password, is_superuser, email, external_id, display_name, time_zone,
        time_zone_chosen, keys_enabled, invited_email, is_active, is_staff, date_joined)
    SELECT gen_random_uuid(), '', false, NULL, 'bench-' || n, '', 'UTC', false, true, '', true, false, now()
    FROM generate_series(1, %s) AS n ON CONFLICT DO NOTHING
"""
CANDIDATES = """
    INSERT INTO traits_extractedtraitcandidate (candidate_id, user_id, trait_name, name_key, trait_description,
        trait_category, supporting_evidence, confidence_score, originating_models, associated_raw_feature_set_ids,
        concepts, supersedes, language, status, held_reason, version, created_at, updated_at)
    SELECT gen_random_uuid(), people.id, 'Trait ' || n, 'trait ' || n, '', 'Interest', '[]', 0.7,
        ARRAY[CASE WHEN n %% 1000 = 0 THEN 'rare.v1' WHEN n %% 2 = 0 THEN 'text-analysis.v2' ELSE 'voice.v1' END],
        '{}', '[]', '{}', '', 'confirmed_by_user', '', 1, now(), now()
    FROM generate_series(1, %s) AS n
    JOIN (SELECT id, row_number() OVER () AS place FROM accounts_user WHERE external_id LIKE 'bench-%%') AS people
        ON people.place = 1 + n %% %s
"""
ENTRIES = """
    INSERT INTO traits_userrefinedtrait (refinement_action_id, user_id, revision, user_decision, trait_id_in_pkg,
        original_candidate_id, actor_id, actor_kind, client_id, reference, rejection_code, content, salt, digest,
        previous_hash, hash, created_at, undoes)
    SELECT gen_random_uuid(), people.id, 1 + n / %(people)s, decision, made.id, made.id,
        CASE WHEN n %% 5000 = 0 THEN %(staff)s::uuid ELSE people.id END,
        CASE WHEN n %% 5000 = 0 THEN 'staff' ELSE 'person' END, '', CASE WHEN n %% 5000 = 0 THEN 'T-1' ELSE '' END, '',
        jsonb_build_object('before', jsonb_build_object('candidate', NULL, 'trait', NULL, 'style', NULL),
            'after', jsonb_build_object('candidate', NULL, 'trait', jsonb_build_object('trait_id', made.id, 'name',
            'Trait ' || n, 'category', 'Interest', 'status', 'active'), 'style', NULL), 'reason', '', 'notes', '',
            'relation', NULL), '', '', '', '', now() - (%(entries)s - n) * interval '3 seconds', NULL
    FROM generate_series(%(first)s, %(last)s) AS n
    JOIN (SELECT id, row_number() OVER () AS place FROM accounts_user WHERE external_id LIKE 'bench-%%') AS people
        ON people.place = 1 + n %% %(people)s
    JOIN bench_made AS made ON made.place = 1 + n %% %(candidates)s
    CROSS JOIN LATERAL (SELECT CASE WHEN n %% 40000 = 0 THEN 'removed' WHEN n %% 10 < 3 THEN 'rejected'
        WHEN n %% 10 = 4 THEN 'confirmed_modified' ELSE 'confirmed_asis' END AS decision) AS decided
"""
BLOCK = 100_000
LOG = "/admin/traits/userrefinedtrait/"
PAGES = {
    "the log, newest": "",
    "the log, in the middle": "?after={middle}",
    "a frequent decision": "?decision=rejected",
    "a rare decision": "?decision=removed",
    "a decision never made": "?decision=merged",
    "by staff": "?by=staff",
    "by one of the staff": "?staff={staff}",
    "by the pipeline, never": "?by=pipeline",
    "one person": "?person={person}",
    "one person, a decision": "?person={person}&decision=rejected",
    "one person, a model": "?person={person}&model=rare.v1",
    "some days": "?since={day}&until={day}",
    "a frequent model": "?model=text-analysis.v2",
    "a rare model": "?model=rare.v1",
    "a model never met": "?model=nothing",
    "an entry": "{entry}/change/",
}


def filled(entries: int, people: int, candidates: int, staff: User) -> None:
    """Create entries up to this number; existing ones are kept."""
    first = UserRefinedTrait.objects.count()
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE, [people])
        if not ExtractedTraitCandidate.objects.exists():
            cursor.execute(CANDIDATES, [candidates, people])
        cursor.execute(
            "CREATE TEMPORARY TABLE bench_made AS SELECT candidate_id AS id, row_number() OVER () AS place"
            " FROM traits_extractedtraitcandidate"
        )
        for start in range(first, entries, BLOCK):
            numbers = {"first": start, "last": min(start + BLOCK, entries) - 1, "entries": entries}
            cursor.execute(ENTRIES, numbers | {"people": people, "candidates": candidates, "staff": staff.pk})
        cursor.execute("VACUUM ANALYZE traits_userrefinedtrait")
        cursor.execute("ANALYZE")


def signed_in(staff: User) -> Client:
    """A client that has used their second step, which the admin requires."""
    client = Client()
    client.force_login(staff)
    step = Authenticator.objects.filter(user=staff).first() or TOTP.activate(staff, generate_totp_secret()).instance
    request = HttpRequest()
    request.session, request.user = client.session, staff
    record_authentication(request, staff, "mfa", id=step.pk, type=step.type)
    request.session.save()
    return client


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--people", type=int, default=2_000)
    parser.add_argument("--candidates", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    settings.ALLOWED_HOSTS.append("testserver")
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    staff = User.objects.filter(email="bench-staff@example.com").first() or User.objects.create_superuser(
        "bench-staff@example.com", str(uuid.uuid4())
    )
    begun = time.perf_counter()
    filled(options.entries, options.people, options.candidates, staff)
    sys.stdout.write(f"{UserRefinedTrait.objects.count():,} entries after {time.perf_counter() - begun:.0f} s\n")
    entry = UserRefinedTrait.objects.order_by("created_at", "pk")[options.entries // 2]
    Persona.objects.get_or_create(user_id=entry.user_id)
    names = {"staff": staff.pk, "person": entry.user_id, "entry": entry.pk, "day": entry.created_at.date().isoformat()}
    names["middle"] = f"{entry.created_at:%Y-%m-%dT%H:%M:%S.%fZ}_{entry.pk}"
    client = signed_in(staff)
    client.post(f"{LOG}{entry.pk}/change/", {"access_reason": "A measurement."})
    for what, address in PAGES.items():
        times = []
        for _ in range(options.runs):
            with CaptureQueriesContext(connection) as queries:
                start = time.perf_counter()
                status = client.get(LOG + address.format(**names)).status_code
                times.append(time.perf_counter() - start)
        sys.stdout.write(f"{what:24} {status} {statistics.median(times) * 1000:7.0f} ms {len(queries):3} queries\n")


if __name__ == "__main__":
    main()
