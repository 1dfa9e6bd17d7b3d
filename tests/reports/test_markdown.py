"""What reports in Markdown consist of."""

import report_documents as documents

from nnctl.reports.markdown_text import escaped, fenced
from nnctl.reports.report_markdown import markdown_of


def test_code_cannot_end_its_fence():
    assert fenced("yaml", "a: 1\n") == ["```yaml", "a: 1", "```", ""]
    assert fenced("yaml", "ignore: ['````']") == ["`````yaml", "ignore: ['````']", "`````", ""]


def test_no_text_controls_the_terminal_that_it_is_printed_in():
    assert escaped("a\x1b[31m|b\u202e\n`c`") == r"a\\x1b\[31m\|b\\u202e \`c\`"


def test_the_command_can_be_pasted():
    document = documents.classification()
    document["runs"][0]["environment"] = {"command": ["nnctl", "train", "my config.yaml"], "shard_rows": None}
    text = markdown_of(document)
    assert "| command | nnctl train 'my config.yaml' |" in text and "shard" not in text
