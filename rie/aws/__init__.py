"""A function on AWS: its image pushed, its stack deployed, itself invoked."""
