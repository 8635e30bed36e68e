"""Deploys CloudFormation stacks with the CDK from inside a Lambda function."""
