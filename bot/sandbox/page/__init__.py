"""The sandbox in a browser: the workspace as Slack would show it, and the small world beside it."""
