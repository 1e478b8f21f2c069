"""Load: traces of requests, and their replay against a scenario's fleet."""
