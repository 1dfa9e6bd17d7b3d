"""Steps of a program that are computed as one, found by what the steps are."""
