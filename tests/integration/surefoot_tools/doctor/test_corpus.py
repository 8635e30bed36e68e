"""Functions in the styles that AWS's documentation describes: none of them gets an error.

Written for this test. Each is what one page of the Developer Guide is about: events of services,
layouts of projects, ways to write a handler.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from surefoot_tools.doctor.finding import ERROR
from surefoot_tools.doctor.inspection import inspect_folder
from tests.integration.surefoot_tools.doctor.styles import STYLES

HANDLER = "def handler(event, context):\n"
FUNCTIONS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "an event is returned": ("app.handler", {"app.py": HANDLER + "    return event\n"}),
    "a proxy answer": (
        "app.lambda_handler",
        {
            "app.py": "import json\n\ndef lambda_handler(event, context):\n"
            "    name = (event.get('queryStringParameters') or {}).get('name', 'you')\n"
            "    return {'statusCode': 200, 'body': json.dumps({'hello': name})}\n"
        },
    ),
    "clients and a table at the top": (
        "app.handler",
        {
            "app.py": "import os\nimport boto3\n\n"
            "table = boto3.resource('dynamodb').Table(os.environ['TABLE'])\n\n" + HANDLER + "    "
            "return table.get_item(Key={'id': event['id']}).get('Item')\n"
        },
    ),
    "an upload's text through /tmp": (
        "app.handler",
        {
            "app.py": "import os\nimport uuid\nimport boto3\n\ns3 = boto3.client('s3')\n\n"
            + HANDLER
            + "    for record in event['Records']:\n"
            "        bucket = record['s3']['bucket']['name']\n"
            "        key = record['s3']['object']['key']\n"
            "        path = f'/tmp/{uuid.uuid4()}{os.path.basename(key)}'\n"
            "        s3.download_file(bucket, key, path)\n"
            "        with open('/tmp/result', 'w') as file:\n"
            "            file.write(open(path).read().upper())\n"
            "        s3.upload_file('/tmp/result', bucket, 'out/' + key)\n"
        },
    ),
    "partial batches of a queue": (
        "worker.main.handler",
        {
            "worker/__init__.py": "",
            "worker/main.py": "from .work import process\n\n"
            + HANDLER
            + "    failed = []\n    for record in event['Records']:\n        try:\n"
            "            process(record['body'])\n        except ValueError:\n"
            "            failed.append({'itemIdentifier': record['messageId']})\n"
            "    return {'batchItemFailures': failed}\n",
            "worker/work.py": "def process(body):\n    if not body:\n        raise ValueError\n",
        },
    ),
    "a class as a handler": (
        "app.Worker.handle",
        {"app.py": "class Worker:\n    def handle(self, event, context):\n        return event\n"},
    ),
    "a coroutine": ("app.handler", {"app.py": "import asyncio\nasync " + HANDLER + "    pass\n"}),
    "a stream": (
        "app.handler",
        {"app.py": HANDLER + "    for number in range(3):\n        yield str(number)\n"},
    ),
    "a decorated handler": (
        "app.handler",
        {
            "app.py": "from aws_lambda_powertools import Logger, Tracer\n\n"
            "logger, tracer = Logger(), Tracer()\n\n@logger.inject_lambda_context\n"
            "@tracer.capture_lambda_handler\n" + HANDLER + "    logger.info('x', extra=event)\n",
            "aws_lambda_powertools/__init__.py": "Logger = Tracer = print\n",
        },
    ),
    "an application as a handler": (
        "app.handler",
        {
            "app.py": "from mangum import Mangum\nfrom api import api\nhandler = Mangum(api)\n",
            "mangum.py": "class Mangum:\n    def __init__(self, app): ...\n",
            "api/__init__.py": "api = object()\n",
        },
    ),
    "a project with tests and scripts": (
        "src.app.handler",
        {
            "src/__init__.py": "",
            "src/app.py": HANDLER + "    return 1\n",
            "tests/test_app.py": "import moto, os\nopen('result', 'w')\nprint(os.environ)\n",
            "scripts/release.sh": "git push\naws s3 cp x s3://y\n",
            "scripts/deploy.ps1": "#!/usr/bin/env pwsh\r\nWrite-Host x\r\n",
            "train.py": "import torch\nopen('model.bin', 'wb')\n",
            "setup.py": "from setuptools import setup\nsetup()\n",
        },
    ),
    "modules with odd names": (
        "app.handler",
        {
            "app.py": "import code_list, tokens\n" + HANDLER + "    return 1\n",
            "code_list.py": "",
            "tokens.py": "",
            "code.py": "",
            "token.py": "",
        },
    ),
    "imports that may fail": (
        "app.handler",
        {
            "app.py": "try:\n    import orjson as json\nexcept ImportError:\n    import json\n"
            "import sys\nif sys.version_info < (3, 8):\n    import importlib_metadata\n"
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from mypy_boto3 import S3\n"
            + HANDLER
            + "    import not_there\n"
        },
    ),
    "newer grammar": (
        "app.handler",
        {
            "app.py": "type Name = str\n\ndef first[T](all: list[T]) -> T:\n    return all[0]\n\n"
            + HANDLER
            + "    return f'{event['name']}'\n"
        },
    ),
    "a file next to the code is read": (
        "app.handler",
        {
            "app.py": "import json, os\nfrom pathlib import Path\n\n"
            "DATA = json.loads((Path(__file__).parent / 'data.json').read_text())\n"
            "with open(os.path.join(os.environ['LAMBDA_TASK_ROOT'], 'data.json')) as file:\n"
            "    OTHER = json.load(file)\n" + HANDLER + "    return DATA\n",
            "data.json": "{}",
        },
    ),
    "some variables are logged by name": (
        "app.handler",
        {
            "app.py": "import logging, os\nlogger = logging.getLogger()\n"
            "logger.setLevel(os.environ.get('LOG_LEVEL', 'INFO'))\n"
            + HANDLER
            + "    logger.info('region %s of %s', os.environ['AWS_REGION'], sorted(os.environ))\n"
        },
    ),
    "an extension's threads and processes": (
        "app.handler",
        {
            "app.py": "from concurrent.futures import ThreadPoolExecutor\n"
            "from multiprocessing import Pipe, Process\nimport subprocess\n"
            + HANDLER
            + "    receiver, sender = Pipe()\n    Process(target=print, args=(1,)).start()\n"
            "    subprocess.run(['ls', '/tmp'], check=True)\n"
        },
    ),
    "a shell function": (
        "function.handler",
        {
            "function.sh": 'handler() {\n  local name\n  name=$(jq -r .name <<<"$1")\n'
            '  echo "{\\"hello\\": \\"$name\\"}"\n}\n'
        },
    ),
    "a custom resource": (
        "index.handler",
        {
            "index.py": "import json, urllib.request\n"
            + HANDLER
            + "    body = json.dumps({'Status': 'SUCCESS', 'StackId': event['StackId']}).encode()\n"
            "    url = event['ResponseURL']\n"
            "    urllib.request.urlopen(urllib.request.Request(url, body, method='PUT'))\n"
        },
    ),
    "a namespace package and a layer's folder": (
        "functions/orders/app.handler",
        {
            "functions/orders/app.py": "from shared.models import Order\n" + HANDLER + "    pass\n",
            "shared/models.py": "class Order: ...\n",
        },
    ),
}


ALL = {**FUNCTIONS, **STYLES}


@pytest.mark.parametrize("base", ["al2", "al2023"])
@pytest.mark.parametrize("style", ALL)
def test_a_function_that_works_gets_no_error(tmp_path: Path, style: str, base: str) -> None:
    handler, files = ALL[style]
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    result = inspect_folder(str(tmp_path), handler, base=base)
    errors = [each.finding for each in result.findings if each.severity == ERROR]
    assert errors == []


def test_every_handler_of_the_corpus_is_found(tmp_path: Path) -> None:
    """Without its files each is an error: the test above looks at what it names."""
    for handler, _ in ALL.values():
        result = inspect_folder(str(tmp_path), handler)
        assert [each.finding.code for each in result.findings] == ["SF201"]
