"""One folder a screen: `view` shows frozen facts, `presenter` asks the services, `model` turns facts into words."""
