"""A REST resolver of Powertools."""

from aws_lambda_powertools.event_handler import APIGatewayRestResolver

app = APIGatewayRestResolver()


@app.get("/hello/<name>")
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
    return app.resolve(EVENT, context)["body"]
