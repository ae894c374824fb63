"""The folder of templates and the sandbox they are filled in: sources in, texts or one sentence out."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.letters.templating import TemplateProblem, Templates, load_templates, page_loads, page_tags


def filled(source: str, file: str = "letter.txt", **fields: object) -> str:
    return Templates({f"en/{file}": source}).render("en", file, fields)


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


class TestFilling:
    def test_the_first_line_is_the_subject_and_no_part_of_the_text(self) -> None:
        source = "Subject:  For {{ name }} \nDear {{ name }},\n"
        assert filled(source, name="Ana") == "Dear Ana,\n"
        assert Templates({"en/letter.txt": source}).render("en", "letter.subject", {"name": "Ana"}) == "For Ana "

    def test_line_numbers_count_the_subject(self) -> None:
        with pytest.raises(TemplateProblem, match=r"en/letter\.txt, line 3: 'colour' is undefined"):
            filled("Subject: x\n\n{{ colour }}\n")

    def test_text_parts_are_wrapped_without_doubled_blank_lines_and_pages_are_not(self) -> None:
        assert (
            filled("\n" + "word " * 20 + "\n\n\n\nend\n\n") == "word " * 14 + "word\nword word word word word\n\nend\n"
        )
        assert filled("a\n\n\n\nb\n", "page.html") == "a\n\n\n\nb\n"

    def test_nothing_is_shown_as_nothing(self) -> None:
        assert filled("[{{ name }}]", name=None) == "[]\n"

    def test_pages_are_escaped_and_texts_are_not(self) -> None:
        assert filled("{{ name }}", "page.html", name="<b>&'\"") == "&lt;b&gt;&amp;&#39;&#34;"
        assert filled("{{ name }}", name="<b>&'\"") == "<b>&'\"\n"

    def test_data_is_never_read_as_a_template(self) -> None:
        assert filled("{{ name }}", name="{{ 7 * 7 }}{% include 'x' %}") == "{{ 7 * 7 }}{% include 'x' %}\n"

    def test_own_words_stand_indented_in_quotation_marks(self) -> None:
        assert filled("-\n{{ text | indented }}", text="One\n\nTwo") == "-\n    “One\n\n    Two”\n"
        assert filled("-\n{{ text | indented }}", text=None) == "-\n    “”\n"

    @pytest.mark.parametrize(
        ("source", "told"),
        [
            ("{{ 1 + none }}", "line 1"),
            ("\n{{ 1 / 0 }}", "line 2"),
            ("{{ name.join(1) }}", "line 1"),
            ("{% if %}", "line 1: Expected an expression"),
            ("x\n\n{% endfor %}", "line 3: Encountered unknown tag"),
            ("{% include 'nothing.txt' %}", "there is no en/nothing.txt"),
            ("{{ name.__class__ }}", "line 1"),
            ("{% include 'page.html' %}", "may only use templates of its own kind"),
        ],
    )
    def test_every_mistake_is_one_sentence(self, source: str, told: str) -> None:
        with pytest.raises(TemplateProblem, match=told) as caught:
            filled(source, name="Ana")
        assert caught.value.hint

    def test_parts_come_from_the_folder_of_the_language(self) -> None:
        templates = Templates({"en/a.txt": "{% include 'b.txt' %}", "en/b.txt": "English", "fr/b.txt": "français"})
        assert templates.render("en", "a.txt", {}) == "English\n"

    def test_where_a_mistake_stands_is_told_of_the_part_it_is_in(self) -> None:
        templates = Templates({"en/a.html": "{% include 'b.html' %}", "en/b.html": "x\n{{ colour }}"})
        with pytest.raises(TemplateProblem, match=r"en/b\.html, line 2"):
            templates.render("en", "a.html", {})


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
