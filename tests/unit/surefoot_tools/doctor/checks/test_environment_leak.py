from __future__ import annotations

from pathlib import Path

import pytest

from surefoot_tools.doctor.checks import environment_leak
from tests.unit.surefoot_tools.doctor.trees import places, plant, sound_root, task, whole

PRINTING = [
    "env",
    "printenv",
    "set",
    "export",
    "export -p",
    "declare -x",
    "declare -p",
    "/usr/bin/env",
    "env | sort",
    "env | grep AWS",
    "env 1>&2",
    "env > /dev/stderr",
    "true && env",
    "A=1 env",
    "if true; then env; fi",
    "( env )",
    "{ env; }",
    "command env",
    'echo "$(env)"',
    "echo `printenv`",
    "exec env",
    "for i in 1; do printenv; done",
    "cat /proc/self/environ",
    "tr '\\0' '\\n' < /proc/$$/environ",
    "xargs -0 -n1 < /proc/self/environ",
    "strings /proc/1/environ",
    "bash -c env",
    "sh -c 'env | sort'",
    "timeout 5 env",
    "timeout -k 1 5 env",
    "jq -n env",
    "jq -n '$ENV'",
    "env | grep -i token",
    "env | grep -v '^PATH='",
    "env | grep -E '((.*)*)*z'",
    "env | cut -d= -f2",
    "env | awk -F= '{print $2}'",
    "env | sed 's/^/  /'",
]
QUIET = [
    "env FOO=1 python3 app.py",
    "env -i sh",
    "set -e",
    "set -euo pipefail",
    "set -- a b",
    "export PATH=/bin",
    "export PATH",
    "declare -x NAME=1",
    "declare -A map",
    "printenv HOME",
    "echo env",
    "# env",
    "echo 'env\nenv\n'",
    'echo "\nenv\n"',
    "env > /tmp/before",
    "env | grep -q AWS_REGION",
    "env | grep '^APP_'",
    "env | grep -v '^AWS_'",
    "env | cut -d= -f1",
    "env | cut -d = -f 1",
    "env | awk -F= '{print $1}'",
    "env | sed 's/=.*//'",
    "cat /proc/self/status",
    "x=$(tr '\\0' '\\n' < /proc/self/environ)",
    "cat /proc/self/environ > /tmp/x",
    "bash -c 'env A=1 cmd'",
    "jq -n '$ENV.APP'",
    "timeout 5 env A=1 cmd",
    "all=$(env)",
    "cat <<EOF\nenv\nprintenv\nEOF",
    "cat <<-'E'\n\tenv\n\tE",
    "case $1 in env) echo 1;; set) echo 2;; esac",
    "env () { :; }",
    "echo \\\nenv",
    "x=$((1 + 2)); echo ${x#env}",
    "unfinished 'quote\nenv",
    "ls envs; ./env.sh; my-env",
]


@pytest.mark.parametrize("command", PRINTING)
def test_catches_a_shell_script_that_prints_all(tmp_path: Path, command: str) -> None:
    plant(tmp_path, {"function.sh": f"handler () {{\n  echo begin\n{command}\n}}\n"})
    assert places(environment_leak, task(tmp_path), "SF304") == ["/var/task/function.sh:3"]


def test_catches_it_after_here_documents_and_quotes_with_the_right_line(tmp_path: Path) -> None:
    text = "cat <<EOF >&2\nit's\nEOF\necho 'a\nb' \\\n  c\nx=$(cat <<E\ny\nE\n)\nenv # it\n"
    plant(tmp_path, {"run": "#!/bin/bash\n" + text}, 0o755)
    assert places(environment_leak, task(tmp_path), "SF304") == ["/var/task/run:12"]


def test_catches_the_entry_point(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "root")
    plant(root, {"lambda-entrypoint.sh": "#!/bin/sh\nset -x\nprintenv\n"}, 0o755)
    assert places(environment_leak, whole(root), "SF304") == ["/lambda-entrypoint.sh:3"]


@pytest.mark.parametrize(
    "line",
    [
        "print(os.environ)",
        "print('all', dict(os.environ))",
        "print(f'{os.environ}')",
        "print(json.dumps(dict(os.environ), indent=1))",
        "print(json.dumps({**os.environ}))",
        "logger.info('environment: %s', os.environ)",
        "logging.debug('x', extra={'e': dict(os.environ)})",
        "pprint.pprint(os.environ.copy())",
        "sys.stdout.write(str(os.environ))",
        "print('%s' % os.environ)",
        "print(*os.environ.items())",
        "print(list(os.environ.items()))",
    ],
)
def test_catches_python_that_prints_all(tmp_path: Path, line: str) -> None:
    plant(tmp_path, {"app.py": f"import os\n\n\ndef handler(event, context):\n    {line}\n"})
    assert places(environment_leak, task(tmp_path), "SF304") == ["/var/task/app.py:5"]


def test_catches_a_loop_over_all(tmp_path: Path) -> None:
    text = "from os import environ\nfor k, v in environ.items():\n    print(k + '=' + v)\n"
    plant(tmp_path, {"app.py": text})
    assert places(environment_leak, task(tmp_path), "SF304") == ["/var/task/app.py:3"]


