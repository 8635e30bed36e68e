"""A REST resolver of Powertools."""

from aws_lambda_powertools.event_handler import (  # type: ignore[import-not-found,unused-ignore]
    APIGatewayRestResolver,
)

app = APIGatewayRestResolver()


@app.get("/hello/<name>")  # type: ignore[untyped-decorator,unused-ignore]
def hello(name: str) -> dict[str, str]:
    return {"hello": name}


EVENT = {
    "path": "/hello/you",
    "httpMethod": "GET",
    "headers": {},
    "requestContext": {"requestId": "1"},
    "queryStringParameters": None,
    "body": None,
    "isBase64Encoded": False,
}


def handler(event: object, context: object) -> str:
    return str(app.resolve(EVENT, context)["body"])
