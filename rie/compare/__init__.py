"""One function under surefoot and under awslambdaric, against the same Runtime API."""
