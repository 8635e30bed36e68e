"""A PUT with the standard library alone: the emergency answer, where requests is broken."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit


def put(url: str, content: bytes, timeout: tuple[float, float]) -> int:
    """Send `content` to `url` once and return the status.

    :param timeout: seconds to connect and seconds to wait for each further byte
    :raises OSError: the server cannot be reached, or hangs up
    :raises ValueError: `url` is no address of a web server
    """
    parts = urlsplit(url)
    kinds = {"https": http.client.HTTPSConnection, "http": http.client.HTTPConnection}
    if parts.scheme not in kinds or not parts.hostname:
        raise ValueError("ResponseURL is not an http(s) address; pass the event on unchanged")
    connection = kinds[parts.scheme](parts.hostname, parts.port, timeout=timeout[0])
    target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    try:
        connection.connect()
        connection.sock.settimeout(timeout[1])
        connection.request("PUT", target, body=content, headers={"Content-Type": ""})
        status: int = connection.getresponse().status
        return status
    except http.client.HTTPException as error:
        raise ConnectionError(f"{type(error).__name__} instead of an answer") from error
    finally:
        connection.close()
