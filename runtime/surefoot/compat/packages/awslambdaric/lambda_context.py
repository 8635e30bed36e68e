"""The context's classes under AWS's names."""

from surefoot.compat.lambda_context import Client, ClientContext, CognitoIdentity, LambdaContext

__all__ = ["Client", "ClientContext", "CognitoIdentity", "LambdaContext"]
