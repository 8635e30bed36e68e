"""What batch functions share: resumable work, time budgets, AWS clients and errors, events, logs.

Standard library only; boto3 is imported when the first client is created. No module of the kit is
loaded by a start: a function imports the modules that it needs. functions/README.md in the
repository has an example of each.
"""
