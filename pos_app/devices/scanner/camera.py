"""A camera over the counter, read with zxing-cpp (extra `camera`). Decoding has a thread of its own, never the screen's.

A camera sees one code thirty times a second, so here, unlike with hand scanners, the till must tell reads apart: a code
counts again once it was out of sight for AWAY_MS. Figures: an image of 640 x 360 takes some 5 ms, one of 1280 x 720
full of noise 200 ms and more, so pictures are made small and only codes of shops are looked for.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, Protocol

from pos_app.devices.framing import Label
from pos_app.devices.kit import Kit
from pos_app.devices.scanner.event import scan_event
from pos_app.devices.scanner.supervised import SupervisedScanner
from pos_app.devices.scanner.tables import CameraTable
from pos_app.devices.supervisor import Control, UnfitError

AWAY_MS = 1500
MAX_SEEN = 64
WIDTH, HEIGHT = 640, 360
FORMATS = (
    "EAN13", "EAN8", "UPCA", "UPCE", "Code128", "DataBar", "DataBarExp", "DataMatrix", "QRCode", "ITF",
)  # fmt: skip


class Frames(Protocol):
    """Grey pictures of a camera, as anything zxing-cpp takes (rows of bytes)."""

    def read(self) -> object | None:
        """The next picture; None when none came in time. Raises OSError when the camera is gone."""
        ...

    def close(self) -> None: ...


class SystemCamera:
    """A video device through OpenCV, which the extra brings."""

    def __init__(self, path: str) -> None:
        try:
            cv2: Any = import_module("cv2")
        except ImportError as missing:
            raise UnfitError("device.no_extra", "camera") from missing
        self._cv2 = cv2
        self._camera = cv2.VideoCapture(path)
        if not self._camera.isOpened():
            raise FileNotFoundError(path)
        self._camera.set(cv2.CAP_PROP_FRAME_WIDTH, WIDTH)
        self._camera.set(cv2.CAP_PROP_FRAME_HEIGHT, HEIGHT)

    def read(self) -> object | None:
        good, picture = self._camera.read()
        if not good:
            raise OSError("the camera sends no picture")
        return self._cv2.cvtColor(picture, self._cv2.COLOR_BGR2GRAY)

    def close(self) -> None:
        self._camera.release()


class Sight:
    """What was in sight, and when. Pure: holds at most MAX_SEEN codes."""

    def __init__(self) -> None:
        self._last_ms: dict[bytes, int] = {}

    def new(self, raw: bytes, now_ms: int) -> bool:
        """True when a code came into sight just now."""
        last = self._last_ms.pop(raw, None)
        while len(self._last_ms) >= MAX_SEEN:
            self._last_ms.pop(next(iter(self._last_ms)))
        self._last_ms[raw] = now_ms
        return last is None or now_ms - last > AWAY_MS


class Decoder:
    """zxing-cpp with the settings of a shop. Raises UnfitError `device.no_extra` without it."""

    def __init__(self) -> None:
        try:
            self._zxing: Any = import_module("zxingcpp")
        except ImportError as missing:
            raise UnfitError("device.no_extra", "camera") from missing
        known: Mapping[str, Any] = {name: getattr(self._zxing.BarcodeFormat, name, None) for name in FORMATS}
        self._formats = [value for value in known.values() if value is not None]

    def labels(self, picture: object) -> Iterator[bytes]:
        """Each code in it: its AIM id and bytes. Its text would have brackets around fields and no separators."""
        found = self._zxing.read_barcodes(
            picture, formats=self._formats, try_rotate=False, try_invert=False, try_downscale=False
        )
        for one in found:
            if one.valid:
                yield one.symbology_identifier.encode() + bytes(one.bytes)


class CameraScanner(SupervisedScanner):
    """One camera."""

    def __init__(self, table: CameraTable, kit: Kit, frames: type[SystemCamera] | None = None) -> None:
        self._table, self._clock = table, kit.clock
        self._frames = frames or SystemCamera
        self._sight = Sight()
        super().__init__(table.name, kit.jitter, kit.changed)

    def _session(self, control: Control) -> None:
        decoder = Decoder()
        camera = self._frames(self._table.path)
        try:
            control.ready()
            while not control.stopping:
                picture = camera.read()
                for raw in decoder.labels(picture) if picture is not None else ():
                    now_ms = self._clock.monotonic_ms()
                    if self._sight.new(raw, now_ms):
                        self._deliver(scan_event(Label(raw), self.name, now_ms), control)
        finally:
            camera.close()
