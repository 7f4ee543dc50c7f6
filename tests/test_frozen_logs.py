"""Logs of every version that was ever written go on working: each file holds one that an earlier release left."""

from pathlib import Path

import pytest

from ptfi.accounts.models import User
from tests.decisions import assert_log_whole, decisions
from tests.frozen_logs import FILES, load
from tests.graph_helpers import project
from tests.persona_marker import check_graph
from traits.models import Decision

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture(params=FILES, ids=lambda file: file.stem)
def frozen(request: pytest.FixtureRequest, db: None) -> User:
    file: Path = request.param
    return load(file)


def test_it_verifies_and_projects(frozen: User) -> None:
    assert set(decisions(frozen)) == set(Decision.values)
    assert_log_whole(frozen)
    project(frozen)
    assert "0 differ" in check_graph(frozen)
