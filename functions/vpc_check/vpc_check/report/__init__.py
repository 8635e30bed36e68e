"""One check as JSON, as text and as a page."""
