from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.letters.checking import check_templates, sample_letters
from pipeline.letters.templating import load_templates
from pipeline.letters.verify import read_back
from pipeline.model import LetterKind, PointCode

SHIPPED = Path(__file__).parents[2] / "templates"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(SHIPPED / "en", tmp_path / "en")
    return tmp_path


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_shipped_templates_are_fine() -> None:
    assert check_templates(SHIPPED) == []


def test_an_unknown_field_is_told_with_file_and_line(folder: Path) -> None:
    edit(folder / "en/introduction.txt", "With kind regards,", "{{ party_leader }}")
    lines = (folder / "en/introduction.txt").read_text(encoding="utf-8").splitlines()
    line = 1 + next(number for number, text in enumerate(lines) if "party_leader" in text)
    (problem,) = check_templates(folder)
    assert problem.startswith(f"templates: en/introduction.txt, line {line}: 'party_leader' is undefined.")
    assert "docs/letters.md" in problem


def test_an_unknown_field_in_a_branch_seldom_taken_is_found(folder: Path) -> None:
    edit(folder / "en/question.html", "{% if shared_topics %}", "{% if shared_topics %}{{ party.colour }}")
    assert "en/question.html, line" in check_templates(folder)[0]


def test_an_unknown_field_in_the_subject_is_told(folder: Path) -> None:
    edit(folder / "en/reminder.txt", "{{ sending.short_name }}", "{{ sender_name }}")
    assert check_templates(folder)[0].startswith("templates: en/reminder.txt, line 1: 'sender_name' is undefined.")


def test_a_missing_subject_line_is_told(folder: Path) -> None:
    edit(folder / "en/test.txt", "Subject: ", "")
    assert "en/test.txt, line 1: the first line must be: Subject:" in check_templates(folder)[0]


def test_a_mistake_of_syntax_is_told_with_its_line(folder: Path) -> None:
    edit(folder / "en/digest.html", "{% endfor %}", "{% endfro %}")
    assert "en/digest.html, line" in check_templates(folder)[0]


def test_a_missing_file_is_told(folder: Path) -> None:
    (folder / "en/question.txt").unlink()
    (folder / "en/words.toml").unlink()
    assert [problem.split()[1] for problem in check_templates(folder)] == ["en/question.txt", "en/words.toml"]


def test_words_that_are_no_toml_are_told(folder: Path) -> None:
    (folder / "en/words.toml").write_text("and = ", encoding="utf-8")
    assert "en/words.toml" in check_templates(folder)[0]


@pytest.mark.parametrize("line", ["room-for-guests", "all", "rehearsal", "until_date", "from_date", "joining"])
def test_a_missing_word_is_told_whichever_letter_needs_it(folder: Path, line: str) -> None:
    edit(folder / "en/words.toml", f"\n{line} = ", f"\nwas-{line} = ")
    (problem,) = check_templates(folder)
    assert problem.startswith("templates: en/words.toml has no ")
    assert f"{line}. Copy it from the shipped templates" in problem


def test_a_folder_that_is_no_language_is_told(folder: Path) -> None:
    shutil.copytree(folder / "en", folder / "qq")
    assert "qq is no language we know" in " ".join(check_templates(folder))


def test_every_kind_of_letter_is_tried_and_every_point_is_worded() -> None:
    letters = [compose() for compose in sample_letters(load_templates(SHIPPED))]
    assert {letter.kind for letter in letters} == set(LetterKind)
    text = read_back(letters[0].content).text
    assert "The working language." in text
    assert text.count("\n- ") == 2 * len(PointCode)


@pytest.mark.parametrize(
    "addition",
    [
        '<img src="https://matchmaker.example/logo.png" alt="">',
        '<link rel="stylesheet" href="https://matchmaker.example/x.css">',
        '<p style="background:url(https://matchmaker.example/x.png)">',
        "<script>1</script>",
    ],
)
def test_a_page_that_loads_something_is_refused(folder: Path, addition: str) -> None:
    edit(folder / "en/frame.html", "{% block letter %}", addition + "{% block letter %}")
    assert any("would load something" in problem for problem in check_templates(folder))


def test_switching_off_the_escaping_is_found(folder: Path) -> None:
    edit(
        folder / "en/introduction.html",
        "{{ party.seeks }}",
        "{% autoescape false %}{{ party.seeks }}{% endautoescape %}",
    )
    assert any("lets answers change the page" in problem for problem in check_templates(folder))


@pytest.mark.parametrize("expression", ["{{ greeting | safe }}", "{{ greeting | urlize }}"])
def test_filters_that_trust_data_do_not_exist(folder: Path, expression: str) -> None:
    edit(folder / "en/introduction.html", "{{ greeting }}", expression)
    assert any("No filter named" in problem for problem in check_templates(folder))


@pytest.mark.parametrize("wanted", ["../../etc/passwd", "/etc/passwd", "words.toml", "introduction.txt"])
def test_nothing_outside_the_pages_can_be_included(folder: Path, wanted: str) -> None:
    edit(folder / "en/introduction.html", "{{ greeting }}", "{% include '" + wanted + "' %}")
    assert any(wanted.rpartition("/")[2] in problem for problem in check_templates(folder))


def test_python_is_out_of_reach(folder: Path) -> None:
    edit(folder / "en/introduction.txt", "{{ greeting }}", "{{ greeting.__class__.__mro__ }}")
    assert "en/introduction.txt" in check_templates(folder)[0]


def test_a_second_language_is_checked_too(folder: Path) -> None:
    shutil.copytree(folder / "en", folder / "fr")
    edit(folder / "fr/test.html", "No answer", "{{ aucun }} No answer")
    assert check_templates(folder)[0].startswith("templates: fr/test.html, line")


def test_no_folder_is_one_sentence(tmp_path: Path) -> None:
    assert len(check_templates(tmp_path / "nowhere")) == 1
