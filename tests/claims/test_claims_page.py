"""The page of all claims is what the tables say, and the tables have the shape it reads."""

import re

import claims_page
import pytest

IDS = [f"{row['paper']}: {row['id']}" for row in claims_page.rows()]


def test_the_committed_page_is_up_to_date():
    assert claims_page.PAGE.read_text() == claims_page.page(), "run `make claims`"


def test_every_row_is_on_the_page_once():
    page = claims_page.page()
    lines = [line for line in page.split("\n## ", 1)[1].splitlines() if line.startswith("| ")]
    papers = {row["paper"] for row in claims_page.rows()}
    assert len(lines) - len(papers) == len(IDS)  # less the heads of the tables
    assert len(set(IDS)) == len(IDS)
    assert papers <= set(claims_page.PAPERS)
    columns = {len(re.split(r"(?<!\\)\|", line)) for line in lines}
    assert columns == {8}  # six cells, and nothing outside of the bars


@pytest.mark.parametrize("row", claims_page.rows(), ids=IDS)
def test_shape(row):
    assert claims_page.REQUIRED <= set(row) <= claims_page.REQUIRED | claims_page.OPTIONAL
    assert row["verdict"] in claims_page.verdicts()
    assert isinstance(row["parameters"], dict)
    assert isinstance(row["printed"], str)
    assert bool(row["ours"]) == (row["verdict"] != claims_page.NOT_CHECKED)
    assert row["ours"] or row["remark"]  # why
    assert row["place"]
    assert row["quotation"].isascii()  # Greek letters are written out
    assert '"' not in row["quotation"]  # it would end the quotation
    assert all(isinstance(x, (int, float)) for x in row["ours"])
    assert 0 <= row["tolerance"] < 0.1


def test_verdicts_mean_the_same_in_all_tables():
    meanings = claims_page.verdicts()
    for table in claims_page.tables():
        assert table["verdicts"].items() <= meanings.items()


def test_a_changed_row_changes_the_page(monkeypatch):
    """The control: a stale page would be noticed."""
    changed = claims_page.tables()
    changed[0]["claims"][0]["ours"] = [0.123456]
    monkeypatch.setattr(claims_page, "tables", lambda: changed)
    assert claims_page.page() != claims_page.PAGE.read_text()
    assert "0.123456" in claims_page.page()
