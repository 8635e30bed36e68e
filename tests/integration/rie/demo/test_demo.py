from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from rie.paths import ROOT
from tests.support.rie_command import rie


def shown(*words: str) -> str:
    """What the demo prints, which must end well."""
    done = rie("demo", *words)
    text = done.stdout.decode()
    assert done.returncode == 0, text + done.stderr.decode()
    assert "\033[" not in text  # not a terminal: no colours
    return text


def test_it_shows_both_simple_functions_and_a_night_and_ends_with_what_to_type_next() -> None:
    text = shown()
    for part in [
        "-d @functions/echo/events/scheduler.json",
        '"source": "aws.scheduler"',
        "SCENARIO: nightly-scale-down",
        'Echoing request: \'{"scenario": "nightly-scale-down", "step": "stop-replicas"}\'',
        "-d @functions/scheduled_scaling/events/2-scale-out.json",
        "rds:FailoverDBCluster",
        "fallback  db.r6g.4xlarge -> db.r6g.2xlarge: no capacity in these zones",
        "NotReached 1: the template's alarm rings",
        "workers: 0 of 20 tasks run",
        "held until ",
        "make run FUNCTION=echo",
    ]:
        assert part in text
    states = re.findall(r"^ *(?:before|state)  (.*)$", text, re.MULTILINE)
    assert states == [
        "cluster orders: 2 of db.r6g.large; service workers: 2 tasks (1 to 4)",
        "cluster orders: 4 of db.r6g.2xlarge; service workers: 20 tasks (10 to 40)",
        "cluster orders: 2 of db.r6g.large; service workers: 2 tasks (1 to 4)",
    ]


def test_a_stack_is_deleted_and_cloudformation_gets_the_answer() -> None:
    text = shown("--show", "eni_cleanup")
    assert '"Status": "SUCCESS"' in text
    assert "goes once released" in text


def test_protected_instances_are_spared() -> None:
    text = shown("--show", "termination_policy")
    assert '"InstanceIDs"' in text
    assert text.count("as expected") == 2  # the scene's result, and the whole


def test_a_network_that_leads_nowhere_is_explained_on_a_page_too() -> None:
    text = shown("--show", "vpc_check")
    assert "NAT gateway" in text
    page = re.search(r"page  (\S+\.html)", text)
    assert page
    assert (ROOT / page[1]).read_text().startswith("<!")


def test_an_unknown_scene_is_refused_with_the_known_ones() -> None:
    done = rie("demo", "--show", "nothing")
    assert done.returncode == 2
    assert "scheduled_scaling" in done.stderr.decode()


@pytest.mark.parametrize("missing", ["curl", "jq"])
def test_a_missing_tool_is_named_with_its_remedy(tmp_path: Path, missing: str) -> None:
    other = tmp_path / ("jq" if missing == "curl" else "curl")
    other.symlink_to("/bin/true")
    done = rie("demo", environ={"PATH": f"{tmp_path}{os.pathsep}{Path(sys.executable).parent}"})
    assert done.returncode == 1
    assert f"needs {missing}" in done.stderr.decode()
    assert f"apt-get install {missing}" in done.stderr.decode()
