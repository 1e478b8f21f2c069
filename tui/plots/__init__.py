"""Drawing of curves; loaded after the first paint."""
