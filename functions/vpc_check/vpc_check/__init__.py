"""Why can't my function reach it? Configuration and probes of a Lambda function in a VPC."""
