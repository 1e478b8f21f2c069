"""The screens: the explorer, and the dialogs over it."""
