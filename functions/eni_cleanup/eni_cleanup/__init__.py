"""A CloudFormation custom resource that lets stacks with functions in a VPC be deleted quickly."""
