"""The manager's workspace: a list of pages and the page in front."""
