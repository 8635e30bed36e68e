"""A module that is in a layer, and not next to the function."""

NAME = "layer"
