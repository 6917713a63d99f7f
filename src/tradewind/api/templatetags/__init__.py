"""What the API's page asks for."""