@pytest.mark.parametrize("command", QUIET)
def test_does_not_catch_other_uses_of_those_words(tmp_path: Path, command: str) -> None:
    plant(tmp_path, {"function.sh": f"handler () {{\n{command}\n}}\n"})
    assert places(environment_leak, task(tmp_path), "SF304") == []


@pytest.mark.parametrize(
    "line",
    [
        "print(os.environ['APP_ENV'])",
        "print(os.environ.get('APP_ENV'))",
        "print(len(os.environ), sorted(os.environ), 'X' in os.environ)",
        "config.load(os.environ)",
        "print('os.environ')",
        "print(list(os.environ), *os.environ)",
        "for name in os.environ: print(name)",
        "for name, value in os.environ.items(): print(name)",
        "def x(environ_name): print(environ_name)",
    ],
)
def test_does_not_catch_python_that_prints_one_or_none(tmp_path: Path, line: str) -> None:
    plant(tmp_path, {"app.py": f"import os\n{line}\n"})
    assert places(environment_leak, task(tmp_path), "SF304") == []


def test_does_not_catch_installed_packages_and_files_that_are_no_python(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            "pkg.py": "import os\nprint(os.environ)\n",
            "pkg.sh": "env\n",
            "pkg-1.dist-info/RECORD": "pkg.py,,\npkg.sh,,\n",
            "broken.py": "print(os.environ\n",
            "data.txt": "env\n",
        },
    )
    assert list(environment_leak.check(task(tmp_path))) == []


HEAD = (
    "import json, jsonpickle, logging, os, subprocess\n"
    "logger = logging.getLogger()\nenv = os.environ\n"
)


@pytest.mark.parametrize(
    "line",
    [
        "print({k: v for k, v in os.environ.items()})",
        "print({k: os.environ[k] for k in os.environ})",
        "print([f'{k}={v}' for k, v in os.environ.items()])",
        "print('\\n'.join(f'{k}={v}' for k, v in os.environ.items()))",
        "print(dict(**os.environ))",
        "logging.info(jsonpickle.encode(dict(os.environ)))",
        "print(env)",
        "copy = dict(env); print(copy)",
        "logger.info('%s', os.environ.items())",
        "logger.info('env', extra={'env': dict(os.environ)})",
        "logger.info(str(os.environ).encode())",
        "[print(k, v) for k, v in os.environ.items()]",
        "for k in os.environ: print(k, os.environ[k])",
        "for k in os.environ.keys(): print(k, os.getenv(k))",
        "for k in env: print(k, env.get(k))",
        "subprocess.run('printenv')",
        "subprocess.run(['printenv'], check=True)",
        "subprocess.check_call('env | sort', shell=True)",
        "os.system('env')",
        "subprocess.run(['bash', '-c', 'printenv'])",
        "subprocess.run(['/bin/sh', '-ec', 'env | sort'])",
        "raise RuntimeError(os.environ)",
        "raise RuntimeError(f'no table in {dict(env)}')",
        "return dict(os.environ)",
        "return {'statusCode': 200, 'body': json.dumps(dict(os.environ))}",
        "return {'env': {**env}}",
        "found = {}; found.update(os.environ); print(found)",
        "found = {}; found['env'] = dict(os.environ); return found",
        "print(subprocess.check_output('printenv'))",
        "print(subprocess.check_output(['env']).decode())",
        "print(subprocess.run('env', shell=True, capture_output=True).stdout)",
        "print(subprocess.getoutput('env'), os.popen('env').read())",
        "for n, (k, v) in enumerate(os.environ.items()): print(v)",
        "for k in sorted(os.environ): print(k, os.environ[k])",
        "for k in list(env.keys()): print(k + '=' + env.get(k))",
        "for k, v in os.environ.items(): print(k, v.strip() if event else v)",
        "list(map(print, os.environ.items()))",
        "sys.stderr.writelines(f'{k}={v}' for k, v in os.environ.items())",
        "json.dump(dict(os.environ), sys.stdout)",
        "warnings.warn(str(os.environ))",
        "print(os.environ.__repr__(), str(dict(os.environ))[:100])",
        "print(open('/proc/self/environ').read())",
        "print(pathlib.Path('/proc/self/environ').read_text())",
        "yield json.dumps(dict(os.environ))",
        "assert not event, os.environ",
        "print(os.environ, file=sys.stderr)",
        "print(all_variables())",
    ],
)
def test_catches_other_ways_to_show_all(tmp_path: Path, line: str) -> None:
    helper = "def all_variables(): return {**os.environ, 'A': '1'}\n"
    plant(tmp_path, {"app.py": f"{HEAD}def handler(event, context):\n    {line}\n{helper}"})
    assert places(environment_leak, task(tmp_path), "SF304") == ["/var/task/app.py:5"]


@pytest.mark.parametrize("name", ["from os import environ as e", "import os as o; e = o.environ"])
def test_catches_other_names_of_it(tmp_path: Path, name: str) -> None:
    plant(tmp_path, {"app.py": f"{name}\ndef handler(event, context):\n    print(e)\n"})
    assert places(environment_leak, task(tmp_path), "SF304") == ["/var/task/app.py:3"]


