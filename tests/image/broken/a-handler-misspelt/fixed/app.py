def handle(event, context):
    return "it runs"
