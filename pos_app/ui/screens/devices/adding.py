"""Putting a device in: what is plugged in, or what is reached by its address; the driver; what the driver must know."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from pos_app.devices.found import Fields, Found
from pos_app.runtime.device_desk import DeviceDesk
from pos_app.ui.device_words import driver_words, kind_word
from pos_app.ui.screens.devices.state import AddView, ChoiceView, Remark
from pos_app.ui.screens.devices.view import DevicesView
from pos_app.ui.theme import Tone
from pos_app.ui.words import tr

NETWORK = Found("", "", ("printer.escpos_tcp", "terminal.zvt", "rfid.llrp", "label.zpl_tcp"), ())
COUNTER = Found("", "", ("drawer.printer", "sound.player", "scanner.camera"), ())
ASKED: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "printer.escpos_tcp": (("host", ""), ("port", "9100")),
        "label.zpl_tcp": (("host", ""), ("port", "9100")),
        "rfid.llrp": (("host", ""), ("port", "5084")),
        "terminal.zvt": (("host", ""), ("port", "20007")),
        "drawer.printer": (("printer", ""),),
        "scanner.camera": (("path", "/dev/video0"),),
        "scanner.serial": (("baud", "9600"),),
        "printer.escpos_serial": (("baud", "115200"),),
    }
)
NUMBERS = frozenset({"port", "baud"})


class Adding:
    """The page for putting a device in."""

    def __init__(
        self, view: DevicesView, desk: DeviceDesk | None, saved: Callable[[str, Mapping[str, object]], None]
    ) -> None:
        self._view, self._desk, self._saved = view, desk, saved
        self._found: tuple[Found, ...] = ()
        self._chosen = 0
        self._driver = ""
        self._names: frozenset[str] = frozenset()
        self._values: dict[str, str] = {}
        self._message = Remark("", Tone.PLAIN)
        view.driver_chosen.connect(self.choose_driver)
        view.field_edited.connect(self._edited)

    @property
    def ready(self) -> bool:
        """True when everything the driver must know was filled in."""
        return bool(self._driver) and all(self._values.get(name, "").strip() for name, _words in self._fields())

    def begin(self, names: Sequence[str]) -> None:
        """Start anew; `names` are taken."""
        self._names = frozenset(names)
        self._found = (NETWORK, COUNTER)
        self._message = Remark(tr("Looking for what is plugged in …"), Tone.INFO)
        self.choose(0)
        if self._desk:
            self._desk.find(self._take)

    def choose(self, at: int) -> None:
        if 0 <= at < len(self._found):
            self._chosen = at
            self.choose_driver(self._found[at].drivers[0])

    def choose_driver(self, driver: str) -> None:
        if driver not in self._found[self._chosen].drivers:
            return
        self._driver = driver
        self._values = {"name": self._free_name(driver), **dict(ASKED.get(driver, ()))}
        self._show()

    def save(self) -> None:
        if self._desk is None or not self.ready:
            return
        found = self._found[self._chosen]
        fields: Fields = found.table(self._driver, self._values["name"].strip())
        for name, _words in self._fields()[1:]:
            value = self._values[name].strip()
            if name in NUMBERS and not value.isdigit():
                self.refused(tr("{name} must be a number.", name=name))
                return
            fields[name] = int(value) if name in NUMBERS else value
        self._desk.save(fields, self._saved)

    def refused(self, words: str) -> None:
        self._message = Remark(words, Tone.WARNING)
        self._show()

    def _take(self, found: tuple[Found, ...]) -> None:
        here = self._chosen < len(self._found) and self._found[self._chosen]
        self._found = (*found, NETWORK, COUNTER)
        self._message = Remark("" if found else tr("Nothing new is plugged in."), Tone.INFO)
        if here in self._found:
            self._chosen = self._found.index(here)
            self._show()
        else:
            self.choose(0)

    def _edited(self, name: str, text: str) -> None:
        self._values[name] = text
        self._view.changed.emit()

    def _fields(self) -> tuple[tuple[str, str], ...]:
        words = {
            "host": tr("Address"), "port": tr("Port"), "printer": tr("Name of its printer"), "path": tr("Path"),
            "baud": tr("Baud"),
        }  # fmt: skip
        return (("name", tr("Name")), *((name, words[name]) for name, _ in ASKED.get(self._driver, ())))

    def _free_name(self, driver: str) -> str:
        base = kind_word(driver.partition(".")[0])
        names = (base, *(f"{base} {n}" for n in range(2, 99)))
        return next(name for name in names if name not in self._names)

    def _show(self) -> None:
        choices = [ChoiceView(one.title, one.where) for one in self._found[:-2]]
        choices += [
            ChoiceView(tr("In the network"), tr("by its address")),
            ChoiceView(tr("On the counter"), tr("drawer, tones, camera")),
        ]
        drivers = tuple((driver, driver_words(driver)) for driver in self._found[self._chosen].drivers)
        fields = tuple((name, words, self._values.get(name, "")) for name, words in self._fields())
        self._view.show_add(AddView(tuple(choices), self._chosen, drivers, self._driver, fields, self._message))
