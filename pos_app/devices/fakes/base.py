"""What all fakes share: a name, being plugged in or not, and being closed."""

from pos_app.devices.ports import DeviceState, Health


class FakeDevice:
    """Plugged in from the start."""

    def __init__(self, name: str = "fake") -> None:
        self._name = name
        self._plugged_in = True
        self._closed = False
        self.trouble = ""

    @property
    def name(self) -> str:
        return self._name

    @property
    def health(self) -> Health:
        if not self.usable:
            return Health(DeviceState.ABSENT, "" if self._closed else "device.not_found")
        return Health(DeviceState.FAULT, self.trouble) if self.trouble else Health(DeviceState.READY)

    @property
    def usable(self) -> bool:
        """Plugged in and not closed; it may still have a trouble."""
        return self._plugged_in and not self._closed

    def unplug(self) -> None:
        self._plugged_in = False

    def plug_in(self) -> None:
        self._plugged_in = True

    def fail(self, code: str) -> None:
        """Report a fault with this code until it is mended."""
        self.trouble = code

    def mend(self) -> None:
        self.trouble = ""

    def close(self) -> None:
        self._closed = True


class StartedFake(FakeDevice):
    """One that is looked after, but has nothing to say by itself."""

    def start(self) -> None:
        """Nothing to look after."""
