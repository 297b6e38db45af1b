"""The scan on Ray: the rows of the local engine, and a cluster of two nodes that loses one in the middle."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from blurmap.errors import TableError
from blurmap.photos.sources import Source, find_photos
from blurmap.scanning.ray import scan_on_ray
from blurmap.scanning.run import Options, Progress, scan_photos
from blurmap.scanning.table import read_table, schema
from tests.conftest import textured

ray = pytest.importorskip("ray")
pytestmark = [pytest.mark.ray, pytest.mark.slow]


@pytest.fixture
def photos(tmp_path: Path) -> list[Source]:
    folder = tmp_path / "photos"
    folder.mkdir()
    for i in range(24):
        Image.fromarray(textured(200, 260, i)).save(folder / f"{i:02}.jpg")
    (folder / "broken.jpg").write_bytes(b"no photo")
    return find_photos([str(folder)], print)


@pytest.fixture
def cluster() -> Iterator[Any]:
    """A head without CPUs and two nodes with one each, all on this machine."""
    from ray.cluster_utils import Cluster

    started = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    nodes = [started.add_node(num_cpus=1) for _ in range(2)]
    started.wait_for_nodes()
    ray.init(started.address, log_to_driver=False)
    yield started, nodes
    ray.shutdown()
    started.shutdown()  # type: ignore[no-untyped-call]


def told(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    plain = [{k: v for k, v in row.items() if k != "seconds"} for row in rows]
    return sorted(plain, key=lambda row: str(row["path"]))


def test_a_lost_node_loses_nothing_and_doubles_nothing(photos: list[Source], cluster: Any, tmp_path: Path) -> None:
    """Rows and schema are those of the local engine; a second run looks at what has changed only."""
    started, nodes = cluster
    out, killed = tmp_path / "out.parquet", threading.Event()

    def kill(progress: Progress) -> None:
        if progress.done >= 4 and not killed.is_set():
            killed.set()
            started.remove_node(nodes[0], allow_graceful=False)

    progress = scan_on_ray(photos, str(out), batch=2, watch=kill)
    assert killed.is_set()
    assert progress.done == 25
    assert progress.verdicts["error"] == 1
    rows = read_table(out)
    assert Counter(Counter(row["path"] for row in rows).values()) == {1: 25}
    scan_photos(photos, tmp_path / "local.parquet", Options(previews=False))
    assert told(rows) == told(read_table(tmp_path / "local.parquet"))
    import pyarrow.parquet

    parts = sorted(out.glob("part-*.parquet"))
    assert {pyarrow.parquet.read_schema(part).equals(schema()) for part in parts} == {True}
    assert [path for path in out.iterdir() if path not in parts] == []

    time.sleep(0.01)
    Image.fromarray(textured(100, 100)).save(photos[3].path)
    again = find_photos([str(tmp_path / "photos")], print)
    progress = scan_on_ray(again, str(out), batch=2)
    assert (progress.skipped, progress.done) == (23, 2)  # the changed one, and the broken one again
    rows = read_table(out)
    assert Counter(Counter(row["path"] for row in rows).values()) == {1: 25}
    assert {row["width"] for row in rows if row["path"] == photos[3].path} == {100}
    with pytest.raises(TableError, match="--engine ray"):
        scan_photos(again, out)
