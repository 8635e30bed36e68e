"""FastAPI behind mangum."""

from fastapi import FastAPI  # type: ignore[import-not-found,unused-ignore]
from mangum import Mangum  # type: ignore[import-not-found,unused-ignore]

app = FastAPI()


@app.get("/hello/{name}")  # type: ignore[untyped-decorator,unused-ignore]
async def hello(name: str) -> dict[str, str]:
    return {"hello": name}


adapter = Mangum(app, lifespan="off")
EVENT = {
    "version": "2.0",
    "rawPath": "/hello/you",
    "rawQueryString": "",
    "headers": {"host": "example.com"},
    "requestContext": {
        "http": {"method": "GET", "path": "/hello/you", "sourceIp": "192.0.2.1"},
        "stage": "$default",
    },
    "isBase64Encoded": False,
}


def handler(event: object, context: object) -> str:
    return str(adapter(EVENT, context)["body"])
