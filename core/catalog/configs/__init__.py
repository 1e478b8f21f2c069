"""Models from the ``config.json`` that Hugging Face checkpoints carry."""
