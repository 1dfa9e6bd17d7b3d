"""Augmentation: in training, each image is changed a little in every epoch; otherwise nothing happens."""
