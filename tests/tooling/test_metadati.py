"""What the repository says of itself: valid for those who read it, and true."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Annotated, Literal

import pytest
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from conciliazione_lib import __version__

ROOT = Path(__file__).parents[2]
#: SHA-256 of the words of EUPL v. 1.2 (English text) as SPDX publishes it, one blank between them.
LICENCE = "b265314fe0920ed66121307961dabb70eb3c26c508d2362783e821bbb4a0e16c"

Url = Annotated[str, Field(pattern=r"^https://\S+$")]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")]


class Model(BaseModel):
    """Unknown keys are errors: a catalogue would silently ignore them."""

    model_config = ConfigDict(extra="forbid")


class Description(Model):
    localisedName: str | None = None
    genericName: Annotated[str, Field(max_length=35)] | None = None
    shortDescription: Annotated[str, Field(min_length=1, max_length=150)]
    longDescription: Annotated[str, Field(min_length=150, max_length=10_000)]
    documentation: Url | None = None
    features: Annotated[list[Annotated[str, Field(max_length=100)]], Field(min_length=1)]
    screenshots: list[str] = []


class Pubblico(Model):
    countries: list[Annotated[str, Field(pattern=r"^[A-Z]{2}$")]] = []
    scope: list[Literal["local-authorities", "society", "welfare", "research", "employment", "healthcare"]] = []


class Legale(Model):
    license: Literal["EUPL-1.2"]
    mainCopyrightOwner: str | None = None
    repoOwner: str | None = None
    authorsFile: str | None = None


class Contact(Model):
    name: str
    email: str | None = None
    affiliation: str | None = None


class Manutenzione(Model):
    type: Literal["internal", "contract", "community", "none"]
    contacts: list[Contact] = []

    def model_post_init(self, context: object) -> None:
        if self.type in ("internal", "community") and not self.contacts:
            raise ValueError("internal and community maintenance name their contacts")


class Languages(Model):
    localisationReady: bool
    availableLanguages: Annotated[list[Language], Field(min_length=1)]


class PublicCode(Model):
    """The part of the publiccode.yml standard (0.5) that this project uses: publiccodeyml/publiccode.yml, schema."""

    publiccodeYmlVersion: Literal["0.5.0"]
    name: str
    url: Url
    softwareVersion: str
    releaseDate: str | None = None
    developmentStatus: Literal["concept", "development", "beta", "stable", "obsolete"]
    softwareType: Literal["standalone/desktop", "standalone/web", "standalone/other", "library"]
    platforms: Annotated[list[Literal["web", "windows", "mac", "linux", "ios", "android"]], Field(min_length=1)]
    categories: list[Literal["data-analytics", "data-visualization", "geographic-information-systems"]] = []
    intendedAudience: Pubblico
    inputTypes: list[Annotated[str, Field(pattern=r"^[a-z]+/[\w.+-]+$")]] = []
    outputTypes: list[Annotated[str, Field(pattern=r"^[a-z]+/[\w.+-]+$")]] = []
    description: Annotated[dict[Language, Description], Field(min_length=1)]
    legal: Legale
    maintenance: Manutenzione
    localisation: Languages


def read(nome: str) -> dict[str, object]:
    return yaml.safe_load((ROOT / nome).read_text(encoding="utf-8"))


def test_publiccode_follows_the_standard() -> None:
    card = PublicCode.model_validate(read("publiccode.yml"))
    assert card.softwareVersion == __version__
    for path in card.description["it"].screenshots:
        assert (ROOT / path).is_file()


@pytest.mark.parametrize(
    ("key", "valore"),
    [("license", "EUPL"), ("platforms", []), ("inesistente", 1), ("maintenance", {"type": "community"})],
)
def test_a_wrong_publiccode_is_noticed(key: str, valore: object) -> None:
    card = read("publiccode.yml")
    card[key] = valore
    with pytest.raises(ValidationError):
        PublicCode.model_validate(card)


def test_citation_has_what_the_format_asks_and_the_same_version() -> None:
    card = read("CITATION.cff")
    assert card["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= set(card)
    assert card["version"] == __version__
    assert card["license"] == tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["license"]


def test_licence_is_the_official_text() -> None:
    words = " ".join((ROOT / "LICENSE").read_text(encoding="utf-8").split())
    assert hashlib.sha256(words.encode()).hexdigest() == LICENCE


def test_the_changelog_speaks_of_this_version_or_of_the_next() -> None:
    history = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## \[(.+?)\]", history, re.MULTILINE)
    assert versions[0] in ("Unreleased", __version__)


#: Names each file of tests that pytest would read, and reads none.
NAMING = """
import pytest

class Named(pytest.Module):
    def collect(self):
        print("tests of", self.path.as_posix())
        return []

def pytest_pycollect_makemodule(module_path, parent):
    return Named.from_parent(parent, path=module_path)
"""


def test_no_file_of_tests_is_left_out(tmp_path: Path) -> None:
    """As a folder whose name pytest leaves out when nobody says otherwise: «build»."""
    (tmp_path / "solo_i_nomi.py").write_text(NAMING, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-m", "pytest", "--collect-only", "-qs", "-p", "no:cacheprovider", "-p", "solo_i_nomi"]
    told = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, encoding="utf-8").stdout
    collected = {line.removeprefix("tests of ") for line in told.splitlines() if line.startswith("tests of ")}
    written = {file.as_posix() for file in (ROOT / "tests").rglob("test_*.py")}
    assert collected == written
