"""A module whose import fails."""

import surely_not_installed  # type: ignore[import-not-found]  # noqa: F401
