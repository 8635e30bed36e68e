import greetings


def handler(event, context):
    return greetings.TEXT
