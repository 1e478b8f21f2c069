"""The shipped scenarios, TOML only."""
