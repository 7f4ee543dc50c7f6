"""What it costs to count the suggestions' quality and to look at it, with a long log of many people.

    python bench/quality.py [--entries 5000000] [--people 5000] [--waiting 200000] [--runs 7] [--keep]

PostgreSQL generates the rows, about 2 kB of disk per entry; they are removed at the end unless --keep is given. Works
in a data folder of its own (.data/bench-quality, or PTFI_DATA_DIR) on the embedded services.
"""

import argparse
import os
import statistics
import sys
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("PTFI_DATA_DIR", str(ROOT / ".data" / "bench-quality"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ptfi.settings")

from ptfi import embedded  # noqa: E402 (the settings need the services' addresses)

embedded.start()

import django  # noqa: E402

django.setup()

from allauth.account.internal.flows.login import record_authentication  # noqa: E402
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.http import HttpRequest  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from ptfi.accounts.models import User  # noqa: E402
from traits import decisions  # noqa: E402
from traits.log import entries as log  # noqa: E402
from traits.models import ExtractedTraitCandidate, Persona  # noqa: E402
from traits.staff.quality.statistics import refresh  # noqa: E402
from traits.text import name_key  # noqa: E402

PAGES = {
    "everything": "/admin/traits/quality/",
    "three months": "/admin/traits/quality/?period=13",
    "one model": "/admin/traits/quality/?model=model-3.v1",
    "one category": "/admin/traits/quality/?category=Skill",
}
TABLES = "traits_userrefinedtrait, traits_extractedtraitcandidate, traits_quality, traits_qualitywaiting"
# Computing the search vectors would take longer than everything else, and nothing here reads them.
NO_SEARCH = """
CREATE OR REPLACE FUNCTION candidate_search_vector(name text, description text, evidence jsonb) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT ''''::tsvector'"""
PEOPLE = """
WITH people AS (
    INSERT INTO accounts_user (id, email, password, is_superuser, is_staff, is_active, date_joined, display_name,
        external_id, invited_email, time_zone, time_zone_chosen, keys_enabled)
    SELECT md5('person' || n)::uuid, 'person' || n || '@example.org', '!', false, false, true, now(), '', 'person' || n,
        '', 'UTC', false, true
    FROM generate_series(0, %(people)s - 1) AS n ON CONFLICT DO NOTHING RETURNING id)
INSERT INTO traits_persona (user_id, revision, hash, generation, projected_revision, attempts, last_error)
SELECT id, 0, decode(repeat('00', 32), 'hex'), 1, 0, 0, '' FROM people"""
# Two models per suggestion; those after the decided ones are still waiting.
CANDIDATES = """
INSERT INTO traits_extractedtraitcandidate (candidate_id, user_id, trait_name, name_key, trait_description,
    trait_category, supporting_evidence, confidence_score, originating_models, associated_raw_feature_set_ids, concepts,
    supersedes, language, status, held_reason, version, created_at, updated_at)
SELECT md5(n::text)::uuid, md5('person' || n %% %(people)s)::uuid, 'Trait number ' || n, 'trait number ' || n,
    repeat('Because it was said. ', 5),
    (ARRAY['LinguisticStyle','EmotionalResponsePattern','KnowledgeDomain','PhilosophicalStance','CommunicationStyle',
           'BehavioralPattern','Interest','Skill','Other'])[1 + n %% 9],
    jsonb_build_array(jsonb_build_object('evidence_id', md5('e' || n), 'content', repeat('As I said. ', 20))),
    (n %% 97) / 97.0, ARRAY['model-' || n %% 8 || '.v1', 'text-analysis.v2'], '{}', '[]', '{}', '',
    CASE WHEN n > %(decided)s THEN 'candidate' WHEN n %% 97 + n %% 31 > 60 THEN 'confirmed_by_user'
        ELSE 'rejected_by_user' END,
    '', 2, now() - interval '730 days' * (1 - n::float / %(decided)s) - interval '1 hour' * (n %% 900), now()
FROM generate_series(1, %(decided)s + %(waiting)s) AS n"""
# One in ten was decided, reopened and decided again; one in twenty was undone and decided again.
ENTRIES = """
INSERT INTO traits_userrefinedtrait (refinement_action_id, user_id, revision, user_decision, trait_id_in_pkg,
    original_candidate_id, undoes, actor_kind, client_id, reference, rejection_code, content, salt, digest,
    previous_hash, hash, created_at)
SELECT md5('entry' || n || '-' || step)::uuid, person, row_number() OVER (PARTITION BY person ORDER BY at, n, step),
    decision, md5(n::text)::uuid, md5(n::text)::uuid,
    CASE WHEN decision = 'undone' THEN md5('entry' || n || '-0')::uuid END, 'person', '', '',
    CASE WHEN decision = 'rejected' THEN (ARRAY['not_me','outdated','wrong_evidence','too_private'])[1 + n %% 4] ELSE ''
    END,
    jsonb_build_object('before', jsonb_build_object('candidate', md5(n::text)), 'after', repeat('As I said. ', 30)),
    '\\x00', '\\x00', '\\x00', '\\x00', at
FROM (
    SELECT n, step, md5('person' || n %% %(people)s)::uuid AS person,
        CASE WHEN step = 1 AND n %% 20 = 0 THEN 'undone' WHEN step = 1 THEN 'reopened'
            WHEN n %% 97 + n %% 31 <= 60 THEN 'rejected' WHEN n %% 5 = 0 THEN 'confirmed_modified'
            ELSE 'confirmed_asis' END AS decision,
        now() - interval '730 days' * (1 - n::float / %(decided)s) + interval '1 day' * step AS at
    FROM generate_series(1, %(decided)s) AS n,
        generate_series(0, CASE WHEN n %% 10 = 0 THEN 2 ELSE 0 END) AS step) AS made
ORDER BY at"""
HEADS = """
UPDATE traits_persona AS p SET revision = l.revision, projected_revision = l.revision, last_entry_at = l.at
FROM (SELECT user_id, max(revision) AS revision, max(created_at) AS at FROM traits_userrefinedtrait GROUP BY 1) AS l
WHERE l.user_id = p.user_id"""
INDEXES = """
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index AS i
WHERE i.indrelid IN ('traits_userrefinedtrait'::regclass, 'traits_extractedtraitcandidate'::regclass)
    AND NOT i.indisprimary AND NOT EXISTS (SELECT FROM pg_constraint AS c WHERE c.conindid = i.indexrelid)"""

REFERENCES = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype = 'f' AND conrelid IN ('traits_userrefinedtrait'::regclass, 'traits_extractedtraitcandidate'::regclass)"""


def make(entries: int, people: int, waiting: int) -> None:
    """Fill the tables, then create their indexes and foreign keys."""
    values = {"decided": round(entries / 1.2), "people": people, "waiting": waiting}
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
        cursor.execute(NO_SEARCH)
        cursor.execute(INDEXES)
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
        cursor.execute(REFERENCES)
        references = cursor.fetchall()
        for table, name, _ in references:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for statement in (PEOPLE, CANDIDATES, ENTRIES):
            cursor.execute(statement, values)
        for _, definition in indexes:
            cursor.execute(definition)
        for table, name, definition in references:
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition} NOT VALID")
        cursor.execute(HEADS)
        cursor.execute("VACUUM ANALYZE")


def decide(user: User, number: int) -> list[float]:
    """Milliseconds of each of this many confirmations."""
    times = []
    for place in range(number):
        name = f"Likes {uuid.uuid4()}"
        row = ExtractedTraitCandidate(candidate_id=uuid.uuid4(), user=user, trait_name=name, name_key=name_key(name))
        row.trait_category, row.confidence_score, row.originating_models = "Skill", 0.5, [f"model-{place % 8}.v1"]
        row.save(force_insert=True)
        started = time.perf_counter()
        decisions.confirm(user=user, actor=log.Actor(user_id=user.pk), candidate_id=row.pk)
        times.append((time.perf_counter() - started) * 1_000)
    return times


def say(what: str, figure: str) -> None:
    sys.stdout.write(f"{what:44}{figure}\n")
    sys.stdout.flush()


def seconds(work: Callable[[], object]) -> str:
    started = time.perf_counter()
    work()
    return f"{time.perf_counter() - started:.1f} s"


def words(times: list[float]) -> str:
    return f"median {statistics.median(times):.0f} ms, longest {max(times):.0f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=5_000_000)
    parser.add_argument("--people", type=int, default=5_000)
    parser.add_argument("--waiting", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--keep", action="store_true", help="leave the rows there")
    options = parser.parse_args()
    settings.ALLOWED_HOSTS.append("testserver")
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    try:
        say("making the rows", seconds(lambda: make(options.entries, options.people, options.waiting)))
        report(options.runs)
    finally:
        if not options.keep:
            with connection.cursor() as cursor:
                cursor.execute(f"TRUNCATE {TABLES} CASCADE")


def report(runs: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM traits_userrefinedtrait),"
            " pg_size_pretty(pg_total_relation_size('traits_userrefinedtrait')),"
            " (SELECT count(*) FROM traits_extractedtraitcandidate)"
        )
        say("entries, their size, suggestions", str(cursor.fetchone()))
    user = User.objects.create_user(f"{uuid.uuid4().hex}@example.org", is_staff=True, is_superuser=True)
    Persona.objects.create(user=user)
    decide(user, 20)
    say("200 decisions, nothing else going on", words(decide(user, 200)))
    counting = threading.Thread(target=lambda: say("counting everything", seconds(lambda: refresh(whole=True))))
    counting.start()
    times: list[float] = []
    while counting.is_alive():
        times += decide(user, 20)
    counting.join()
    say(f"{len(times)} decisions meanwhile", words(times))
    say("counting everything, alone", seconds(lambda: refresh(whole=True)))
    decide(user, 1_000)
    say("counting what 1,000 decisions changed", seconds(refresh))
    client = signed_in(user)
    for name, address in PAGES.items():
        with CaptureQueriesContext(connection) as queries:
            response = client.get(address)
        if response.status_code != 200:
            raise SystemExit(f"{address}: answered {response.status_code}")
        number = len(queries)
        took = [timed(client, address) for _ in range(runs)]
        say(f"the page, {name}", f"{words(took)}, {number} queries, {len(response.content):,} bytes")


def signed_in(user: User) -> Client:
    """A client whose session has used a second step."""
    client, request = Client(), HttpRequest()
    client.force_login(user)
    step = TOTP.activate(user, generate_totp_secret()).instance
    request.session, request.user = client.session, user
    record_authentication(request, user, "mfa", id=step.pk, type=step.type)
    request.session.save()
    return client


def timed(client: Client, address: str) -> float:
    started = time.perf_counter()
    client.get(address)
    return (time.perf_counter() - started) * 1_000


if __name__ == "__main__":
    main()
