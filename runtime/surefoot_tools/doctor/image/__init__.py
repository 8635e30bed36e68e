"""The inspected image: its files, layers, configuration, programs and native libraries."""
