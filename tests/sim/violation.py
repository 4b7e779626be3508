"""What every check of a simulated day raises."""


class ViolationError(AssertionError):
    """What must always hold did not."""
