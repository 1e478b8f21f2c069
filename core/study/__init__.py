"""Studies: each a use of the evaluation, none with a formula of its own."""
