from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from rie.emulator.background import BackgroundEmulator
from rie.emulator.function_url import RESPONSE_STREAM, Cors, UrlSettings
from rie.emulator.settings import FunctionSettings
from rie.function import Function

_CODE = """
import surefoot

def plain(event, context):
    return {"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "http://mine"}}

def prelude(event, context):
    yield surefoot.HttpPrelude(201, {"X-A": "1"}, cookies=["a=1", "b=2"])
    yield b"first "
    yield b"second"

def text(event, context):
    yield b"one "
    yield b"two"
"""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("task")
    (folder / "app.py").write_text(_CODE)
    cors = Cors(
        origins=["http://shop"],
        methods=["GET", "PUT"],
        headers=["x-order"],
        expose=["x-a"],
        max_age_s=60,
        credentials=True,
    )
    streamed = UrlSettings(invoke_mode=RESPONSE_STREAM)
    functions = [
        FunctionSettings(Function("open", folder, "app.plain")),
        FunctionSettings(Function("cors", folder, "app.plain"), url=UrlSettings(cors=cors)),
        FunctionSettings(Function("prelude", folder, "app.prelude"), url=streamed),
        FunctionSettings(Function("text", folder, "app.text"), url=streamed),
    ]
    with (
        Path(os.devnull).open("wb") as log,
        BackgroundEmulator(functions, logs=log) as emulator,
    ):
        yield emulator.url


def test_a_preflight_request_is_answered_by_the_url(url: str) -> None:
    headers = {
        "Origin": "http://shop",
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "x-order",
    }
    response = requests.options(f"{url}/url/cors/", headers=headers, timeout=60)
    found = {
        name.lower(): value
        for name, value in response.headers.items()
        if name.lower().startswith("access-control-")
    }
    assert response.status_code == 200
    assert found == {
        "access-control-allow-origin": "http://shop",
        "access-control-allow-methods": "GET,PUT",
        "access-control-allow-headers": "x-order",
        "access-control-max-age": "60",
        "access-control-allow-credentials": "true",
        "access-control-expose-headers": "x-a",
    }


def test_the_urls_own_settings_replace_the_functions_header(url: str) -> None:
    headers = {"Origin": "http://shop"}
    response = requests.get(f"{url}/url/cors/", headers=headers, timeout=60)
    assert response.headers["Access-Control-Allow-Origin"] == "http://shop"


def test_another_origin_gets_no_header_of_the_url(url: str) -> None:
    headers = {"Origin": "http://elsewhere", "Access-Control-Request-Method": "PUT"}
    response = requests.options(f"{url}/url/cors/", headers=headers, timeout=60)
    assert "Access-Control-Allow-Origin" not in response.headers


def test_without_settings_the_function_answers_for_itself(url: str) -> None:
    headers = {"Origin": "http://shop"}
    response = requests.get(f"{url}/url/open/", headers=headers, timeout=60)
    assert response.headers["Access-Control-Allow-Origin"] == "http://mine"


def test_a_stream_is_passed_on(url: str) -> None:
    response = requests.get(f"{url}/url/text/any/path", timeout=60)
    assert (response.status_code, response.text) == (200, "one two")
    assert response.headers["Content-Type"] == "application/octet-stream"


def test_the_prelude_of_a_stream_is_status_headers_and_cookies(url: str) -> None:
    response = requests.get(f"{url}/url/prelude/", timeout=60)
    assert (response.status_code, response.text) == (201, "first second")
    assert response.headers["X-A"] == "1"
    assert response.cookies.get_dict() == {"a": "1", "b": "2"}


def test_a_host_names_the_function_too(url: str) -> None:
    headers = {"Host": "text.lambda-url.localhost"}
    assert requests.get(f"{url}/", headers=headers, timeout=60).text == "one two"


def test_an_unknown_function_has_no_url(url: str) -> None:
    assert requests.get(f"{url}/url/none/", timeout=60).status_code == 404
