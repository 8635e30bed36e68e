from __future__ import annotations

import base64
from typing import Any

import requests

from tests.acceptance.conftest import Caller


def ask(call: Caller, path: str, method: str = "GET", **options: Any) -> requests.Response:
    return call.target.request("url", method, path, **options)


def test_a_request_becomes_an_event_of_format_2(call: Caller) -> None:
    event = ask(call, "a/b%20c?x=1&x=2&y=%C4%8D", headers={"X-Order": "42"}).json()
    assert event["version"] == "2.0"
    assert event["rawPath"].endswith("/a/b%20c")
    assert event["rawQueryString"] == "x=1&x=2&y=%C4%8D"
    assert event["queryStringParameters"] == {"x": "1,2", "y": "č"}
    assert event["headers"]["x-order"] == "42"
    http = event["requestContext"]["http"]
    assert (http["method"], http["protocol"]) == ("GET", "HTTP/1.1")
    assert event["isBase64Encoded"] is False
    assert "body" not in event


def test_text_is_a_body_and_other_bytes_are_base64(call: Caller) -> None:
    text = ask(call, "", "POST", json={"n": "č"}).json()
    assert (text["body"], text["isBase64Encoded"]) == ('{"n": "\\u010d"}', False)
    headers = {"Content-Type": "application/octet-stream"}
    binary = ask(call, "", "PUT", data=b"\x00\xff", headers=headers).json()
    assert binary["isBase64Encoded"] is True
    assert base64.b64decode(binary["body"]) == b"\x00\xff"


def test_cookies_are_a_list_both_ways(call: Caller) -> None:
    event = ask(call, "", cookies={"a": "1", "b": "2"}).json()
    assert sorted(event["cookies"]) == ["a=1", "b=2"]
    assert "cookie" not in event["headers"]
    response = ask(call, "cookies")
    assert response.cookies.get_dict() == {"a": "1", "b": "2"}


def test_status_headers_and_body_are_the_functions(call: Caller) -> None:
    response = ask(call, "teapot")
    assert (response.status_code, response.text) == (418, "short and stout")
    assert response.headers["X-Kind"] == "tea"


def test_base64_becomes_bytes(call: Caller) -> None:
    response = ask(call, "binary")
    assert response.content.startswith(b"GIF89a")
    assert response.headers["Content-Type"] == "image/gif"


def test_an_answer_without_a_status_is_the_body(call: Caller) -> None:
    response = ask(call, "text")
    assert (response.status_code, response.text) == (200, "just text")
    assert response.headers["Content-Type"] == "application/json"


def test_an_error_is_502_without_details(call: Caller) -> None:
    response = ask(call, "error")
    assert response.status_code == 502
    assert "behind the URL" not in response.text


def test_a_stream_has_its_own_status_and_headers(call: Caller) -> None:
    response = call.target.request("url_stream", "GET", "", stream=True)
    assert response.status_code == 201
    assert response.headers["X-Kind"] == "stream"
    assert response.headers["Content-Type"] == "text/plain"
    assert "Content-Length" not in response.headers
    assert response.content == b"part 0\npart 1\npart 2\n"


ORIGIN = "https://shop.example.com"


def test_a_page_of_an_allowed_origin_may_read_the_answer(call: Caller) -> None:
    response = call.target.request("url_cors", "GET", "text", headers={"Origin": ORIGIN})
    assert response.text == "just text"
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN


def test_a_page_of_another_origin_may_not(call: Caller) -> None:
    headers = {"Origin": "https://other.example.com"}
    response = call.target.request("url_cors", "GET", "text", headers=headers)
    assert response.text == "just text"
    assert "Access-Control-Allow-Origin" not in response.headers


def test_a_preflight_request_does_not_reach_the_function(call: Caller) -> None:
    headers = {"Origin": ORIGIN, "Access-Control-Request-Method": "GET"}
    response = call.target.request("url_cors", "OPTIONS", "error", headers=headers)
    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "GET" in response.headers["Access-Control-Allow-Methods"]
