"""The one error that this package raises."""


class ProvisionError(Exception):
    """A program cannot be had; the text is meant for people and says what to do.

    Args:
        fault: what is wrong, and where.
        remedy: what the reader can do about it.
    """

    def __init__(self, fault: str, remedy: str) -> None:
        super().__init__(f"{fault}\n{remedy}")
        self.fault = fault
        self.remedy = remedy
