"""surefoot against awslambdaric: the same handlers, the same Runtime API, the same bytes."""
