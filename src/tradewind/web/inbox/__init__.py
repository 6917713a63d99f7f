"""The agent workspace: views, list, conversation, composer, context."""
