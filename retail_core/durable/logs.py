"""Logs of every program: JSON lines in the machine's folder, with the stable code of what happened."""

import json
import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

from retail_core.domain.cardguard import redacted

LOG_BYTES = 5_000_000
LOGS_KEPT = 5


class JsonLines(logging.Formatter):
    """One object a line. Facts are given as `extra={"code": …}`; secrets and personal data are never logged."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S"),
            "level": record.levelname,
            "logger": record.name,
            "message": redacted(record.getMessage()),
            "code": getattr(record, "code", ""),
        }
        if record.exc_info:
            line["trace"] = redacted(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def log_to(folder: Path, name: str) -> None:
    """Send this program's log to `<folder>/<name>.log`, bounded in size."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handler = RotatingFileHandler(folder / f"{name}.log", maxBytes=LOG_BYTES, backupCount=LOGS_KEPT, encoding="utf-8")
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
