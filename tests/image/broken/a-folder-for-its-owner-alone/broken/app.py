def handler(event, context):
    return "it runs"
