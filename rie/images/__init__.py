"""Images: built, described, pinned and audited."""
