"""Verifies recurrent networks for Arm Ethos-U NPUs."""
