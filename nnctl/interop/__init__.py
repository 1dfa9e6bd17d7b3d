"""Trained models in the formats of other libraries, and models of other libraries as configs."""
