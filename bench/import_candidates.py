"""How fast `manage.py import_candidates` takes new candidates, and a repeat of them: rows a second, end to end.

    python bench/import_candidates.py [--rows 100000] [--people 1000]

Uses the services of PTFI_DATA_DIR (or of DATABASE_URL and NEO4J_URL) and leaves the people "bench:…" there.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ptfi import embedded  # noqa: E402 (the path comes first)

CATEGORIES = (
    "LinguisticStyle", "EmotionalResponsePattern", "KnowledgeDomain", "PhilosophicalStance", "CommunicationStyle",
    "BehavioralPattern", "Interest", "Skill", "Other",
)  # fmt: skip


def rows(count: int, people: int, run: str) -> Iterator[dict[str, Any]]:
    """Rows with two or three pieces of evidence of 10–25 words each, from a vocabulary of 8,000 words."""
    chance = random.Random(count)
    words = ["".join(chance.choices("aeioubcdfglmnprst", k=chance.randint(2, 9))) for _ in range(8_000)]

    def text(least: int, most: int) -> str:
        return " ".join(chance.choices(words, k=chance.randint(least, most)))

    def new_id() -> str:
        return str(uuid.UUID(int=chance.getrandbits(128), version=4))

    for number in range(count):
        yield {
            "candidate_id": str(uuid.uuid4()),
            "user": {"external_id": f"bench:{run}:{chance.randrange(people)}", "display_name": f"Person {number}"},
            "trait_name": text(3, 5),
            "trait_description": text(8, 14),
            "trait_category": chance.choice(CATEGORIES),
            "confidence_score": round(chance.random(), 2),
            "supporting_evidence": [
                {
                    "type": "text_snippet",
                    "content": text(10, 25),
                    "source_package_id": new_id(),
                    "source_detail": f"conversation {number}, turn {turn}",
                }
                for turn in range(chance.randint(2, 3))
            ],
            "originating_models": ["text-analysis.v2", "topic-model.v3"],
            "associated_feature_set_ids": [new_id(), new_id()],
            "concepts": [text(1, 2), text(1, 2)],
            "created_at": "2026-03-01T10:00:00+00:00",
        }


def measure(path: Path, count: int, what: str) -> None:
    started = time.perf_counter()
    command = [sys.executable, "manage.py", "import_candidates", str(path)]
    subprocess.run(command, cwd=ROOT, check=True)
    seconds = time.perf_counter() - started
    print(f"{what}: {count} rows in {seconds:.1f} s, {count / seconds:,.0f} rows/s, the start of the command included")


def main() -> None:
    # Keep the services running from here on; otherwise they would stop while the rows are generated, and starting them
    # would count.
    embedded.start()
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, check=True)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--people", type=int, default=1_000)
    options = parser.parse_args()
    handle, name = tempfile.mkstemp(suffix=".jsonl")
    try:
        with os.fdopen(handle, "w") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows(options.rows, options.people, uuid.uuid4().hex[:8]))
        print(f"{options.rows} rows of {options.people} people, {Path(name).stat().st_size / 1e6:.0f} MB")
        measure(Path(name), options.rows, "new")
        measure(Path(name), options.rows, "repeated")
    finally:
        Path(name).unlink()


if __name__ == "__main__":
    main()
