import enum




def handler(event, context):
    return "it runs"
