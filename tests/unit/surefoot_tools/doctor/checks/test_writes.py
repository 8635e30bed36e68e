from __future__ import annotations

from pathlib import Path

import pytest

from surefoot_tools.doctor.context import Image
from tests.unit.surefoot_tools.doctor.checking import Files, codes, in_folder, in_root, write

HEAD = """import gzip, logging, logging.handlers, os, shutil, sqlite3, zipfile
from pathlib import Path
import pathlib
HERE = Path(__file__).parent
DATA = os.path.join("/var", "data")
TMP = "/tmp"
"""


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("open('out.txt', 'w')", "/var/task/out.txt"),
        ("open('out.txt', mode='ab')", "/var/task/out.txt"),
        ("open('out.txt', 'r+')", "/var/task/out.txt"),
        ("open(f'/var/{event}.txt', 'x')", "/var/…"),
        ("open('/var/%s' % event, 'w')", "/var/…"),
        ("open('log-{}'.format(event), 'w')", "/var/task/log-…"),
        ("gzip.open('/opt/x.gz', 'wb')", "/opt/x.gz"),
        ("(HERE / 'cache' / 'x').write_text('')", "/var/task/cache/x"),
        ("HERE.joinpath('x').open('w')", "/var/task/x"),
        ("Path('out').mkdir()", "/var/task/out"),
        ("pathlib.Path('/srv/x').touch()", "/srv/x"),
        ("os.makedirs(DATA, exist_ok=True)", "/var/data"),
        ("os.mkdir(os.path.join(os.getcwd(), 'x'))", "/var/task/x"),
        ("logging.FileHandler('/var/log/x.log')", "/var/log/x.log"),
        ("logging.handlers.RotatingFileHandler('x.log')", "/var/task/x.log"),
        ("logging.basicConfig(level=1, filename='x.log')", "/var/task/x.log"),
        ("sqlite3.connect('x.db')", "/var/task/x.db"),
        ("shutil.copy('/tmp/x', HERE)", "/var/task"),
        ("shutil.move(event, '/var/task/x')", "/var/task/x"),
        ("os.rename('/tmp/x', 'y')", "/var/task/y"),
        ("zipfile.ZipFile(event).extractall()", "/var/task"),
        ("event.download_file('bucket', 'key', 'x.csv')", "/var/task/x.csv"),
        ("event.to_csv('x.csv')", "/var/task/x.csv"),
        ("local = 'x'; open(local, 'w')", "/var/task/x"),
        ("open(os.environ['LAMBDA_TASK_ROOT'] + '/x', 'w')", "/var/task/x"),
        ("open('/tmp/../etc/x', 'w')", "/etc/x"),
    ],
)
def test_what_writes_outside_tmp_is_found(tmp_path: Path, line: str, place: str) -> None:
    write(tmp_path, {"app.py": f"{HEAD}def handler(event, context):\n    {line}\n"})
    (finding,) = in_folder("writes", tmp_path)
    assert (finding.code, finding.path, finding.line) == ("SF204", "/var/task/app.py", 8)
    assert f" writes to {place}, " in finding.message


@pytest.mark.parametrize(
    "line",
    [
        "open('data.json')",
        "open('data.json', 'rb')",
        "open('/tmp/x', 'w')",
        "open(f'/tmp/{event}', 'w')",
        "open(TMP + '/x', 'w')",
        "open(Path(TMP) / 'x', 'w')",
        "open(event['path'], 'w')",
        "open(event, mode=context)",
        "open(f'/{event}/x', 'w')",
        "open('/mnt/efs/x', 'w')",
        "open('/dev/null', 'w')",
        "open(3, 'w')",
        "os.makedirs(os.path.expanduser('~/.cache'))",
        "(Path.home() / '.cache').mkdir()",
        "sqlite3.connect(':memory:')",
        "sqlite3.connect('there.db')",
        "os.makedirs('there', exist_ok=True)",
        "shutil.copy('/var/task/x', '/tmp/x')",
        "logging.basicConfig(level='INFO')",
        "event.to_csv('s3://bucket/x.csv')",
        "event.str.extractall('(x)')",
        "'a'.replace('b', 'w')",
        "name = 'x'; name = context.name; open(name, 'w')",
        "again = again + 'x'; open(again, 'w')",
        "[open(HERE, 'w') for HERE in event]",
    ],
)
def test_what_stays_in_tmp_or_nobody_knows_is_no_finding(tmp_path: Path, line: str) -> None:
    source = f"{HEAD}def handler(event, context):\n    {line}\n"
    write(tmp_path, {"app.py": source.replace(", zipfile", ""), "there.db": "x", "there/": ""})
    assert in_folder("writes", tmp_path) == []


def test_a_parameter_hides_a_constant_and_global_makes_it_unknown(tmp_path: Path) -> None:
    inner = "    global Y\n    Y = '/tmp/y'\n    open(X, 'w'); open(Y, 'w')\n"
    source = f"X = 'x'\nY = 'y'\ndef f(X):\n{inner}"
    assert in_folder("writes", write(tmp_path, {"app.py": source})) == []


def test_what_only_a_developer_runs_is_no_finding(tmp_path: Path) -> None:
    source = "if __name__ == '__main__':\n    open('x', 'w')\n"
    assert in_folder("writes", write(tmp_path, {"app.py": source})) == []


def test_after_a_chdir_relative_places_are_unknown(tmp_path: Path) -> None:
    source = "import os\nos.chdir('/tmp')\nopen('x', 'w')\nopen('/opt/x', 'w')\n"
    (finding,) = in_folder("writes", write(tmp_path, {"app.py": source}))
    assert finding.line == 4


def test_installed_distributions_are_not_looked_at(tmp_path: Path) -> None:
    record = 'lib/__init__.py,,\n"odd,name.py",,\n'
    files: Files = {"lib/__init__.py": "open('x', 'w')\n", "lib-1.dist-info/RECORD": record}
    assert in_folder("writes", write(tmp_path, files)) == []


def test_another_home_is_taken_from_the_image(tmp_path: Path) -> None:
    source = "from pathlib import Path\n(Path.home() / 'x').write_text('')\n"
    write(tmp_path, {"var/task/app.py": source})
    assert in_root("writes", tmp_path) == []
    cases: dict[str, dict[str, str]] = {"/root": {"HOME": "/root"}, "/home/sbx_user1051": {}}
    for home, variables in cases.items():
        (finding,) = in_root("writes", tmp_path, image=Image(variables=variables))
        assert f"{home}/x" in finding.message


def test_odd_sources_are_passed_over(tmp_path: Path) -> None:
    files: Files = {
        "a.py": b"open('\xff', 'w')",
        "b.py": "open('x', 'w'",
        "c.py": b"\0open('x', 'w')",
    }
    assert codes(in_folder("writes", write(tmp_path, files))) == []


def test_code_that_the_handler_never_imports_is_no_finding(tmp_path: Path) -> None:
    writes = "open('/var/task/x', 'w')\n"
    files = ("training/train.py", "tests/test_app.py", "tool.py", ".github/release.py")
    write(tmp_path, {**dict.fromkeys(files, writes), "app.py": "def handler(event, _): ...\n"})
    assert in_folder("writes", tmp_path) == []
    write(tmp_path, {"app.py": "import tool\ndef handler(event, _): ...\n"})
    assert [finding.path for finding in in_folder("writes", tmp_path)] == ["/var/task/tool.py"]
