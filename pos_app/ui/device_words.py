"""Devices in plain words: what they are called, what is wrong in two words for a lamp, and in a sentence what to do."""

from collections.abc import Mapping
from types import MappingProxyType

from pos_app.devices.ports import DeviceState, Health
from pos_app.locale.mark import _
from pos_app.ui.words import tr

KIND_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "scanner": _("Scanner"),
        "printer": _("Printer"),
        "drawer": _("Drawer"),
        "scale": _("Scale"),
        "rfid": _("RFID"),
        "display": _("Display"),
        "terminal": _("Terminal"),
        "label": _("Labels"),
        "sound": _("Sound"),
    }
)
DRIVER_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "scanner.wedge": _("Scanner that types like a keyboard"),
        "scanner.serial": _("Scanner on a serial port or USB-CDC"),
        "scanner.hidpos": _("Scanner in HID POS mode"),
        "scanner.evdev": _("Keyboard scanner taken from the desktop"),
        "scanner.camera": _("Camera"),
        "printer.escpos_tcp": _("Receipt printer in the network"),
        "printer.escpos_serial": _("Receipt printer on a serial port"),
        "printer.escpos_usb": _("Receipt printer on USB"),
        "printer.cups_raw": _("Receipt printer behind a print queue"),
        "drawer.printer": _("Cash drawer on the receipt printer"),
        "scale.toledo8217": _("Scale, Toledo 8217"),
        "scale.sma": _("Scale, SMA"),
        "scale.nci": _("Scale, NCI"),
        "display.cd5220": _("Line display, CD5220"),
        "display.escpos": _("Line display, ESC/POS"),
        "rfid.llrp": _("RFID reader in the network"),
        "rfid.m100": _("RFID module on a serial port"),
        "terminal.zvt": _("Card terminal, ZVT"),
        "label.zpl_tcp": _("Label printer in the network"),
        "sound.player": _("Tones"),
    }
)
STATE_WORDS: Mapping[DeviceState, str] = MappingProxyType(
    {
        DeviceState.ABSENT: _("not connected"),
        DeviceState.CONNECTING: _("connecting"),
        DeviceState.FAULT: _("look at it"),
        DeviceState.READY: _("ready"),
    }
)
# two or three words for a lamp, and what to do about it
_CODES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "device.in_use": (
            _("in use elsewhere"), _("Another program has it open. Close that program; the till takes it by itself then."),
        ),
        "device.lost": (_("unplugged"), _("It was there and is gone. Check its cable and its power; it comes back by itself.")),
        "device.no_extra": (
            _("program part missing"), _("The program part for it is not installed: omnitill[{detail}]. Call support."),
        ),
        "device.no_permission": (
            _("no permission"), _("This user may not open it. Run “omnitill-till doctor”: it names the command that helps."),
        ),
        "device.not_connected": (_("not connected"), _("Nothing has been heard of it yet. Check its cable and its power.")),
        "device.not_found": (_("not found"), _("It is not plugged in. Plug it in; the till takes it within three seconds.")),
        "drawer.did_not_open": (
            _("did not open"), _("The pulse went out and the drawer stayed shut. Check its lock and its cable to the printer."),
        ),
        "drawer.no_switch": (_("no switch"), _("Whether it is open cannot be told: it has no switch, or none was set up.")),
        "drawer.open": (_("open"), _("It stands open. Shut it.")),
        "label.buffer_full": (_("busy"), _("The label printer still works on what it got. Wait a moment.")),
        "label.busy": (_("busy"), _("Another program prints labels on it. Wait a moment.")),
        "label.head_open": (_("head open"), _("Close the print head of the label printer.")),
        "label.link_died": (_("not reachable"), _("The line to the label printer broke. Check its network cable.")),
        "label.memory_damaged": (_("call service"), _("The label printer's memory is damaged. Call its service.")),
        "label.no_printer": (_("none set up"), _("No label printer is set up. Add one on the devices page, {key_devices}.")),
        "label.not_confirmed": (
            _("not confirmed"), _("It never said that the last label came out. Look before you print it again."),
        ),
        "label.one_way": (_("says nothing"), _("It was set up to say nothing. Look whether the label came out.")),
        "label.still_printing": (_("busy"), _("It still prints. Wait a moment.")),
        "label.no_answer": (_("no answer"), _("It is connected and says nothing. Switch it off and on.")),
        "label.paper_out": (_("no labels left"), _("Put in a new roll of labels.")),
        "label.paused": (_("paused"), _("Press Pause on the label printer.")),
        "label.ribbon_out": (_("ribbon used up"), _("Put in a new ribbon.")),
        "label.stalled": (_("stalled"), _("It takes nothing more. Switch it off and on.")),
        "label.too_hot": (_("too hot"), _("The print head is too hot. It goes on by itself once it has cooled.")),
        "label.unreachable": (_("not reachable"), _("Check the label printer's power, its network cable and its address.")),
        "printer.busy": (_("busy"), _("It is printing for somebody else. Receipts follow by themselves.")),
        "printer.cover_open": (_("cover open"), _("Close the cover of the printer. Receipts follow by themselves.")),
        "printer.link_died": (_("not reachable"), _("The line to the printer broke. Check its cable; receipts wait for it.")),
        "printer.no_answer": (
            _("no answer"), _("It is connected and does not answer. Switch it off and on, or set two_way to false."),
        ),
        "printer.no_cups": (_("no print system"), _("CUPS is not installed on this machine. Call support.")),
        "printer.no_queue": (_("no such queue"), _("There is no print queue of that name. Correct it, or add the queue to CUPS.")),
        "printer.not_confirmed": (
            _("paper not confirmed"), _("It never said that the last receipt came out. Look; a reprint is marked as a copy."),
        ),
        "printer.offline": (_("switched off"), _("Switch the printer on, or press its online key.")),
        "printer.one_way": (_("says nothing"), _("A print queue cannot tell whether paper came out. Look at the printer.")),
        "printer.paper_low": (_("paper low"), _("Have a new roll ready.")),
        "printer.paper_out": (_("out of paper"), _("Put in a new roll. Receipts follow by themselves.")),
        "printer.stalled": (_("stalled"), _("It takes nothing more. Switch it off and on; receipts wait for it.")),
        "printer.unreachable": (
            _("not reachable"), _("Check the printer's power, its cable and its address. Receipts wait for it."),
        ),
        "rfid.antenna_lost": (_("antenna cable is off"), _("Screw the antenna's cable on.")),
        "rfid.no_answer": (_("no answer"), _("It is connected and does not answer. Switch it off and on.")),
        "rfid.no_such_antenna": (_("has no such antenna"), _("Correct the antennas in its settings: it has fewer.")),
        "rfid.no_such_mode": (_("has no such mode"), _("Correct the reader mode in its settings.")),
        "rfid.refused": (_("refuses its settings"), _("It refuses its settings: {detail}")),
        "rfid.unreachable": (_("not reachable"), _("Check the reader's power, its network cable and its address.")),
        "scale.no_answer": (_("no answer"), _("Check that the scale is on, its cable, and that it speaks the protocol that was set.")),
        "scale.nothing_on_it": (_("empty"), _("Nothing steady lay on it. Put something on and try again.")),
        "scale.over": (_("too heavy"), _("More lies on it than it can weigh.")),
        "scale.under": (_("below zero"), _("It shows less than nothing. Take everything off and set it to zero.")),
        "scanner.not_hid_pos": (_("wrong mode"), _("It is not in HID POS mode. Scan the code for that in its manual.")),
        "sound.no_player": (_("silent"), _("No program plays tones here. Install pipewire-bin, pulseaudio-utils or alsa-utils.")),
        "sound.player_failed": (_("silent"), _("The tones could not be played. Check the loudspeaker and its volume.")),
        "terminal.busy": (_("busy"), _("The terminal works for somebody. Wait, or end it there.")),
        "terminal.day_not_closed": (_("close its day"), _("Close the terminal's day before it takes cards again.")),
        "terminal.link_died": (_("not reachable"), _("The line to the terminal broke. What is open is asked again by itself.")),
        "terminal.memory_full": (_("close its day"), _("Its memory is full. Close the terminal's day.")),
        "terminal.needs_diagnosis": (_("needs a diagnosis"), _("It asks for a diagnosis. Start one on the terminal.")),
        "terminal.no_host": (_("no line to the bank"), _("It has no line to the bank. Check its network; take cash meanwhile.")),
        "terminal.not_registered": (_("does not know this till"), _("It does not know this till. Check the password in its settings.")),
        "terminal.printer_not_ready": (_("out of paper"), _("Put paper into the terminal.")),
        "terminal.silent": (_("no answer"), _("It is connected and does not answer. Switch it off and on.")),
        "terminal.unreachable": (_("not reachable"), _("Check the terminal's power, its network cable and its address.")),
    }
)  # fmt: skip
_GOOD: Mapping[str, str] = MappingProxyType(
    {
        "good.answers": _("It answers and has nothing to complain of."),
        "good.printed": _("A test page came out. The printer confirmed it."),
        "good.printed_label": _("A test label came out. The printer confirmed it."),
        "good.shut": _("It is shut."),
        "good.kicked": _("The pulse was taken. Look whether it is open."),
        "good.opened": _("It opened."),
        "good.weighs": _("It weighs {grams} g."),
        "good.shows": _("It shows two lines. Look at them."),
        "good.sounded": _("Three tones were played. Did you hear them?"),
        "good.same_code_set": _("Its time-out for the same code was set to 300 ms: three cans in a row are three."),
        "good.switch_learned": _(
            "It opened, and its switch was learned: from now on the till sees whether it is open."
        ),
        "good.learned": _("The scanner was learned."),
        "good.removed": _("Taken out."),
        "good.saved": _("Saved. It is in use from now on."),
    }
)
_SCANNER: Mapping[str, str] = MappingProxyType(
    {
        "scanner.no_test_label": _("That was not the test label. Scan the one shown here."),
        "scanner.letters_swapped": _("Large and small letters are swapped. Switch Caps Lock off and scan again."),
        "scanner.chars_lost": _("Characters got lost: {detail}. Set the scanner's keyboard to “US” and scan again."),
        "scanner.gs_lost": _(
            "The separator (GS) gets lost. Switch on “send GS” or “function key codes” and scan again."
        ),
        "scanner.no_end": _("It does not end its codes. Set its suffix to CR and scan again."),
        "scanner.affix_too_long": _("Its prefix or suffix is longer than 8 characters. Shorten it and scan again."),
        "scanner.set_aim": _("Switch on “send AIM ID” if it can: codes are told apart without guessing then."),
        "scanner.set_end": _("Set its suffix to CR: codes are taken without a wait then."),
        "scanner.set_prefix": _("Set a prefix such as ~ : typing is never held back then."),
        "scanner.slow": _("It types slowly. Set its delay between characters to 0."),
        "scanner.same_code_refused": _(
            "It refused to set its time-out for the same code. Set it to 300 ms by the codes of its manual."
        ),
        "scanner.set_same_code": _(
            "Set its time-out for the same code to 300 ms or less, so that three cans count as three."
        ),
    }
)
_DOCTOR: Mapping[str, str] = MappingProxyType(
    {
        "doctor.not_plugged_in": _("{where} is not there. Plug the device in and switch it on."),
        "doctor.not_in_group": _(
            "{where} belongs to the group {group}. Run: sudo usermod -aG {group} {user} – then sign in again."
        ),
        "doctor.sign_in_again": _("{user} joined the group {group} after signing in. Sign out and in again."),
        "doctor.no_access": _("{user} may not read and write {where}. Install the rules: see packaging/udev."),
        "doctor.rules_missing": _(
            "{where} is closed to this user. Copy packaging/udev/70-omnitill.rules to {file} and replug."
        ),
        "doctor.in_use": _("{program} (process {pid}) has {where} open. If that is not this till, close it."),
        "doctor.no_extra": _("A program part is missing. Run: pip install omnitill[{extra}]"),
        "doctor.usblp": _("The system's own printer driver has {where}. The till takes it over when it starts."),
        "doctor.no_cups": _("CUPS is not installed. Run: sudo apt-get install cups-client"),
        "doctor.no_queue": _("There is no print queue {queue}. There are: {there}"),
        "doctor.no_such_host": _("No machine is called {host}. Give its address."),
        "doctor.refused": _(
            "{host} is there and takes nothing on port {port}. Is the port right? Is another till using it?"
        ),
        "doctor.unreachable": _("{host} does not answer. Check its power, its network cable and its address."),
        "doctor.no_player": _("No program plays tones. Run: sudo apt-get install pulseaudio-utils"),
        "doctor.slow_line": _("At {baud} baud a receipt with pictures takes long. Set printer and table to 115200."),
        "doctor.nothing_wrong": _("Nothing stands in its way."),
    }
)
SENTENCES: Mapping[str, str] = MappingProxyType(
    {**{code: advice for code, (_short, advice) in _CODES.items()}, **_GOOD, **_SCANNER, **_DOCTOR}
)


def kind_word(kind: str) -> str:
    return tr(KIND_WORDS[kind]) if kind in KIND_WORDS else kind.replace("_", " ").capitalize()


def driver_words(driver: str) -> str:
    return tr(DRIVER_WORDS[driver]) if driver in DRIVER_WORDS else driver


def short_words(health: Health) -> str:
    """Two or three words for a lamp; empty when all is well."""
    if health.code in _CODES:
        return tr(_CODES[health.code][0])
    return "" if health.state is DeviceState.READY else tr(STATE_WORDS[health.state])


def sentence(code: str, facts: Mapping[str, object] | None = None) -> str:
    """What is wrong and what to do, or what went well; a code nobody knows shows itself."""
    if code not in SENTENCES:
        return tr("That did not work ({code}).", code=code)
    return tr(SENTENCES[code]).format_map({"detail": "", **(facts or {})})
