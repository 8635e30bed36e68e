"""``python -m awslambdaric app.handler``, on surefoot."""

if __name__ == "__main__":
    from surefoot.__main__ import run

    run()
else:
    from surefoot.compat.main import LambdaRuntimeClient, bootstrap

    __all__ = ["LambdaRuntimeClient", "bootstrap"]
