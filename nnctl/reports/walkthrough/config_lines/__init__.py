"""A config line by line: what each line means, with the numbers of this config and its data."""
