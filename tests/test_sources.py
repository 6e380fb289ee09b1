"""The registry of sources: every key resolves, every reference prints and exports."""

import json

import pytest

from openldn.notation import UnknownName, csl_json, is_doi, source, sources


def test_every_source_prints_a_reference_and_exports_to_csl() -> None:
    items = csl_json()
    assert len(items) == len(sources()) > 150
    json.dumps(items)
    for item, (key, found) in zip(items, sources().items(), strict=True):
        assert item["id"] == key
        assert item["title"] or item.get("container-title")
        assert found.reference().endswith(".")
        assert ".." not in found.reference().replace("...", "")


def test_no_two_sources_share_a_doi() -> None:
    seen: dict[str, str] = {}
    for key, found in sources().items():
        if found.doi:
            other = seen.setdefault(found.doi.lower(), key)
            # a primary paper and a page that only quotes it may point at one DOI
            assert other == key or "page" in key + other or "planner" in key + other, (key, other)


def test_no_address_is_a_bare_machine() -> None:
    for found in sources().values():
        for url in (found.url, *found.seen_at):
            assert (
                not url or url.split("//")[1].split("/")[0].split(":")[0].replace(".", "").isdigit() is False
            )


def test_an_unknown_key_gets_the_nearest() -> None:
    with pytest.raises(UnknownName, match='did you mean "lee-1988"'):
        source("lee-1989")


@pytest.mark.parametrize(
    ("text", "good"), [("10.1002/art.37734", True), ("doi:10.1002/x", False), ("10.1/x", False)]
)
def test_a_doi_starts_with_its_registrant(text: str, good: bool) -> None:
    assert is_doi(text) is good


def test_authors_become_family_and_given_names() -> None:
    (item,) = csl_json(("lee-1988",))
    assert item["author"][0] == {"family": "Lee", "given": "MC"}
    assert item["issued"] == {"date-parts": [[1988]]}
