import gzip
import json
from pathlib import Path

import pytest

from checks.risk.model import Model
from tests.commands.conftest import Maestro

HEADER = "project,lines_added,lines_deleted,files,dirs,entropy,fix,bug\n"
ROWS = "".join(
    f"p,{n + 10 * (n % 2)},{n % 7},{1 + n % 5},{1 + n % 3},0.{n % 9},{n % 2},{n % 2}\n" for n in range(1, 201)
)


@pytest.mark.parametrize("zipped", [False, True])
def test_a_fitted_model_is_printed_as_the_configuration_takes_it(
    maestro: Maestro, tmp_path: Path, zipped: bool
) -> None:
    history = tmp_path / ("history.csv.gz" if zipped else "history.csv")
    history.write_bytes(gzip.compress((HEADER + ROWS).encode()) if zipped else (HEADER + ROWS).encode())
    ended = maestro("risk", "fit", str(history))
    assert ended.code == 0
    assert Model.model_validate_json(ended.out)
    config = tmp_path / "maestro.yml"
    config.write_text(json.dumps({"version": 1, "risk": {"model": json.loads(ended.out)}}))
    assert maestro("config", "validate", str(config)).code == 0


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("history.csv", b"", "lacks"),
        ("history.csv", HEADER.encode(), "holds no change"),
        ("history.csv", (HEADER + "p,1,1,1,1,0.5,0,0\n").encode(), "50"),
        ("history.csv", (HEADER + "p,many,1,1,1,0.5,0,0\n").encode(), "line 2"),
        ("history.csv", b"lines_added,bug\n1,1\n", "lacks"),
        ("history.csv", b"\xff\xfe\x00", "history.csv"),
        ("history.csv", b'project,"' + b"x" * 200_000, "history.csv"),
        ("history.csv.gz", b"not gzip", "history.csv.gz"),
        ("history.csv.gz", gzip.compress((HEADER + ROWS).encode())[:-40], "history.csv.gz"),
    ],
)
def test_a_history_that_cannot_be_fitted_exits_with_2_and_says_why(
    maestro: Maestro, tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    ended = maestro("risk", "fit", str(tmp_path / name))
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert "Traceback" not in ended.err
