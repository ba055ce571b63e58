"""What a run folder tells of how it was made."""

import importlib.metadata
import json
from datetime import UTC, datetime, timedelta, timezone

from heddle.arch.provenance import Provenance, write_provenance


def test_provenance_holds_version_command_hashes_and_time(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["heddle", "simulate", "--workload", "mlp"])
    started = datetime(2025, 3, 1, 14, 30, tzinfo=timezone(timedelta(hours=2)))
    path = write_provenance(
        tmp_path,
        inputs={"workload": "b" * 64, "design": "a" * 64},
        started=started,
        seconds=1.23456,
    )
    record = json.loads(path.read_text())
    assert path.name == "provenance.json"
    assert record["version"] == importlib.metadata.version("heddle-npu")
    assert record["command"] == ["heddle", "simulate", "--workload", "mlp"]
    assert list(record["inputs"]) == ["design", "workload"]
    assert record["started_utc"] == started.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert record["started_utc"] == "2025-03-01T12:30:00Z"
    assert record["seconds"] == 1.235
    assert Provenance.read(path).command == ("heddle", "simulate", "--workload", "mlp")
