"""The full-screen program and the command line."""
