"""How long the page with the picture takes, and reading the whole graph, with 5 to 5,000 traits.

    python bench/picture.py [--traits 5,50,500,5000] [--repeats 7]

Works in a data folder of its own (.data/bench, or PTFI_DATA_DIR) on the embedded services.
"""

import argparse
import statistics
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from django.conf import settings
from django.core.management import call_command
from django.test import Client

from bench.projection import backlog
from graph import connection
from graph.management.commands.project_graph import project
from graph.reads.subgraph import network
from ptfi.accounts.models import User


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--traits", default="5,50,500,5000")
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    settings.ALLOWED_HOSTS = ["testserver"]
    # The benchmark measures the whole page, not what fits into the usual time limit.
    settings.GRAPH_TIMEOUT_SECONDS = 30.0
    for count in map(int, options.traits.split(",")):
        measure(count, options.repeats)
    connection.drop_driver()


def measure(count: int, repeats: int) -> None:
    backlog(count, 1)
    project(threading.Event(), once=True, workers=1)
    user = User.objects.latest("date_joined")
    client = Client()
    client.force_login(user)
    usual = seconds(lambda: client.get("/persona/graph/"), repeats)
    most = seconds(lambda: client.get("/persona/graph/?show=500"), repeats)
    whole = seconds(lambda: network(user.pk), repeats)
    sys.stdout.write(f"{count} traits: page {usual:.2f} s, with 500 drawn {most:.2f} s, whole graph {whole:.2f} s\n")


def seconds(work: Callable[[], object], repeats: int) -> float:
    """The median, without the first run."""
    taken = list[float]()
    for _ in range(repeats + 1):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken[1:])


if __name__ == "__main__":
    main()
