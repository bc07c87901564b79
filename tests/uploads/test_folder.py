"""`boptone upload LABEL MANIFEST FOLDER`: everything of a folder through the same stages."""

from __future__ import annotations

import io
import json
import os
import zipfile

from tests.factories.labels import a_label
from tests.kernel.jobs.nursery import nursery
from tests.media import a_cover, a_tone, wav

TABLE = """Album,Artist,Label,Cat,UPC,Date,No,Title,File
Nachtwerk,Anna Blume,Halden,HLD-1,4006381333931,2026-03,1,Erste Nacht,01.wav
Nachtwerk,Anna Blume,Halden,HLD-1,4006381333931,2026-03,2,Zweite Nacht,02.wav
Nachtwerk,Anna Blume,Halden,HLD-1,4006381333931,2026-03,3,Dritte Nacht,03.wav
"""


def a_folder(place):
    folder = place / "files"
    (folder / "Nachtwerk").mkdir(parents=True)
    (folder / "Nachtwerk" / "01.wav").write_bytes(wav(a_tone(hertz=400)))
    (folder / "Nachtwerk" / "02.wav").write_bytes(wav(a_tone(hertz=500))[:90_000])
    (folder / ".DS_Store").write_bytes(b"x")
    (folder / "readme.pdf").write_bytes(b"x")
    a_cover(1_500).save(folder / "4006381333931.jpg")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("03.wav", wav(a_tone(hertz=600)))
        archive.writestr("../04.wav", b"x")
    (folder / "more.zip").write_bytes(packed.getvalue())
    (place / "catalogue.csv").write_text(TABLE)
    return place / "catalogue.csv", folder


def test_a_folder_is_received_measured_and_applied(services, database_name, connected, tmp_path):
    tenant = a_label()
    manifest, folder = a_folder(tmp_path)
    environment = os.environ | services.environment(database_name)
    done = nursery().boptone("upload", tenant.slug, str(manifest), str(folder), "--json", environment=environment)
    told = json.loads(done.stdout)
    assert told["files"]["usable"] == 3
    assert {file["file"]: file["verdict"] for file in told["files"]["refused"]} == {
        "Nachtwerk/02.wav": "truncated", "readme.pdf": "other_kind", "more/__04.wav": "leaves_folder",
    }  # fmt: skip
    assert all(file["message"] for file in told["files"]["refused"])
    assert told["stage"] == "done"
