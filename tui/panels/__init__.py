"""The parts of the explorer: the lines of the scenario, the answers, the policy lines."""
