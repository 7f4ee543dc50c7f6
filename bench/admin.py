"""What the candidates' pages cost staff with a million candidates: time and queries of each list, filter and search.

    python bench/admin.py [--rows 1000000] [--runs 7]

Server time is measured in this process with all of Django's middleware, without a network; the first run of each page
is not counted. One reader may read evidence, so their searches include it; the other one searches names and
descriptions. PostgreSQL generates the rows once; a data folder of its own (.data/bench-admin, or PTFI_DATA_DIR) keeps
them.
"""

import argparse
import os
import re
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("PTFI_DATA_DIR", str(ROOT / ".data" / "bench-admin"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ptfi.settings")

from ptfi import embedded  # noqa: E402 (the settings need the services' addresses)

embedded.start()

import django  # noqa: E402

django.setup()

from allauth.account.internal.flows.login import record_authentication  # noqa: E402
from allauth.mfa.models import Authenticator  # noqa: E402
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.auth.models import Group  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.http import HttpRequest  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from ptfi.accounts.models import User  # noqa: E402
from traits.models import Category, ExtractedTraitCandidate  # noqa: E402

LIST = "/admin/traits/extractedtraitcandidate/"
# Dropped before inserting the rows and created afterwards, which takes a third of the time.
SLOW_INDEXES = ("candidate_search", "candidate_words", "candidate_of_model")
PEOPLE = """
    INSERT INTO accounts_user (id, password, is_superuser, email, external_id, display_name, time_zone,
        time_zone_chosen, keys_enabled, invited_email, is_active, is_staff, date_joined)
    SELECT gen_random_uuid(), '!', false, NULL, 'bench:' || n, 'Person ' || n, 'UTC', false, true, '', true, false,
        now()
    FROM generate_series(1, 1000) AS n
"""
ROWS = """
    INSERT INTO traits_extractedtraitcandidate (candidate_id, user_id, trait_name, name_key, trait_description,
        trait_category, supporting_evidence, confidence_score, originating_models, associated_raw_feature_set_ids,
        concepts, supersedes, language, status, held_reason, version, created_at, updated_at)
    SELECT gen_random_uuid(), people[1 + n %% 1000], name, name, 'Because it is said often, in letter ' || n / 7,
        (%(categories)s::text[])[1 + n %% 9],
        jsonb_build_array(
            jsonb_build_object('evidence_id', gen_random_uuid(), 'type', 'text_snippet', 'content',
                'I always come back to it when the week was long, says page ' || n,
                'source_package_id', 'p' || n %% 500, 'source_detail', 'journal', 'verdict', ''),
            jsonb_build_object('evidence_id', gen_random_uuid(), 'type', 'text_snippet', 'content',
                'Once more about ' || thing || ' and whatever else there is',
                'source_package_id', 'p' || n %% 400, 'source_detail', 'chat', 'verdict', '')),
        (n::bigint * 7919 %% 1000) / 1000.0,
        CASE WHEN n %% 50000 = 0 THEN ARRAY['rare.v1'] ELSE ARRAY['text-analysis.v' || n %% 4, 'topic-model.v3'] END,
        '{}', '[]', '{}', CASE WHEN n %% 10 = 0 THEN 'de' WHEN n %% 40000 = 1 THEN 'nn' ELSE 'en' END,
        CASE WHEN n %% 3 = 0 THEN 'candidate' WHEN n %% 3 = 1 THEN 'confirmed_by_user'
            WHEN n %% 1001 = 0 THEN 'archived_auto_superseded' ELSE 'rejected_by_user' END,
        CASE WHEN n %% 20000 = 0 THEN 'unsafe: it says where somebody lives' ELSE '' END,
        1, now() - n * interval '40 seconds', now()
    FROM (
            SELECT n, thing,
                (ARRAY['Loves', 'Plays', 'Knows', 'Avoids', 'Teaches'])[1 + n %% 5] || ' ' || thing || ' ' || n AS name
            FROM (
                SELECT n, (ARRAY['jazz', 'chess', 'sailing', 'baking', 'law', 'C++', '爵士音乐'])[1 + n %% 7] AS thing
                FROM generate_series(1, %(rows)s) AS n
            ) AS numbers
        ) AS named,
        (SELECT array_agg(id) AS people FROM accounts_user WHERE external_id LIKE 'bench:%%') AS everybody
"""
PAGES = {
    "the list, newest first": "",
    "oldest first": "order=oldest",
    "most confident first": "order=surest",
    "a status (a third)": "status=candidate",
    "a rare status": "status=archived_auto_superseded",
    "put off (none)": "status=awaiting_refinement",
    "a category": "category=Skill",
    "a usual model": "model=topic-model.v3",
    "a rare model (20)": "model=rare.v1",
    "a model that is none": "model=nobodys",
    "a confidence band": "band=guess",
    "a language": "language=de",
    "a rare language (25)": "language=nn",
    "held back (50)": "held=yes",
    "over a year old": "age=year_ago",
    "a person (1,000)": "person={person}",
    "status, category, band, language": "status=rejected_by_user&category=Skill&band=very_likely&language=en",
    "no such combination": "status=awaiting_refinement&category=Skill&model=rare.v1&band=guess",
    "a word in every fifth": "q=plays",
    "a word in one": "q=letter+77777",
    "a word in none": "q=nowhere",
    "two words, by confidence": "q=loves+jazz&order=surest",
    "a word of evidence in all": "q=week",
    "words of evidence in a seventh": "q=once+sailing",
    "a word and a status": "q=chess&status=candidate",
}


def make_rows(number: int) -> None:
    """Create this many candidates of a thousand people, unless they exist."""
    if ExtractedTraitCandidate.objects.count() >= number:
        return
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE traits_extractedtraitcandidate CASCADE")
        if not User.objects.filter(external_id="bench:1").exists():
            cursor.execute(PEOPLE)
        indexes = [each for each in ExtractedTraitCandidate._meta.indexes if each.name in SLOW_INDEXES]
        with connection.schema_editor() as editor:
            for index in indexes:
                editor.remove_index(ExtractedTraitCandidate, index)
        cursor.execute(ROWS, {"rows": number, "categories": Category.values})
        for index in indexes:
            started = time.perf_counter()
            with connection.schema_editor() as editor:
                editor.add_index(ExtractedTraitCandidate, index)
            print(f"index {index.name}: {time.perf_counter() - started:.0f} s")
        cursor.execute("VACUUM ANALYZE traits_extractedtraitcandidate")


def reader(role: str) -> Client:
    """A staff member with this role, signed in with a second step."""
    user, _ = User.objects.get_or_create(email=f"{role}@example.com", defaults={"is_staff": True})
    user.groups.set([Group.objects.get(name=role)])
    Authenticator.objects.filter(user=user).delete()
    step = TOTP.activate(user, generate_totp_secret()).instance
    client, request = Client(), HttpRequest()
    client.force_login(user)
    request.session, request.user = client.session, user
    record_authentication(request, user, "mfa", id=step.pk, type=step.type)
    request.session.save()
    return client


def measure(client: Client, address: str, runs: int) -> tuple[float, float, int]:
    """Median and maximum in milliseconds, and the number of queries."""
    # Searches, and lists of one person, ask for a reason first.
    if b'name="access_reason"' in client.get(address).content:
        client.post(address, {"access_reason": "A measurement."})
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    # The next request clears the captured queries.
    number = len(queries)
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        client.get(address)
        times.append((time.perf_counter() - started) * 1_000)
    return statistics.median(times or [0]), max(times, default=0), number


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    settings.ALLOWED_HOSTS.append("testserver")
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    started = time.perf_counter()
    make_rows(options.rows)
    print(f"{options.rows:,} candidates are there after {time.perf_counter() - started:.0f} s")
    person = User.objects.get(external_id="bench:7").pk
    for role in ("administrator", "moderator"):
        client = reader(role)
        print(f"\n{role:34}{'median, ms':>12}{'longest':>10}{'queries':>9}")
        for name, query in PAGES.items():
            median, longest, queries = measure(client, f"{LIST}?{query.format(person=person)}", options.runs)
            print(f"{name:34}{median:12.0f}{longest:10.0f}{queries:9}")
        following = re.search(r'href="\?(after=[^"]+)"', client.get(LIST).content.decode())
        assert following
        median, longest, queries = measure(client, f"{LIST}?{following.group(1)}", options.runs)
        print(f"{'the second page':34}{median:12.0f}{longest:10.0f}{queries:9}")


if __name__ == "__main__":
    main()
