"""The family of callbacks; `nnctl.training.callbacks` declares them, and is imported when a config names one."""

from nnctl.components.registry import Family

callbacks = Family("callback")
callbacks.declared_in(
    "nnctl.training.callbacks", "EarlyStopping", "ReduceLROnPlateau", "ModelCheckpoint", "TerminateOnNaN"
)
