"""The folder of templates and the sandbox they are filled in: sources in, texts or one sentence out."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.letters.templating import TemplateProblem, Templates, load_templates, page_loads, page_tags


class TestFolder:
    def write(self, folder: Path, name: str, content: bytes) -> None:
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content)

    def test_only_files_with_plain_names_in_folders_of_two_letters_are_read(self, tmp_path: Path) -> None:
        for name in ("en/a.txt", "fr/b.html", "english/c.txt", "en/Copy of a.txt", "en/a.txt~", "en/.a.txt"):
            self.write(tmp_path, name, b"x")
        (tmp_path / "en/folder.txt").mkdir()
        templates = load_templates(tmp_path)
        assert dict(templates.sources) == {"en/a.txt": "x", "fr/b.html": "x"}
        assert templates.languages == ("en", "fr")

    def test_files_of_other_systems_read_the_same(self, tmp_path: Path) -> None:
        self.write(tmp_path, "en/a.txt", b"\xef\xbb\xbfSubject: x\r\nHello\r\n")
        assert load_templates(tmp_path).sources["en/a.txt"] == "Subject: x\nHello\n"

    def test_another_encoding_is_told(self, tmp_path: Path) -> None:
        self.write(tmp_path, "en/a.txt", b"B\xf8rge")
        with pytest.raises(TemplateProblem, match=r"a\.txt is not UTF-8\. Save it as UTF-8"):
            load_templates(tmp_path)

    def test_a_missing_default_language_is_told(self, tmp_path: Path) -> None:
        self.write(tmp_path, "fr/a.txt", b"x")
        with pytest.raises(TemplateProblem, match=r"there is no folder en in .*letters\.language"):
            load_templates(tmp_path)
        assert load_templates(tmp_path, "fr").default == "fr"

    def test_words(self) -> None:
        templates = Templates({"en/words.toml": 'dear = "Dear"', "fr/words.toml": "dear = "})
        assert templates.words("en") == {"dear": "Dear"}
        with pytest.raises(TemplateProblem, match=r"fr/words\.toml: .*Mend that line"):
            templates.words("fr")
        with pytest.raises(TemplateProblem, match=r"sv/words\.toml is missing\. Copy it from"):
            templates.words("sv")


class TestPages:
    def test_tags_are_counted_with_the_names_of_their_attributes(self) -> None:
        assert page_tags('<p><a href="x" title="y">z</a></p><p>') == {"p": 2, "a href title": 1}

    @pytest.mark.parametrize(
        ("page", "tags"),
        [
            ('<p style="color:red"><a href="https://a.example">x</a>', ()),
            ('<p style="background:url(x)">', ("p",)),
            ('<td background="x">', ("td",)),
            ('<p onclick="x">', ("p",)),
            ("<img>", ("img",)),
            ("<p style>", ()),
            ('<form action="x"><input formaction="y">', ("form", "input")),
        ],
    )
    def test_whatever_loads_or_runs_is_named(self, page: str, tags: tuple[str, ...]) -> None:
        assert page_loads(page) == tags
