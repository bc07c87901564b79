"""The conventions of the REST interface, held on artists and releases as any program meets them."""

from __future__ import annotations

from tests.factories.api import api_of


def test_a_program_adds_reads_and_changes_an_artist(client_of, label):
    api = api_of(client_of, label)
    made = api.post("/api/v1/artists", json={"name": "Mira Sol"})
    assert made.status_code == 201, made.text
    artist = made.json()
    assert made.headers["location"] == f"/api/v1/artists/{artist['id']}"
    read = api.get(made.headers["location"])
    assert read.json() == artist
    changed = api.patch(
        made.headers["location"], json={"names": {"ja": "ミラ"}}, headers={"if-match": read.headers["etag"]}
    )
    assert changed.status_code == 200, changed.text
    assert changed.json() == artist | {"names": {"ja": "ミラ"}, "updated_at": changed.json()["updated_at"]}


def test_a_program_adds_a_release_with_its_tracks(client_of, label):
    api = api_of(client_of, label)
    imprint = api.post("/api/v1/imprints", json={"name": "Night Works"}).json()
    body = {"title": "Night Drive", "imprint_id": imprint["id"], "artists": [{"name": "Mira Sol"}],
            "tracks": [{"title": "One"}, {"title": "Two"}], "styles": ["Folk, World, & Country"], "p_year": 2026}  # fmt: skip
    made = api.post("/api/v1/releases", json=body)
    assert made.status_code == 201, made.text
    assert made.json()["styles"] == ["Folk, World, & Country"]
    assert made.json()["track_count"] == 2
    tracks = api.get(made.headers["location"] + "/tracks?sort=place&expand=recording,release&fields=title,number")
    assert tracks.status_code == 200, tracks.text
    shown = tracks.json()["items"]
    assert [(row["number"], row["title"], row["recording"]["title"], row["release"]["title"]) for row in shown] == [
        (1, "One", "One", "Night Drive"), (2, "Two", "Two", "Night Drive")
    ]  # fmt: skip
    assert set(shown[0]) == {"id", "number", "title", "recording", "release"}
