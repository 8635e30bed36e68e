"""The users' side of the emulator: Lambda's API and function URLs, on starlette."""
