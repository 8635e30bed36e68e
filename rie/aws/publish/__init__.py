"""The base image as a customer-managed runtime of an account, for functions in .zip files."""
