"""Who gets a conversation and by when: priority, clocks, assignment, each with its reason."""
