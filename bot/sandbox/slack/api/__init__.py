"""The Web API, one module per family of methods. Names, errors and scopes: docs.slack.dev/reference/methods."""
