"""Learning: label tasks, the bench where one labels, disputes, and the models."""
