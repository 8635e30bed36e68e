"""`sam local start-lambda`, AWS's own emulator of several functions, to measure against."""