@pytest.mark.parametrize(
    "line",
    [
        "print({k: v for k, v in os.environ.items() if k.startswith('APP_')})",
        "print([k for k, v in os.environ.items()])",
        "print([k for k in os.environ], set(os.environ))",
        "for k in os.environ: print(k, os.environ['HOME'])",
        "subprocess.run(['bash', '-c', 'env A=1 program'])",
        "raise KeyError(os.environ['HOME'])",
        "raise RuntimeError(sorted(os.environ))",
        "for k, v in event.items(): print(k, v)",
        "env = event; print(env)",
        "subprocess.run(['printenv', 'HOME'])",
        "subprocess.run('env', capture_output=True)",
        "subprocess.run(['env', 'A=1', 'tool'])",
        "subprocess.run(['tool'], env=dict(os.environ))",
        "return os.environ['APP_ENV']",
        "return [name for name in os.environ]",
        "child = {**os.environ, 'A': '1'}; subprocess.run(['tool'], env=child)",
        "print('{A}'.format(**os.environ), '{0[A]}'.format(os.environ))",
        "print('%(A)s' % os.environ)",
        "for k, v in os.environ.items(): print(k, len(v), mask(v), v == 'x')",
        "print({k: mask(v) for k, v in os.environ.items()})",
        "with open('/tmp/env', 'w') as file: file.write(str(os.environ))",
        "with open('/tmp/env', 'w') as file: print(os.environ, file=file)",
        "print(subprocess.check_output(['env', 'A=1', 'tool']))",
        "print(subprocess.run(['tool'], capture_output=True).stdout)",
        "print(open('/proc/self/status').read())",
        "found = {}; found.update(os.environ); print(found['A'])",
        "print(hashlib.sha256(str(os.environ).encode()).hexdigest())",
    ],
)
def test_does_not_catch_parts_and_other_uses(tmp_path: Path, line: str) -> None:
    plant(tmp_path, {"app.py": f"{HEAD}def handler(event, context):\n    {line}\n"})
    assert places(environment_leak, task(tmp_path), "SF304") == []


@pytest.mark.parametrize(
    "body",
    [
        "        if k.startswith('APP_'):\n            print(k, v)\n",
        "        if 'KEY' in k:\n            continue\n        print(k, v)\n",
        "        print(k, '***' if k in SECRETS else v)\n",
    ],
)
def test_does_not_catch_a_loop_that_leaves_some_variables_out(tmp_path: Path, body: str) -> None:
    loop = f"def handler(event, context):\n    for k, v in os.environ.items():\n{body}"
    plant(tmp_path, {"app.py": HEAD + loop})
    assert places(environment_leak, task(tmp_path), "SF304") == []


def test_catches_a_loop_that_a_condition_of_the_event_guards(tmp_path: Path) -> None:
    loop = "    for k, v in os.environ.items():\n        if event:\n            print(k, v)\n"
    plant(tmp_path, {"app.py": f"{HEAD}def handler(event, context):\n{loop}"})
    assert places(environment_leak, task(tmp_path), "SF304") == ["/var/task/app.py:7"]


def test_catches_a_lambda_as_the_handler(tmp_path: Path) -> None:
    plant(tmp_path, {"app.py": f"{HEAD}handler = lambda event, context: dict(os.environ)\n"})
    assert places(environment_leak, task(tmp_path), "SF304") == ["/var/task/app.py:4"]


def test_what_is_returned_counts_for_the_handler_alone_if_it_is_known(tmp_path: Path) -> None:
    source = (
        "import os\nfrom inner import third\ndef one(event, context): return 1\n"
        "def two(event, context): return dict(os.environ)\nalias = two\n"
    )
    plant(tmp_path, {"app.py": source})
    plant(tmp_path, {"inner.py": "import os\ndef third(event, context): return {**os.environ}\n"})
    found = {
        name: places(environment_leak, task(tmp_path, f"app.{name}"), "SF304")
        for name in ("one", "two", "alias", "third")
    }
    two = ["/var/task/app.py:4"]
    assert found == {"one": [], "two": two, "alias": two, "third": ["/var/task/inner.py:2"]}
    assert len(places(environment_leak, task(tmp_path), "SF304")) == 2


def test_names_that_stand_for_many_names_are_decided_in_time(tmp_path: Path) -> None:
    chain = "".join(f"a{n} = [a{n + 1}, a{n + 1}, a{n + 1}]\n" for n in range(40))
    plant(tmp_path, {"app.py": f"{HEAD}{chain}a40 = 1\nprint(a0)\n"})
    assert places(environment_leak, task(tmp_path), "SF304") == []


def test_does_not_catch_a_copy_that_a_helper_returns(tmp_path: Path) -> None:
    text = "import os\ndef child_environment(extra):\n    return {**os.environ, **extra}\n"
    plant(tmp_path, {"app.py": f"{text}def handler(event, context): ...\n"})
    assert places(environment_leak, task(tmp_path), "SF304") == []
