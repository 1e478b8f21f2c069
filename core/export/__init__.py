"""Reports as JSON, CSV, Markdown and plain text."""
